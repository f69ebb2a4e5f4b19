package parity

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"paritykit/compare/casefile"
)

// project writes files, one of them case.case, and runs the case.
func project(t *testing.T, files map[string]string, o *Options) *Result {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c, err := casefile.Read(filepath.Join(dir, "case.case"))
	if err != nil {
		t.Fatal(err)
	}
	o.Root, o.Count, o.Timeout = dir, 1, time.Minute
	return o.Case(context.Background(), c)
}

// TestBefore: what a case says of the beginning is there, and the other verbs do what they say.
// Each of these would end in an error if one did not.
func TestBefore(t *testing.T) {
	const tool = `
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
static volatile int got;
static void on(int sig) { got = sig; }
int main(int argc, char **argv) {
	struct winsize w;
	struct sockaddr_in a = {.sin_family = AF_INET};
	if (!strcmp(argv[1], "size")) {
		struct sigaction s = {.sa_handler = on};
		sigaction(SIGWINCH, &s, 0);
		puts("ready");
		pause();
		ioctl(0, TIOCGWINSZ, &w);
		printf("%d by %d\n", w.ws_col, w.ws_row);
	} else if (!strcmp(argv[1], "greet")) {
		char name[10];
		printf("Your name? ");
		fgets(name, sizeof name, stdin);
		printf("Hello %s", name);
	} else if (!strcmp(argv[1], "udp")) {
		int s = socket(AF_INET, SOCK_DGRAM, 0);
		bind(s, (void *)&a, sizeof a);
		recv(s, &w, 1, 0);
	} else {
		fork();
		pause();
	}
	return 0;
}`
	for name, text := range map[string]string{
		"a file":                       `program cat|put a/b.txt "one\n"|put empty ""|start P cat a/b.txt empty|expect P "one\n"|exit P 0`,
		"a variable":                   `program bash|env WHO "you and me"|env TERM x|start P bash -c "echo \"$WHO $TERM\""|expect P "you and me x\n"|exit P 0`,
		"arguments":                    `program printf|args P "%s-" "two words"|args P "" "$$PORT"|start P printf|expect P "two words--$PORT-"|exit P 0`,
		"input that was put":           `program wc|put in.txt "a b\n"|stdin P in.txt|start P wc -w|expect P "2\n"|exit P 0`,
		"input beside the case":        `program wc|stdin P ./case.case|args P -l`,
		"input for who is not started": `program cat|stdin P case.case`,
		"a copied file":                `program cat|copy sub/x.txt|start P cat x.txt|expect P "of x\n"|exit P 0`,
		"a copied directory":           `program cat|copy sub|start P cat sub/x.txt|expect P "of x\n"|exit P 0`,
		"a terminal":                   `program cat|terminal P|start P cat|send P "hi\n"|expect P "hi\nhi\n"|close P|exit P 0`,
		"half a line":                  `program cat|terminal P|start P cat|send P "hi"|close P|expect P "hihi"|exit P 0`,
		"control-C":                    `program cat|terminal P|start P cat|until P waiting|send P "\x03"|exit P SIGINT`,
		"a controlling terminal":       `program bash|terminal P|start P bash -c "test -t 0 && echo to it > /dev/tty"|expect P "to it\n"|exit P 0`,
		"a prompt":                     `program tool|side a tool run "./tool"|side b tool run "./tool"|terminal P|start P tool greet|expect P "Your name? "|send P "Ada\n"|expect P "Hello Ada\n"|exit P 0`,
		"a prompt for a pipe":          `program tool|side a tool run "./tool"|side b tool run "./tool"|start P tool greet|until P waiting|send P "Ada\n"|expect P "Your name? Hello Ada\n"|exit P 0`,
		"another size":                 `program tool|side a tool run "./tool"|side b tool run "./tool"|terminal P|start P tool size|expect P "ready"|resize P 100 30|expect P "100 by 30\n"|exit P 0`,
		"a signal":                     `program sleep|start P sleep 1000000|signal P SIGTERM|exit P SIGTERM`,
		"a signal to one":              `program tool|side a tool run "./tool"|side b tool run "./tool"|start P tool fork|signal P SIGUSR1|exit P SIGUSR1`,
		"a signal to all":              `program tool|side a tool run "./tool"|side b tool run "./tool"|start P tool fork|signal -P SIGUSR1|exit P SIGUSR1`,
		"a bound socket":               `program tool|side a tool run "./tool"|side b tool run "./tool"|start P tool udp|until P bound|kill P`,
		"a status after the end":       `program bash|start P bash -c "exit 7"|wait P|exit P 7`,
		"waiting before input":         `program cat|start P cat|until P waiting|send P "x"|close P|wait P|expect P "x"`,
	} {
		files := map[string]string{"case.case": strings.ReplaceAll(text, "|", "\n"), "sub/x.txt": "of x\n"}
		if strings.Contains(text, "program tool") {
			files["tool.c"] = tool
			files["case.case"] = strings.ReplaceAll(files["case.case"], `run "./tool"`, `build "gcc -g -w -o tool tool.c" run "./tool"`)
		}
		r := project(t, files, &Options{})
		if r.Verdict != Same {
			t.Errorf("%s: %s", name, say(r))
		}
		if strings.HasPrefix(name, "a signal to ") {
			end := map[string]string{"a signal to one": "", "a signal to all": "killed by SIGUSR1"}[name]
			if child := r.Processes[len(r.Processes)-1]; child.Name != "P.1" || child.Ends[0] == "killed by SIGUSR1" != (end != "") {
				t.Errorf("%s: %s ended with %q, want %q", name, child.Name, child.Ends[0], end)
			}
		}
	}
}

