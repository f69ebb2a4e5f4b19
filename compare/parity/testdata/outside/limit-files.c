#include "outside.h"

int main(void)
{
	closefrom(3);
	struct rlimit limit = {32, 32};
	setrlimit(RLIMIT_NOFILE, &limit);
	int n = 0, fd, last = -1, ends[2];
	while ((fd = open("/dev/null", O_RDONLY)) >= 0)
		n++, last = fd;
	printf("%d files, the last is %d: %s\n", n, last, strerror(errno));
	close(last);
	int result = pipe(ends);
	printf("pipe: %d, %s\n", result, strerror(errno));
	close(last - 1);
	printf("pipe: %d\n", pipe(ends));
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){16, 32});
	result = dup2(1, 20);
	printf("dup2: %d, %s\n", result, strerror(errno));
	if (fork() == 0)
		_exit(dup(1) < 0 ? errno == EMFILE : 2);
	int status;
	wait(&status);
	how("the child", status);
	return 0;
}
