#include "outside.h"

static int locked, n;

static void *count(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		while (__atomic_exchange_n(&locked, 1, __ATOMIC_ACQUIRE))
			sched_yield();
		n++;
		__atomic_store_n(&locked, 0, __ATOMIC_RELEASE);
	}
	return arg;
}

int main(void)
{
	pthread_t t[3];
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, count, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	printf("%d\n", n);
	return 0;
}
