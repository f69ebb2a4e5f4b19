/* descriptors: copies, flags and locks of descriptors, and those that are no files. */
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	struct flock lock = { F_WRLCK, SEEK_SET, 1, 2, 0 };
	struct f_owner_ex owner = { F_OWNER_TID, 0 };
	char events[512];
	sigset_t set;
	uint64_t n = 3;
	int fd = open("f", O_RDWR | O_CREAT, 0600), p[2], w, m, value = 1;

	dup(fd);
	dup(-1);
	dup2(fd, 40);
	dup2(fd, fd);
	dup3(fd, 41, O_CLOEXEC);
	dup3(fd, fd, 0);
	fcntl(fd, F_DUPFD, 50);
	fcntl(fd, F_DUPFD_CLOEXEC, 60);
	fcntl(fd, F_GETFD);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_GETFD);
	fcntl(fd, F_GETFL);
	fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK);
	fcntl(fd, F_SETLK, &lock);
	fcntl(fd, F_GETLK, &lock);
	lock.l_type = F_UNLCK;
	fcntl(fd, F_SETLKW, &lock);
	lock.l_type = F_RDLCK;
	lock.l_pid = 0;
	fcntl(fd, F_OFD_SETLK, &lock);
	fcntl(fd, F_OFD_GETLK, &lock);
	fcntl(fd, F_GETSIG);
	fcntl(fd, F_SETSIG, SIGUSR1);
	fcntl(fd, F_SETOWN, getpid());
	fcntl(fd, F_GETOWN);
	owner.pid = getpid();
	fcntl(fd, F_SETOWN_EX, &owner);
	fcntl(fd, F_GETOWN_EX, &owner);
	fcntl(fd, F_SETLEASE, F_RDLCK);
	fcntl(fd, F_GETLEASE);
	fcntl(fd, F_SETLEASE, F_UNLCK);
	fcntl(-1, F_GETFL);
	fcntl(fd, 9999, 1);
	flock(fd, LOCK_EX);
	flock(fd, LOCK_SH | LOCK_NB);
	flock(fd, LOCK_UN);

	pipe(p);
	fcntl(p[0], F_GETPIPE_SZ);
	fcntl(p[0], F_SETPIPE_SZ, 8192);
	write(p[1], "abc", 3);
	ioctl(p[0], FIONREAD, &value);
	value = 1;
	ioctl(p[0], FIONBIO, &value);
	ioctl(p[0], FIOCLEX);
	ioctl(p[0], FIONCLEX);
	ioctl(fd, 0x12345, 7);

	m = memfd_create("memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	fcntl(m, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
	fcntl(m, F_GET_SEALS);
	m = eventfd(5, EFD_NONBLOCK | EFD_SEMAPHORE);
	write(m, &n, sizeof n);
	read(m, &n, sizeof n);
	syscall(SYS_eventfd, 2);

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN + 3);
	sigprocmask(SIG_BLOCK, &set, NULL);
	m = signalfd(-1, &set, SFD_NONBLOCK);
	read(m, events, sizeof events);
	signalfd(m, &set, SFD_CLOEXEC);

	m = inotify_init1(IN_NONBLOCK);
	w = inotify_add_watch(m, ".", IN_CREATE | IN_DELETE | IN_ONLYDIR);
	close(open("made", O_CREAT | O_WRONLY, 0600));
	read(m, events, sizeof events);
	inotify_rm_watch(m, w);
	inotify_rm_watch(m, w);
	syscall(SYS_inotify_init);

	close_range(60, 70, 0);
	close_range(40, ~0U, CLOSE_RANGE_CLOEXEC);
	close_range(7, 3, 0);
	return 0;
}
