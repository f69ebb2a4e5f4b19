// Who reads sees the end of file when the last of three writers has closed; in between it looks whether somebody is left.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	int fds[2];
	char c;

	pipe(fds);
	if (fork() == 0) {
		close(fds[1]);
		return 0;
	}
	if (fork() == 0) {
		close(fds[1]);
		fcntl(fds[0], F_SETFL, O_NONBLOCK);
		printf("%s\n", read(fds[0], &c, 1) == 0 ? "nobody" : "somebody");
		return 0;
	}
	close(fds[1]);
	return 0;
}
