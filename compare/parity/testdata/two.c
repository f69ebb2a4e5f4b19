// Two children write a line each, and the parent waits for both.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	for (int i = 0; i < 2; i++) {
		if (fork() == 0) {
			printf("child %d\n", i);
			return 0;
		}
	}
	while (wait(NULL) > 0)
		;
	printf("parent\n");
	return 0;
}
