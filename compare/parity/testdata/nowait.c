// A child writes a line, and the parent does not wait for it.
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	if (fork() == 0) {
		printf("child\n");
		return 0;
	}
	printf("parent\n");
	return 0;
}
