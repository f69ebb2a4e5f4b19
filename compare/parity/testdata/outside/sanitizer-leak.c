// -fsanitize=leak
#include "outside.h"

char *kept;

int main(void)
{
	kept = malloc(50);
	for (int i = 0; i < 3; i++) {
		char *volatile p = malloc(100 + i);
		p[0] = i;
	}
	printf("three blocks are lost\n");
	return 0;
}
