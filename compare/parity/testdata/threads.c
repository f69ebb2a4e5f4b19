// Two threads take what a third one puts into a pipe.
#include <pthread.h>
#include <unistd.h>

static int ends[2];

static void *take(void *arg)
{
	char c;
	if (read(ends[0], &c, 1) == 1) {
		char line[] = {*(char *)arg, ' ', c, '\n'};
		write(1, line, sizeof line);
	}
	return NULL;
}

int main(void)
{
	pthread_t t[2];
	pipe(ends);
	pthread_create(&t[0], NULL, take, "x");
	pthread_create(&t[1], NULL, take, "y");
	write(ends[1], "ab", 2);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	return 0;
}
