#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	int ends[2], status;
	char buf[20];
	ssize_t n;

	pipe(ends);
	if (fork() == 0) {
		close(ends[0]);
		write(ends[1], "yes\n", 5);
		_exit(3);
	}
	close(ends[1]);
	while ((n = read(ends[0], buf, sizeof(buf))) > 0)
		write(1, buf, n - 1);
	wait(&status);
	return WEXITSTATUS(status);
}
