#include "outside.h"

int main(void)
{
	struct { int here, turn; } *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < 4; i++)
		if (fork() == 0) {
			__atomic_add_fetch(&s->here, 1, __ATOMIC_SEQ_CST);
			while (__atomic_load_n(&s->here, __ATOMIC_SEQ_CST) < 4)
				sched_yield();
			while (__atomic_load_n(&s->turn, __ATOMIC_SEQ_CST) != 3 - i)
				sched_yield();
			printf("child %d\n", i);
			__atomic_add_fetch(&s->turn, 1, __ATOMIC_SEQ_CST);
			_exit(0);
		}
	while (__atomic_load_n(&s->turn, __ATOMIC_SEQ_CST) < 4)
		sched_yield();
	printf("all\n");
	while (wait(NULL) > 0)
		;
	return 0;
}
