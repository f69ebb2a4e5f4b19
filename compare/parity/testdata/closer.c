// One thread closes what keeps another one from the end of file.
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static int ends[2];

static void *closer(void *arg)
{
	close(ends[1]);
	return arg;
}

int main(void)
{
	pthread_t t;
	char c;
	pipe2(ends, O_NONBLOCK);
	pthread_create(&t, NULL, closer, NULL);
	dprintf(1, "%d\n", (int)read(ends[0], &c, 1));
	pthread_join(t, NULL);
	return 0;
}
