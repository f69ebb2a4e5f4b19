/*
 * life: what a process tree can do to its tracer, one way a function.
 *
 * usage: life WAY [ARG]
 *
 * Nothing here sleeps to be in time: who must wait for another process's state looks at it until it is there.
 * Exit status 0: all went as it does without a tracer.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define CHECK(what) do { if (!(what)) { perror(#what); _exit(99); } } while (0)

static const char *argument;
static char self[4096]; /* this program's file, for execve: /proc/self is gone when the first thread is */

/* state is a task's, as in proc(5): R, S, Z …; 0 if there is no such task. */
static char state(const char *dir)
{
	char text[512], path[64], *end;
	int n, fd;

	snprintf(path, sizeof path, "/proc/%s/stat", dir);
	fd = open(path, O_RDONLY);
	if (fd == -1)
		return 0;
	n = pread(fd, text, sizeof text - 1, 0); /* not read: of those the tests keep count */
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	end = strrchr(text, ')');
	return end ? end[2] : 0;
}

static void await(pid_t pid, char wanted)
{
	char dir[16];

	snprintf(dir, sizeof dir, "%d", pid);
	while (state(dir) != wanted)
		sched_yield();
}

/* reap waits for one child and returns how it ended: its exit status, or 128 + the signal. */
static int reap(pid_t pid)
{
	int status;
	pid_t got = waitpid(pid, &status, __WALL);

	CHECK(pid == -1 ? got > 0 : got == pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void again(char *way, char *arg)
{
	char *argv[] = {"life", way, arg, NULL};

	execve(self, argv, environ);
	perror("execve");
	_exit(98);
}

static int quit(void) { return argument ? atoi(argument) : 0; }

/* execve from threads */

static void *exec_quit(void *arg)
{
	char *leader = arg;

	await(getpid(), *leader);
	again("quit", "7");
	return NULL;
}

static void *spin(void *arg)
{
	(void)arg;
	for (;;)
		;
	return NULL;
}

static void *block(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return NULL;
}

static int exec_thread(void)
{
	pthread_t t;

	CHECK(pthread_create(&t, NULL, exec_quit, "S") == 0);
	pthread_join(t, NULL);
	return 1;
}

static int exec_crowd(void)
{
	pthread_t t;
	int i;

	for (i = 0; i < 8; i++)
		CHECK(pthread_create(&t, NULL, i % 2 ? block : spin, NULL) == 0);
	CHECK(pthread_create(&t, NULL, exec_quit, "Z") == 0);
	pthread_exit(NULL);
}

static int exec_leader(void)
{
	pthread_t t;
	int i;

	for (i = 0; i < 8; i++)
		CHECK(pthread_create(&t, NULL, i % 2 ? block : spin, NULL) == 0);
	again("quit", "7");
	return 1;
}

/* ways to make a process */

static int vforks(void)
{
	int left = argument ? atoi(argument) : 3;
	char next[16];
	pid_t pid;

	if (left == 0)
		return 0;
	snprintf(next, sizeof next, "%d", left - 1);
	pid = vfork();
	CHECK(pid != -1);
	if (pid == 0)
		again("vforks", next);
	return reap(pid) + 1;
}

static int spawn(void)
{
	char *argv[] = {"life", "quit", "5", NULL};
	pid_t pid;

	CHECK(posix_spawn(&pid, self, NULL, NULL, argv, environ) == 0);
	return reap(pid);
}

static int clone_parent(void)
{
	pid_t child, sibling;

	child = fork();
	CHECK(child != -1);
	if (child == 0) {
		sibling = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
		CHECK(sibling != -1);
		_exit(sibling == 0 ? 4 : 3);
	}
	CHECK(reap(child) == 3);
	return reap(-1);
}

static int untraced(void)
{
	pid_t pid = syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0);

	CHECK(pid != -1);
	if (pid == 0) {
		getppid();
		_exit(6);
	}
	return reap(pid);
}

static int untraced3(void)
{
	static const struct clone_args args = {.flags = CLONE_UNTRACED, .exit_signal = SIGCHLD}; /* read-only memory */
	pid_t pid = syscall(SYS_clone3, &args, sizeof args);

	CHECK(pid != -1);
	if (pid == 0) {
		getppid();
		_exit(6);
	}
	return reap(pid);
}

static void *after_leader(void *arg)
{
	(void)arg;
	await(getpid(), 'Z');
	CHECK(mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED); /* the tracer reads the map again */
	CHECK(write(1, "alone\n", 6) == 6);
	exit(5);
}

static int leader_first(void)
{
	pthread_t t;

	CHECK(pthread_create(&t, NULL, after_leader, NULL) == 0);
	pthread_exit(NULL);
}

static void *fork_one(void *arg)
{
	pid_t pid = fork();

	CHECK(pid != -1);
	if (pid == 0)
		_exit((intptr_t)arg);
	CHECK(reap(pid) == (intptr_t)arg);
	return NULL;
}

static int thread_forks(void)
{
	pthread_t t[64];
	intptr_t i;

	for (i = 0; i < 64; i++)
		CHECK(pthread_create(&t[i], NULL, fork_one, (void *)i) == 0);
	for (i = 0; i < 64; i++)
		pthread_join(t[i], NULL);
	return 0;
}

static int short_lives(void)
{
	int i;
	pid_t pid;

	for (i = 0; i < 1000; i++) {
		pid = fork();
		CHECK(pid != -1);
		if (pid == 0)
			_exit(i % 100);
		CHECK(reap(pid) == i % 100);
	}
	return 0;
}

/* parents that end first */

static int daemonize(void)
{
	pid_t pid = fork();

	CHECK(pid != -1);
	if (pid > 0)
		return reap(pid);
	CHECK(setsid() == getpid());
	pid = fork();
	CHECK(pid != -1);
	if (pid > 0)
		_exit(0);
	while (getppid() == getsid(0)) /* until the session's leader has gone */
		sched_yield();
	printf("daemon\n");
	return 8;
}

static int orphan(void)
{
	pid_t parent = getpid(), pid = fork();

	CHECK(pid != -1);
	if (pid > 0)
		return 1;
	while (getppid() == parent)
		sched_yield();
	printf("orphan\n");
	return 2;
}

static int zombies(void)
{
	int i, p[2];
	char c;

	CHECK(pipe(p) == 0);
	for (i = 0; i < 3; i++)
		if (fork() == 0)
			_exit(i);
	close(p[1]);
	return read(p[0], &c, 1); /* end of file: they have all ended; nobody waits for them */
}

/* stop and go on */

static int stop_self(void)
{
	int status;
	pid_t pid = fork();

	CHECK(pid != -1);
	if (pid == 0) {
		raise(SIGSTOP);
		block(NULL);
	}
	CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	CHECK(kill(pid, SIGCONT) == 0);
	CHECK(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status));
	CHECK(kill(pid, SIGTERM) == 0);
	return reap(pid);
}

