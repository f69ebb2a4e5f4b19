#include "outside.h"

int main(void)
{
	int status, ends[2];
	pipe(ends);
	pid_t p = fork();
	if (p == 0) {
		close(ends[0]);
		write(ends[1], "x", 1);
		for (;;)
			pause();
	}
	close(ends[1]);
	char c;
	read(ends[0], &c, 1);
	kill(p, SIGSTOP);
	waitpid(p, &status, WUNTRACED);
	how("child", status);
	kill(p, SIGTERM); // waits until it goes on
	printf("nobody yet: %d\n", waitpid(p, &status, WNOHANG));
	kill(p, SIGCONT);
	waitpid(p, &status, 0);
	how("child", status);
	p = fork();
	if (p == 0) {
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(p, &status, WUNTRACED);
	kill(p, SIGKILL);
	waitpid(p, &status, 0);
	how("child", status);
	return 0;
}
