#include "outside.h"

// All of the file in one read, as many languages do it.
int main(void)
{
	static char text[65536];
	int fd = open("/proc/self/status", O_RDONLY);
	int n = 0, got;
	while ((got = read(fd, text + n, sizeof text - 1 - n)) > 0)
		n += got;
	char *line = strstr(text, "\nTracerPid:");
	printf("%.*s\n", (int)strcspn(line + 1, "\n"), line + 1);
	printf("%s", strstr(text, "\nnonvoluntary_ctxt_switches") ? "all of it\n" : "not all of it\n");
	pread(fd, text, sizeof text - 1, 0);
	line = strstr(text, "\nTracerPid:");
	printf("%.*s\n", (int)strcspn(line + 1, "\n"), line + 1);
	return 0;
}
