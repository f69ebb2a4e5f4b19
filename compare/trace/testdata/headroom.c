// Reads six bytes into a small buffer of main's, with room claimed for many, as the textbook's servers do. It prints how many
// came each time and where the buffer is, and whether argv, the environment and the auxiliary vector are where they should be.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char buf[30];
	int p[2];

	pipe(p);
	for (size_t claimed = BUFSIZ; claimed <= 120000; claimed *= 2) {
		write(p[1], "hello\n", 6);
		printf("%zd ", read(p[0], buf, claimed));
	}
	printf("%d %s %s %s %lu %p\n", argc, argv[argc - 1], getenv("NAME"), (char *)getauxval(AT_EXECFN),
		getauxval(AT_PAGESZ), (void *)buf);
	return 0;
}
