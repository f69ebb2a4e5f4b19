/*
 * pipe3: a child and its parent send each other a message through two pipes, one each way.
 *
 * Usage: pipe3
 *
 * Notice: every order of execution works. Each pipe has one reader, so no process can read what is
 * meant for the other, and no process has to sleep.
 *
 * Differs: fork returns twice, and pid tells the two processes apart. Go has no fork: there the
 * child starts in a function of its own, and the three parts of this main are run, child and
 * parent. Into a file or a pipe, stdio writes each line at exit, so either line can come first; fmt
 * writes at once, the parent's line first.
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
	int fds1[2], fds2[2];
	char str1[] = "Who are you?";
	char str2[] = "Thank you for your message";
	char buf[BUF_SIZE + 1] = "";
	pid_t pid;

	// parent: make a pipe each way
	if (pipe(fds1) == -1 || pipe(fds2) == -1)
		fail("pipe() error");

	// parent: fork
	pid = fork();
	if (pid == -1)
		fail("fork() error");

	if (pid == 0) {
		// child: ask the question
		if (write(fds1[1], str1, sizeof(str1)) == -1)
			fail("write() error");
		// child: read the answer
		if (read(fds2[0], buf, BUF_SIZE) == -1)
			fail("read() error");
		// child: print the answer
		printf("Child proc output: %s \n", buf);
	} else {
		// parent: read the question
		if (read(fds1[0], buf, BUF_SIZE) == -1)
			fail("read() error");
		// parent: print the question
		printf("Parent proc output: %s \n", buf);
		// parent: answer
		if (write(fds2[1], str2, sizeof(str2)) == -1)
			fail("write() error");
	}

	// both: exit
	return 0;
}
