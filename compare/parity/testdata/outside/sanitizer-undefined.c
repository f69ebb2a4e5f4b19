// -fsanitize=undefined
#include "outside.h"

int main(int argc, char **argv)
{
	int x = 0x7fffffff, a[4] = {0};
	x += argc;
	printf("%d\n", x);
	printf("%d\n", a[argc & 3]);
	printf("%d\n", 1 << (31 + argc));
	return 0;
}
