/* What is asked for stands behind addresses, and in structures there behind others. What a program
   wants back is a descriptor, an address or a number. What nobody looks into is no register. */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/filter.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

int main(void)
{
	int p[2], e = epoll_create1(0);
	struct epoll_event event = {.events = EPOLLIN};

	pipe(p);
	event.data.fd = p[0];
	epoll_ctl(e, EPOLL_CTL_ADD, p[0], &event);
	event.data.u64 = 0x7fff00000000 | p[1]; /* data.fd, and what was left beside it */
	epoll_ctl(e, EPOLL_CTL_MOD, p[0], &event);
	event.data.u64 = 1ul << 32 | p[1];
	epoll_ctl(e, EPOLL_CTL_MOD, p[0], &event);
	event.data.u64 = 1;
	epoll_ctl(e, EPOLL_CTL_MOD, p[0], &event);
	event.data.u64 = 7000;
	epoll_ctl(e, EPOLL_CTL_MOD, p[0], &event);
	event.data.ptr = &e;
	epoll_ctl(e, EPOLL_CTL_MOD, p[0], &event);
	write(p[1], "x", 1);
	epoll_wait(e, &event, 1, -1);

	aio_context_t context = 0;
	struct iovec parts[] = {{"two", 3}, {" parts", 6}};
	struct iocb one = {0, 0, 0, IOCB_CMD_PWRITE, 0, p[1], (uintptr_t)"one", 3};
	struct iocb two = {0, 0, 0, IOCB_CMD_PWRITEV, 0, p[1], (uintptr_t)parts, 2};
	struct iocb bad = {0, 0, 0, IOCB_CMD_PWRITE, 0, -1, 8, 3};
	struct iocb *list[] = {&one, &two, &bad};
	syscall(SYS_io_setup, 3, &context);
	syscall(SYS_io_submit, context, 3, list);
	syscall(SYS_io_destroy, context);

	struct sock_filter filter[] = {{BPF_RET | BPF_K, 0, 0, 0xffff}};
	struct sock_fprog program = {1, filter};
	int s = socket(AF_UNIX, SOCK_DGRAM, 0);
	setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
	struct sockaddr_un abstract = {AF_UNIX, "\0canon"};
	connect(s, (void *)&abstract, sizeof abstract);

	cpu_set_t cpus;
	CPU_ZERO(&cpus);
	syscall(SYS_sched_setaffinity, 0, 8, &cpus);

	int set = semget(IPC_PRIVATE, 3, 0600);
	unsigned short values[3] = {1, 2, 3};
	semctl(set, 0, SETALL, values);
	semctl(set, 1, SETVAL, 7);
	semctl(set, 0, GETALL, values);
	semctl(set, 0, IPC_RMID);

	signal(SIGUSR1, SIG_IGN);
	siginfo_t queued = {.si_code = SI_QUEUE};
	queued.si_value.sival_ptr = (void *)0x100000007;
	syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &queued);

	struct ifreq request = {.ifr_name = "none0", .ifr_mtu = 1400};
	ioctl(p[0], SIOCSIFMTU, &request);
	mknod("no/such", S_IFCHR | 0600, makedev(1, 3));
	ioctl(s, 0x1234, 5);
	syscall(999, 1, 2);
	prctl(9999, 1, 2, 3, 4);
	return 0;
}

