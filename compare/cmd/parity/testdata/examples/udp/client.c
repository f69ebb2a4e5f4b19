#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	char line[30], answer[30];
	struct sockaddr_in addr;
	ssize_t n;
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	if (argc != 2)
		return 2;
	memset(&addr, 0, sizeof(addr));
	addr.sin_family = AF_INET;
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	addr.sin_port = htons(atoi(argv[1]));
	while ((n = read(0, line, sizeof(line) - 1)) > 0) {
		line[n] = '\0';
		sendto(sock, line, n + 1, 0, (struct sockaddr *)&addr, sizeof(addr));
		n = recvfrom(sock, answer, sizeof(answer), 0, NULL, NULL);
		write(1, answer, strlen(answer));
	}
	sendto(sock, "", 0, 0, (struct sockaddr *)&addr, sizeof(addr));
	close(sock);
	return 0;
}
