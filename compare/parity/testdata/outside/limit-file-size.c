#include "outside.h"

static void too_large(int sig)
{
	write(1, "SIGXFSZ\n", 8);
}

int main(void)
{
	char b[600] = {0};
	char name[] = "/tmp/limit-XXXXXX";
	int fd = mkstemp(name);
	unlink(name);
	signal(SIGXFSZ, too_large);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){1000, 1000});
	for (int i = 0; i < 3; i++) {
		int n = write(fd, b, sizeof b);
		printf("%d %s\n", n, n < 0 ? strerror(errno) : "");
	}
	printf("ftruncate: %d\n", ftruncate(fd, 2000));
	signal(SIGXFSZ, SIG_IGN);
	int n = write(fd, b, sizeof b);
	printf("%d %s\n", n, strerror(errno));
	signal(SIGXFSZ, SIG_DFL);
	write(fd, b, sizeof b);
	return 0;
}
