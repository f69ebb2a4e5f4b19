#include "outside.h"

static int forbid(int call, int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JEQ, call, 0, 1),
		BPF_STMT(BPF_RET, SECCOMP_RET_ERRNO | error), BPF_STMT(BPF_RET, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof code / sizeof *code, code};
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

// The filters go along through fork and execve.
int main(int argc, char **argv)
{
	if (argc > 1) {
		long result = syscall(SYS_getsid, 0);
		printf("getsid: %ld, %s\n", result, strerror(errno));
		result = syscall(SYS_getpgid, 0);
		printf("getpgid: %ld, %s\n", result, strerror(errno));
		return 0;
	}
	printf("%d", forbid(SYS_getsid, EPERM));
	printf(" %d\n", forbid(SYS_getpgid, EBUSY));
	if (fork() == 0) {
		execl("/proc/self/exe", argv[0], "again", NULL);
		_exit(1);
	}
	int status;
	wait(&status);
	how("the child", status);
	return 0;
}