static int stop_sibling(void)
{
	int p[2], status;
	char c;
	pid_t reader, stopper;

	CHECK(pipe(p) == 0);
	reader = fork();
	if (reader == 0)
		_exit(read(p[0], &c, 1));
	await(reader, 'S');
	stopper = fork();
	if (stopper == 0)
		_exit(kill(reader, SIGSTOP));
	CHECK(reap(stopper) == 0);
	CHECK(waitpid(reader, &status, WUNTRACED) == reader && WIFSTOPPED(status));
	CHECK(write(p[1], "x", 1) == 1); /* it is stopped and must not take it yet */
	CHECK(kill(reader, SIGCONT) == 0);
	return reap(reader);
}

static int stop_threads(void)
{
	pthread_t t;
	int i, status;
	pid_t pid = fork();

	if (pid == 0) {
		for (i = 0; i < 8; i++)
			CHECK(pthread_create(&t, NULL, i % 2 ? block : spin, NULL) == 0);
		raise(SIGSTOP);
		_exit(3);
	}
	CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
	CHECK(kill(pid, SIGCONT) == 0);
	return reap(pid);
}

static int stop_kill(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		raise(SIGSTOP);
		_exit(3);
	}
	CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
	CHECK(kill(pid, SIGKILL) == 0);
	return reap(pid);
}

