/*
 * pipe1: a child sends its parent a question through a pipe.
 *
 * Usage: pipe1
 *
 * Notice: fork copies the descriptors, not the pipe, which belongs to the kernel. What the child
 * writes to its copy of fds[1], the parent reads from its copy of fds[0].
 *
 * Differs: fork returns twice, and pid tells the two processes apart. Go has no fork: there the
 * child starts in a function of its own, and the three parts of this main are run, child and
 * parent. stdio keeps the line in a buffer, on a terminal until the line is complete, elsewhere
 * until exit; fmt writes it at once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BUF_SIZE 30

static void fail(const char *message)
{
	fprintf(stderr, "%s\n", message);
	exit(1);
}

int main(void)
{
	int fds[2];
	char str[] = "Who are you?";
	char buf[BUF_SIZE + 1] = "";
	pid_t pid;

	// parent: make the pipe
	if (pipe(fds) == -1)
		fail("pipe() error");

	// parent: fork
	pid = fork();
	if (pid == -1)
		fail("fork() error");

	if (pid == 0) {
		// child: ask the question
		if (write(fds[1], str, sizeof(str)) == -1)
			fail("write() error");
	} else {
		// parent: read the question
		if (read(fds[0], buf, BUF_SIZE) == -1)
			fail("read() error");
		// parent: print the question
		puts(buf);
	}

	// both: exit
	return 0;
}
