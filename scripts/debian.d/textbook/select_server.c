/* A server of one process: select(2), up to eight clients, each line comes back in capitals. */
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX = 8 };

static void must(int result, const char *what) {
	if (result < 0) {
		perror(what);
		exit(1);
	}
}

static int listening(int port) {
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port)};
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
	must(fd, "socket");
	must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "setsockopt");
	must(bind(fd, (struct sockaddr *)&addr, sizeof addr), "bind");
	must(listen(fd, 5), "listen");
	return fd;
}

int main(int argc, char **argv) {
	int clients[MAX], n = 0, listener = listening(argc > 1 ? atoi(argv[1]) : 7007);
	char buf[256];
	for (;;) {
		fd_set in;
		int top = listener;
		FD_ZERO(&in);
		FD_SET(listener, &in);
		for (int i = 0; i < n; i++) {
			FD_SET(clients[i], &in);
			if (clients[i] > top)
				top = clients[i];
		}
		struct timeval patience = {30, 0};
		int ready = select(top + 1, &in, NULL, NULL, &patience);
		must(ready, "select");
		if (ready == 0) {
			puts("nothing for 30 seconds");
			return 0;
		}
		if (FD_ISSET(listener, &in)) {
			struct sockaddr_in from;
			socklen_t size = sizeof from;
			int fd = accept(listener, (struct sockaddr *)&from, &size);
			must(fd, "accept");
			if (n == MAX)
				close(fd);
			else
				clients[n++] = fd;
			printf("%d clients\n", n);
		}
		for (int i = 0; i < n; i++) {
			if (!FD_ISSET(clients[i], &in))
				continue;
			ssize_t got = read(clients[i], buf, sizeof buf);
			if (got <= 0) {
				close(clients[i]);
				clients[i--] = clients[--n];
				printf("%d clients\n", n);
				break;
			}
			for (ssize_t k = 0; k < got; k++)
				buf[k] = toupper((unsigned char)buf[k]);
			must(write(clients[i], buf, got), "write");
		}
	}
}
