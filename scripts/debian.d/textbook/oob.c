/* Out-of-band data over TCP: SIGURG, sockatmark(3), MSG_OOB, and select's set of exceptions. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

static volatile sig_atomic_t urgent;

static void on_urgent(int sig) {
	(void)sig;
	urgent++;
}

static void must(int result, const char *what) {
	if (result < 0) {
		perror(what);
		exit(1);
	}
}

static void serve(int port) {
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sigaction act = {.sa_handler = on_urgent};
	char buf[100], c;
	int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "setsockopt");
	must(bind(listener, (struct sockaddr *)&addr, sizeof addr), "bind");
	must(listen(listener, 5), "listen");
	int fd = accept(listener, NULL, NULL);
	must(fd, "accept");
	must(sigaction(SIGURG, &act, NULL), "sigaction");
	must(fcntl(fd, F_SETOWN, getpid()), "F_SETOWN");
	for (;;) {
		fd_set in, except;
		FD_ZERO(&in);
		FD_ZERO(&except);
		FD_SET(fd, &in);
		FD_SET(fd, &except);
		int n = select(fd + 1, &in, NULL, &except, NULL);
		if (n < 0 && errno == EINTR)
			continue;
		must(n, "select");
		if (urgent > 0) {
			ssize_t got = recv(fd, &c, 1, MSG_OOB);
			if (got == 1)
				printf("urgent: %c\n", c);
			urgent = 0;
		}
		if (FD_ISSET(fd, &in)) {
			int mark = sockatmark(fd);
			ssize_t got = read(fd, buf, sizeof buf);
			must(got, "read");
			if (got == 0)
				break;
			printf("read %zd%s: %.*s\n", got, mark ? " at the mark" : "", (int)got, buf);
		}
	}
	puts("end");
}

static void ask(int port) {
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port)};
	char line[100];
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(connect(fd, (struct sockaddr *)&addr, sizeof addr), "connect");
	while (fgets(line, sizeof line, stdin)) {
		size_t len = strcspn(line, "\n");
		must(send(fd, line, len, line[0] == '!' ? MSG_OOB : 0), "send");
	}
}

int main(int argc, char **argv) {
	if (argc != 3)
		return 2;
	setbuf(stdout, NULL);
	if (strcmp(argv[1], "client") == 0)
		ask(atoi(argv[2]));
	else
		serve(atoi(argv[2]));
	return 0;
}
