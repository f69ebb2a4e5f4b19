// -fsanitize=thread
#include "outside.h"

const char *__tsan_default_options(void)
{
	return "log_path=/dev/null"; // addresses are chance
}

static int n;

static void *count(void *arg)
{
	for (int i = 0; i < 1000; i++)
		n++;
	return arg;
}

int main(void)
{
	pthread_t t[2];
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, count, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	printf("%s\n", n > 0 ? "counted" : "not counted");
	return 0; // 66 if the race was seen
}
