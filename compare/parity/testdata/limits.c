// Time limits of an hour, of all kinds.
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

static void ring(int sig)
{
	(void)sig;
	write(1, "alarm\n", 6);
}

int main(void)
{
	int fds[2], n;

	pipe(fds);
	struct pollfd p = {fds[0], POLLIN, -1};
	n = poll(&p, 1, 3600 * 1000);
	printf("poll %d %d\n", n, p.revents);

	fd_set set;
	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	struct timeval tv = {3600, 500};
	n = select(fds[0] + 1, &set, NULL, NULL, &tv);
	printf("select %d %d %ld\n", n, !!FD_ISSET(fds[0], &set), (long)tv.tv_sec);

	struct timespec ts = {3600, 0};
	p.revents = -1;
	n = ppoll(&p, 1, &ts, NULL);
	printf("ppoll %d %d %ld\n", n, p.revents, (long)ts.tv_sec);

	int epfd = epoll_create1(0);
	struct epoll_event event = {EPOLLIN, {.fd = fds[0]}};
	epoll_ctl(epfd, EPOLL_CTL_ADD, fds[0], &event);
	n = epoll_wait(epfd, &event, 1, 3600 * 1000);
	printf("epoll_wait %d\n", n);

	struct sigaction act = {.sa_handler = ring};
	sigaction(SIGALRM, &act, NULL);
	printf("alarm %u\n", alarm(3600));
	printf("alarm again %d\n", alarm(7200) >= 3599);
	n = pause();
	printf("pause %d\n", n);
	alarm(60);
	ts = (struct timespec){3600, 0};
	n = nanosleep(&ts, &ts);
	printf("nanosleep %d, left %ld\n", n, (long)ts.tv_sec);

	// One that is met.
	write(fds[1], "x", 1);
	n = poll(&p, 1, 3600 * 1000);
	printf("poll %d %d\n", n, p.revents == POLLIN);
	return 0;
}
