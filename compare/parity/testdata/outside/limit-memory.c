#include "outside.h"

int main(void)
{
	struct rlimit limit = {1 << 28, 1 << 28};
	setrlimit(RLIMIT_AS, &limit);
	int n = 0;
	while (mmap(NULL, 1 << 24, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		n++;
	printf("%d times 16 MiB: %s\n", n, strerror(errno));
	char *p = malloc(1 << 25);
	printf("malloc: %s\n", p ? "enough" : strerror(errno));
	struct rlimit stack;
	getrlimit(RLIMIT_STACK, &stack);
	printf("stack: %lu KiB\n", (unsigned long)stack.rlim_cur >> 10);
	return 0;
}
