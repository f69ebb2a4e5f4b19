package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestStandstill: a run in which nobody can go on ends at once, and says where everybody is. The
// time limit is so far away that the test would hang.
func TestStandstill(t *testing.T) {
	makeBuild(t)
	const headers = "#include <fcntl.h>\n#include <poll.h>\n#include <sys/epoll.h>\n#include <sys/file.h>\n" +
		"#include <sys/ipc.h>\n#include <sys/select.h>\n#include <sys/sem.h>\n#include <sys/socket.h>\n"
	for _, c := range []struct{ name, body, want string }{
		{"both ends of a pair", "int s[2]; socketpair(1, 1, 0, s); fork(); read(s[0], s, 1);", "P waits in read(socketpair1.a, 1)"},
		{"its own lock", `int a = open("lock", O_CREAT|O_RDWR, 0600), b = open("lock", O_RDWR); unlink("lock"); flock(a, 2); flock(b, 2);`, "P waits in flock("},
		{"a child's lock", `int a = open("lock", O_CREAT|O_RDWR, 0600); unlink("lock"); struct flock l = {F_WRLCK};` +
			` fcntl(a, F_SETLKW, &l); if (fork() == 0) fcntl(a, F_SETLKW, &l); pause();`, "P.1 waits in fcntl("},
		{"poll of a pipe", "int p[2]; pipe(p); struct pollfd f = {p[0], POLLIN}; poll(&f, 1, -1);", "P waits in poll([{fd=pipe1.r"},
		{"select of a pipe", "int p[2]; fd_set s; pipe(p); FD_ZERO(&s); FD_SET(p[0], &s); select(p[0] + 1, &s, 0, 0, 0);", "{pipe1.r}, NULL, NULL, NULL"},
		{"its terminal", "char c; read(1, &c, 1);", "P waits in read(tty"},
		{"epoll of a pipe", "int p[2], e = epoll_create1(0); struct epoll_event v = {EPOLLIN}; pipe(p);" +
			" epoll_ctl(e, EPOLL_CTL_ADD, p[0], &v); epoll_wait(e, &v, 1, -1);", "P waits in epoll_wait(epoll1"},
		{"a semaphore", "struct sembuf b = {0, -1, 0}; semop(semget(IPC_PRIVATE, 1, 0600), &b, 1);", "P waits in semtimedop("},
		{"stopped", "raise(SIGSTOP);", "P has been stopped by a signal"},
	} {
		path := program(t, headers+"int main(void) { "+c.body+" }")
		stdout, stderr, code := tryParity("trace", "-q", "-timeout", "10m", "--", path)
		if code != 2 || !strings.Contains(stderr, "deadlock: nobody can go on: ") || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: exit %d, want %s\n%s%s", c.name, code, c.want, stdout, stderr)
		}
	}
}

// TestStandstillGo: of a Go program the lines are those at which its goroutines wait, whatever its
// runtime's threads do.
func TestStandstillGo(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	text := "package main\n\nimport \"os\"\n\nfunc main() {\n\tc := make(chan int)\n\tfor range 20 {\n\t\tgo func() { <-c }()\n\t}\n" +
		"\tr, _, _ := os.Pipe()\n\tr.Read(make([]byte, 1))\n}\n"
	if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "idle")
	if out, err := exec.Command("go", "build", "-o", path, source).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, stderr, code := tryParity("trace", "-q", "-timeout", "10m", "--", path)
	if code != 2 || !strings.Contains(stderr, "deadlock: nobody can go on: ") || !strings.Contains(stderr, "P waits at "+source+":11") ||
		!strings.Contains(stderr, "P waits at "+source+":8, in 20 goroutines") {
		t.Errorf("exit %d\n%s", code, stderr)
	}
}

// TestSpins: who does the same again and again is said to, with the line, and how often.
func TestSpins(t *testing.T) {
	makeBuild(t)
	for _, c := range []struct{ body, want string }{
		{"for (;;)\n getppid();", "P spins: getppid() = "},
		{"for (;;) {\n getppid();\n getuid(); }", "P spins: get"},
	} {
		path := program(t, "int main(void) { "+c.body+" }")
		_, stderr, code := tryParity("trace", "-q", "-timeout", "10m", "-limit", "calls=10k", "--", path)
		if code != 2 || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, " times in a row") || !strings.Contains(stderr, "<stdin>:6") {
			t.Errorf("%s: exit %d, want %s\n%s", c.body, code, c.want, stderr)
		}
	}
}

// TestListens: somebody outside may still connect.
func TestListens(t *testing.T) {
	makeBuild(t)
	path := program(t, "#include <netinet/in.h>\nint main(void) { struct sockaddr_in a = {AF_INET}; int s = socket(AF_INET, SOCK_STREAM, 0);"+
		" bind(s, &a, sizeof a); listen(s, 1); accept(s, 0, 0); }")
	_, stderr, code := tryParity("trace", "-q", "-timeout", "300ms", "--", path)
	if code != 2 || !strings.Contains(stderr, "time limit reached (300ms): P waits in accept(") {
		t.Errorf("exit %d\n%s", code, stderr)
	}
}
