/* stdio over a socket with half-close: the client sends all, shuts its half, and reads the answer. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void streams(int fd, FILE **in, FILE **out) {
	*in = fdopen(fd, "r");
	*out = fdopen(dup(fd), "w");
	if (*in == NULL || *out == NULL) {
		perror("fdopen");
		exit(1);
	}
}

static void serve(int listener) {
	FILE *in, *out;
	char line[256], last[256] = "";
	long lines = 0, bytes = 0;
	streams(accept(listener, NULL, NULL), &in, &out);
	while (fgets(line, sizeof line, in)) {
		lines++;
		bytes += strlen(line);
		strcpy(last, line);
	}
	fprintf(out, "%ld lines, %ld bytes\nlast: %s", lines, bytes, last);
	fclose(out);
	fclose(in);
}

static void ask(const struct sockaddr_in *to) {
	FILE *in, *out;
	char line[256];
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (const struct sockaddr *)to, sizeof *to) < 0) {
		perror("connect");
		exit(1);
	}
	streams(fd, &in, &out);
	while (fgets(line, sizeof line, stdin))
		fputs(line, out);
	fflush(out);
	shutdown(fileno(out), SHUT_WR);
	while (fgets(line, sizeof line, in))
		fputs(line, stdout);
	fclose(out);
	fclose(in);
}

int main(int argc, char **argv) {
	struct sockaddr_in addr = {.sin_family = AF_INET};
	if (argc != 3)
		return 2;
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	addr.sin_port = htons(atoi(argv[2]));
	if (strcmp(argv[1], "client") == 0) {
		ask(&addr);
		return 0;
	}
	int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(listener, (struct sockaddr *)&addr, sizeof addr) < 0 || listen(listener, 5) < 0) {
		perror("bind or listen");
		return 1;
	}
	for (int i = 0; i < 2; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			serve(listener);
			exit(0);
		}
	}
	while (wait(NULL) > 0)
		puts("served one");
	return 0;
}
