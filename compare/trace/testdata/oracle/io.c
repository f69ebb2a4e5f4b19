/* io: the ways to read and write, with buffers of all kinds. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

int main(void)
{
	static char large[70000], back[70000];
	struct iovec out[3] = { { "one", 3 }, { NULL, 0 }, { "t\\wo\"\n", 6 } }, in[2] = { { back, 4 }, { back + 10, 100 } };
	char *hole = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open("f", O_RDWR | O_CREAT, 0600), other = open("g", O_RDWR | O_CREAT, 0600), p[2], q[2];
	loff_t at = 1, to = 5;
	off_t from = 2;

	for (size_t i = 0; i < sizeof large; i++)
		large[i] = i * i >> 4;
	munmap(hole + 4096, 4096);
	write(fd, "text\twith \001\177\377 bytes\r\n", 22);
	write(fd, "", 0);
	write(fd, large, sizeof large);
	pwrite(fd, "\0", 1, 5);
	pwrite(fd, "x", 1, 1L << 33);
	pread(fd, back, 30, 0);
	pread(fd, back, 30, 1L << 34);
	pread(fd, back, 10, -1);
	lseek(fd, 0, SEEK_SET);
	read(fd, back, sizeof back);
	read(fd, back, 0);
	ftruncate(fd, 0);
	lseek(fd, 0, SEEK_SET);
	writev(fd, out, 3);
	writev(fd, out, 0);
	writev(fd, out, -1);
	preadv(fd, in, 2, 1);
	pwritev(fd, out, 3, 1L << 32);
	syscall(SYS_preadv2, fd, in, 2, 0L, 0L, RWF_HIPRI);
	syscall(SYS_pwritev2, fd, out, 1, -1L, 0L, RWF_DSYNC | RWF_APPEND);
	lseek(fd, 0, SEEK_SET);
	readv(fd, in, 2);
	readv(fd, in, 2);

	pipe(p);
	pipe2(q, O_NONBLOCK | O_CLOEXEC);
	write(p[1], "through a pipe", 14);
	syscall(SYS_tee, p[0], q[1], 100L, SPLICE_F_NONBLOCK);
	splice(q[0], NULL, fd, &to, 7, SPLICE_F_MOVE | SPLICE_F_MORE);
	splice(fd, &at, p[1], NULL, 3, 0);
	vmsplice(p[1], out, 1, SPLICE_F_GIFT);
	read(p[0], back, 1000);
	read(q[0], back, 1000);
	read(q[0], back, 1000);
	sendfile(other, fd, &from, 4);
	sendfile(other, fd, NULL, 4);
	at = 0;
	copy_file_range(fd, &at, other, NULL, 5, 0);

	read(-1, back, 5);
	write(-1, "nobody", 6);
	write(fd, (void *)1, 3);
	write(p[1], hole + 4090, 100);
	read(fd, (void *)1, 3);
	close(p[0]);
	close(q[0]);
	close(77);
	return 0;
}
