package parity

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// recorder is a test that only notes how it fails.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}
func (r *recorder) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

// TestSame: what is the same passes, what is not fails with the report, and what can't be told
// fails.
func TestSame(t *testing.T) {
	dir := t.TempDir()
	text := func(name, b string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("program x\nside one x run \"echo hello\"\nside two x run \""+b+"\"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	same, other := text("same.case", "echo hello"), text("other.case", "echo hallo")
	text("none.case", "./none")
	for _, test := range []struct {
		name string
		run  func(t testing.TB)
		want []string // one for each failure
	}{
		{"the same", func(t testing.TB) { Same(t, same) }, nil},
		{"another output", func(t testing.TB) { Same(t, other) }, []string{`+ "hallo\n"`}},
		{"of a directory", func(t testing.TB) { Same(t, dir) }, []string{"./none", `+ "hallo\n"`}},
		{"commands", func(t testing.TB) { SameCommands(t, []string{"echo", "x"}, []string{"echo", "y"}) }, []string{`write(tty, "y\n")`}},
		{"commands that are the same", func(t testing.TB) { SameCommands(t, []string{"cat"}, []string{"cat"}) }, nil},
		{"the same input", func(t testing.TB) {
			Options{Stdin: []byte("x\n")}.SameCommands(t, []string{"cat"}, []string{"sh", "-c", "exec cat"})
		}, []string{"execve"}},
		{"of which only the output counts", func(t testing.TB) {
			Options{Stdin: []byte("x\n"), Output: true}.SameCommands(t, []string{"cat"}, []string{"sh", "-c", "exec cat"})
		}, nil},
	} {
		r := &recorder{TB: t}
		test.run(r)
		if len(r.failures) != len(test.want) {
			t.Errorf("%s: %d failures, want %d: %s", test.name, len(r.failures), len(test.want), r.failures)
			continue
		}
		for i, want := range test.want {
			if !strings.Contains(r.failures[i], want) {
				t.Errorf("%s: no %s in\n%s", test.name, want, r.failures[i])
			}
		}
	}
}

// TestFromAnotherModule: a module of another path tests with this package, and its port uses
// go/fork.
func TestFromAnotherModule(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/ask\n\ngo 1.26\n\nrequire paritykit v0.0.0\n\nreplace paritykit => " + root + "\n",
		"go.sum": string(sums),
		"ask.c": `#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	int p[2];
	char b[10];
	pipe(p);
	if (fork() == 0) {
		write(p[1], "yes\n", 4);
		_exit(3);
	}
	write(1, b, read(p[0], b, sizeof b));
	wait(NULL);
	return 0;
}
`,
		"main.go": `package main

import (
	"golang.org/x/sys/unix"

	"paritykit/go/fork"
)

func main() { fork.Main(run, child) }

func run() {
	p := make([]int, 2)
	unix.Pipe(p)
	fork.Start(child, p[0], p[1])
	b := make([]byte, 10)
	n, _ := unix.Read(p[0], b)
	unix.Write(1, b[:n])
	unix.Wait4(-1, nil, 0, nil)
}

func child(r, w int) {
	unix.Write(w, []byte("yes\n"))
	unix.Exit(3)
}
`,
		"ask.case":     "program ask\nside c ask build \"cc -g -o ask-c ask.c\" run \"./ask-c\"\nside go ask build \"go build -o ask-go .\" run \"./ask-go\"\n",
		"main_test.go": "package main\n\nimport (\n\t\"testing\"\n\n\t\"paritykit/go/parity\"\n)\n\nfunc TestPort(t *testing.T) { parity.Same(t, \"ask.case\") }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "test", "-count=1", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "CGO_ENABLED=0", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// And it does find what is wrong.
	source, _ := os.ReadFile(filepath.Join(dir, "main.go"))
	os.WriteFile(filepath.Join(dir, "main.go"), []byte(strings.Replace(string(source), "unix.Exit(3)", "unix.Exit(2)", 1)), 0o644)
	cmd = exec.Command("go", "test", "-count=1", ".")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "CGO_ENABLED=0", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "P.1: exit 3 in c, exit 2 in go") && !strings.Contains(string(out), "exit 2") {
		t.Errorf("%v\n%s", err, out)
	}
}
