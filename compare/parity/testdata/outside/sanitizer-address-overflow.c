// -fsanitize=address
#include "outside.h"

const char *__asan_default_options(void)
{
	return "print_summary=0:log_path=/dev/null"; // addresses are chance
}

int main(void)
{
	char *volatile p = malloc(10);
	printf("before\n");
	p[10] = 1;
	printf("never\n");
	return 0;
}
