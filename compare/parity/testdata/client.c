// The least of a client: it connects and ends.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char *argv[])
{
	struct sockaddr_in addr = {.sin_family = AF_INET};

	(void)argc;
	addr.sin_addr.s_addr = inet_addr(argv[1]);
	addr.sin_port = htons(atoi(argv[2]));
	return connect(socket(PF_INET, SOCK_STREAM, 0), (struct sockaddr *)&addr, sizeof(addr)) != 0;
}
