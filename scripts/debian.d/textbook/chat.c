/* A chat server with two threads for each client: what one says, all others hear. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX = 16, LINE = 128, WAITING = 8 };

struct member {
	int fd, here, n;
	char name[32], lines[WAITING][LINE];
	pthread_cond_t some;
};

static struct member members[MAX];
static pthread_mutex_t room = PTHREAD_MUTEX_INITIALIZER;

/* say tells all others; whoever has too many lines waiting misses this one. */
static void say(const struct member *from, const char *text) {
	pthread_mutex_lock(&room);
	for (int i = 0; i < MAX; i++) {
		struct member *m = &members[i];
		if (!m->here || m == from || m->n == WAITING)
			continue;
		snprintf(m->lines[m->n++], LINE, "%s: %s\n", from->name, text);
		pthread_cond_signal(&m->some);
	}
	pthread_mutex_unlock(&room);
}

static void *tell(void *arg) {
	struct member *m = arg;
	char lines[WAITING][LINE];
	pthread_mutex_lock(&room);
	for (;;) {
		while (m->n == 0 && m->here)
			pthread_cond_wait(&m->some, &room);
		if (!m->here)
			break;
		int n = m->n;
		memcpy(lines, m->lines, sizeof lines);
		m->n = 0;
		pthread_mutex_unlock(&room);
		for (int i = 0; i < n; i++)
			write(m->fd, lines[i], strlen(lines[i]));
		pthread_mutex_lock(&room);
	}
	pthread_mutex_unlock(&room);
	return NULL;
}

static void *serve(void *arg) {
	struct member *m = arg;
	char line[LINE / 2];
	pthread_t teller;
	FILE *in = fdopen(dup(m->fd), "r");
	if (fgets(m->name, sizeof m->name, in)) {
		m->name[strcspn(m->name, "\r\n")] = 0;
		pthread_mutex_lock(&room);
		m->here = 1;
		pthread_mutex_unlock(&room);
		pthread_create(&teller, NULL, tell, m);
		say(m, "has come");
		while (fgets(line, sizeof line, in)) {
			line[strcspn(line, "\r\n")] = 0;
			say(m, line);
		}
		say(m, "has gone");
		pthread_mutex_lock(&room);
		m->here = 0;
		pthread_cond_signal(&m->some);
		pthread_mutex_unlock(&room);
		pthread_join(teller, NULL);
	}
	printf("%s left\n", m->name);
	fflush(stdout);
	fclose(in);
	close(m->fd);
	m->fd = -1;
	return NULL;
}

int main(int argc, char **argv) {
	struct sockaddr_in addr = {.sin_family = AF_INET};
	int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
	if (argc != 2)
		return 2;
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	addr.sin_port = htons(atoi(argv[1]));
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(listener, (struct sockaddr *)&addr, sizeof addr) < 0 || listen(listener, 5) < 0) {
		perror("bind or listen");
		return 1;
	}
	for (int i = 0; i < MAX; i++) {
		pthread_t server;
		struct member *m = &members[i];
		pthread_cond_init(&m->some, NULL);
		if ((m->fd = accept(listener, NULL, NULL)) < 0) {
			perror("accept");
			return 1;
		}
		pthread_create(&server, NULL, serve, m);
		pthread_detach(server);
	}
	pthread_exit(NULL);
}
