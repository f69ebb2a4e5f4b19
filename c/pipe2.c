/*
 * pipe2: a child and its parent send each other a message through one pipe.
 *
 * Usage: pipe2 (takes 3 seconds)
 *
 * Notice: bytes in a pipe belong to the process that reads first. Without its sleep the child can
 * read its own question, and then the parent waits for ever. The sleep hides this race but does not
 * remove it; pipe3 does.
 *
 * Differs: fork returns twice, and pid tells the two processes apart. Go has no fork: there the
 * child starts in a function of its own, and the three parts of this main are run, child and
 * parent. Into a file or a pipe, stdio writes each line at exit, so the child's line comes first;
 * fmt writes at once, in the order of the terminal.
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
	char str1[] = "Who are you?";
	char str2[] = "Thank you for your message";
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
		if (write(fds[1], str1, sizeof(str1)) == -1)
			fail("write() error");
		// child: leave the parent time to read it
		sleep(2);
		// child: read the answer
		if (read(fds[0], buf, BUF_SIZE) == -1)
			fail("read() error");
		// child: print the answer
		printf("Child proc output: %s \n", buf);
	} else {
		// parent: read the question
		if (read(fds[0], buf, BUF_SIZE) == -1)
			fail("read() error");
		// parent: print the question
		printf("Parent proc output: %s \n", buf);
		// parent: answer
		if (write(fds[1], str2, sizeof(str2)) == -1)
			fail("write() error");
		// parent: stay until the child is done
		sleep(3);
	}

	// both: exit
	return 0;
}
