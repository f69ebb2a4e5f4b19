/* pages: maps of memory, and what is shared by System V's ways and POSIX's. */
#include <fcntl.h>
#include <mqueue.h>
#include <stddef.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	struct { long type; char text[8]; } msg = { 1, "letter" };
	struct sembuf ops[2] = { { 0, 1, 0 }, { 0, -1, IPC_NOWAIT | SEM_UNDO } };
	struct timespec little = { 0, 1000 };
	struct mq_attr attr = { .mq_maxmsg = 2, .mq_msgsize = 16 };
	unsigned char resident[4];
	char text[64];
	unsigned priority;
	char *p, *q;
	mqd_t mq;
	int id, fd = open("f", O_RDWR | O_CREAT, 0600);

	ftruncate(fd, 16384);
	p = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	q = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	mmap(q, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_POPULATE, fd, 4096);
	mmap(NULL, 0, PROT_READ, MAP_PRIVATE, fd, 0);
	mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_LOCKED, 99, 0);
	mprotect(q, 4096, PROT_READ | PROT_WRITE);
	mprotect((void *)1, 4096, PROT_READ);
	p[0] = 1;
	msync(p, 4096, MS_SYNC | MS_INVALIDATE);
	madvise(p, 4096, MADV_WILLNEED);
	madvise(q, 4096, MADV_DONTNEED);
	mincore(p, 16384, resident);
	mlock(p, 4096);
	munlock(p, 4096);
	syscall(SYS_mlock2, p, 4096L, 1);
	mlockall(MCL_CURRENT | MCL_FUTURE);
	munlockall();
	p = mremap(p, 16384, 20480, MREMAP_MAYMOVE);
	mremap(p, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, q);
	munmap(q, 8192);
	munmap((void *)1, 1);
	syscall(SYS_brk, 0L);
	sbrk(8192);

	id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
	p = shmat(id, NULL, SHM_RDONLY);
	shmdt(p);
	shmdt(p);
	shmctl(id, IPC_RMID, NULL);
	id = semget(IPC_PRIVATE, 2, IPC_CREAT | IPC_EXCL | 0640);
	semop(id, ops, 2);
	semop(id, ops + 1, 1);
	semtimedop(id, ops, 1, &little);
	semctl(id, 0, GETVAL);
	semctl(id, 0, IPC_RMID);
	id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	msgsnd(id, &msg, 7, IPC_NOWAIT);
	msgrcv(id, &msg, sizeof msg.text, 0, MSG_NOERROR);
	msgrcv(id, &msg, sizeof msg.text, 0, IPC_NOWAIT);
	msgctl(id, IPC_RMID, NULL);

	mq = mq_open("/parity.oracle", O_RDWR | O_CREAT, 0600, &attr);
	mq_send(mq, "posted", 6, 3);
	mq_receive(mq, text, sizeof text, &priority);
	mq_unlink("/parity.oracle");
	return 0;
}
