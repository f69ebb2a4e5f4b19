/*
 * pipe2 as a textbook has it: no result is looked at, and the buffer begins as garbage.
 */
#include <stdio.h>
#include <unistd.h>

#define BUF_SIZE 30

int main(int argc, char *argv[])
{
	int ends[2];
	char question[] = "Who are you?";
	char answer[] = "Thank you for your message";
	char got[BUF_SIZE];
	pid_t child;

	pipe(ends);
	child = fork();
	if (child == 0) {
		write(ends[1], question, sizeof(question));
		sleep(2);
		read(ends[0], got, BUF_SIZE);
		printf("Child proc output: %s \n", got);
	} else {
		read(ends[0], got, BUF_SIZE);
		printf("Parent proc output: %s \n", got);
		write(ends[1], answer, sizeof(answer));
		sleep(3);
	}
	return 0;
}
