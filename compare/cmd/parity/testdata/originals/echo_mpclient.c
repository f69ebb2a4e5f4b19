/*
 * echo_mpclient as a textbook has it: the end of input goes unnoticed, 30 bytes leave no room for
 * the NUL, a read error becomes an index, and an error message is two writes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <sys/socket.h>

#define BUF_SIZE 30

void die(char *why)
{
	fputs(why, stderr);
	fputc('\n', stderr);
	exit(1);
}

void hear(int sock, char *buf)
{
	int len;

	while (1) {
		len = read(sock, buf, BUF_SIZE);
		if (len == 0)
			return;
		buf[len] = 0;
		printf("Message from server: %s", buf);
	}
}

void say(int sock, char *buf)
{
	while (1) {
		fgets(buf, BUF_SIZE, stdin);
		if (!strcmp(buf, "q\n") || !strcmp(buf, "Q\n")) {
			shutdown(sock, SHUT_WR);
			return;
		}
		write(sock, buf, strlen(buf));
	}
}

int main(int argc, char *argv[])
{
	int sock;
	pid_t child;
	char buf[BUF_SIZE];
	struct sockaddr_in addr;

	if (argc != 3) {
		printf("Usage : %s <IP> <port>\n", argv[0]);
		exit(1);
	}
	sock = socket(PF_INET, SOCK_STREAM, 0);
	memset(&addr, 0, sizeof(addr));
	addr.sin_family = AF_INET;
	addr.sin_addr.s_addr = inet_addr(argv[1]);
	addr.sin_port = htons(atoi(argv[2]));
	if (connect(sock, (struct sockaddr *)&addr, sizeof(addr)) == -1)
		die("connect() error!");

	child = fork();
	if (child == 0)
		say(sock, buf);
	else
		hear(sock, buf);
	close(sock);
	return 0;
}
