#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	char buf[30];
	struct sockaddr_in addr, from;
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	if (argc != 2)
		return 2;
	memset(&addr, 0, sizeof(addr));
	addr.sin_family = AF_INET;
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	addr.sin_port = htons(atoi(argv[1]));
	if (bind(sock, (struct sockaddr *)&addr, sizeof(addr)) == -1)
		return 1;
	for (;;) {
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(sock, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);
		if (n <= 0)
			break;
		sendto(sock, buf, n, 0, (struct sockaddr *)&from, len);
	}
	close(sock);
	return 0;
}
