/*
 * memory: calls whose arguments point at memory of all kinds.
 *
 * usage: memory
 *
 * The tests know the calls by name and number of occurrence.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define CHECK(what) do { if (!(what)) { perror(#what); _exit(99); } } while (0)
#define IOV(text) {(void *)(text), sizeof(text) - 1}

/* Wrong on purpose; volatile, so that the compiler does not find out. */
static const char *volatile nowhere = (char *)16, *volatile nothing = NULL, *volatile last = (char *)-8;
static volatile int too_many = 2000000;

/* edge returns memory of some pages, the last byte of which is the last before a hole. */
static char *edge(size_t pages)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, (pages + 1) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	CHECK(munmap(p + pages * page, page) == 0);
	return p + pages * page;
}

static void buffers(void)
{
	char in[100], *end = edge(3), *large;
	size_t i, size = 20 << 20;
	int p[2], null = open("/dev/null", O_RDWR);

	CHECK(null != -1 && pipe(p) == 0);
	CHECK(write(p[1], "hello", 5) == 5);
	CHECK(read(p[0], in, sizeof in) == 5);   /* fewer than there is room for */
	CHECK(write(p[1], "again", 5) == 5);
	CHECK(read(p[0], in, 2) == 2);           /* the same buffer once more: both must have been copied */
	CHECK(read(null, in, sizeof in) == 0);
	CHECK(read(-1, in, sizeof in) == -1);
	CHECK(write(p[1], in, 0) == 0);
	CHECK(write(p[1], nowhere, 10) == -1 && errno == EFAULT);
	CHECK(write(p[1], last, 8) == -1 && errno == EFAULT);
	memset(end - 10000, 'e', 10000);
	CHECK(write(-1, end - 10000, 20000) == -1); /* half of it is not there */

	large = malloc(size);
	for (i = 0; i < size; i++)
		large[i] = i * i >> 8;
	CHECK(write(null, large, 1 << 20) == 1 << 20);
	CHECK(write(null, large, size) == (ssize_t)size);
}

static void strings(void)
{
	char *end = edge(2), *argv[] = {"a", "", "b c", NULL}, *env[] = {"X=1", NULL}, *torn[] = {"a", (char *)nowhere, NULL};

	memcpy(end - 12, "no/such/edge", 12);
	CHECK(open(end - 12, O_RDONLY) == -1 && errno == EFAULT); /* no NUL before the hole */
	memcpy(end - 8, "no/such", 8);
	CHECK(open(end - 8, O_RDONLY) == -1 && errno == ENOENT);  /* the NUL is the last byte before it */
	memset(end - 6000, 'x', 6000);
	CHECK(open(end - 6000, O_RDONLY) == -1 && errno == ENAMETOOLONG);
	CHECK(open(nowhere, O_RDONLY) == -1 && errno == EFAULT);
	CHECK(open(last, O_RDONLY) == -1 && errno == EFAULT);
	CHECK(open(nothing, O_RDONLY) == -1 && errno == EFAULT);
	CHECK(execve("/no/such", argv, env) == -1);
	CHECK(execve("/no/such", torn, NULL) == -1);
	CHECK(execve("/no/such", (char **)nowhere, env) == -1);
}

static void vectors(void)
{
	char a[4], b[100];
	struct iovec out[] = {IOV("one"), IOV(""), IOV("two")}, in[] = {{a, sizeof a}, {b, sizeof b}};
	struct iovec torn[] = {IOV("whole"), {(void *)nowhere, 5}};
	int p[2], file = memfd_create("file", 0);

	CHECK(pipe(p) == 0 && file != -1);
	CHECK(writev(p[1], out, 3) == 6);
	CHECK(readv(p[0], in, 2) == 6);
	CHECK(pwritev(file, out, 3, 2) == 6);
	CHECK(preadv(file, in, 1, 1) == 4);
	CHECK(writev(-1, torn, 2) == -1);
	CHECK(writev(-1, (struct iovec *)nowhere, 2) == -1);
	CHECK(writev(-1, out, too_many) == -1);
}

static void messages(void)
{
	union { char bytes[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control = {0};
	char a[2], b[100], c[100];
	struct sockaddr_un to = {.sun_family = AF_UNIX}, from;
	struct iovec out[] = {IOV("me"), IOV("ssage")}, in[] = {{a, sizeof a}, {b, sizeof b}}, in2[] = {{c, sizeof c}};
	struct msghdr send = {.msg_iov = out, .msg_iovlen = 2, .msg_control = &control, .msg_controllen = sizeof control};
	struct msghdr receive = {.msg_iov = in, .msg_iovlen = 2, .msg_name = &from, .msg_namelen = sizeof from};
	struct mmsghdr many[] = {{.msg_hdr = {.msg_iov = out, .msg_iovlen = 1}}, {.msg_hdr = {.msg_iov = out + 1, .msg_iovlen = 1}}};
	struct mmsghdr got[] = {{.msg_hdr = {.msg_iov = in + 1, .msg_iovlen = 1}}, {.msg_hdr = {.msg_iov = in2, .msg_iovlen = 1}}};
	struct cmsghdr *head = CMSG_FIRSTHDR(&send);
	socklen_t length = sizeof to.sun_family;
	int s[2], named = socket(AF_UNIX, SOCK_DGRAM, 0);

	*head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s) == 0);
	CHECK(sendmsg(s[0], &send, 0) == 7);
	CHECK(recvmsg(s[1], &receive, 0) == 7);
	CHECK(sendmmsg(s[0], many, 2, 0) == 2);
	CHECK(recvmmsg(s[1], got, 2, 0, NULL) == 2);
	CHECK(sendmsg(s[0], (struct msghdr *)nowhere, 0) == -1);

	CHECK(bind(named, (struct sockaddr *)&to, length) == 0); /* the kernel finds a name */
	length = sizeof to;
	CHECK(getsockname(named, (struct sockaddr *)&to, &length) == 0);
	CHECK(sendto(named, "self", 4, 0, (struct sockaddr *)&to, length) == 4);
	CHECK(sendto(named, "self", 4, 0, (struct sockaddr *)&to, length) == 4);
	receive.msg_namelen = sizeof from;
	CHECK(recvmsg(named, &receive, 0) == 4);
	length = sizeof from;
	CHECK(recvfrom(named, b, sizeof b, 0, (struct sockaddr *)&from, &length) == 4);
}

int main(void)
{
	buffers();
	strings();
	vectors();
	messages();
	return 0;
}
