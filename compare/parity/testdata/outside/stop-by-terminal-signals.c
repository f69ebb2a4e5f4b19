#include "outside.h"

// In a group of its own, as a shell starts a job.
int main(void)
{
	int status, signals[] = {SIGTSTP, SIGTTIN, SIGTTOU, SIGSTOP};
	for (int i = 0; i < 4; i++) {
		pid_t p = fork();
		if (p == 0) {
			setpgid(0, 0);
			raise(signals[i]);
			_exit(i);
		}
		waitpid(p, &status, WUNTRACED);
		how("job", status);
		kill(-p, SIGCONT);
		waitpid(p, &status, 0);
		how("job", status);
	}
	return 0;
}
