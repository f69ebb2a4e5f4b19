/*
 * echo_mpclient: a client sends lines to a server and prints what comes back, each in a process of
 * its own.
 *
 * Usage: echo_mpclient IP PORT (then lines, and q to end)
 *
 * Notice: one close is not enough for the server to see end of file, because fork
 * copied the descriptor: the connection stays open until the last copy is closed. shutdown ends
 * the connection itself, in one direction, for all copies.
 *
 * Differs: fork returns twice, and pid tells the two processes apart. Go has no fork: there the
 * writer has its own function, and so has what both do after the else. fgets returns a long line in
 * pieces; in Go a function over bufio does. The port also does what stdio does unseen: it prints a
 * line when its newline comes (on a terminal; elsewhere stdio prints at exit), and at exit it gives
 * back what it has read beyond q.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUF_SIZE 30

static void fail(const char *message)
{
	fprintf(stderr, "%s\n", message);
	exit(1);
}

int main(int argc, char *argv[])
{
	int sock;
	struct sockaddr_in serv_addr;
	char buf[BUF_SIZE + 1];
	ssize_t str_len;
	pid_t pid;

	if (argc != 3) {
		printf("Usage : %s <IP> <port>\n", argv[0]);
		exit(1);
	}

	// client: make a socket
	sock = socket(PF_INET, SOCK_STREAM, 0);
	if (sock == -1)
		fail("socket() error");
	// client: connect it to the server
	memset(&serv_addr, 0, sizeof(serv_addr));
	serv_addr.sin_family = AF_INET;
	serv_addr.sin_addr.s_addr = inet_addr(argv[1]);
	serv_addr.sin_port = htons(atoi(argv[2]));
	if (connect(sock, (struct sockaddr *)&serv_addr, sizeof(serv_addr)) == -1)
		fail("connect() error!");

	// client: fork
	pid = fork();
	if (pid == -1)
		fail("fork() error");

	if (pid == 0) {
		// writer: send lines until q or end of input
		while (fgets(buf, BUF_SIZE, stdin) != NULL && strcmp(buf, "q\n") != 0 && strcmp(buf, "Q\n") != 0)
			if (write(sock, buf, strlen(buf)) == -1)
				break;
		// writer: tell the server that no more will come
		shutdown(sock, SHUT_WR);
	} else {
		// reader: print what comes until end of file
		while ((str_len = read(sock, buf, BUF_SIZE)) > 0) {
			buf[str_len] = '\0';
			printf("Message from server: %s", buf);
		}
	}

	// both: close the socket
	close(sock);
	// both: exit
	return 0;
}
