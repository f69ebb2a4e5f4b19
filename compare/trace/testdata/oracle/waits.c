/* waits: the ways to wait for descriptors. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	struct timespec none = { 0, 0 }, little = { 0, 1000 };
	struct timeval soon = { 0, 1000 };
	struct epoll_event event = { EPOLLIN | EPOLLET | EPOLLONESHOT, { .u64 = 0x123456789abc } }, got[4];
	struct pollfd fds[3];
	fd_set in, out, except;
	sigset_t set;
	int p[2], q[2], e;

	pipe(p);
	pipe(q);
	fds[0] = (struct pollfd){ p[0], POLLIN | POLLPRI, 0 };
	fds[1] = (struct pollfd){ q[1], POLLOUT, 0 };
	fds[2] = (struct pollfd){ 99, POLLIN, 0 };
	poll(fds, 1, 0);
	poll(fds, 3, -1);
	poll(NULL, 0, 1);
	write(p[1], "x", 1);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	ppoll(fds, 2, &little, &set);
	ppoll(fds, 2, NULL, NULL);
	close(q[0]);
	poll(fds + 1, 1, -1);
	poll((void *)1, 2, 0);

	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_ZERO(&except);
	FD_SET(p[0], &in);
	FD_SET(0, &except);
	FD_SET(p[1], &out);
	FD_SET(1, &out);
	select(10, &in, &out, &except, NULL);
	FD_CLR(p[0], &in);
	syscall(SYS_select, 40, &in, NULL, NULL, &soon);
	FD_SET(p[0], &in);
	pselect(10, &in, NULL, NULL, &none, &set);
	syscall(SYS_select, 0, NULL, NULL, NULL, &soon);
	FD_SET(50, &in);
	syscall(SYS_select, 60, &in, NULL, NULL, &soon);

	e = epoll_create1(EPOLL_CLOEXEC);
	syscall(SYS_epoll_create, 5);
	epoll_ctl(e, EPOLL_CTL_ADD, p[0], &event);
	epoll_ctl(e, EPOLL_CTL_ADD, p[0], &event);
	epoll_ctl(e, EPOLL_CTL_ADD, 99, &event);
	epoll_wait(e, got, 4, -1);
	epoll_wait(e, got, 4, 0);
	event.events = EPOLLIN | EPOLLRDHUP;
	event.data.fd = 7;
	epoll_ctl(e, EPOLL_CTL_MOD, p[0], &event);
	epoll_pwait(e, got, 4, 100, &set);
	epoll_ctl(e, EPOLL_CTL_DEL, p[0], &event);
	syscall(SYS_epoll_pwait2, e, got, 4, &little, NULL, 8L);
	epoll_wait(p[0], got, 4, 0);
	return 0;
}
