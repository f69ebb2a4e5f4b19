/*
 * pipe1 as a textbook has it: no result is looked at, and the buffer begins as garbage.
 */
#include <stdio.h>
#include <unistd.h>

#define BUF_SIZE 30

int main(int argc, char *argv[])
{
	int ends[2];
	char question[] = "Who are you?";
	char got[BUF_SIZE];
	pid_t child;

	pipe(ends);
	child = fork();
	if (child == 0) {
		write(ends[1], question, sizeof(question));
	} else {
		read(ends[0], got, BUF_SIZE);
		puts(got);
	}
	return 0;
}
