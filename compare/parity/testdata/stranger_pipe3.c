#include <stdio.h>
#include <unistd.h>

/* pipe3 as somebody else would have written it. */
struct channel {
	int out, in;
};

static struct channel open_channel(void)
{
	int fds[2];

	if (pipe(fds) != 0)
		_exit(1);
	return (struct channel){ .out = fds[0], .in = fds[1] };
}

static const char question[] = "Who are you?", thanks[] = "Thank you for your message";

static int child(struct channel up, struct channel down)
{
	char got[31] = "";

	write(up.in, question, sizeof question);
	read(down.out, got, 30);
	printf("Child proc output: %s \n", got);
	return 0;
}

static int parent(struct channel up, struct channel down)
{
	char got[31] = "";

	read(up.out, got, 30);
	printf("Parent proc output: %s \n", got);
	write(down.in, thanks, sizeof thanks);
	return 0;
}

int main(void)
{
	struct channel up = open_channel(), down = open_channel();

	return fork() == 0 ? child(up, down) : parent(up, down);
}