// TestBeforeFails: what can't be done says where it stands in the case.
func TestBeforeFails(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{`program cat|copy nothing.txt|start P cat|wait P`, "case.case:2: copy: "},
		{`program cat|stdin P nothing.txt|start P cat|wait P`, "case.case:2: stdin: "},
		{`program cat|put x "y"|put x/y "z"|start P cat|wait P`, "case.case:3: put: "},
		{`program bash|start P bash -c "exit 3"|exit P 4`, "case.case:3: exit P 4: c: P has ended (exit 3); go: P has ended (exit 3)"},
		{`program cat|start P cat|until P listening|wait P`, "case.case:3: until P listening: c: P has ended (exit 0)"},
		{`program cat|start P cat|until P waiting|wait P`, "case.case:3: until P waiting: c: P has ended (exit 0)"},
		{`program cat|start P cat|signal P SIGTERM|wait P`, "case.case:3: signal P SIGTERM: c: P has ended (exit 0)"},
		{`program cat|start P cat|signal -P SIGTERM|wait P`, "case.case:3: signal -P SIGTERM: c: P has ended (exit 0)"},
		{`program cat|terminal P|start P cat|send P "` + strings.Repeat("x", 5000) + `"|kill P`, `a line of 5000 bytes is more than a terminal takes (4095)`},
		{`program p|side a p run "./p"|side b p run "cat"|start P p|wait P`,
			`a: case.case:2: run "./p": no such program; build it, or say how: build "…" before run`},
		{`program p|side a p build "true" run "./p"|side b p run "cat"|start P p|wait P`,
			`a: case.case:2: run "./p": no such program; its build, "true", has not made it`},
		{`program p|side a p run "./case.txt"|side b p run "cat"|start P p|wait P`,
			`a: case.case:2: run "./case.txt": no such program; build it`},
	} {
		r := project(t, map[string]string{"case.case": strings.ReplaceAll(test.text, "|", "\n")}, &Options{})
		if r.Verdict != Error || !strings.Contains(strings.ReplaceAll(r.Error, "printed nothing more and has ", ""), test.want) {
			t.Errorf("%s: got %swant %s", test.text, say(r), test.want)
		}
	}
}

