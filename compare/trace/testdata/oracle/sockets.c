/* sockets: addresses, options and messages of all families that a program meets on one machine. */
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr *any(void *address) { return address; }

int main(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } }, from;
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT, .sin6_scope_id = 0 };
	struct sockaddr_un un = { AF_UNIX, "socket" }, hidden = { AF_UNIX, "\0hidden" };
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	struct linger linger = { 1, 2 };
	struct timeval limit = { 3, 4 };
	struct ucred cred;
	struct iovec parts[2] = { { "first ", 6 }, { "second", 6 } };
	char buf[100], control[CMSG_SPACE(2 * sizeof(int))] = "";
	struct iovec room[2] = { { buf, 3 }, { buf + 10, 50 } };
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = 2 }, got = { .msg_iov = room, .msg_iovlen = 2 };
	struct mmsghdr many[2] = { { .msg_hdr = msg }, { .msg_hdr = msg } };
	struct cmsghdr *c;
	socklen_t len;
	int s, t, a, u, pair[2], one = 1, fds[2] = { 0, 1 };

	s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	setsockopt(s, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(s, IPPROTO_IP, IP_TTL, &one, sizeof one);
	setsockopt(s, SOL_SOCKET, 9999, &one, sizeof one);
	setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &one, 1);
	len = sizeof one;
	getsockopt(s, SOL_SOCKET, SO_TYPE, &one, &len);
	getsockopt(s, SOL_SOCKET, SO_ERROR, &one, &len);
	len = sizeof linger;
	getsockopt(s, SOL_SOCKET, SO_LINGER, &linger, &len);
	len = sizeof limit;
	getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, &len);
	len = sizeof one;
	getsockopt(s, IPPROTO_TCP, TCP_MAXSEG, &one, &len);
	bind(s, any(&in), sizeof in);
	listen(s, 3);
	len = sizeof in;
	getsockname(s, any(&in), &len);
	t = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	connect(t, any(&in), sizeof in);
	len = sizeof from;
	a = accept(s, any(&from), &len);
	len = 4;
	getpeername(t, any(&from), &len);
	send(t, "hello", 5, MSG_NOSIGNAL);
	recv(a, buf, sizeof buf, MSG_PEEK);
	recv(a, buf, 2, MSG_WAITALL);
	recv(a, buf, sizeof buf, MSG_DONTWAIT);
	recv(a, buf, sizeof buf, MSG_DONTWAIT | MSG_TRUNC);
	shutdown(t, SHUT_WR);
	read(a, buf, sizeof buf);
	shutdown(a, SHUT_RDWR);
	shutdown(s, 7);
	close(a);
	close(t);
	connect(t, any(&in), sizeof in);
	a = syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	in.sin_port = htons(1);
	connect(a, any(&in), sizeof in);
	accept4(s, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	u = socket(AF_INET, SOCK_DGRAM, 0);
	in.sin_port = 0;
	bind(u, any(&in), sizeof in);
	len = sizeof in;
	getsockname(u, any(&in), &len);
	sendto(u, "datagram", 8, 0, any(&in), sizeof in);
	len = sizeof from;
	recvfrom(u, buf, sizeof buf, 0, any(&from), &len);
	msg.msg_name = &in;
	msg.msg_namelen = sizeof in;
	sendmsg(u, &msg, 0);
	got.msg_name = &from;
	got.msg_namelen = sizeof from;
	recvmsg(u, &got, 0);
	connect(u, any(&in), sizeof in);
	sendmmsg(u, many, 2, 0);
	many[0].msg_hdr = many[1].msg_hdr = (struct msghdr){ .msg_iov = room, .msg_iovlen = 2 };
	recvmmsg(u, many, 2, MSG_WAITFORONE, NULL);

	u = socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
	setsockopt(u, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	bind(u, any(&in6), sizeof in6);
	len = sizeof in6;
	getsockname(u, any(&in6), &len);

	u = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	bind(u, any(&un), sizeof un);
	listen(u, 1);
	t = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	connect(t, any(&un), strlen(un.sun_path) + 2);
	connect(t, any(&un), strlen(un.sun_path) + 3);
	len = sizeof un;
	a = accept(u, any(&un), &len);
	len = sizeof cred;
	getsockopt(a, SOL_SOCKET, SO_PEERCRED, &cred, &len);
	u = socket(AF_UNIX, SOCK_DGRAM, 0);
	bind(u, any(&hidden), 9);
	len = sizeof un;
	getsockname(u, any(&un), &len);

	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	msg = (struct msghdr){ .msg_iov = parts, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fds);
	memcpy(CMSG_DATA(c), fds, sizeof fds);
	sendmsg(pair[0], &msg, 0);
	got = (struct msghdr){ .msg_iov = room, .msg_iovlen = 2, .msg_control = control, .msg_controllen = sizeof control };
	recvmsg(pair[1], &got, MSG_CMSG_CLOEXEC);
	recvmsg(pair[1], &got, MSG_DONTWAIT);
	socketpair(AF_INET, SOCK_STREAM, 0, pair);

	u = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	bind(u, any(&nl), sizeof nl);
	socket(99, SOCK_STREAM, 0);
	bind(0, any(&in), sizeof in);
	bind(u, any(&in), 1);
	bind(u, (void *)1, 16);
	return 0;
}
