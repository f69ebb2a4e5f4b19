#include "outside.h"

int main(void)
{
	int status;
	if (fork() == 0) {
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
			_exit(9);
		write(1, "strict\n", 7);
		syscall(SYS_exit, 4);
	}
	wait(&status);
	how("it makes what it may", status);
	if (fork() == 0) {
		syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, 0);
		open("/dev/null", O_RDONLY);
		_exit(0);
	}
	wait(&status);
	how("it opens a file", status);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	write(1, "the last line\n", 14);
	return 0; // by exit_group, which is not allowed
}