// TestBuild: programs are built before they run, once for all cases of a directory, and a build
// that fails says so.
func TestBuild(t *testing.T) {
	const text = `program p|side one p build "echo >>built; printf '#!/bin/sh\necho x' >p; chmod +x p" run "./p"|side two p run "sh ./q"|start P p|expect P "x"|exit P 0|compare output`
	files := map[string]string{"case.case": strings.ReplaceAll(text, "|", "\n"), "q": "echo x"}
	o := &Options{}
	r := project(t, files, o)
	if r.Verdict != Same || r.Labels() != [2]string{"one", "two"} {
		t.Fatal(say(r))
	}
	c, err := casefile.Read(filepath.Join(o.Root, "case.case"))
	if err != nil {
		t.Fatal(err)
	}
	o.Case(context.Background(), c)
	if built, _ := os.ReadFile(filepath.Join(o.Root, "built")); string(built) != "\n" {
		t.Errorf("built %d times", len(built))
	}

	var lines strings.Builder
	for i := range 20 {
		fmt.Fprintf(&lines, "line %d\n", i)
	}
	r = project(t, map[string]string{
		"case.case": "program p\nside one p run \"cat\"\nside two p build \"cat log; exit 9\" run \"./p\"\nstart P p\nwait P\n",
		"log":       lines.String(),
	}, &Options{})
	if want := "two: the build failed: cat log; exit 9: exit status 9"; r.Verdict != Error || r.Error != want {
		t.Errorf("got %swant %s", say(r), want)
	}
	if len(r.Build) != 10 || r.Build[0] != "line 10" || r.Build[9] != "line 19" {
		t.Errorf("not the last lines: %q", r.Build)
	}
}

// TestBuildInterrupted: what a build has started goes with it.
func TestBuildInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	dir := t.TempDir()
	side := &casefile.Side{Label: "one", Build: "sleep 1000 & mkfifo ready; echo $! >pid; echo >ready; wait"}
	done := make(chan error, 1)
	go func() { done <- buildOne(ctx, dir, side) }()
	for { // until there is a FIFO to wait in
		f, err := os.OpenFile(filepath.Join(dir, "ready"), os.O_RDONLY, 0)
		if err == nil {
			f.Read(make([]byte, 1))
			f.Close()
			break
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	cancel()
	if err := <-done; err == nil {
		t.Fatal("no error")
	}
	// For ever, if it stays.
	for {
		if _, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1); err != unix.EINTR {
			break
		}
	}
}

// TestOutput: a port that makes other calls is the same where only the output counts, and one whose
// output, status or files differ is not, however it makes them.
func TestOutput(t *testing.T) {
	for name, test := range map[string]struct {
		a, b string
		want Verdict
		kind string
	}{
		"other calls":        {"echo x; echo y", "printf 'x\\ny\\n'", Same, ""},
		"another process":    {"echo x", "(echo x)& wait", Same, ""},
		"another output":     {"echo x", "echo y", Different, "terminal"},
		"the other stream":   {"echo x", "echo x >&2", Different, "output"},
		"another status":     {"exit 1", "exit 2", Different, "exit"},
		"a child's status":   {"(exit 1); exit 0", "(exit 2); exit 0", Same, ""},
		"a signal":           {"exit 15", "kill $$", Different, "exit"},
		"another file":       {"echo x >f", "echo y >f", Different, "file"},
		"a file that is not": {"echo x >f", ":", Different, "file"},
		"another mode":       {"echo x >f", "echo x >f; chmod 600 f", Different, "file"},
	} {
		r := project(t, map[string]string{
			"case.case": "program p\nside a p run \"bash ./a\"\nside b p run \"bash ./b\"\ncompare output\n",
			"a":         test.a, "b": test.b,
		}, &Options{})
		if r.Verdict != test.want || r.Outputs() != (test.want == Same) || test.kind != "" && r.Differences[0].Kind != test.kind {
			t.Errorf("%s: %s", name, say(r))
		}
	}
}
