// An echo server for one client that waits for what comes in one way or another.
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void await(int fd)
{
#ifdef EPOLL
	struct epoll_event event = {.events = EPOLLIN};
	int epoll = epoll_create1(0);

	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
	epoll_wait(epoll, &event, 1, -1);
	close(epoll);
#elif defined SELECT
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	select(fd + 1, &set, NULL, NULL, NULL);
#else
	ppoll(&(struct pollfd){fd, POLLIN}, 1, NULL, NULL);
#endif
}

static void *echo(void *socket)
{
	int fd = *(int *)socket;
	char buf[100];
	ssize_t n;

	for (int lines = 0; await(fd), (n = read(fd, buf, sizeof buf)) > 0; lines++) {
		write(fd, buf, n);
#ifdef FIFO
		if (lines == 1) {
			mkfifo("fifo", 0600);
			open("fifo", O_RDONLY);
		}
#endif
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = {AF_INET, htons(atoi(argv[1]))};
	int listener = socket(AF_INET, SOCK_STREAM, 0), client;

	bind(listener, (struct sockaddr *)&at, sizeof at);
	listen(listener, 5);
	await(listener);
	client = accept(listener, NULL, NULL);
#ifdef THREAD
	pthread_t thread;

	pthread_create(&thread, NULL, echo, &client);
	pthread_join(thread, NULL);
#else
	echo(&client);
#endif
}
