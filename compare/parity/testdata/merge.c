// Two children end; the handler reaps one for each signal, and signals merge.
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void reap(int sig)
{
	(void)sig;
	if (waitpid(-1, NULL, WNOHANG) > 0)
		write(1, "reaped\n", 7);
}

int main(void)
{
	int fds[2];
	char c;

	struct sigaction act = {.sa_handler = reap};
	sigaction(SIGCHLD, &act, NULL);
	pipe(fds);
	for (int i = 0; i < 2; i++) {
		if (fork() == 0)
			_exit(0);
	}
	close(fds[1]); // the children have it until they end
	while (read(fds[0], &c, 1) < 0)
		;
	return 0;
}
