// The C program that stops_test.go traces. Each text that it writes says what
// the stack then is, innermost first: function@mark, where a mark is a comment
// on the line that the function is at, and ~ is put before an inlined call.
#define _GNU_SOURCE
#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOINLINE __attribute__((noipa)) // neither inlined nor cloned
#define INLINE static inline __attribute__((always_inline))

extern char **environ;
static volatile int sink; // keeps calls from becoming tail calls

// A macro, so that the line is the caller's.
#define SAY(text) (sink += write(1, text, sizeof text - 1))

INLINE void inner(const char *s, size_t n)
{
	sink += write(1, s, n); /* @inner */
	sink++;
}

INLINE void middle(const char *s, size_t n)
{
	sink++;
	inner(s, n); /* @middle */
	sink++;
}

NOINLINE static void outer(void)
{
	static const char s[] = "~inner@inner ~middle@middle outer@outer main@inlined";
	sink++;
	middle(s, sizeof s - 1); /* @outer */
	sink++;
}

NOINLINE static void recurse(int n)
{
	if (n == 0)
		SAY("recurse@bottom recurse@again recurse@again main@recurse"); /* @bottom */
	else
		recurse(n - 1); /* @again */
	sink++;
}

NOINLINE static void dynamic(int n)
{
	char *p = alloca(n * 16);
	memset(p, n, n * 16);
	SAY("dynamic@dynamic main@calldynamic"); /* @dynamic */
	sink += p[n];
}

NOINLINE static void aligned(int n)
{
	__attribute__((aligned(64))) char b[256];
	char *p = alloca(n * 16);
	memset(b, n, sizeof b);
	memset(p, n, n * 16);
	SAY("aligned@aligned main@callaligned"); /* @aligned */
	sink += b[n] + p[n];
}

NOINLINE static void deep(int n)
{
	char b[4000];
	memset(b, n, sizeof b);
	if (n == 0)
		SAY("deep@deep deep@deeper deep@deeper deep@deeper main@calldeep"); /* @deep */
	else
		deep(n - 1); /* @deeper */
	sink += b[n];
}

static int compare(const void *a, const void *b)
{
	SAY("compare@compare main@qsort"); /* @compare */
	return *(const int *)a - *(const int *)b;
}

static void usr1(int sig)
{
	SAY("usr1@usr1 main@raise"); /* @usr1 */
	sink += sig;
}

static void usr2(int sig)
{
	SAY("usr2@usr2 main@kill"); /* @usr2 */
	sink -= sig;
}

static void *thread(void *arg)
{
	SAY("thread@thread"); /* @thread */
	return arg;
}

static void leave(void)
{
	SAY("leave@leave"); /* @leave */
	sink++;
}

static void signals(void)
{
	struct sigaction sa = {.sa_handler = usr1};
	sigaction(SIGUSR1, &sa, NULL);
	stack_t ss = {.ss_sp = malloc(65536), .ss_size = 65536};
	sigaltstack(&ss, NULL);
	sa.sa_handler = usr2;
	sa.sa_flags = SA_ONSTACK;
	sigaction(SIGUSR2, &sa, NULL);
}

static void processes(void)
{
	pid_t pid = vfork();
	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	char *argv[] = {"true", NULL};
	posix_spawnp(&pid, "true", NULL, NULL, argv, environ);
	waitpid(pid, NULL, 0);
	sink += system("true");
	FILE *f = popen("echo hello", "r");
	char line[10];
	if (fgets(line, sizeof line, f))
		sink++;
	pclose(f);
}

int main(void)
{
	outer(); /* @inlined */
	recurse(2); /* @recurse */
	dynamic(3); /* @calldynamic */
	aligned(3); /* @callaligned */
	deep(3); /* @calldeep */

	int v[] = {3, 1, 2};
	qsort(v, 3, sizeof v[0], compare); /* @qsort */

	signals();
	raise(SIGUSR1); /* @raise */
	kill(getpid(), SIGUSR2); /* @kill */

	pthread_t t;
	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);

	pid_t pid = fork();
	if (pid == 0) {
		SAY("main@child"); /* @child */
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	processes();

	for (int i = 1; i < 20; i++)
		free(malloc(i * 20000));
	printf("%d\n", sink);
	atexit(leave);
	return 0;
} /* @end */
