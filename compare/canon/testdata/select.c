// What the kernel reads and overwrites shows what was asked and what was answered.
#include <fcntl.h>
#include <poll.h>
#include <sys/select.h>
#include <unistd.h>

int main(void)
{
	int p[2], q[2], file = open("/dev/null", O_RDWR);
	fd_set in, out;
	struct timeval none = {0, 0};
	struct flock lock = {.l_type = F_WRLCK};
	struct pollfd poll_in;

	pipe(p);
	pipe(q);
	write(p[1], "x", 1);
	FD_ZERO(&in);
	FD_SET(p[0], &in);
	FD_SET(q[0], &in);
	select(8, &in, NULL, NULL, &none);
	FD_ZERO(&in);
	FD_SET(q[0], &in);
	FD_ZERO(&out);
	FD_SET(q[1], &out);
	select(q[1] + 1, &in, &out, NULL, &none);
	select(8, NULL, NULL, NULL, &none);
	fcntl(file, F_GETLK, &lock);
	poll_in = (struct pollfd){p[0], POLLIN, POLLERR};
	poll(&poll_in, 1, 0);
	return 0;
}

/* ops:
P  openat(AT_FDCWD, "/dev/null", O_RDWR) = file:/dev/null  testdata/select.c:9
P  pipe2(pipe1, 0)  testdata/select.c:15
P  pipe2(pipe2, 0)  testdata/select.c:16
P  write(pipe1.w, "x")  testdata/select.c:17
P  pselect6(8, {pipe1.r pipe2.r} -> {pipe1.r}, NULL, NULL, 0s, NULL) = 1  testdata/select.c:21
P  pselect6(highest+1, {pipe2.r} -> {}, {pipe2.w}, NULL, 0s, NULL) = 1  testdata/select.c:26
P  pselect6(8, NULL, NULL, NULL, 0s, NULL)  testdata/select.c:27
P  fcntl(file:/dev/null, F_GETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=0, l_len=0} -> {l_type=F_UNLCK, l_whence=SEEK_SET, l_start=0, l_len=0, l_pid=0})  testdata/select.c:28
P  poll([{fd=pipe1.r, events=POLLIN, revents=POLLIN}], 0) = 1  testdata/select.c:30
P  exit(0)  testdata/select.c:32
P  exit 0
*/
