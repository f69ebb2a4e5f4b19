/*
 * ipc: makes one object of each kind that outlives all processes, and finds one that is there.
 *
 * usage: ipc KEY QUEUE FOUND
 *
 * KEY is of objects that nobody has, QUEUE the name of a message queue that nobody has, FOUND the key of one that is there.
 * It prints the ids of those that it made.
 */
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	key_t key = strtol(argv[1], NULL, 0);
	int ids[5] = {msgget(key, IPC_CREAT | 0600), semget(key, 1, IPC_CREAT | IPC_EXCL | 0600), shmget(key, 10, IPC_CREAT | 0600),
		semget(IPC_PRIVATE, 2, 0600), msgget(IPC_PRIVATE, 0600)};
	int found = msgget(strtol(argv[3], NULL, 0), IPC_CREAT | 0600);
	int gone = shmget(IPC_PRIVATE, 1, 0600);

	for (int i = 0; i < 5; i++)
		if (ids[i] < 0)
			return 3;
	if (found < 0 || shmctl(gone, IPC_RMID, NULL) != 0)
		return 4;
	printf("%d %d %d %d %d\n", ids[0], ids[1], ids[2], ids[3], ids[4]);
	fflush(stdout);
	if (fork() == 0)
		_exit(mq_open(argv[2], O_CREAT | O_RDWR, 0600, NULL) < 0 || msgget(key, IPC_CREAT) != ids[0]);
	int status;
	wait(&status);
	return status != 0;
}
