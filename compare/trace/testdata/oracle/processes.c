/* processes: birth, death, groups, limits and schedules. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* child makes a process that ends in some way, by itself: the parent waits for it before it does anything else. */
static pid_t child(int way)
{
	pid_t pid = fork();

	if (pid == 0) {
		switch (way) {
		case 0: _exit(3);
		case 1: kill(getpid(), SIGTERM); break;
		case 2: kill(getpid(), SIGSTOP); _exit(0);
		case 3: setsid(); setpgid(0, 0); getsid(0); _exit(getpgid(0) != getpid());
		case 4: execl("/bin/true", "true", "an \"argument\"", (char *)NULL); break;
		case 5: execl("/none", "none", (char *)NULL); _exit(errno);
		}
	}
	return pid;
}

int main(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	struct sched_param param = { 0 };
	struct rlimit limit = { 512, RLIM_INFINITY };
	struct rusage usage;
	struct utsname name;
	siginfo_t info;
	cpu_set_t cpus;
	char text[17];
	int status, fd;
	unsigned n;
	pid_t pid;

	waitpid(child(0), &status, 0);
	wait4(child(1), &status, 0, &usage);
	pid = child(2);
	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGCONT);
	waitpid(pid, &status, 0);
	waitid(P_PID, child(0), &info, WEXITED | WNOWAIT);
	waitid(P_ALL, 0, &info, WEXITED);
	waitpid(child(3), NULL, 0);
	waitpid(child(4), &status, 0);
	waitpid(child(5), &status, 0);
	waitpid(-1, &status, WNOHANG);
	pid = vfork();
	if (pid == 0)
		_exit(1);
	fd = syscall(SYS_pidfd_open, pid, 0);
	syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0);
	waitid(P_PIDFD, fd, &info, WEXITED);

	getppid();
	getpgrp();
	syscall(SYS_gettid);
	setpgid(0, 0);
	getpgid(1 << 22);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = 512;
	setrlimit(RLIMIT_NOFILE, &limit);
	syscall(SYS_getrlimit, RLIMIT_CORE, &limit);
	prlimit(0, RLIMIT_STACK, NULL, &limit);
	getrusage(RUSAGE_SELF, &usage);
	getrusage(RUSAGE_CHILDREN, &usage);
	getpriority(PRIO_PROCESS, 0);
	setpriority(PRIO_PROCESS, 0, 5);
	nice(1);
	sched_getscheduler(0);
	sched_getparam(0, &param);
	sched_setscheduler(0, SCHED_BATCH | SCHED_RESET_ON_FORK, &param);
	sched_get_priority_max(SCHED_FIFO);
	sched_get_priority_min(SCHED_RR);
	sched_getaffinity(0, sizeof cpus, &cpus);
	syscall(SYS_getcpu, &n, NULL, NULL);
	prctl(PR_SET_NAME, "renamed");
	prctl(PR_GET_NAME, text);
	prctl(PR_GET_DUMPABLE);
	prctl(PR_SET_PDEATHSIG, SIGUSR1);
	prctl(PR_GET_PDEATHSIG, &status);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(9999, 1);
	personality(0xffffffff);
	uname(&name);
	umask(022);
	syscall(SYS_capget, &header, data);
	unshare(0);
	return 0;
}
