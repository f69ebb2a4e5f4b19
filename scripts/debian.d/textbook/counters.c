/* Threads that count together: a mutex, named and unnamed semaphores, and a bounded buffer. */
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS = 4, LOOPS = 1000, ROOM = 3, ITEMS = 20 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static sem_t *named, empty, full;
static long by_mutex, by_semaphore, by_nothing;
static int buffer[ROOM], in, out;

static void *count(void *arg) {
	(void)arg;
	for (int i = 0; i < LOOPS; i++) {
		pthread_mutex_lock(&mutex);
		by_mutex++;
		pthread_mutex_unlock(&mutex);
		sem_wait(named);
		by_semaphore++;
		sem_post(named);
		by_nothing++;
	}
	return NULL;
}

static void *produce(void *arg) {
	(void)arg;
	for (int i = 0; i < ITEMS; i++) {
		sem_wait(&empty);
		buffer[in++ % ROOM] = i;
		printf("produced %d\n", i);
		sem_post(&full);
	}
	return NULL;
}

static void *consume(void *arg) {
	(void)arg;
	for (int i = 0; i < ITEMS; i++) {
		sem_wait(&full);
		printf("consumed %d\n", buffer[out++ % ROOM]);
		sem_post(&empty);
	}
	return NULL;
}

int main(void) {
	pthread_t t[THREADS];
	char name[32];
	snprintf(name, sizeof name, "/counters.%d", getpid());
	named = sem_open(name, O_CREAT | O_EXCL, 0600, 1);
	if (named == SEM_FAILED) {
		perror("sem_open");
		return 1;
	}
	sem_unlink(name);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, count, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	printf("%ld %ld %ld\n", by_mutex, by_semaphore, by_nothing);
	sem_init(&empty, 0, ROOM);
	sem_init(&full, 0, 0);
	pthread_create(&t[0], NULL, produce, NULL);
	pthread_create(&t[1], NULL, consume, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	return 0;
}
