#include "outside.h"

// What programs do that don't want to be debugged: the parent of this one is no tracer.
int main(void)
{
	long first = ptrace(PTRACE_TRACEME, 0, 0, 0);
	printf("first: %ld\n", first);
	long second = ptrace(PTRACE_TRACEME, 0, 0, 0);
	printf("second: %ld, %s\n", second, strerror(errno));
	return 0;
}
