#include "outside.h"

static void refused(int sig, siginfo_t *info, void *context)
{
	printf("signal %d of call %s\n", sig, info->si_syscall == SYS_getuid ? "getuid" : "?");
}

int main(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ, SYS_getppid, 0, 1), BPF_STMT(BPF_RET, SECCOMP_RET_ERRNO | EACCES),
		BPF_JUMP(BPF_JMP | BPF_JEQ, SYS_getuid, 0, 1), BPF_STMT(BPF_RET, SECCOMP_RET_TRAP | 7),
		BPF_JUMP(BPF_JMP | BPF_JEQ, SYS_getgid, 0, 1), BPF_STMT(BPF_RET, SECCOMP_RET_KILL_PROCESS),
		BPF_JUMP(BPF_JMP | BPF_JEQ, SYS_getegid, 0, 1), BPF_STMT(BPF_RET, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof code / sizeof *code, code};
	struct sigaction action = {.sa_sigaction = refused, .sa_flags = SA_SIGINFO};
	sigaction(SIGSYS, &action, NULL);
	printf("before: %d\n", prctl(PR_GET_SECCOMP));
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	printf("filter: %d\n", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
	printf("after: %d, and strict: %d\n", prctl(PR_GET_SECCOMP), prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	long result = syscall(SYS_getppid);
	printf("getppid: %ld, %s\n", result, strerror(errno));
	syscall(SYS_getuid);
	result = syscall(SYS_getegid); // for a tracer, which there is not
	printf("getegid: %ld, %s\n", result, strerror(errno));
	if (fork() == 0) {
		syscall(SYS_getgid);
		_exit(0);
	}
	int status;
	wait(&status);
	how("getgid", status & ~0x80); // a core or not
	return 0;
}
