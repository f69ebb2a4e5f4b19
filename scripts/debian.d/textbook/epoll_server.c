/* A server with epoll(7), level- or edge-triggered: it counts what each client says, and tells it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct client {
	int fd;
	long bytes;
};

static int poller, edge;

static int must(int result, const char *what) {
	if (result < 0) {
		perror(what);
		exit(1);
	}
	return result;
}

static void watch(int fd, void *what) {
	struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP | (edge ? EPOLLET : 0), .data.ptr = what};
	must(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), "fcntl");
	must(epoll_ctl(poller, EPOLL_CTL_ADD, fd, &ev), "epoll_ctl");
}

static void accept_all(int listener) {
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0 && errno == EAGAIN)
			return;
		must(fd, "accept4");
		struct client *c = calloc(1, sizeof *c);
		c->fd = fd;
		watch(fd, c);
		puts("new client");
		if (!edge)
			return;
	}
}

static void hear(struct client *c) {
	char buf[7];
	ssize_t n;
	while ((n = read(c->fd, buf, sizeof buf)) > 0) {
		c->bytes += n;
		if (buf[n - 1] == '\n')
			dprintf(c->fd, "%ld bytes so far\n", c->bytes);
		if (!edge)
			return;
	}
	if (n < 0 && errno == EAGAIN)
		return;
	printf("client gone after %ld bytes\n", c->bytes);
	must(epoll_ctl(poller, EPOLL_CTL_DEL, c->fd, NULL), "epoll_ctl");
	close(c->fd);
	free(c);
}

int main(int argc, char **argv) {
	struct sockaddr_in addr = {.sin_family = AF_INET};
	struct itimerspec each = {.it_interval.tv_sec = 5, .it_value.tv_sec = 5};
	struct epoll_event events[4];
	sigset_t set;
	int on = 1, listener, timer, signals;
	if (argc != 3)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	edge = strcmp(argv[1], "edge") == 0;
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	addr.sin_port = htons(atoi(argv[2]));
	listener = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	must(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "setsockopt");
	must(bind(listener, (struct sockaddr *)&addr, sizeof addr), "bind");
	must(listen(listener, SOMAXCONN), "listen");
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	must(sigprocmask(SIG_BLOCK, &set, NULL), "sigprocmask");
	signals = must(signalfd(-1, &set, SFD_CLOEXEC), "signalfd");
	timer = must(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), "timerfd_create");
	must(timerfd_settime(timer, 0, &each, NULL), "timerfd_settime");
	poller = must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
	watch(listener, &listener);
	watch(signals, &signals);
	watch(timer, &timer);
	for (;;) {
		int n = must(epoll_wait(poller, events, 4, -1), "epoll_wait");
		for (int i = 0; i < n; i++) {
			void *what = events[i].data.ptr;
			unsigned long long ticks;
			if (what == &listener) {
				accept_all(listener);
			} else if (what == &timer) {
				if (read(timer, &ticks, sizeof ticks) == sizeof ticks)
					printf("tick %llu\n", ticks);
			} else if (what == &signals) {
				puts("asked to end");
				return 0;
			} else {
				hear(what);
			}
		}
	}
}
