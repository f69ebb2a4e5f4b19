/* Multicast on the loopback interface: one sender, and receivers that join its group and leave. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GROUP "239.1.2.3"

static void must(int result, const char *what) {
	if (result < 0) {
		perror(what);
		exit(1);
	}
}

static void receive(int fd, int port) {
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct ip_mreq group;
	char buf[128];
	int on = 1;
	must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
	inet_pton(AF_INET, GROUP, &group.imr_multiaddr);
	inet_pton(AF_INET, "127.0.0.1", &group.imr_interface);
	must(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group), "IP_ADD_MEMBERSHIP");
	addr.sin_addr = group.imr_multiaddr;
	must(bind(fd, (struct sockaddr *)&addr, sizeof addr), "bind");
	for (;;) {
		ssize_t n = recv(fd, buf, sizeof buf, 0);
		must(n, "recv");
		printf("got %.*s\n", (int)n, buf);
		if (n == 3 && memcmp(buf, "end", 3) == 0)
			break;
	}
	must(setsockopt(fd, IPPROTO_IP, IP_DROP_MEMBERSHIP, &group, sizeof group), "IP_DROP_MEMBERSHIP");
}

static void say(int fd, int port) {
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct in_addr interface;
	unsigned char ttl = 1, loop = 1;
	char line[128];
	inet_pton(AF_INET, GROUP, &to.sin_addr);
	inet_pton(AF_INET, "127.0.0.1", &interface);
	must(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof interface), "IP_MULTICAST_IF");
	must(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl), "IP_MULTICAST_TTL");
	must(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &loop, sizeof loop), "IP_MULTICAST_LOOP");
	while (fgets(line, sizeof line, stdin)) {
		must(sendto(fd, line, strcspn(line, "\n"), 0, (struct sockaddr *)&to, sizeof to), "sendto");
		puts("sent");
	}
}

int main(int argc, char **argv) {
	if (argc != 3)
		return 2;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	must(fd, "socket");
	if (strcmp(argv[1], "send") == 0)
		say(fd, atoi(argv[2]));
	else
		receive(fd, atoi(argv[2]));
	return 0;
}
