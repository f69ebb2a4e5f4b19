// Two processes wait, each in a way of its own and for a time of its own, and say so when it's over:
//
//	timing KIND MILLISECONDS KIND MILLISECONDS
//
// What they say is what came of it, and whether the clock shows that the time has passed.
#include <aio.h>
#include <errno.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <netinet/in.h>

static long ms;
static struct timespec span;
static volatile int calls;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static sem_t sem;

static void count(int sig)
{
	(void)sig;
	calls++;
}

static struct timespec at(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	t.tv_nsec += span.tv_nsec;
	t.tv_sec += span.tv_sec + t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

static long elapsed(struct timespec since)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (t.tv_sec - since.tv_sec) * 1000 + (t.tv_nsec - since.tv_nsec) / 1000000;
}

static struct itimerspec once(void)
{
	struct itimerspec t = {{0, 0}, span};
	return t;
}

// Every third of the time, and then once more.
static struct itimerspec thrice(void)
{
	struct itimerspec t = {{0, span.tv_nsec / 3}, {0, span.tv_nsec / 3}};
	return t;
}

static void handle(int sig)
{
	struct sigaction a = {.sa_handler = count};
	sigaction(sig, &a, NULL);
}

static void block(int sig)
{
	sigset_t s;
	sigemptyset(&s);
	sigaddset(&s, sig);
	sigprocmask(SIG_BLOCK, &s, NULL);
}

static int take(int sig, siginfo_t *info)
{
	sigset_t s;
	sigemptyset(&s);
	sigaddset(&s, sig);
	return sigwaitinfo(&s, info);
}

static void post(union sigval v)
{
	(void)v;
	sem_post(&sem);
}

static void *later(void *p)
{
	(void)p;
	nanosleep(&span, NULL);
	pthread_mutex_lock(&mutex);
	calls++;
	pthread_cond_signal(&cond);
	pthread_mutex_unlock(&mutex);
	return NULL;
}

static int timeouts(int fd, int option)
{
	struct timeval t = {span.tv_sec, span.tv_nsec / 1000};
	if (setsockopt(fd, SOL_SOCKET, option, &t, sizeof t) != 0)
		return -1;
	struct timeval now = {0, 0};
	socklen_t n = sizeof now;
	getsockopt(fd, SOL_SOCKET, option, &now, &n);
	return now.tv_sec == t.tv_sec && now.tv_usec / 10000 == t.tv_usec / 10000 && n == sizeof now ? fd : -1;
}

static long waits(const char *kind)
{
	struct timespec begin, t;
	struct timeval tv = {span.tv_sec, span.tv_nsec / 1000};
	struct itimerspec spec = once();
	struct itimerspec periodic = thrice();
	struct itimerval three = {{0, span.tv_nsec / 3000}, {0, span.tv_nsec / 3000}};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 7};
	struct epoll_event ready;
	siginfo_t info;
	timer_t timer;
	int pair[2], word = 0, fd;
	char c, big[1 << 20];
	long n = 0;
	clock_gettime(CLOCK_MONOTONIC, &begin);
