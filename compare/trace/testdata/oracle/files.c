/* files: what files are, and how they come and go. Run in an empty directory; results are for the tracer to see. */
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>

int main(void)
{
	struct timespec old[2] = { { 1000, 1 }, { 2000, 2 } }, now[2] = { { 0, UTIME_NOW }, { 0, UTIME_OMIT } };
	struct timeval older[2] = { { 100, 5 }, { 200, 6 } };
	struct utimbuf oldest = { 10, 20 };
	struct open_how how = { .flags = O_RDWR | O_CREAT, .mode = 0640, .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH };
	struct stat st;
	struct statx sx;
	struct statfs fs;
	int fd, dir;

	fd = open("a", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	open("a", O_CREAT | O_EXCL | O_WRONLY, 0600);
	open("none", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_DIRECT);
	syscall(SYS_open, "a", O_WRONLY | O_APPEND | O_DSYNC);
	syscall(SYS_open, "b", O_WRONLY | O_SYNC | O_CREAT | O_TRUNC, 04755);
	syscall(SYS_creat, "c", 0400);
	syscall(SYS_openat2, AT_FDCWD, "d", &how, sizeof how);
	open(".", O_TMPFILE | O_RDWR, 0600);
	dir = open(".", O_RDONLY | O_DIRECTORY | O_PATH);
	openat(dir, "a", O_RDONLY | O_NOATIME);

	ftruncate(fd, 10000);
	truncate("b", 5);
	truncate("none", 5);
	syscall(SYS_fallocate, fd, 0, 0, 20000);
	syscall(SYS_fallocate, fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 4096, 4096);
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	readahead(fd, 0, 100);
	fsync(fd);
	fdatasync(fd);
	syscall(SYS_sync_file_range, fd, 0L, 100L, SYNC_FILE_RANGE_WRITE);
	lseek(fd, -3, SEEK_END);
	lseek(fd, 0, SEEK_DATA);
	lseek(fd, -1, SEEK_SET);

	utimensat(AT_FDCWD, "a", old, 0);
	futimens(fd, now);
	utimensat(AT_FDCWD, "a", NULL, AT_SYMLINK_NOFOLLOW);
	futimens(fd, old);
	syscall(SYS_utimes, "b", older);
	syscall(SYS_utime, "c", &oldest);
	syscall(SYS_futimesat, AT_FDCWD, "b", older);

	stat("a", &st);
	syscall(SYS_stat, "b", &st);
	syscall(SYS_lstat, "c", &st);
	fstat(fd, &st);
	fstatat(dir, "d", &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT);
	fstatat(fd, "", &st, AT_EMPTY_PATH);
	stat("none", &st);
	stat("/dev/null", &st);
	stat(".", &st);
	statx(AT_FDCWD, "b", AT_SYMLINK_NOFOLLOW | AT_STATX_FORCE_SYNC, STATX_BASIC_STATS | STATX_BTIME, &sx);
	statx(AT_FDCWD, "/dev/tty", AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MODE | STATX_INO, &sx);
	statfs("/proc", &fs);
	fstatfs(fd, &fs);
	statfs("none", &fs);

	access("a", R_OK | W_OK | X_OK);
	access("none", F_OK);
	faccessat(AT_FDCWD, "a", R_OK, AT_EACCESS);
	faccessat(dir, "c", W_OK, 0);
	chmod("a", 0604);
	fchmod(fd, 02711);
	fchmodat(AT_FDCWD, "b", 01777, 0);
	chown("a", 7, 8);
	fchown(fd, -1, 9);
	lchown("b", 0, -1);
	fchownat(AT_FDCWD, "c", 1, 2, AT_SYMLINK_NOFOLLOW);
	umask(027);
	umask(0);

	link("a", "a2");
	linkat(AT_FDCWD, "a", AT_FDCWD, "a3", AT_SYMLINK_FOLLOW);
	symlink("where \"it\" points\n", "s");
	symlinkat("a", AT_FDCWD, "s2");
	{
		char buf[64];
		readlink("s", buf, sizeof buf);
		readlink("s", buf, 3);
		readlinkat(AT_FDCWD, "s2", buf, sizeof buf);
		readlink("a", buf, sizeof buf);
		getcwd(buf, sizeof buf);
		getcwd(buf, 1);
	}
	mkdir("dir", 0755);
	mkdirat(AT_FDCWD, "dir", 0700);
	mknod("fifo", S_IFIFO | 0600, 0);
	mknodat(AT_FDCWD, "node", S_IFCHR | 0666, makedev(1, 3));
	stat("node", &st);
	stat("fifo", &st);
	rename("a2", "dir/a2");
	renameat(AT_FDCWD, "a3", AT_FDCWD, "dir/a3");
	syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "c", RENAME_EXCHANGE);
	syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "c", RENAME_NOREPLACE);
	unlink("a");
	unlinkat(AT_FDCWD, "dir/a2", 0);
	unlinkat(AT_FDCWD, "dir/a3", 0);
	unlinkat(AT_FDCWD, "dir", AT_REMOVEDIR);
	rmdir("none");
	chdir("/");
	fchdir(dir);
	chdir("none");
	return 0;
}
