// What a library needs to start a program is noise; that it does is not, nor what it was told to do with descriptors.
#include <fcntl.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	posix_spawn_file_actions_t actions;
	int fds[2], pid;

	pipe(fds);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
	posix_spawn_file_actions_addclose(&actions, fds[0]);
	posix_spawn(&pid, "/bin/true", &actions, NULL, (char *[]){"true", NULL}, NULL);
	waitpid(pid, NULL, 0);
	posix_spawnp(&pid, "nonesuch", NULL, NULL, (char *[]){"nonesuch", NULL}, NULL);
	return 0;
}

/* ops:
P  pipe2(pipe1, 0)  testdata/spawn.c:13
P  vfork() = P.1  testdata/spawn.c:17
P  wait4(P.1, NULL, 0, NULL) = P.1  testdata/spawn.c:18
P  vfork() = P.2  testdata/spawn.c:19
P  exit(0)  testdata/spawn.c:21
P  exit 0
P.1  dup2(pipe1.w, tty) = pipe1.w  testdata/spawn.c:17
P.1  close(pipe1.r)  testdata/spawn.c:17
P.1  execve("/bin/true", ["true"], NULL, {0=stdin, 1=pipe1.w, 2=stderr, pipe1.w})  testdata/spawn.c:17
P.1  exit(0)  true+0x23f0
P.1  exit 0
P.2  execve("/bin/nonesuch", ["nonesuch"], NULL, {0=stdin, 1=tty, 2=stderr, pipe1.r, pipe1.w}) = ENOENT  testdata/spawn.c:19
P.2  execve("/usr/bin/nonesuch", ["nonesuch"], NULL, {0=stdin, 1=tty, 2=stderr, pipe1.r, pipe1.w}) = ENOENT  testdata/spawn.c:19
P.2  exit(127)  testdata/spawn.c:19
P.2  exit 127
*/