/* SIGKILL at any moment */

static int kill_blocked(void)
{
	int p[2];
	char c;
	pid_t pid;

	CHECK(pipe(p) == 0);
	pid = fork();
	if (pid == 0)
		_exit(read(p[0], &c, 1));
	await(pid, 'S');
	CHECK(kill(pid, SIGKILL) == 0);
	return reap(pid);
}

static int kill_computing(void)
{
	int p[2];
	char c;
	pid_t pid;

	CHECK(pipe(p) == 0);
	pid = fork();
	if (pid == 0) {
		CHECK(write(p[1], "x", 1) == 1);
		spin(NULL);
	}
	CHECK(read(p[0], &c, 1) == 1);
	CHECK(kill(pid, SIGKILL) == 0);
	return reap(pid);
}

static int kill_newborn(void)
{
	int i, end;
	pid_t pid;

	for (i = 0; i < 200; i++) {
		pid = fork();
		CHECK(pid != -1);
		if (pid == 0)
			_exit(0);
		CHECK(kill(pid, SIGKILL) == 0);
		end = reap(pid);
		CHECK(end == 0 || end == 128 + SIGKILL);
	}
	return 0;
}

static int kill_storm(void)
{
	int i, n, p[2];
	char c;
	pid_t pid;

	for (i = 0; i < 10; i++) {
		CHECK(pipe(p) == 0);
		pid = fork();
		if (pid == 0) {
			setpgid(0, 0);
			for (n = 0; n < 40; n++)
				if (fork() == 0) {
					CHECK(write(p[1], "x", 1) == 1);
					fork();
					n % 2 ? block(NULL) : spin(NULL);
				}
			block(NULL);
		}
		for (n = 0; n < 4 * i; n++)
			CHECK(read(p[0], &c, 1) == 1);
		setpgid(pid, pid);
		CHECK(kill(-pid, SIGKILL) == 0);
		CHECK(reap(pid) == 128 + SIGKILL);
		close(p[0]);
		close(p[1]);
	}
	return 0;
}

static int kill_threads(void)
{
	pthread_t t;
	int i, p[2];
	char c;
	pid_t pid;

	CHECK(pipe(p) == 0);
	pid = fork();
	if (pid == 0) {
		for (i = 0; i < 16; i++)
			CHECK(pthread_create(&t, NULL, i % 2 ? block : spin, NULL) == 0);
		CHECK(write(p[1], "x", 1) == 1);
		for (;;)
			getppid();
	}
	CHECK(read(p[0], &c, 1) == 1);
	CHECK(kill(pid, SIGKILL) == 0);
	return reap(pid);
}

static int kill_vfork(void)
{
	int p[2];
	char c;
	pid_t pid, waiter;

	CHECK(pipe(p) == 0);
	pid = fork();
	if (pid == 0) {
		waiter = getpid();
		if (vfork() == 0) {
			CHECK(write(p[1], "x", 1) == 1);
			while (getppid() == waiter)
				sched_yield();
			_exit(4);
		}
	}
	CHECK(read(p[0], &c, 1) == 1);
	CHECK(kill(pid, SIGKILL) == 0); /* it waits for its child in vfork(2) */
	CHECK(reap(pid) == 128 + SIGKILL);
	close(p[1]);
	CHECK(read(p[0], &c, 1) == 0); /* the child has ended too */
	return 0;
}

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), done;

	if (fd < 0)
		return 0;
	done = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return done;
}

