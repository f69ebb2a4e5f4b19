#include "outside.h"

static int turn;

static void *take(void *arg)
{
	int me = (long)arg;
	for (int i = 0; i < 5; i++) {
		while (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) != me)
			sched_yield();
		printf("thread %d %d\n", me, i);
		__atomic_store_n(&turn, (me + 1) % 3, __ATOMIC_SEQ_CST);
	}
	return arg;
}

int main(void)
{
	pthread_t t[3];
	for (long i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, take, (void *)i);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	return 0;
}
