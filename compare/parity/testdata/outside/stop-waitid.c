#include "outside.h"

static volatile sig_atomic_t told;

static void child(int sig)
{
	told++;
}

int main(void)
{
	struct sigaction action = {.sa_handler = child, .sa_flags = SA_NOCLDSTOP};
	sigaction(SIGCHLD, &action, NULL);
	pid_t p = fork();
	if (p == 0) {
		raise(SIGSTOP);
		_exit(6);
	}
	siginfo_t info = {0};
	while (waitid(P_PID, p, &info, WSTOPPED | WNOWAIT) != 0)
		;
	printf("stopped: %d %d, told %d\n", info.si_code == CLD_STOPPED, info.si_status, (int)told);
	waitid(P_PID, p, &info, WSTOPPED);
	kill(p, SIGCONT);
	waitid(P_PID, p, &info, WCONTINUED);
	printf("continued: %d\n", info.si_code == CLD_CONTINUED);
	while (waitid(P_PID, p, &info, WEXITED) != 0)
		;
	printf("ended: %d %d, told %d\n", info.si_code == CLD_EXITED, info.si_status, (int)told);
	return 0;
}
