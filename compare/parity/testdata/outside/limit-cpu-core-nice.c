#include "outside.h"

static void over(int sig)
{
	write(1, "SIGXCPU\n", 8);
	_exit(7);
}

int main(void)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	setrlimit(RLIMIT_DATA, &(struct rlimit){1 << 20, 1 << 20});
	printf("sbrk: %s\n", sbrk(1 << 22) == (void *)-1 ? strerror(errno) : "enough");
	int status;
	if (fork() == 0)
		abort();
	wait(&status);
	printf("core: %d\n", WCOREDUMP(status) != 0);
	how("abort", status);
	signal(SIGXCPU, over);
	setrlimit(RLIMIT_CPU, &(struct rlimit){1, 3});
	for (;;)
		;
}
