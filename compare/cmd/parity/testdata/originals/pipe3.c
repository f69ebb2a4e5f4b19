/*
 * pipe3 as a textbook has it: no result is looked at, and the buffer begins as garbage.
 */
#include <stdio.h>
#include <unistd.h>

#define BUF_SIZE 30

int main(int argc, char *argv[])
{
	int to_parent[2], to_child[2];
	char question[] = "Who are you?";
	char answer[] = "Thank you for your message";
	char got[BUF_SIZE];
	pid_t child;

	pipe(to_parent);
	pipe(to_child);
	child = fork();
	if (child == 0) {
		write(to_parent[1], question, sizeof(question));
		read(to_child[0], got, BUF_SIZE);
		printf("Child proc output: %s \n", got);
	} else {
		read(to_parent[0], got, BUF_SIZE);
		printf("Parent proc output: %s \n", got);
		write(to_child[1], answer, sizeof(answer));
	}
	return 0;
}