/* alone: what has been written is in nobody's use when its descriptor is closed. */
static int alone(void)
{
	char dir[] = "/tmp/life-XXXXXX", name[64];
	char user[32], group[32];
	int fd;

	snprintf(user, sizeof user, "0 %d 1", getuid());
	snprintf(group, sizeof group, "0 %d 1", getgid());

	CHECK(mkdtemp(dir) != NULL);
	snprintf(name, sizeof name, "%s/file", dir);
	CHECK((fd = open(name, O_WRONLY | O_CREAT, 0600)) >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
	CHECK((fd = open(name, O_RDONLY)) >= 0 && fcntl(fd, F_SETLEASE, F_WRLCK) == 0 && close(fd) == 0);
	CHECK(unlink(name) == 0);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && put("/proc/self/uid_map", user) &&
	    put("/proc/self/setgroups", "deny") && put("/proc/self/gid_map", group) &&
	    mount("none", dir, "tmpfs", 0, NULL) == 0) {
		CHECK((fd = open(name, O_WRONLY | O_CREAT, 0600)) >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
		CHECK(chdir("/tmp") == 0 && umount(dir + strlen("/tmp/")) == 0);
	}
	CHECK(rmdir(dir) == 0);
	return 0;
}

/* programs that look odd */

static int close_all(void)
{
	pid_t pid;

	CHECK(syscall(SYS_close_range, 0, ~0U, 0) == 0);
	pid = fork();
	if (pid == 0)
		_exit(2);
	return reap(pid);
}

static int trace_me(void)
{
	pid_t pid;

	CHECK(ptrace(PTRACE_TRACEME, 0, 0, 0) == -1 && errno == EPERM);
	pid = fork();
	if (pid == 0)
		block(NULL);
	await(pid, 'S');
	CHECK(ptrace(PTRACE_ATTACH, pid, 0, 0) == -1 && errno == EPERM);
	CHECK(kill(pid, SIGTERM) == 0);
	return reap(pid);
}

static int own_filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof code / sizeof *code, code};
	pid_t pid;

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0);
	CHECK(syscall(SYS_getppid) == -1 && errno == EXDEV);
	CHECK(setuid(getuid()) == 0);
	pid = fork();
	if (pid == 0)
		_exit(syscall(SYS_getppid) == -1 && errno == EXDEV && setuid(getuid()) == 0 ? 3 : 1);
	return reap(pid);
}

/* install adds a filter that answers getppid in some way and lets all else pass. */
static void install(unsigned int verdict)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, verdict),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof code / sizeof *code, code};

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0);
}

static volatile int caught;

static void count(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)info, (void)context;
	caught++;
}

static void catch(int sig)
{
	struct sigaction act = {.sa_sigaction = count, .sa_flags = SA_SIGINFO};

	CHECK(sigaction(sig, &act, NULL) == 0);
}

/* filter_trap: its own filter makes a signal of a call. */
static int filter_trap(void)
{
	catch(SIGSYS);
	install(SECCOMP_RET_TRAP);
	syscall(SYS_getppid);
	return caught == 1 ? 0 : 1;
}

/* filter_kill: its own filter kills the child that makes a call. */
static int filter_kill(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		install(SECCOMP_RET_KILL_PROCESS);
		syscall(SYS_getppid);
	}
	return reap(pid);
}

/* filter_trace: its own filter hands a call to a tracer. It has none of its own, and then that call fails. */
static int filter_trace(void)
{
	install(SECCOMP_RET_TRACE | 7);
	return syscall(SYS_getppid) == -1 && errno == ENOSYS ? 0 : 1;
}

