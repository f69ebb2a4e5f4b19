/* directories: what is in them, and attributes beside the usual. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

int main(void)
{
	char buf[4096], name[32];
	DIR *dir;
	int fd = open(".", O_RDONLY | O_DIRECTORY);

	for (int i = 0; i < 300; i++) {
		sprintf(name, "name %d", i);
		close(open(name, O_CREAT | O_WRONLY, 0600));
	}
	syscall(SYS_getdents64, fd, buf, 1000L);
	syscall(SYS_getdents64, fd, buf, 10L);
	dir = opendir(".");
	while (readdir(dir))
		;
	rewinddir(dir);
	readdir(dir);
	closedir(dir);
	setxattr("name 1", "user.colour", "blue\0green", 10, XATTR_CREATE);
	setxattr("name 1", "user.colour", "red", 3, XATTR_CREATE);
	setxattr("name 1", "user.colour", "red", 3, XATTR_REPLACE);
	lsetxattr("name 2", "user.empty", "", 0, 0);
	getxattr("name 1", "user.colour", buf, sizeof buf);
	getxattr("name 1", "user.colour", NULL, 0);
	getxattr("name 1", "user.none", buf, sizeof buf);
	listxattr("name 1", buf, sizeof buf);
	flistxattr(fd, buf, sizeof buf);
	removexattr("name 1", "user.colour");
	lgetxattr("name 2", "user.empty", buf, sizeof buf);
	return 0;
}
