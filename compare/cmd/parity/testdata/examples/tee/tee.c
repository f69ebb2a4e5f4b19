#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	int files[16], count = 0, status = 0;
	char buf[4096];
	ssize_t n;

	for (int i = 1; i < argc && i <= 16; i++) {
		int fd = open(argv[i], O_WRONLY | O_CREAT | O_TRUNC, 0666);
		if (fd == -1) {
			fprintf(stderr, "tee: cannot open %s\n", argv[i]);
			status = 1;
			continue;
		}
		files[count++] = fd;
	}
	while ((n = read(0, buf, sizeof(buf))) > 0) {
		write(1, buf, n);
		for (int i = 0; i < count; i++)
			write(files[i], buf, n);
	}
	for (int i = 0; i < count; i++)
		close(files[i]);
	return status;
}
