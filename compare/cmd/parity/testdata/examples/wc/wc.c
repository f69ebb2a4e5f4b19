#include <ctype.h>
#include <stdio.h>

int main(int argc, char *argv[])
{
	int status = 0;

	for (int i = 1; i < argc; i++) {
		long lines = 0, words = 0, bytes = 0;
		int c, within = 0;
		FILE *f = fopen(argv[i], "r");
		if (f == NULL) {
			fprintf(stderr, "wc: cannot open %s\n", argv[i]);
			status = 1;
			continue;
		}
		while ((c = getc(f)) != EOF) {
			bytes++;
			lines += c == '\n';
			if (isspace(c))
				within = 0;
			else if (!within)
				within = 1, words++;
		}
		fclose(f);
		printf("%ld %ld %ld %s\n", lines, words, bytes, argv[i]);
	}
	return status;
}
