/*
 * ptraceloop: the least that a ptrace tracer can do, for scripts/bench to hold
 * the real one against.
 *
 * usage: ptraceloop CMD [ARG...]
 *
 * It stops CMD at the entry and at the exit of each system call, asks the
 * kernel what it is, and lets it go on. At the end it prints to stderr how many
 * calls there were, and exits as CMD did (128 + the signal that killed it).
 * It does not follow CMD's children and decodes nothing.
 *
 * To notice: tracer and tracee are pinned to one CPU. They never run at the
 * same time anyway, and handing over on one CPU is a context switch, while
 * waking the other one takes several times as long.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h> /* ptrace_syscall_info; after sys/ptrace.h, or the names clash */

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* pin keeps this process, and the children that it will have, on one CPU. */
static void pin(void)
{
	cpu_set_t one;
	int cpu = sched_getcpu();

	if (cpu == -1)
		die("sched_getcpu");
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof one, &one) == -1)
		die("sched_setaffinity");
}

/* launch starts the program and returns it stopped, before its first call. */
static pid_t launch(char **argv)
{
	int status;
	pid_t pid = fork();

	if (pid == -1)
		die("fork");
	if (pid == 0) {
		raise(SIGSTOP);
		execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	if (waitpid(pid, &status, WUNTRACED) == -1)
		die("waitpid");
	if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == -1)
		die("PTRACE_SEIZE");
	if (kill(pid, SIGCONT) == -1)
		die("kill");
	return pid;
}

/* is_call_stop tells a system call's stop from that of a signal or an event. */
static int is_call_stop(int status)
{
	return WSTOPSIG(status) == (SIGTRAP | 0x80);
}

/* trace runs the program to its end, counts its calls, and returns its status. */
static int trace(pid_t pid, long *calls)
{
	struct ptrace_syscall_info info;
	int status, signal;

	for (;;) {
		if (waitpid(pid, &status, 0) == -1)
			die("waitpid");
		if (!WIFSTOPPED(status))
			return status;
		signal = 0;
		if (is_call_stop(status)) {
			if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) == -1)
				die("PTRACE_GET_SYSCALL_INFO");
			if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
				++*calls;
		} else if (status >> 16 == 0) {
			signal = WSTOPSIG(status); /* hand on what was sent to the program */
		}
		/* ESRCH: it was killed while stopped; the next wait says so. */
		if (ptrace(PTRACE_SYSCALL, pid, 0, signal) == -1 && errno != ESRCH)
			die("PTRACE_SYSCALL");
	}
}

int main(int argc, char **argv)
{
	long calls = 0;
	int status;

	if (argc < 2) {
		fprintf(stderr, "usage: %s CMD [ARG...]\n", argv[0]);
		return 2;
	}
	pin();
	status = trace(launch(argv + 1), &calls);
	fprintf(stderr, "%ld calls\n", calls);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