/* own_traps: signals that look like what a tracer is told by. */
static int own_traps(void)
{
	static const int codes[] = {SI_QUEUE, SI_KERNEL, TRAP_TRACE, SIGTRAP | 0x80, SIGTRAP | PTRACE_EVENT_SECCOMP << 8, SIGTRAP | PTRACE_EVENT_EXIT << 8};
	siginfo_t info;
	size_t i;

	catch(SIGTRAP);
	catch(SIGCHLD);
	CHECK(raise(SIGTRAP) == 0);
	for (i = 0; i < sizeof codes / sizeof *codes; i++) {
		memset(&info, 0, sizeof info);
		info.si_code = codes[i];
		CHECK(syscall(SYS_rt_sigqueueinfo, getpid(), SIGTRAP, &info) == 0);
	}
	memset(&info, 0, sizeof info);
	info.si_code = CLD_EXITED; /* of a process that it has not got */
	info.si_pid = getppid();
	CHECK(syscall(SYS_rt_sigqueueinfo, getpid(), SIGCHLD, &info) == 0);
#ifdef __x86_64__
	__asm__ volatile("int3");
	caught--;
#endif
	return caught == 8 ? 0 : 1;
}

/* exec_race: 64 threads execute the program again at the same moment. */
static pthread_barrier_t line;

static void *exec_at_once(void *arg)
{
	pthread_barrier_wait(&line);
	again("quit", "7");
	return arg;
}

static int exec_race(void)
{
	pthread_t t;
	int i;

	CHECK(pthread_barrier_init(&line, NULL, 64) == 0);
	for (i = 0; i < 63; i++)
		CHECK(pthread_create(&t, NULL, exec_at_once, NULL) == 0);
	exec_at_once(NULL);
	return 98;
}

static int rename_self(void)
{
	pid_t pid;

	CHECK(prctl(PR_SET_NAME, ") S 1 (\n\033[", 0, 0, 0) == 0);
	pid = fork();
	if (pid == 0)
		_exit(2);
	return reap(pid);
}

/* int80 makes a 32-bit call from 64-bit code. */
static int int80(void)
{
	int result = -ENOSYS;

#ifdef __x86_64__
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20 /* getpid */));
#endif
	return result == getpid() ? 0 : 1;
}

static int exec_missing(void)
{
	char *argv[] = {"missing", NULL};

	CHECK(execve("/nonexistent/program", argv, environ) == -1 && errno == ENOENT);
	CHECK(execve("/", argv, environ) == -1 && errno == EACCES);
	return 4;
}

/* signals */

static void note(int sig) { (void)sig; }

static int interrupted(int flags)
{
	struct sigaction act = {.sa_handler = note, .sa_flags = flags};
	pid_t reader = getpid(), pid;
	int p[2], n, status;
	char c;

	CHECK(pipe(p) == 0);
	CHECK(sigaction(SIGUSR1, &act, NULL) == 0);
	pid = fork();
	if (pid == 0) {
		await(reader, 'S');
		CHECK(kill(reader, SIGUSR1) == 0);
		if (flags & SA_RESTART) {
			await(reader, 'S');
			CHECK(write(p[1], "x", 1) == 1);
		}
		_exit(0);
	}
	n = read(p[0], &c, 1);
	CHECK(flags & SA_RESTART ? n == 1 : n == -1 && errno == EINTR);
	CHECK(waitpid(pid, &status, 0) == pid);
	return 0;
}

static int interrupt(void) { return interrupted(0); }
static int restart(void) { return interrupted(SA_RESTART); }

static int segv(void)
{
	*(volatile int *)16 = 1;
	return 0;
}

/* start looks whether a program begins as from a shell, whatever the tool was started with. */
static int start(void)
{
	struct sigaction act;
	sigset_t blocked;
	int i;

	for (i = 0; i < 3; i++)
		CHECK((fcntl(i, F_GETFL) & O_NONBLOCK) == 0 && fcntl(i, F_GETFD) == 0);
	for (; i < 1024; i++)
		CHECK(fcntl(i, F_GETFD) == -1);
	CHECK(!isatty(0) && isatty(1) && !isatty(2));
	CHECK(open(ttyname(1), O_RDWR) >= 0); /* which does not become the controlling one */
	CHECK(open("/dev/tty", O_RDWR) == -1 && errno == ENXIO);
	CHECK(getsid(0) != getpid() && getpgrp() == getpid());
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	for (i = 1; i < NSIG; i++) {
		CHECK(sigismember(&blocked, i) != 1);
		CHECK(sigaction(i, NULL, &act) == -1 || act.sa_handler == SIG_DFL);
	}
	CHECK(prctl(PR_GET_PDEATHSIG, &i) == 0 && i == 0);
	return 0;
}

