/* UDP echo: a server that answers each datagram, and a client with a time-out. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static void die(const char *what) {
	perror(what);
	exit(1);
}

static void serve(int fd) {
	char buf[512], host[INET_ADDRSTRLEN];
	struct sockaddr_in from;
	for (;;) {
		socklen_t size = sizeof from;
		ssize_t n = recvfrom(fd, buf, sizeof buf, 0, (struct sockaddr *)&from, &size);
		if (n < 0)
			die("recvfrom");
		printf("%zd bytes from %s\n", n, inet_ntop(AF_INET, &from.sin_addr, host, sizeof host));
		if (n == 4 && memcmp(buf, "quit", 4) == 0)
			return;
		if (n == 4 && memcmp(buf, "lost", 4) == 0)
			continue;
		if (sendto(fd, buf, n, 0, (struct sockaddr *)&from, size) != n)
			die("sendto");
	}
}

static void ask(int fd, const struct sockaddr_in *to) {
	char line[512], buf[512];
	struct timeval patience = {2, 0};
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0)
		die("setsockopt");
	while (fgets(line, sizeof line, stdin)) {
		size_t len = strcspn(line, "\n");
		if (sendto(fd, line, len, 0, (const struct sockaddr *)to, sizeof *to) < 0)
			die("sendto");
		if (strncmp(line, "quit", 4) == 0)
			return;
		ssize_t n = recvfrom(fd, buf, sizeof buf, 0, NULL, NULL);
		if (n < 0)
			puts("no answer");
		else
			printf("answer: %.*s\n", (int)n, buf);
	}
}

int main(int argc, char **argv) {
	struct sockaddr_in addr = {.sin_family = AF_INET};
	if (argc != 3)
		return 2;
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	addr.sin_port = htons(atoi(argv[2]));
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		die("socket");
	if (strcmp(argv[1], "client") == 0) {
		ask(fd, &addr);
		return 0;
	}
	if (bind(fd, (struct sockaddr *)&addr, sizeof addr) < 0)
		die("bind");
	serve(fd);
	return 0;
}
