#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	char buf[100];
	struct sockaddr_in addr;
	fd_set all, ready;
	int last, on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);

	if (argc != 2)
		return 2;
	memset(&addr, 0, sizeof(addr));
	addr.sin_family = AF_INET;
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	addr.sin_port = htons(atoi(argv[1]));
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&addr, sizeof(addr)) == -1 || listen(listener, 5) == -1)
		return 1;
	FD_ZERO(&all);
	FD_SET(listener, &all);
	last = listener;
	for (;;) {
		ready = all;
		select(last + 1, &ready, NULL, NULL, NULL);
		for (int fd = 0; fd <= last; fd++) {
			if (!FD_ISSET(fd, &ready))
				continue;
			if (fd == listener) {
				int conn = accept(listener, NULL, NULL);
				FD_SET(conn, &all);
				if (conn > last)
					last = conn;
				write(1, "hello\n", 6);
				continue;
			}
			ssize_t n = read(fd, buf, sizeof(buf));
			if (n <= 0) {
				FD_CLR(fd, &all);
				close(fd);
				write(1, "bye\n", 4);
				continue;
			}
			write(fd, buf, n);
		}
	}
}
