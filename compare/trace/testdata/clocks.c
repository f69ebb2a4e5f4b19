// Reads every clock in every way that there is, by the vDSO and by system calls.
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void all(const char *who) {
	for (clockid_t c = 0; c <= CLOCK_TAI; c++) {
		struct timespec a = {0}, b = {0};
		if (c == CLOCK_PROCESS_CPUTIME_ID || c == CLOCK_THREAD_CPUTIME_ID || c == 10) {
			printf("%s: clock %d: %d\n", who, c, clock_gettime(c, &a));
			continue;
		}
		clock_gettime(c, &a);
		syscall(SYS_clock_gettime, c, &b);
		printf("%s: clock %d: %ld.%09ld %ld.%09ld\n", who, c, (long)a.tv_sec, a.tv_nsec, (long)b.tv_sec, b.tv_nsec);
	}
	struct timeval v, w;
	struct timezone z = {1, 1};
	gettimeofday(&v, &z);
	syscall(SYS_gettimeofday, &w, NULL);
	printf("%s: %ld.%06ld %ld.%06ld zone %d\n", who, (long)v.tv_sec, (long)v.tv_usec, (long)w.tv_sec, (long)w.tv_usec, z.tz_minuteswest);
	time_t t;
	long u = time(&t);
	printf("%s: %ld %ld\n", who, u, (long)t);
	fflush(stdout);
}

int main(int argc, char **argv) {
	(void)argv;
	all(argc > 1 ? "executed" : "program");
	if (argc > 1)
		return 0;
	if (fork() == 0) {
		all("child");
		execl("/proc/self/exe", "clocks", "again", (char *)NULL);
	}
	wait(NULL);
	return 0;
}
