#include "outside.h"

static void on(int sig)
{
	write(1, "continued\n", 10);
}

int main(void)
{
	signal(SIGCONT, on);
	pid_t parent = getpid();
	if (fork() == 0) {
		sleep(1);
		kill(parent, SIGCONT);
		_exit(0);
	}
	kill(parent, SIGSTOP);
	printf("on\n");
	int status;
	wait(&status);
	how("child", status);
	return 0;
}
