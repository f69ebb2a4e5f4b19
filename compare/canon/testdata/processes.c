/* Process ids are written as the names of processes, in results and in arguments, and how a process ended in words. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	int status, ready[2];
	char c;

	pipe(ready);
	pid_t a = fork();
	if (a == 0) {
		if (fork() == 0)
			_exit(3);
		wait(&status);
		getppid();
		write(ready[1], "!", 1);
		pause();
	}
	read(ready[0], &c, 1);
	pid_t b = fork();
	if (b == 0)
		exit(5);
	waitpid(b, &status, 0);
	kill(a, 0);
	kill(a, SIGTERM);
	waitpid(-1, &status, 0);
	waitpid(-1, &status, WNOHANG);
	if (vfork() == 0)
		_exit(6);
	wait(NULL);
	raise(SIGKILL);
}

/* ops:
P  pipe2(pipe1, 0)  testdata/processes.c:12
P  fork() = P.1  testdata/processes.c:13
P  read(pipe1.r, "!", 1)  testdata/processes.c:22
P  fork() = P.2  testdata/processes.c:23
P  wait4(P.2, exit 5, 0, NULL) = P.2  testdata/processes.c:26
P  kill(P.1, 0)  testdata/processes.c:27
P  kill(P.1, SIGTERM)  testdata/processes.c:28
P  wait4(-1, killed by SIGTERM, 0, NULL) = P.1  testdata/processes.c:29
P  wait4(-1, WNOHANG, NULL) = ECHILD  testdata/processes.c:30
P  vfork() = P.3  testdata/processes.c:31
P  wait4(-1, NULL, 0, NULL) = P.3  testdata/processes.c:33
P  tgkill(P, P, SIGKILL) = ?  testdata/processes.c:34
P  killed by SIGKILL
P.1  fork() = P.1.1  testdata/processes.c:15
P.1  wait4(-1, exit 3, 0, NULL) = P.1.1  testdata/processes.c:17
P.1  getppid() = P  testdata/processes.c:18
P.1  write(pipe1.w, "!")  testdata/processes.c:19
P.1  pause() = ?  testdata/processes.c:20
P.1  killed by SIGTERM
P.1.1  exit(3)  testdata/processes.c:16
P.1.1  exit 3
P.2  exit(5)  testdata/processes.c:25
P.2  exit 5
P.3  exit(6)  testdata/processes.c:32
P.3  exit 6
*/
