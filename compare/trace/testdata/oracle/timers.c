/* timers: clocks, timers and sleeps. */
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
	struct timespec little = { 0, 1000 }, bad = { 0, 2000000000 }, past = { 1, 0 }, t;
	struct itimerval val = { { 10, 20 }, { 1000, 0 } }, old;
	struct itimerspec spec = { { 0, 0 }, { 0, 1000 } }, far = { { 5, 6 }, { 1000, 0 } }, was;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct timeval tv;
	struct tms tms;
	uint64_t n;
	timer_t timer;
	time_t now;
	int fd;

	nanosleep(&little, NULL);
	nanosleep(&little, &t);
	nanosleep(&bad, &t);
	syscall(SYS_nanosleep, &little, NULL);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &past, NULL);
	clock_nanosleep(CLOCK_REALTIME, 0, &little, &t);
	syscall(SYS_clock_gettime, CLOCK_REALTIME, &t);
	syscall(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &t);
	syscall(SYS_clock_gettime, 99, &t);
	syscall(SYS_clock_getres, CLOCK_MONOTONIC_RAW, &t);
	syscall(SYS_gettimeofday, &tv, NULL);
	syscall(SYS_time, &now);
	times(&tms);
	alarm(1000);
	alarm(0);
	setitimer(ITIMER_VIRTUAL, &val, NULL);
	setitimer(ITIMER_PROF, &val, &old);
	getitimer(ITIMER_REAL, &old);
	setitimer(7, &val, NULL);
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, TIMER_ABSTIME, &far, NULL);
	timer_settime(timer, 0, &far, NULL);
	timer_gettime(timer, &was);
	timer_getoverrun(timer);
	timer_delete(timer);
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	timerfd_settime(fd, 0, &spec, NULL);
	read(fd, &n, sizeof n);
	timerfd_settime(fd, TFD_TIMER_ABSTIME, &far, &was);
	timerfd_gettime(fd, &was);
	timerfd_create(99, TFD_NONBLOCK);
	return 0;
}
