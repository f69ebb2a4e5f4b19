/*
 * echo_mpserv: a server sends back what its clients say, each client served by a process of its
 * own.
 *
 * Usage: echo_mpserv PORT
 *
 * Notice: after the fork both processes hold both sockets, and each closes the one that it does not
 * need. If the server kept its copy of the connection, the client would never see end of file. A
 * child that has ended stays a zombie until the server waits for it: the kernel sends SIGCHLD, and
 * the handler waits.
 *
 * Differs: Go has signal.Notify in place of sigaction, and a goroutine as handler. accept continues
 * there, while here it fails with EINTR: Go's runtime catches signals with SA_RESTART. fork returns
 * twice, and pid tells the processes apart; in Go the child has its own function. clnt_addr and
 * addr_size, which nobody reads, are missing there. stdio buffers lines, on a terminal until they
 * are complete, elsewhere until exit, and fork copies that buffer; fmt writes at once.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *message)
{
	fprintf(stderr, "%s\n", message);
	exit(1);
}

static void read_childproc(int sig)
{
	int status;
	pid_t pid;

	(void)sig;
	// handler: reap one child
	pid = waitpid(-1, &status, WNOHANG);
	// handler: say which
	printf("removed proc id: %d \n", pid);
}

int main(int argc, char *argv[])
{
	int serv_sock, clnt_sock;
	struct sockaddr_in serv_addr, clnt_addr;
	socklen_t addr_size;
	struct sigaction act;
	char buf[BUFSIZ];
	ssize_t str_len;
	pid_t pid;

	if (argc != 2) {
		printf("Usgae : %s <port>\n", argv[0]);
		exit(1);
	}

	// server: have a handler for the end of a child
	act.sa_handler = read_childproc;
	sigemptyset(&act.sa_mask);
	act.sa_flags = 0;
	sigaction(SIGCHLD, &act, NULL);

	// server: make a socket
	serv_sock = socket(PF_INET, SOCK_STREAM, 0);
	if (serv_sock == -1)
		fail("socket() error");
	// server: give it the port
	memset(&serv_addr, 0, sizeof(serv_addr));
	serv_addr.sin_family = AF_INET;
	serv_addr.sin_addr.s_addr = htonl(INADDR_ANY);
	serv_addr.sin_port = htons(atoi(argv[1]));
	if (bind(serv_sock, (struct sockaddr *)&serv_addr, sizeof(serv_addr)) == -1)
		fail("bind() error");
	// server: listen
	if (listen(serv_sock, 5) == -1)
		fail("listen() error");

	for (;;) {
		// server: accept a client
		addr_size = sizeof(clnt_addr);
		clnt_sock = accept(serv_sock, (struct sockaddr *)&clnt_addr, &addr_size);
		if (clnt_sock == -1)
			continue;
		// server: say so
		puts("new client connected...");

		// server: fork
		pid = fork();
		if (pid == -1) {
			close(clnt_sock);
			continue;
		}

		if (pid == 0) {
			// child: close the listening socket
			close(serv_sock);
			// child: echo until end of file
			while ((str_len = read(clnt_sock, buf, BUFSIZ)) > 0)
				if (write(clnt_sock, buf, str_len) == -1)
					break;
			// child: close the connection
			close(clnt_sock);
			// child: say so
			puts("client disconnected...");
			break;
		} else {
			// server: close its copy of the connection
			close(clnt_sock);
		}
	}

	// child: exit
	return 0;
}
