// Two timers of two processes end at the same moment.
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	struct itimerspec second = {.it_value = {1, 0}};
	unsigned long n;
	int fds[2] = {timerfd_create(CLOCK_MONOTONIC, 0), timerfd_create(CLOCK_MONOTONIC, 0)};
	timerfd_settime(fds[0], 0, &second, NULL);
	timerfd_settime(fds[1], 0, &second, NULL);
	int child = fork() == 0;
	read(fds[child], &n, sizeof n);
	write(1, child ? "child\n" : "parent\n", child ? 6 : 7);
	if (child)
		_exit(0);
	wait(NULL);
	return 0;
}
