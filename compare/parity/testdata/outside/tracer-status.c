#include "outside.h"

static void show(const char *file)
{
	char line[300];
	FILE *f = fopen(file, "r");
	while (fgets(line, sizeof line, f))
		if (strncmp(line, "TracerPid:", 10) == 0 || strncmp(line, "Seccomp", 7) == 0)
			fputs(line, stdout);
	fclose(f);
}

int main(void)
{
	show("/proc/self/status");
	char name[64];
	snprintf(name, sizeof name, "/proc/%d/status", getpid());
	show(name);
	snprintf(name, sizeof name, "/proc/self/task/%d/status", getpid());
	show(name);
	return 0;
}
