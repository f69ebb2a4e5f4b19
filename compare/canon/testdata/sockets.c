/* A connection is named after who began it, and what is chance has a name: the ports that the kernel chose, process ids in text. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sockaddr_in6 server = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT }; /* takes IPv4 as well */

static struct sockaddr_in loopback(int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = port };
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return to;
}

static void client(void)
{
	struct sockaddr_in to = loopback(server.sin6_port), own, none = { .sin_family = AF_UNSPEC };
	socklen_t len = sizeof own;
	char text[30];

	int s = socket(AF_INET, SOCK_STREAM, 0);
	connect(s, (struct sockaddr *)&to, sizeof to);
	getsockname(s, (struct sockaddr *)&own, &len);
	write(1, text, sprintf(text, "from port %d\n", ntohs(own.sin_port)));
	/* the same socket, another connection */
	connect(s, (struct sockaddr *)&none, sizeof none);
	connect(s, (struct sockaddr *)&to, sizeof to);

	/* one connection, although connect is called twice */
	int n = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	while (connect(n, (struct sockaddr *)&to, sizeof to) == -1 && errno != EISCONN)
		poll(&(struct pollfd){ .fd = n, .events = POLLOUT }, 1, -1);

	/* to nobody */
	to.sin_port = htons(1);
	connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&to, sizeof to);
	_exit(0);
}

int main(void)
{
	struct sockaddr_in6 peer;
	socklen_t len = sizeof server;
	char text[40];

	int s = socket(AF_INET6, SOCK_STREAM, 0);
	bind(s, (struct sockaddr *)&server, sizeof server);
	listen(s, 5);
	getsockname(s, (struct sockaddr *)&server, &len);
	int pid = fork();
	if (pid == 0)
		client();
	for (int i = 0; i < 3; i++) {
		len = sizeof peer;
		int c = accept(s, (struct sockaddr *)&peer, &len);
		getpeername(c, (struct sockaddr *)&peer, &len);
		getsockname(c, (struct sockaddr *)&peer, &len);
	}
	wait(NULL);
	write(1, text, sprintf(text, "removed proc id: %d \n", pid));

	/* nothing came, and how much room there was makes no difference */
	len = 100;
	accept(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&peer, &len);

	/* a family without ports, and a socket without a name */
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "socket" };
	int u = socket(AF_UNIX, SOCK_STREAM, 0), v = socket(AF_UNIX, SOCK_STREAM, 0);
	bind(u, (struct sockaddr *)&un, 9);
	listen(u, 5);
	connect(v, (struct sockaddr *)&un, 9);
	accept(u, NULL, NULL);

	/* a datagram comes from the port that its socket has got by sending it */
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int r = socket(AF_INET, SOCK_DGRAM, 0), w = socket(AF_INET, SOCK_DGRAM, 0);
	len = sizeof to;
	bind(r, (struct sockaddr *)&to, len);
	getsockname(r, (struct sockaddr *)&to, &len);
	sendto(w, "x", 1, 0, (struct sockaddr *)&to, len);
	recvfrom(r, text, 1, 0, (struct sockaddr *)&to, &len);
	struct msghdr m = { .msg_name = &to, .msg_namelen = len };
	sendmsg(socket(AF_INET, SOCK_DGRAM, 0), &m, 0);
	sendto(r, "y", 1, 0, (struct sockaddr *)&to, len);
	return 0;
}

