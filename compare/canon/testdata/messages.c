// A message says to whom it goes, and which descriptors go with it: they keep their names where they arrive.
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char room[64], text[10];
static struct iovec data = { text, 1 };
static struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = room };

static void pass(int over, int fd, int other)
{
	message.msg_controllen = CMSG_SPACE(2 * sizeof(int));
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	head->cmsg_level = SOL_SOCKET, head->cmsg_type = SCM_RIGHTS, head->cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(head), (int[]){ fd, other }, 2 * sizeof(int));
	sendmsg(over, &message, 0);
}

static int receive(int from)
{
	int fd;

	message.msg_controllen = sizeof room;
	recvmsg(from, &message, MSG_CMSG_CLOEXEC);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
	return fd;
}

int main(void)
{
	int pair[2], fds[2], unknown;
	struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "socket" };

	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	if (fork() == 0) {
		write(receive(pair[1]), "through what came", 17);
		exit(0);
	}
	pipe(fds);
	pass(pair[0], fds[1], fds[0]);
	wait(NULL);
	close(pair[1]);
	signal(SIGPIPE, SIG_IGN);
	pass(pair[0], fds[1], fds[0]); /* is not sent */

	// From another socket than a pair's end it's not known what comes.
	int from = socket(AF_UNIX, SOCK_DGRAM, 0), to = socket(AF_UNIX, SOCK_DGRAM, 0);
	bind(to, (struct sockaddr *)&name, sizeof name);
	message.msg_name = &name, message.msg_namelen = sizeof name;
	pass(from, fds[1], fds[0]);
	message.msg_name = NULL, message.msg_namelen = 0;
	unknown = receive(to);
	write(unknown, "x", 1);
	return 0;
}

/* ops:
P  socketpair(AF_UNIX, SOCK_STREAM, 0, socketpair1)  testdata/messages.c:38
P  fork() = P.1  testdata/messages.c:39
P  pipe2(pipe1, 0)  testdata/messages.c:43
P  sendmsg(socketpair1.a, {"\0", msg_control=[SCM_RIGHTS pipe1.w pipe1.r]}, 0)  testdata/messages.c:20
P  wait4(-1, NULL, 0, NULL) = P.1  testdata/messages.c:45
P  close(socketpair1.b)  testdata/messages.c:46
P  rt_sigaction(SIGPIPE, {sa_handler=SIG_IGN, sa_flags=SA_RESTART, sa_mask=[SIGPIPE]}, {sa_handler=SIG_DFL, sa_flags=0, sa_mask=[]}, 8)  testdata/messages.c:47
P  sendmsg(socketpair1.a, {"\0", msg_control=[SCM_RIGHTS pipe1.w pipe1.r]}, 0) = EPIPE  testdata/messages.c:20
P  socket(AF_UNIX, SOCK_DGRAM, 0) = sock1  testdata/messages.c:51
P  socket(AF_UNIX, SOCK_DGRAM, 0) = sock2  testdata/messages.c:51
P  bind(sock2, {sun_family=AF_UNIX, sun_path="socket"})  testdata/messages.c:52
P  sendmsg(sock1, {"\0", msg_name={sun_family=AF_UNIX, sun_path="socket"}, msg_control=[SCM_RIGHTS pipe1.w pipe1.r]}, 0)  testdata/messages.c:20
P  recvmsg(sock2, {"\0", msg_control=[SCM_RIGHTS passed1 passed2]} room [1], MSG_CMSG_CLOEXEC)  testdata/messages.c:28
P  write(passed1, "x")  testdata/messages.c:57
P  exit(0)  testdata/messages.c:59
P  exit 0
P.1  recvmsg(socketpair1.b, {"\0", msg_control=[SCM_RIGHTS pipe1.w pipe1.r]} room [1], MSG_CMSG_CLOEXEC)  testdata/messages.c:28
P.1  write(pipe1.w, "through what came")  testdata/messages.c:40
P.1  exit(0)  testdata/messages.c:41
P.1  exit 0
*/
