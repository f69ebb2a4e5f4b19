#include "outside.h"

static volatile sig_atomic_t traps;

static void trap(int sig)
{
	traps++;
}

// A debugger would take the traps.
int main(void)
{
	signal(SIGTRAP, trap);
	raise(SIGTRAP);
	kill(getpid(), SIGTRAP);
#ifdef __x86_64__
	__asm__ volatile("int3");
#else
	raise(SIGTRAP);
#endif
	printf("%d traps\n", (int)traps);
	signal(SIGTRAP, SIG_DFL);
	if (fork() == 0) {
		raise(SIGTRAP);
		_exit(0);
	}
	int status;
	wait(&status);
	how("without a handler", status & ~0x80);
	return 0;
}