/* ops:
P  socket(AF_INET6, SOCK_STREAM, IPPROTO_IP) = sock1  testdata/sockets.c:53
P  bind(sock1, {sin6_family=AF_INET6, sin6_port=0, sin6_flowinfo=0x0, sin6_addr=00000000000000000000000000000000, sin6_scope_id=0})  testdata/sockets.c:54
P  listen(sock1, 5)  testdata/sockets.c:55
P  getsockname(sock1, {sin6_family=AF_INET6, sin6_port=port(sock1), sin6_flowinfo=0x0, sin6_addr=00000000000000000000000000000000, sin6_scope_id=0}, 28)  testdata/sockets.c:56
P  fork() = P.1  testdata/sockets.c:57
P  accept(sock1, {sin6_family=AF_INET6, sin6_port=port(P.1:sock1), sin6_flowinfo=0x0, sin6_addr=00000000000000000000ffff7f000001, sin6_scope_id=0}, 28) = conn(P.1:sock1)  testdata/sockets.c:62
P  getpeername(conn(P.1:sock1), {sin6_family=AF_INET6, sin6_port=port(P.1:sock1), sin6_flowinfo=0x0, sin6_addr=00000000000000000000ffff7f000001, sin6_scope_id=0}, 28)  testdata/sockets.c:63
P  getsockname(conn(P.1:sock1), {sin6_family=AF_INET6, sin6_port=port(sock1), sin6_flowinfo=0x0, sin6_addr=00000000000000000000ffff7f000001, sin6_scope_id=0}, 28)  testdata/sockets.c:64
P  accept(sock1, {sin6_family=AF_INET6, sin6_port=port(P.1:sock1), sin6_flowinfo=0x0, sin6_addr=00000000000000000000ffff7f000001, sin6_scope_id=0}, 28) = conn(P.1:sock1#2)  testdata/sockets.c:62
P  getpeername(conn(P.1:sock1#2), {sin6_family=AF_INET6, sin6_port=port(P.1:sock1), sin6_flowinfo=0x0, sin6_addr=00000000000000000000ffff7f000001, sin6_scope_id=0}, 28)  testdata/sockets.c:63
P  getsockname(conn(P.1:sock1#2), {sin6_family=AF_INET6, sin6_port=port(sock1), sin6_flowinfo=0x0, sin6_addr=00000000000000000000ffff7f000001, sin6_scope_id=0}, 28)  testdata/sockets.c:64
P  accept(sock1, {sin6_family=AF_INET6, sin6_port=port(P.1:sock2), sin6_flowinfo=0x0, sin6_addr=00000000000000000000ffff7f000001, sin6_scope_id=0}, 28) = conn(P.1:sock2)  testdata/sockets.c:62
P  getpeername(conn(P.1:sock2), {sin6_family=AF_INET6, sin6_port=port(P.1:sock2), sin6_flowinfo=0x0, sin6_addr=00000000000000000000ffff7f000001, sin6_scope_id=0}, 28)  testdata/sockets.c:63
P  getsockname(conn(P.1:sock2), {sin6_family=AF_INET6, sin6_port=port(sock1), sin6_flowinfo=0x0, sin6_addr=00000000000000000000ffff7f000001, sin6_scope_id=0}, 28)  testdata/sockets.c:64
P  wait4(-1, NULL, 0, NULL) = P.1  testdata/sockets.c:66
P  write(tty, "removed proc id: P.1 \n")  testdata/sockets.c:67
P  socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = sock2  testdata/sockets.c:71
P  accept(sock2) = EINVAL  testdata/sockets.c:71
P  socket(AF_UNIX, SOCK_STREAM, 0) = sock3  testdata/sockets.c:75
P  socket(AF_UNIX, SOCK_STREAM, 0) = sock4  testdata/sockets.c:75
P  bind(sock3, {sun_family=AF_UNIX, sun_path="socket"})  testdata/sockets.c:76
P  listen(sock3, 5)  testdata/sockets.c:77
P  connect(sock4, {sun_family=AF_UNIX, sun_path="socket"})  testdata/sockets.c:78
P  accept(sock3, NULL, NULL) = conn1  testdata/sockets.c:79
P  socket(AF_INET, SOCK_DGRAM, IPPROTO_IP) = sock5  testdata/sockets.c:83
P  socket(AF_INET, SOCK_DGRAM, IPPROTO_IP) = sock6  testdata/sockets.c:83
P  bind(sock5, {sin_family=AF_INET, sin_port=0, sin_addr=127.0.0.1})  testdata/sockets.c:85
P  getsockname(sock5, {sin_family=AF_INET, sin_port=port(sock5), sin_addr=127.0.0.1}, 16)  testdata/sockets.c:86
P  sendto(sock6, "x", 0, {sin_family=AF_INET, sin_port=port(sock5), sin_addr=127.0.0.1})  testdata/sockets.c:87
P  recvfrom(sock5, "x", 1, 0, {sin_family=AF_INET, sin_port=port(sock6), sin_addr=127.0.0.1}, 16)  testdata/sockets.c:88
P  socket(AF_INET, SOCK_DGRAM, IPPROTO_IP) = sock7  testdata/sockets.c:90
P  sendmsg(sock7, {"", msg_name={sin_family=AF_INET, sin_port=port(sock6), sin_addr=127.0.0.1}}, 0)  testdata/sockets.c:90
P  sendto(sock5, "y", 0, {sin_family=AF_INET, sin_port=port(sock6), sin_addr=127.0.0.1})  testdata/sockets.c:91
P  exit(0)  testdata/sockets.c:93
P  exit 0
P.1  socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = P.1:sock1  testdata/sockets.c:28
P.1  connect(P.1:sock1, {sin_family=AF_INET, sin_port=port(sock1), sin_addr=127.0.0.1})  testdata/sockets.c:29
P.1  getsockname(P.1:sock1, {sin_family=AF_INET, sin_port=port(P.1:sock1), sin_addr=127.0.0.1}, 16)  testdata/sockets.c:30
P.1  write(tty, "from port port(P.1:sock1)\n")  testdata/sockets.c:31
P.1  connect(P.1:sock1, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")  testdata/sockets.c:33
P.1  connect(P.1:sock1, {sin_family=AF_INET, sin_port=port(sock1), sin_addr=127.0.0.1})  testdata/sockets.c:34
P.1  socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_IP) = P.1:sock2  testdata/sockets.c:37
P.1  connect(P.1:sock2, {sin_family=AF_INET, sin_port=port(sock1), sin_addr=127.0.0.1}) = EINPROGRESS  testdata/sockets.c:38
P.1  poll([{fd=P.1:sock2, events=POLLOUT, revents=POLLOUT}], -1) = 1  testdata/sockets.c:39
P.1  connect(P.1:sock2, {sin_family=AF_INET, sin_port=port(sock1), sin_addr=127.0.0.1})  testdata/sockets.c:38
P.1  socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = P.1:sock3  testdata/sockets.c:43
P.1  connect(P.1:sock3, {sin_family=AF_INET, sin_port=1, sin_addr=127.0.0.1}) = ECONNREFUSED  testdata/sockets.c:43
P.1  exit(0)  testdata/sockets.c:44
P.1  exit 0
*/
