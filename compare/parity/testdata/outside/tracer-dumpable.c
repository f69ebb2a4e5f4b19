#include "outside.h"

int main(void)
{
	printf("%d\n", prctl(PR_GET_DUMPABLE));
	prctl(PR_SET_DUMPABLE, 0);
	printf("%d\n", prctl(PR_GET_DUMPABLE));
	int fd = open("/dev/null", O_RDONLY);
	printf("%s\n", fd < 0 ? strerror(errno) : "open");
	prctl(PR_SET_NAME, "hidden");
	char name[16];
	prctl(PR_GET_NAME, name);
	printf("%s\n", name);
	return 0;
}
