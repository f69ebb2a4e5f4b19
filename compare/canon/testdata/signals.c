/* A call that the kernel enters again after a signal is one call; one that fails with EINTR is seen as such. */
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

static void handler(int sig)
{
	write(1, "signal\n", 7);
}

int main(void)
{
	struct sigaction act = { .sa_handler = handler, .sa_flags = SA_RESTART };
	int p[2];
	char buf[10];

	for (int round = 0; round < 2; round++) {
		pipe(p);
		sigaction(SIGUSR1, &act, NULL);
		if (fork() == 0) {
			kill(getppid(), SIGUSR1); /* the test holds it until the parent is blocked */
			write(p[1], "x", 1); /* and this until the parent has read, or failed to */
			_exit(0);
		}
		read(p[0], buf, sizeof buf);
		waitpid(-1, NULL, 0);
		act.sa_flags = 0; /* the second time the read fails */
	}
	return 0;
}

/* ops:
P  pipe2(pipe1, 0)  testdata/signals.c:19
P  rt_sigaction(SIGUSR1, {sa_handler=handler, sa_flags=SA_RESTART, sa_mask=[]}, NULL, 8)  testdata/signals.c:20
P  fork() = P.1  testdata/signals.c:21
P  read(pipe1.r, "x", 10)  testdata/signals.c:26
P  SIGUSR1(P.1)  (handler)
P  write(tty, "signal\n")  testdata/signals.c:9  (handler)
P  wait4(-1, NULL, 0, NULL) = P.1  testdata/signals.c:27
P  pipe2(pipe2, 0)  testdata/signals.c:19
P  rt_sigaction(SIGUSR1, {sa_handler=handler, sa_flags=0, sa_mask=[]}, NULL, 8)  testdata/signals.c:20
P  fork() = P.2  testdata/signals.c:21
P  read(pipe2.r, 10) = EINTR  testdata/signals.c:26
P  SIGUSR1(P.2)  (handler)
P  write(tty, "signal\n")  testdata/signals.c:9  (handler)
P  wait4(-1, NULL, 0, NULL) = P.2  testdata/signals.c:27
P  exit(0)  testdata/signals.c:31
P  exit 0
P.1  getppid() = P  testdata/signals.c:22
P.1  kill(P, SIGUSR1)  testdata/signals.c:22
P.1  write(pipe1.w, "x")  testdata/signals.c:23
P.1  exit(0)  testdata/signals.c:24
P.1  exit 0
P.2  getppid() = P  testdata/signals.c:22
P.2  kill(P, SIGUSR1)  testdata/signals.c:22
P.2  write(pipe2.w, "x")  testdata/signals.c:23
P.2  exit(0)  testdata/signals.c:24
P.2  exit 0
*/
