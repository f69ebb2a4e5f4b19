/* What a program does about signals, as C's textbooks have it: signal(2), raise(3). */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void caught(int sig)
{
	(void)sig;
	write(1, "caught\n", 7);
}

int main(void)
{
	int fds[2];

	signal(SIGUSR1, caught);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	raise(SIGUSR1);
	raise(SIGTERM);
	if (pipe(fds) == -1)
		return 1;
	close(fds[0]);
	if (write(fds[1], "x", 1) == -1)
		write(1, "nobody reads\n", 13);
	raise(SIGKILL);
	return 0;
}
