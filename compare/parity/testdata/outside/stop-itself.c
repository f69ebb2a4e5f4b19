#include "outside.h"

int main(void)
{
	int status;
	pid_t p = fork();
	if (p == 0) {
		printf("before\n");
		raise(SIGSTOP);
		printf("after\n");
		_exit(5);
	}
	waitpid(p, &status, WUNTRACED);
	how("child", status);
	kill(p, SIGCONT);
	waitpid(p, &status, WCONTINUED);
	how("child", status);
	waitpid(p, &status, WUNTRACED | WCONTINUED);
	how("child", status);
	return 0;
}
