/* signals: handlers, masks, and the ways to send and to wait. */
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void handle(int sig) { (void)sig; }
static void handleInfo(int sig, siginfo_t *info, void *context) { (void)sig, (void)info, (void)context; }

int main(void)
{
	struct sigaction act = { .sa_handler = handle, .sa_flags = SA_RESTART | SA_NOCLDSTOP }, old;
	struct timespec none = { 0, 1000 };
	stack_t stack = { malloc(SIGSTKSZ), 0, SIGSTKSZ };
	union sigval value = { .sival_int = 5 };
	siginfo_t info;
	sigset_t set, before;

	sigemptyset(&act.sa_mask);
	sigaction(SIGUSR1, &act, NULL);
	sigaddset(&act.sa_mask, SIGTERM);
	sigaddset(&act.sa_mask, SIGRTMIN + 1);
	act.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
	act.sa_sigaction = handleInfo;
	sigaction(SIGRTMIN + 1, &act, &old);
	sigaction(SIGRTMAX, NULL, &old);
	act = (struct sigaction){ .sa_handler = SIG_IGN };
	sigaction(SIGPIPE, &act, &old);
	sigaction(SIGPIPE, NULL, &old);
	sigfillset(&act.sa_mask);
	act.sa_handler = handle;
	act.sa_flags = SA_RESETHAND;
	sigaction(SIGUSR2, &act, NULL);
	sigaction(SIGKILL, &act, NULL);
	sigaltstack(&stack, NULL);
	sigaltstack(NULL, &stack);

	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, &before);
	sigdelset(&set, SIGINT);
	sigprocmask(SIG_SETMASK, &set, NULL);
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	for (int sig = 1; sig <= 31; sig++)
		sigaddset(&set, sig);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigprocmask(SIG_UNBLOCK, &set, &before);
	sigprocmask(99, &set, NULL);

	kill(getpid(), SIGUSR1);
	kill(getpid(), 0);
	kill(1 << 22, SIGTERM);
	kill(getpid(), 99);
	raise(SIGUSR2);
	syscall(SYS_tkill, getpid(), SIGUSR1);
	sigqueue(getpid(), SIGRTMIN + 1, value);

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGUSR1);
	sigpending(&before);
	sigtimedwait(&set, &info, &none);
	sigtimedwait(&set, NULL, &none);
	kill(getpid(), SIGUSR1);
	sigemptyset(&set);
	sigsuspend(&set);
	kill(getpid(), SIGKILL);
	return 0;
}
