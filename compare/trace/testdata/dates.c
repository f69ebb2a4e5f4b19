// Changes files, and sleeps in between; what it prints are the times of the files since it began.
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static time_t began;

static void show(const char *name)
{
	struct stat s;
	struct statx x;
	if (stat(name, &s) != 0 || statx(AT_FDCWD, name, 0, STATX_MTIME, &x) != 0)
		perror(name);
	printf("%s %ld %ld %ld, ", name, (long)(s.st_mtime - began), (long)(s.st_ctime - began), (long)(x.stx_mtime.tv_sec - began));
}

int main(void)
{
	struct timespec set[2] = {{0, 0}, {0, 0}};
	began = time(NULL);
	close(open("a", O_CREAT | O_WRONLY, 0644));
	sleep(2);
	close(open("b", O_CREAT | O_WRONLY, 0644));
	show("a");
	show("b");
	sleep(3);
	int fd = open("a", O_WRONLY);
	if (write(fd, "x", 1) != 1)
		perror("a");
	show("a");
	show("b");
	set[0].tv_sec = set[1].tv_sec = time(NULL) - 1;
	utimensat(AT_FDCWD, "b", set, 0);
	sleep(1);
	show("b");
	utimensat(AT_FDCWD, "b", NULL, 0);
	show("b");
	return 0;
}