#define IS(name) (strcmp(kind, name) == 0)
	if (IS("nanosleep"))
		return nanosleep(&span, NULL);
	if (IS("usleep"))
		return usleep(ms * 1000);
	if (IS("clock_nanosleep"))
		return clock_nanosleep(CLOCK_MONOTONIC, 0, &span, NULL);
	if (IS("clock_nanosleep-at")) {
		t = at(CLOCK_MONOTONIC);
		return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
	}
	if (IS("clock_nanosleep-past")) {
		struct timespec past = begin;
		past.tv_sec--;
		int r = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &past, NULL);
		return r == 0 && elapsed(begin) < ms ? nanosleep(&span, NULL) : -2;
	}
	if (IS("sleep-interrupted")) {
		struct itimerval half = {{0, 0}, {0, span.tv_nsec / 2000}};
		struct timespec left = {0, 0};
		handle(SIGALRM);
		setitimer(ITIMER_REAL, &half, NULL);
		int r = nanosleep(&span, &left);
		return r == -1 && errno == EINTR && left.tv_nsec > 0 && left.tv_nsec < span.tv_nsec * 3 / 4 ? nanosleep(&left, NULL) : -2;
	}
	if (IS("poll"))
		return poll(NULL, 0, ms);
	if (IS("poll-pipe") && pipe(pair) == 0) {
		struct pollfd p = {pair[0], POLLIN, 0};
		return poll(&p, 1, ms);
	}
	if (IS("ppoll"))
		return ppoll(NULL, 0, &span, NULL);
	if (IS("select"))
		return select(0, NULL, NULL, NULL, &tv) + 10 * (tv.tv_sec + tv.tv_usec);
	if (IS("pselect"))
		return pselect(0, NULL, NULL, NULL, &span, NULL);
	if (IS("epoll_wait"))
		return epoll_wait(epoll_create1(0), &ready, 1, ms);
	if (IS("epoll_pwait2"))
		return syscall(SYS_epoll_pwait2, epoll_create1(0), &ready, 1, &span, NULL, 8);
	if (IS("futex"))
		return syscall(SYS_futex, &word, FUTEX_WAIT, 0, &span, NULL, 0);
	if (IS("futex-at")) {
		t = at(CLOCK_MONOTONIC);
		return syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, &t, NULL, ~0);
	}
	if (IS("cond_timedwait")) {
		t = at(CLOCK_REALTIME);
		pthread_mutex_lock(&mutex);
		return pthread_cond_timedwait(&cond, &mutex, &t);
	}
	if (IS("mutex_timedlock")) {
		t = at(CLOCK_REALTIME);
		pthread_mutex_lock(&mutex);
		return pthread_mutex_timedlock(&mutex, &t);
	}
	if (IS("thread")) {
		pthread_t thread;
		pthread_create(&thread, NULL, later, NULL);
		pthread_mutex_lock(&mutex);
		while (calls == 0)
			pthread_cond_wait(&cond, &mutex);
		pthread_mutex_unlock(&mutex);
		return pthread_join(thread, NULL);
	}
	if (IS("sem_timedwait")) {
		t = at(CLOCK_REALTIME);
		sem_init(&sem, 0, 0);
		return sem_timedwait(&sem, &t);
	}
	if (IS("sigtimedwait")) {
		sigset_t s;
		sigemptyset(&s);
		sigaddset(&s, SIGUSR1);
		return sigtimedwait(&s, NULL, &span);
	}
	if (IS("semtimedop")) {
		int id = semget(IPC_PRIVATE, 1, 0600);
		struct sembuf down = {0, -1, 0};
		int r = syscall(SYS_semtimedop, id, &down, 1, &span);
		int e = errno;
		semctl(id, 0, IPC_RMID);
		errno = e;
		return r;
	}
	if (IS("mq_timedreceive")) {
		char name[64], buf[8192];
		snprintf(name, sizeof name, "/timing-%d", getpid());
		mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, NULL);
		mq_unlink(name);
		t = at(CLOCK_REALTIME);
		return mq_timedreceive(q, buf, sizeof buf, NULL, &t);
	}
	if (IS("SO_RCVTIMEO") && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0)
		return read(timeouts(pair[0], SO_RCVTIMEO), &c, 1);
	if (IS("SO_SNDTIMEO") && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0) {
		memset(big, 0, sizeof big);
		fd = timeouts(pair[0], SO_SNDTIMEO);
		while ((n = write(fd, big, sizeof big)) > 0)
			if (n < (long)sizeof big)
				return 1; // the time was over with some of it sent
		return n;
	}
	if (IS("SO_RCVTIMEO-accept")) {
		struct sockaddr_in any = {.sin_family = AF_INET};
		fd = socket(AF_INET, SOCK_STREAM, 0);
		bind(fd, (struct sockaddr *)&any, sizeof any);
		listen(fd, 1);
		return accept(timeouts(fd, SO_RCVTIMEO), NULL, NULL);
	}
	if (IS("recvmmsg") && socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0) {
		struct iovec iov = {&c, 1};
		struct mmsghdr m[2] = {{.msg_hdr = {.msg_iov = &iov, .msg_iovlen = 1}}, {.msg_hdr = {.msg_iov = &iov, .msg_iovlen = 1}}};
		struct timespec little = {0, 1000000};
		if (fork() == 0) {
			nanosleep(&span, NULL);
			_exit(write(pair[1], "x", 1) != 1);
		}
		n = recvmmsg(pair[0], m, 2, 0, &little);
		wait(NULL);
		return n;
	}
	if (IS("alarm-like")) {
		struct itimerval one = {{0, 0}, tv};
		handle(SIGALRM);
		setitimer(ITIMER_REAL, &one, NULL);
		return pause();
	}
	if (IS("setitimer")) {
		handle(SIGALRM);
		setitimer(ITIMER_REAL, &three, NULL);
		while (calls < 3)
			pause();
		getitimer(ITIMER_REAL, &three);
		return three.it_value.tv_usec > 0 ? calls : -2;
	}
	if (IS("setitimer-blocked")) {
		block(SIGALRM);
		setitimer(ITIMER_REAL, &three, NULL);
		nanosleep(&span, NULL);
		return take(SIGALRM, &info); // three of them are one
	}
	if (IS("timer")) {
		block(SIGRTMIN);
		timer_create(CLOCK_MONOTONIC, &event, &timer);
		timer_settime(timer, 0, &spec, NULL);
		return take(SIGRTMIN, &info) == SIGRTMIN ? info.si_value.sival_int - info.si_code : -2;
	}
	if (IS("timer-at")) {
		handle(SIGRTMIN);
		spec.it_value = at(CLOCK_REALTIME);
		timer_create(CLOCK_REALTIME, &event, &timer);
		timer_settime(timer, TIMER_ABSTIME, &spec, NULL);
		return pause();
	}
	if (IS("timer-overrun")) {
		block(SIGRTMIN);
		timer_create(CLOCK_MONOTONIC, &event, &timer);
		timer_settime(timer, 0, &periodic, NULL);
		span.tv_nsec += 5000000;
		nanosleep(&span, NULL);
		return take(SIGRTMIN, &info) == SIGRTMIN ? timer_getoverrun(timer) : -2;
	}
	if (IS("timer-thread")) {
		struct sigevent thread = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = post};
		sem_init(&sem, 0, 0);
		timer_create(CLOCK_MONOTONIC, &thread, &timer);
		timer_settime(timer, 0, &spec, NULL);
		return sem_wait(&sem);
	}
	if (IS("timerfd")) {
		fd = timerfd_create(CLOCK_MONOTONIC, 0);
		timerfd_settime(fd, 0, &spec, NULL);
		return read(fd, &n, 8) == 8 ? n : -2;
	}
	if (IS("timerfd-at")) {
		fd = timerfd_create(CLOCK_REALTIME, 0);
		spec.it_value = at(CLOCK_REALTIME);
		timerfd_settime(fd, TFD_TIMER_ABSTIME, &spec, NULL);
		struct pollfd p = {fd, POLLIN, 0};
		return poll(&p, 1, -1) == 1 && read(fd, &n, 8) == 8 ? n : -2;
	}
	if (IS("timerfd-missed")) {
		fd = timerfd_create(CLOCK_MONOTONIC, 0);
		timerfd_settime(fd, 0, &periodic, NULL);
		span.tv_nsec += 5000000;
		nanosleep(&span, NULL);
		return read(fd, &n, 8) == 8 ? n : -2;
	}
	if (IS("io_getevents")) {
		aio_context_t ctx = 0;
		struct io_event e;
		syscall(SYS_io_setup, 1, &ctx);
		return syscall(SYS_io_getevents, ctx, 1, 1, &e, &span);
	}
	if (IS("aio_suspend") && pipe(pair) == 0) {
		struct aiocb cb = {.aio_fildes = pair[0], .aio_buf = &c, .aio_nbytes = 1};
		const struct aiocb *list[] = {&cb};
		aio_read(&cb);
		return aio_suspend(list, 1, &span);
	}
	if (IS("clock")) {
		while (elapsed(begin) < ms)
			;
		return 0;
	}
	if (IS("clock-and-poll")) {
		while (elapsed(begin) < ms)
			n += poll(NULL, 0, 0);
		return n;
	}
	errno = ENOSYS;
	return -3;
}

static void run(const char *kind, const char *milliseconds)
{
	struct timespec begin;
	ms = atol(milliseconds);
	span.tv_sec = ms / 1000;
	span.tv_nsec = ms % 1000 * 1000000;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	errno = 0;
	long r = waits(kind);
	int e = errno;
	printf("%s: %ld (%s) %s\n", kind, r, r < 0 ? strerror(e) : "", elapsed(begin) >= atol(milliseconds) ? "in time" : "too early");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	if (fork() == 0) {
		run(argv[3], argv[4]);
		_exit(0);
	}
	run(argv[1], argv[2]);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	return 0;
}
