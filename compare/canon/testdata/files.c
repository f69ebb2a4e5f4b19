/* Files are named relative to the directory of the run, whether the program says it so or not. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void)
{
	char path[PATH_MAX];
	struct stat st;

	int fd = open("one.txt", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	write(fd, "1", 1);
	close(fd);
	getcwd(path, sizeof path);
	strcat(path, "/two.txt");
	fd = open(path, O_RDWR | O_CREAT, 0600);
	pwrite(fd, "2", 1, 10);
	fstat(fd, &st); /* asked for by the program: no noise */
	close(fd);
	FILE *f = fopen("three.txt", "w"); /* stdio's own fstat and malloc's brk are */
	fprintf(f, "%d\n", 3);
	fclose(f);
	open("missing/file", O_RDONLY);
	open((char *)16, O_RDONLY);
	mkdir("d", 0755);
	rename("one.txt", "d/one");
	unlink("two.txt");
	return 0;
}

/* ops:
P  openat(AT_FDCWD, "one.txt", O_WRONLY|O_CREAT|O_TRUNC, 0644) = file:one.txt  testdata/files.c:15
P  write(file:one.txt, "1")  testdata/files.c:16
P  close(file:one.txt)  testdata/files.c:17
P  getcwd(".", 4096)  testdata/files.c:18
P  openat(AT_FDCWD, "two.txt", O_RDWR|O_CREAT, 0600) = file:two.txt  testdata/files.c:20
P  pwrite64(file:two.txt, "2", 10)  testdata/files.c:21
P  newfstatat(file:two.txt, "", {st_nlink=1, st_mode=S_IFREG|0600, st_uid=0, st_gid=0, st_size=11, st_blksize=4096, st_blocks=8}, AT_EMPTY_PATH)  testdata/files.c:22
P  close(file:two.txt)  testdata/files.c:23
P  openat(AT_FDCWD, "three.txt", O_WRONLY|O_CREAT|O_TRUNC, 0666) = file:three.txt  testdata/files.c:24
P  write(file:three.txt, "3\n")  testdata/files.c:26
P  close(file:three.txt)  testdata/files.c:26
P  openat(AT_FDCWD, "missing/file", O_RDONLY) = ENOENT  testdata/files.c:27
P  openat(AT_FDCWD, bad address, O_RDONLY) = EFAULT  testdata/files.c:28
P  mkdir("d", 0755)  testdata/files.c:29
P  rename("one.txt", "d/one")  testdata/files.c:30
P  unlink("two.txt")  testdata/files.c:31
P  exit(0)  testdata/files.c:33
P  exit 0
*/
