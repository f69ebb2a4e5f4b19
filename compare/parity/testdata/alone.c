/*
 * The parent goes on when its child has closed a pipe by ending, and may or
 * may not be alone by then; after that it and another child move at a time.
 */
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	for (int i = 0; i < 3; i++) {
		int fds[2];
		char c;

		if (pipe(fds) == -1)
			return 1;
		if (fork() == 0) {
			close(fds[0]);
			exit(3);
		}
		close(fds[1]);
		while (read(fds[0], &c, 1) > 0)
			continue;
		getpid();
		if (posix_spawn(NULL, "/bin/true", NULL, NULL, (char *[]){ "true", NULL }, NULL) != 0)
			return 1;
		getppid();
		while (wait(NULL) != -1)
			continue;
	}
	return 0;
}
