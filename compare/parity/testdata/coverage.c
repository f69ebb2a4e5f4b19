// With gcc --coverage it adds to a file at its end, which every run finds as the last one left it.
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	int ends[2];
	char c;
	pipe(ends);
	if (fork() == 0) {
		write(ends[1], "x", 1);
		return 0;
	}
	read(ends[0], &c, 1);
	wait(NULL);
	return 0;
}
