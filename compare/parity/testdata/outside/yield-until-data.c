#include "outside.h"

int main(void)
{
	int ends[2];
	pipe(ends);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	if (fork() == 0) {
		for (int i = 0; i < 50; i++)
			sched_yield();
		write(ends[1], "x", 1);
		_exit(0);
	}
	char c;
	while (read(ends[0], &c, 1) < 0 && errno == EAGAIN)
		sched_yield();
	printf("%c\n", c);
	wait(NULL);
	return 0;
}
