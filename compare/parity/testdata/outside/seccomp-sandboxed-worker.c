#include "outside.h"

// A worker in strict mode answers questions: the classical use of it.
int main(void)
{
	int ask[2], answer[2], status;
	pipe(ask);
	pipe(answer);
	if (fork() == 0) {
		close(ask[1]);
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
		int n;
		while (read(ask[0], &n, sizeof n) == sizeof n) {
			n *= n;
			write(answer[1], &n, sizeof n);
		}
		syscall(SYS_exit, 0);
	}
	close(ask[0]);
	for (int i = 1; i <= 3; i++) {
		int n = i;
		write(ask[1], &n, sizeof n);
		read(answer[0], &n, sizeof n);
		printf("%d squared is %d\n", i, n);
	}
	close(ask[1]);
	wait(&status);
	how("the worker", status);
	return 0;
}
