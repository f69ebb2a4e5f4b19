/* What the program asks for itself is its own, by whatever name; what libraries need is not. */
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *work(void *arg)
{
	pthread_mutex_lock(&lock);
	write(1, "thread\n", 7);
	pthread_mutex_unlock(&lock);
	return arg;
}

int main(void)
{
	int word = 0;
	pthread_t t;

	syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0);
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(page, 4096);
	free(malloc(1 << 20));
	free(malloc(100));
	sbrk(4096);
	pthread_create(&t, NULL, work, NULL);
	pthread_join(t, NULL);
	puts("line");
	printf("no line");
	return 7;
}

/* ops:
P  futex(addr, FUTEX_WAKE, 1)  testdata/asked.c:25
P  mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)  testdata/asked.c:26
P  munmap(addr, 4096)  testdata/asked.c:27
P  brk(addr)  testdata/asked.c:30
P  thread()  testdata/asked.c:31
P  write(tty, "thread\n")  testdata/asked.c:15
P  write(tty, "line\n")  testdata/asked.c:33
P  write(tty, "no line")  testdata/asked.c:36
P  exit(7)  testdata/asked.c:36
P  exit 7
*/