/* for policies */

static void sleep_long(void)
{
	struct timespec ts = {.tv_sec = 1000000};

	syscall(SYS_nanosleep, &ts, &ts);
}

/* race: two children say a letter each, nobody says in which order. */
static int race(void)
{
	int i;

	for (i = 0; i < 2; i++)
		if (fork() == 0)
			_exit(write(1, &"ab"[i], 1) != 1);
	return reap(-1) + reap(-1);
}

/* sleeper: the child sleeps, then answers; the parent works in some way, then waits for the answer. */
static int sleeper(void)
{
	volatile long n;
	int p[2], q[2], status;
	char c;
	pid_t pid;

	CHECK(pipe(p) == 0 && pipe(q) == 0);
	CHECK(prctl(PR_SET_NAME, ") S 1 (", 0, 0, 0) == 0); /* in /proc/PID/stat this must not look like a state */
	if (fork() == 0) {
		sleep_long();
		_exit(write(p[1], "x", 1) != 1);
	}
	for (n = 0; n < 30000000; n++) /* longer than it takes to fall asleep */
		;
	for (n = 0; n < 100; n++) { /* a child that has not begun yet moves; so does one that has just been continued */
		pid = n % 2 ? fork() : vfork();
		if (pid == 0)
			_exit(write(q[1], "x", 1) != 1);
		CHECK(read(q[0], &c, 1) == 1);
		CHECK(reap(pid) == 0);
		pid = fork();
		if (pid == 0) {
			raise(SIGSTOP);
			_exit(0);
		}
		CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
		CHECK(kill(pid, SIGCONT) == 0);
		CHECK(reap(pid) == 0);
	}
	for (n = 0; n < 1000; n++)
		getppid();
	return read(p[0], &c, 1) != 1;
}

/* frozen: a thread makes calls, which the policy counts; so does the program, until it's told to end, or to compute for ever. */
static void *count_thread(void *arg)
{
	(void)arg;
	for (;;)
		syscall(SYS_getpgid, 0);
	return NULL;
}

static int frozen(void)
{
	pthread_t t;

	CHECK(pthread_create(&t, NULL, count_thread, NULL) == 0);
	while (syscall(SYS_getppid) != 1)
		;
	if (argument)
		spin(NULL);
	return 5;
}

/* deadlock: parent and child read from a pipe of which they hold the other end themselves; a grandchild makes its parent wait in
 * vfork(2), another one is stopped. */
static int deadlock(void)
{
	int p[2];
	char c;

	CHECK(pipe(p) == 0);
	if (fork() == 0) {
		if (vfork() == 0)
			_exit(read(p[0], &c, 1));
		_exit(0);
	}
	if (fork() == 0)
		raise(SIGSTOP);
	return read(p[0], &c, 1);
}

/* await_sleepers waits until so many threads sleep: the policies in question answer getppid with their number. */
static void await_sleepers(long n)
{
	while (syscall(SYS_getppid) != n)
		;
}

static void *sleep_thread(void *arg)
{
	(void)arg;
	sleep_long();
	return NULL;
}

static void *exit_thread(void *arg)
{
	(void)arg;
	await_sleepers(6);
	exit(3);
}

static void *exec_thread6(void *arg)
{
	(void)arg;
	await_sleepers(6);
	again("quit", "7");
	return NULL;
}

