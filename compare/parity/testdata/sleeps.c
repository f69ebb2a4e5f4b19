// Two threads sleep until the same moment.
#include <pthread.h>
#include <unistd.h>

static void *thread(void *arg)
{
	sleep(1);
	write(1, "thread\n", 7);
	return arg;
}

int main(void)
{
	pthread_t t;
	pthread_create(&t, NULL, thread, NULL);
	sleep(1);
	write(1, "main\n", 5);
	pthread_join(t, NULL);
	return 0;
}
