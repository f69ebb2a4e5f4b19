// -fsanitize=address,undefined
#include "outside.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *found[4];

static void *work(void *arg)
{
	long i = (long)arg;
	pthread_mutex_lock(&lock);
	found[i] = strdup("found");
	pthread_mutex_unlock(&lock);
	return NULL;
}

// All that is left at the end can be reached: nothing has leaked, also while a thread waits.
static void *wait_for_ever(void *arg)
{
	char *own = malloc(30);
	own[0] = 'x';
	for (;;)
		pause();
	free(own);
}

int main(void)
{
	pthread_t t[4], w;
	pthread_create(&w, NULL, wait_for_ever, NULL);
	for (long i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, work, (void *)i);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	printf("%s %s\n", found[0], found[3]);
	if (fork() == 0)
		_exit(2); // exit would look for leaks, and miss the threads
	int status;
	wait(&status);
	how("child", status);
	return 0;
}
