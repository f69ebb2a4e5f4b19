#include "outside.h"

int main(void)
{
	volatile int *turn = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int me = fork() == 0;
	for (int i = 0; i < 5; i++) {
		while (*turn != me)
			sched_yield();
		printf("%s %d\n", me ? "child" : "parent", i);
		*turn = !me;
	}
	if (!me)
		wait(NULL);
	return 0;
}
