/*
 * echo_mpserv as a textbook has it: it reads BUFSIZ bytes into a buffer of 30, a read error spins,
 * and an error message is two writes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <signal.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define BUF_SIZE 30

void die(char *why)
{
	fputs(why, stderr);
	fputc('\n', stderr);
	exit(1);
}

void bury(int sig)
{
	int status;
	pid_t gone = waitpid(-1, &status, WNOHANG);

	printf("removed proc id: %d \n", gone);
}

int main(int argc, char *argv[])
{
	int door, guest;
	struct sockaddr_in here, there;
	pid_t child;
	struct sigaction act;
	socklen_t size;
	int len, state;
	char buf[BUF_SIZE];

	if (argc != 2) {
		printf("Usgae : %s <port>\n", argv[0]);
		exit(1);
	}
	act.sa_handler = bury;
	sigemptyset(&act.sa_mask);
	act.sa_flags = 0;
	state = sigaction(SIGCHLD, &act, 0);

	door = socket(PF_INET, SOCK_STREAM, 0);
	memset(&here, 0, sizeof(here));
	here.sin_family = AF_INET;
	here.sin_addr.s_addr = htonl(INADDR_ANY);
	here.sin_port = htons(atoi(argv[1]));
	if (bind(door, (struct sockaddr *)&here, sizeof(here)) == -1)
		die("bind() error");
	if (listen(door, 5) == -1)
		die("listen() error");

	while (1) {
		size = sizeof(there);
		guest = accept(door, (struct sockaddr *)&there, &size);
		if (guest == -1)
			continue;
		puts("new client connected...");
		child = fork();
		if (child == -1) {
			close(guest);
			continue;
		}
		if (child == 0) {
			close(door);
			while ((len = read(guest, buf, BUFSIZ)) != 0)
				write(guest, buf, len);
			close(guest);
			puts("client disconnected...");
			return 0;
		}
		close(guest);
	}
	close(door);
	return 0;
}
