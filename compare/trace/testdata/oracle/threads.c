/* threads: one after the other, so that each does the same in every run. */
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void *run(void *arg)
{
	write(1, arg, 1);
	return NULL;
}

int main(void)
{
	struct timespec little = { 0, 1000 };
	uint32_t word = 1;
	pthread_t t;

	for (char *name = "abc"; *name; name++) {
		pthread_create(&t, NULL, run, name);
		pthread_join(t, NULL);
	}
	syscall(SYS_futex, &word, FUTEX_WAIT, 2, NULL, NULL, 0);
	syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 1, &little, NULL, 0);
	syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 5);
	syscall(SYS_futex, &word, FUTEX_WAKE, 1);
	syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 1, &little, NULL, 4);
	syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE_PRIVATE, 1, 2L, &word + 1, 1);
	syscall(SYS_futex, &word, FUTEX_WAKE_BITSET_PRIVATE, 1, NULL, NULL, -1);
	syscall(SYS_set_robust_list, NULL, 24L);
	return 0;
}
