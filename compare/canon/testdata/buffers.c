/* Buffers are shown whole, whatever call moves them; a bad address is said to be one. */
#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

int main(void)
{
	int s[2];
	char a[4], b[4];

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	writev(s[0], (struct iovec[]){ { "one", 3 }, { "two", 3 } }, 2);
	readv(s[1], (struct iovec[]){ { a, 4 }, { b, 4 } }, 2);
	sendto(s[0], "three", 5, 0, NULL, 0);
	recv(s[1], a, 4, 0);
	struct iovec v = { "four", 4 };
	sendmsg(s[0], &(struct msghdr){ .msg_iov = &v, .msg_iovlen = 1 }, 0);
	poll((struct pollfd[]){ { s[1], POLLIN, 0 }, { s[0], POLLOUT, 0 } }, 2, -1);
	fd_set set;
	FD_ZERO(&set);
	FD_SET(s[1], &set);
	select(s[1] + 1, &set, NULL, NULL, NULL);
	read(s[1], (char *)8, 4);
	write(s[0], (char *)8, 4);
	write(s[0], "", 0);
	shutdown(s[0], SHUT_WR);
	while (read(s[1], b, 4) > 0)
		;
	write(77, "nowhere", 7);
	return 0;
}

/* ops:
P  socketpair(AF_UNIX, SOCK_STREAM, 0, socketpair1)  testdata/buffers.c:13
P  writev(socketpair1.a, "onetwo", 2)  testdata/buffers.c:14
P  readv(socketpair1.b, "onetwo" room [4, 4], 2)  testdata/buffers.c:15
P  sendto(socketpair1.a, "three", 0, NULL, 0)  testdata/buffers.c:16
P  recvfrom(socketpair1.b, "thre", 4, 0, NULL, NULL)  testdata/buffers.c:17
P  sendmsg(socketpair1.a, "four", 0)  testdata/buffers.c:19
P  poll([{fd=socketpair1.b, events=POLLIN, revents=POLLIN}, {fd=socketpair1.a, events=POLLOUT, revents=POLLOUT}], -1) = 2  testdata/buffers.c:20
P  pselect6(highest+1, {socketpair1.b}, NULL, NULL, NULL, NULL) = 1  testdata/buffers.c:24
P  read(socketpair1.b, 4) = EFAULT  testdata/buffers.c:25
P  write(socketpair1.a, bad address, 4) = EFAULT  testdata/buffers.c:26
P  write(socketpair1.a, "", 0)  testdata/buffers.c:27
P  shutdown(socketpair1.a, SHUT_WR)  testdata/buffers.c:28
P  read(socketpair1.b, "efou", 4)  testdata/buffers.c:29
P  read(socketpair1.b, "r", 4)  testdata/buffers.c:29
P  read(socketpair1.b, "", 4)  testdata/buffers.c:29
P  write(closed, "nowhere") = EBADF  testdata/buffers.c:31
P  exit(0)  testdata/buffers.c:33
P  exit 0
*/