/* bereft: three processes of two sleepers each are ended in three ways; then the program sleeps itself. */
static int bereft(void)
{
	pthread_t t;
	int i;
	pid_t pid[3];

	for (i = 0; i < 3; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			CHECK(pthread_create(&t, NULL, sleep_thread, NULL) == 0);
			if (i > 0)
				CHECK(pthread_create(&t, NULL, i == 1 ? exit_thread : exec_thread6, NULL) == 0);
			sleep_long();
		}
	}
	await_sleepers(6);
	CHECK(kill(pid[0], SIGKILL) == 0);
	for (i = 0; i < 3; i++)
		reap(pid[i]);
	sleep_long();
	return 0;
}

/* nap: a sleep that a handled signal ends. */
static int nap(void)
{
	struct sigaction act = {.sa_handler = note};
	struct timespec ts = {.tv_sec = 1000000};
	pid_t sleeper = getpid();

	CHECK(sigaction(SIGUSR1, &act, NULL) == 0);
	if (fork() == 0) {
		await_sleepers(1);
		_exit(kill(sleeper, SIGUSR1));
	}
	CHECK(syscall(SYS_nanosleep, &ts, &ts) == -1 && errno == EINTR && ts.tv_sec == 42);
	return 0;
}

/* what never ends */

static int blocked(void) { block(NULL); return 0; }
static int computing(void) { spin(NULL); return 0; }

static int busy(void)
{
	int i;

	for (i = 0; i < 20; i++)
		if (fork() == 0)
			break;
	while (getppid() != 0)
		;
	return 0;
}

static int bomb(void)
{
	while (fork() != -2)
		;
	return 0;
}

static int flood(void)
{
	static char text[4096];
	int fd = quit();

	memset(text, 'x', sizeof text);
	for (;;)
		CHECK(write(fd, text, sizeof text) > 0);
}

static int tree(void)
{
	fork();
	fork();
	setsid();
	block(NULL);
	return 0;
}

static const struct way {
	const char *name;
	int (*go)(void);
} ways[] = {
	{"quit", quit}, {"start", start},
	{"exec_thread", exec_thread}, {"exec_crowd", exec_crowd}, {"exec_leader", exec_leader},
	{"vforks", vforks}, {"spawn", spawn}, {"clone_parent", clone_parent},
	{"untraced", untraced}, {"untraced3", untraced3}, {"leader_first", leader_first},
	{"thread_forks", thread_forks}, {"short_lives", short_lives},
	{"daemon", daemonize}, {"orphan", orphan}, {"zombies", zombies},
	{"stop_self", stop_self}, {"stop_sibling", stop_sibling}, {"stop_threads", stop_threads}, {"stop_kill", stop_kill},
	{"kill_blocked", kill_blocked}, {"kill_computing", kill_computing}, {"kill_newborn", kill_newborn},
	{"kill_storm", kill_storm}, {"kill_threads", kill_threads}, {"kill_vfork", kill_vfork},
	{"alone", alone}, {"close_all", close_all}, {"trace_me", trace_me}, {"own_filter", own_filter}, {"rename_self", rename_self},
	{"filter_trap", filter_trap}, {"filter_kill", filter_kill}, {"filter_trace", filter_trace}, {"own_traps", own_traps}, {"exec_race", exec_race},
	{"int80", int80}, {"exec_missing", exec_missing}, {"interrupt", interrupt}, {"restart", restart}, {"segv", segv},
	{"race", race}, {"frozen", frozen}, {"sleeper", sleeper}, {"deadlock", deadlock}, {"bereft", bereft}, {"nap", nap},
	{"block", blocked}, {"spin", computing}, {"busy", busy}, {"bomb", bomb}, {"flood", flood}, {"tree", tree},
};

int main(int argc, char **argv)
{
	size_t i;

	argument = argc > 2 ? argv[2] : NULL;
	CHECK(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
	for (i = 0; i < sizeof ways / sizeof *ways; i++)
		if (argc > 1 && strcmp(argv[1], ways[i].name) == 0)
			return ways[i].go();
	fprintf(stderr, "usage: life WAY [ARG]\n");
	return 97;
}
