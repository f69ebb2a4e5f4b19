/*
 * calls: makes many system calls of one kind, for scripts/bench to trace.
 *
 * usage: calls write N    N times write(2) of one byte to /dev/null
 *        calls clock N    N times clock_gettime(2), past the vDSO
 *
 * write is a call that a tracer wants to see, clock one that it can let pass where time is real: the
 * clock of a run is read without a call, by the vDSO, and this one goes past that.
 * The call is made a few functions deep, so that a tracer that asks "from
 * where?" has a stack to walk, as in a real program.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int null;

static int call_write(void)
{
	return write(null, "x", 1) == 1;
}

static int call_clock(void)
{
	struct timespec now;

	return syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now) == 0;
}

/* Built with -O0, so each of these is a frame. */
static int item(int (*call)(void))  { return call(); }
static int batch(int (*call)(void)) { return item(call); }
static int work(int (*call)(void))  { return batch(call); }

int main(int argc, char **argv)
{
	int (*call)(void) = NULL;
	char *end = "";
	long n = argc == 3 ? strtol(argv[2], &end, 10) : 0;

	if (argc == 3 && strcmp(argv[1], "write") == 0)
		call = call_write;
	if (argc == 3 && strcmp(argv[1], "clock") == 0)
		call = call_clock;
	if (call == NULL || n <= 0 || *end != '\0') {
		fprintf(stderr, "usage: %s write|clock N\n", argv[0]);
		return 2;
	}
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null == -1) {
		perror("/dev/null");
		return 1;
	}
	while (n-- > 0)
		if (!work(call)) {
			perror(argv[1]);
			return 1;
		}
	return 0;
}
