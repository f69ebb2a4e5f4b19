#include <stdio.h>
#include <unistd.h>

/* pipe1 as somebody else would have written it. */
static int channel[2];

static void say(const char *what, size_t length) { write(channel[1], what, length); }

int main(int argc, char **argv)
{
	char answer[100];

	if (pipe(channel) < 0)
		return 1;
	switch (fork()) {
	case 0:
		say("Who are you?", 13);
		break;
	default:
		read(channel[0], answer, 30);
		printf("%s\n", answer);
	}
	return 0;
}
