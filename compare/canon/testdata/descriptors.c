/* A descriptor is written as what it stands for, through dup, dup2, fcntl, fork, close-on-exec and execve. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int p[2], q[2];

	if (argc > 1) {
		/* after execve: what was marked close-on-exec is no longer open */
		write(8, "kept", 4);
		write(9, "gone", 4);
		return 0;
	}
	pipe(p);
	pipe2(q, O_CLOEXEC);
	dup2(p[1], 8);
	fcntl(q[1], F_DUPFD_CLOEXEC, 9);
	close(p[1]);
	write(8, "a", 1);
	write(9, "b", 1);
	int n = dup(q[1]);
	dup3(n, 20, O_CLOEXEC);
	fcntl(20, F_SETFD, 0);
	if (fork() == 0) {
		int own[2];
		pipe(own);
		write(own[1], "c", 1);
		close(8); /* the parent's stays open */
		_exit(0);
	}
	wait(NULL);
	write(8, "d", 1);
	close_range(3, 6, 0);
	write(3, "e", 1);
	execl("program", "program", "again", NULL);
	return 1;
}

/* ops:
P  pipe2(pipe1, 0)  testdata/descriptors.c:17
P  pipe2(pipe2, O_CLOEXEC)  testdata/descriptors.c:18
P  dup2(pipe1.w, 8) = pipe1.w  testdata/descriptors.c:19
P  fcntl(pipe2.w, F_DUPFD_CLOEXEC, 9) = pipe2.w  testdata/descriptors.c:20
P  close(pipe1.w)  testdata/descriptors.c:21
P  write(pipe1.w, "a")  testdata/descriptors.c:22
P  write(pipe2.w, "b")  testdata/descriptors.c:23
P  dup(pipe2.w) = pipe2.w  testdata/descriptors.c:24
P  dup3(pipe2.w, 20, O_CLOEXEC) = pipe2.w  testdata/descriptors.c:25
P  fcntl(pipe2.w, F_SETFD, 0)  testdata/descriptors.c:26
P  fork() = P.1  testdata/descriptors.c:27
P  wait4(-1, NULL, 0, NULL) = P.1  testdata/descriptors.c:34
P  write(pipe1.w, "d")  testdata/descriptors.c:35
P  close_range(3, 6, 0)  testdata/descriptors.c:36
P  write(closed, "e") = EBADF  testdata/descriptors.c:37
P  execve("program", ["program", "again"], 1 variables (sha256 5976b152), {0=stdin, 1=tty, 2=stderr, pipe1.w, pipe2.w})  testdata/descriptors.c:38
P  write(pipe1.w, "kept") = EPIPE  testdata/descriptors.c:13
P  killed by SIGPIPE
P.1  pipe2(P.1:pipe1, 0)  testdata/descriptors.c:29
P.1  write(P.1:pipe1.w, "c")  testdata/descriptors.c:30
P.1  close(pipe1.w)  testdata/descriptors.c:31
P.1  exit(0)  testdata/descriptors.c:32
P.1  exit 0
*/
