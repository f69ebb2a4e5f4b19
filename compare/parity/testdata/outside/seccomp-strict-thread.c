#include "outside.h"

static void *confined(void *arg)
{
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	write(1, "in the thread\n", 14);
	syscall(SYS_getppid);
	write(1, "never\n", 6);
	return arg;
}

// Only the thread ends that does what it may not.
int main(void)
{
	pthread_t t;
	pthread_create(&t, NULL, confined, NULL);
	usleep(100000);
	printf("the others go on\n");
	return 3;
}
