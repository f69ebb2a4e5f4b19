// A child that executes its program again is a fork, whatever it and its parent execute later.
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc == 2)
		return 0;
	if (getenv("ROLE") == NULL) {
		if (vfork() == 0) {
			execve("/proc/self/exe", argv, (char *[]){"ROLE=child", NULL});
			_exit(1);
		}
		wait(NULL);
		if (vfork() == 0) {
			execl("/proc/self/exe", "program", "other", NULL);
			_exit(1);
		}
		wait(NULL);
	}
	execl("program", "program", "last", NULL);
	return 1;
}

/* ops:
P  fork(executing itself) = P.1  testdata/again.c:11
P  wait4(-1, NULL, 0, NULL) = P.1  testdata/again.c:15
P  vfork() = P.2  testdata/again.c:16
P  wait4(-1, NULL, 0, NULL) = P.2  testdata/again.c:20
P  execve("program", ["program", "last"], 1 variables (sha256 5976b152))  testdata/again.c:22
P  exit(0)  testdata/again.c:24
P  exit 0
P.1  execve("/proc/self/exe", ["program"], 1 variables (sha256 bda7fcac))  testdata/again.c:12
P.1  execve("program", ["program", "last"], 1 variables (sha256 bda7fcac))  testdata/again.c:22
P.1  exit(0)  testdata/again.c:24
P.1  exit 0
P.2  execve("/proc/self/exe", ["program", "other"], 1 variables (sha256 5976b152))  testdata/again.c:17
P.2  exit(0)  testdata/again.c:24
P.2  exit 0
*/
