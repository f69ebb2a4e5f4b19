#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* pipe2 as somebody else would have written it. */
#define SIZE 30

static void talk(const char *who, int from)
{
	char text[SIZE + 1] = { 0 };

	read(from, text, SIZE);
	printf("%s proc output: %s \n", who, text);
}

int main(void)
{
	int ends[2];

	pipe(ends);
	if (!fork()) {
		write(ends[1], "Who are you?", sizeof "Who are you?");
		sleep(2);
		talk("Child", ends[0]);
		exit(0);
	}
	talk("Parent", ends[0]);
	write(ends[1], "Thank you for your message", sizeof "Thank you for your message");
	sleep(3);
	exit(0);
}
