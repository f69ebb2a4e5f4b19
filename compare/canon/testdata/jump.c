/* A handler that ends by a call is left by a jump where gcc optimises: the call is the handler's all the same, and not of the line that it interrupted. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

__attribute__((optimize("O2")))
static void inner(int sig)
{
	getppid();
	getgid();
}

__attribute__((optimize("O2")))
static void outer(int sig)
{
	raise(SIGUSR2);
	puts("signal");
}

int main(void)
{
	signal(SIGUSR1, outer);
	signal(SIGUSR2, inner);
	raise(SIGUSR2);
	raise(SIGUSR1);
	getuid();
	return 0;
}

/* ops:
P  rt_sigaction(SIGUSR1, {sa_handler=handler, sa_flags=SA_RESTART, sa_mask=[SIGUSR1]}, {sa_handler=SIG_DFL, sa_flags=0, sa_mask=[]}, 8)  testdata/jump.c:22
P  rt_sigaction(SIGUSR2, {sa_handler=handler, sa_flags=SA_RESTART, sa_mask=[SIGUSR2]}, {sa_handler=SIG_DFL, sa_flags=0, sa_mask=[]}, 8)  testdata/jump.c:23
P  tgkill(P, P, SIGUSR2)  testdata/jump.c:24
P  SIGUSR2(P)  (handler)
P  getppid() = the tool  testdata/jump.c:9  (handler)
P  getgid() = 0  testdata/jump.c:8  (handler)
P  tgkill(P, P, SIGUSR1)  testdata/jump.c:25
P  SIGUSR1(P)  (handler)
P  tgkill(P, P, SIGUSR2)  testdata/jump.c:16  (handler)
P  SIGUSR2(P)  (handler)
P  getppid() = the tool  testdata/jump.c:9  (handler)
P  getgid() = 0  testdata/jump.c:8  (handler)
P  write(tty, "signal\n")  testdata/jump.c:15  (handler)
P  getuid() = 0  testdata/jump.c:26
P  exit(0)  testdata/jump.c:28
P  exit 0
*/
