/*
 * cost: takes as much as it says, for the test of what is counted.
 *
 * usage: cost
 *
 * The process has a second thread that computes for 50 ms of CPU time, touches 32 MiB, and has a child that touches 8 and waits
 * to be killed. It waits 20 times, for a pipe that the thread writes to.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int there[2], back[2];

static void *compute(void *unused)
{
	struct timespec t;
	char c;

	for (int i = 0; i < 20; i++)
		if (read(there[0], &c, 1) != 1 || write(back[1], &c, 1) != 1)
			_exit(1);
	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	while (t.tv_sec == 0 && t.tv_nsec < 50 * 1000 * 1000);
	return unused;
}

int main(void)
{
	pthread_t thread;
	int ready[2];
	pid_t pid;
	char c = 0;

	if (pipe(there) == -1 || pipe(back) == -1 || pipe(ready) == -1)
		return 1;
	pid = fork();
	if (pid == 0) {
		memset(malloc(8 << 20), 1, 8 << 20);
		write(ready[1], &c, 1);
		for (;;)
			pause();
	}
	read(ready[0], &c, 1);
	pthread_create(&thread, NULL, compute, NULL);
	for (int i = 0; i < 20; i++)
		if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
			return 1;
	pthread_join(thread, NULL);
	memset(malloc(32 << 20), 1, 32 << 20);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return 0;
}