/* ops:
P  epoll_create1(0) = epoll1  testdata/asked.c:26
P  pipe2(pipe1, 0)  testdata/asked.c:29
P  epoll_ctl(epoll1, EPOLL_CTL_ADD, pipe1.r, {events=EPOLLIN, data=pipe1.r})  testdata/asked.c:31
P  epoll_ctl(epoll1, EPOLL_CTL_MOD, pipe1.r, {events=EPOLLIN, data=pipe1.w})  testdata/asked.c:33
P  epoll_ctl(epoll1, EPOLL_CTL_MOD, pipe1.r, {events=EPOLLIN, data=pipe1.w|0x1<<32})  testdata/asked.c:35
P  epoll_ctl(epoll1, EPOLL_CTL_MOD, pipe1.r, {events=EPOLLIN, data=1})  testdata/asked.c:37
P  epoll_ctl(epoll1, EPOLL_CTL_MOD, pipe1.r, {events=EPOLLIN, data=7000})  testdata/asked.c:39
P  epoll_ctl(epoll1, EPOLL_CTL_MOD, pipe1.r, {events=EPOLLIN, data=addr})  testdata/asked.c:41
P  write(pipe1.w, "x")  testdata/asked.c:42
P  epoll_wait(epoll1, [{events=EPOLLIN, data=addr}], 1, -1) = 1  testdata/asked.c:43
P  io_setup(3, addr)  testdata/asked.c:51
P  io_submit(addr, 3, [{aio_data=0, aio_rw_flags=0, aio_lio_opcode=IOCB_CMD_PWRITE, aio_reqprio=0, aio_fildes=pipe1.w, aio_buf="one", aio_nbytes=3, aio_offset=0, aio_flags=0}, {aio_data=0, aio_rw_flags=0, aio_lio_opcode=IOCB_CMD_PWRITEV, aio_reqprio=0, aio_fildes=pipe1.w, aio_buf="two parts", aio_nbytes=2, aio_offset=0, aio_flags=0}, {aio_data=0, aio_rw_flags=0, aio_lio_opcode=IOCB_CMD_PWRITE, aio_reqprio=0, aio_fildes=-1, aio_buf=bad address, aio_nbytes=3, aio_offset=0, aio_flags=0}]) = 2  testdata/asked.c:52
P  io_destroy(addr)  testdata/asked.c:53
P  socket(AF_UNIX, SOCK_DGRAM, 0) = sock1  testdata/asked.c:57
P  setsockopt(sock1, SOL_SOCKET, SO_ATTACH_FILTER, {len=1, filter=[{code=0x6, jt=0, jf=0, k=0xffff}]}, 16)  testdata/asked.c:58
P  connect(sock1, {sun_family=AF_UNIX, sun_path="\0canon\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"}) = ECONNREFUSED  testdata/asked.c:60
P  sched_setaffinity(0, {}) = EINVAL  testdata/asked.c:64
P  semget(0x0, 3, 0600) = sem1  testdata/asked.c:66
P  semctl(sem1, 0, SETALL, [1, 2, 3])  testdata/asked.c:68
P  semctl(sem1, 1, SETVAL, 7)  testdata/asked.c:69
P  semctl(sem1, 0, GETALL, [1, 7, 3])  testdata/asked.c:70
P  semctl(sem1, 0, IPC_RMID)  testdata/asked.c:71
P  rt_sigaction(SIGUSR1, {sa_handler=SIG_IGN, sa_flags=SA_RESTART, sa_mask=[SIGUSR1]}, {sa_handler=SIG_DFL, sa_flags=0, sa_mask=[]}, 8)  testdata/asked.c:73
P  getpid() = P  testdata/asked.c:76
P  rt_sigqueueinfo(P, SIGUSR1, {si_signo=0, si_errno=0, si_code=-1, si_pid=0, si_uid=0, si_value=4294967303})  testdata/asked.c:76
P  ioctl(pipe1.r, SIOCSIFMTU, {ifr_name="none0", ifr_mtu=1400}) = ENOTTY  testdata/asked.c:79
P  mknodat(AT_FDCWD, "no/such", S_IFCHR|0600, 1:3) = ENOENT  testdata/asked.c:80
P  ioctl(sock1, 0x1234, not looked into) = ENOTTY  testdata/asked.c:81
P  syscall_999(not looked into) = ENOSYS  testdata/asked.c:82
P  prctl(9999, not looked into, not looked into, not looked into, not looked into) = EINVAL  testdata/asked.c:83
P  exit(0)  testdata/asked.c:85
P  exit 0
*/
