package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The directories below testdata/examples are projects as their authors have them: programs, a port
// of them, and case files beside them. The tests put each into a module of its own.

// example copies an example into a module of its own and returns where that is.
func example(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata/examples", name))); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		mod := strings.Replace(string(text), "module paritykit", "module example.com/"+name, 1)
		if file == "go.mod" {
			mod += fmt.Sprintf("\nrequire paritykit v0.0.0\n\nreplace paritykit => %s\n", root)
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(mod), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOFLAGS", "-mod=mod")
	t.Setenv("GOPROXY", "off")
	t.Setenv("CGO_ENABLED", "0")
	t.Setenv("COLUMNS", "")
	return dir
}

func needRust(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("rustc"); err != nil {
		t.Skip("no rustc (apt-get install rustc)")
	}
}

// TestExamples: each example has the verdict that it should have.
func TestExamples(t *testing.T) {
	for name, cases := range map[string]map[string]string{
		"tee":  {"output": "same", "calls": "known"},
		"udp":  {"output": "same", "calls": "equivalent"},
		"chat": {"output": "same", "calls": "known"},
		"ask":  {"calls": "equivalent"},
		"wc":   {"output": "same"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "wc" {
				needRust(t)
			}
			dir := example(t, name)
			for file, want := range cases {
				stdout, stderr, code := tryParity("run", filepath.Join(dir, file+".case"))
				if code != 0 || !strings.HasPrefix(stdout, file+"  "+want+" ") {
					t.Errorf("%s: exit %d, want %s\n%s%s", file, code, want, stdout, stderr)
				}
			}
		})
	}
}

// TestCopyOfFork: a port that has brought its own copy of go/fork, under another path and another
// directory's name, stripped or not, is as good as one that imports the original.
func TestCopyOfFork(t *testing.T) {
	dir := example(t, "ask")
	sources, _ := filepath.Glob(filepath.Join(root, "go/fork/*.go"))
	if err := os.MkdirAll(filepath.Join(dir, "internal/again"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		text, err := os.ReadFile(source)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "internal/again", filepath.Base(source)), text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	edit := func(file, old, new string) {
		path := filepath.Join(dir, file)
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), old) {
			t.Fatalf("no %s in %s: %v", old, file, err)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), old, new, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	edit("port/main.go", `"paritykit/go/fork"`, `"example.com/ask/internal/again"`)
	for range 2 {
		stdout, stderr, code := tryParity("run", filepath.Join(dir, "calls.case"))
		if code != 0 || !strings.HasPrefix(stdout, "calls  equivalent ") || !strings.Contains(stdout, "port/main.go:15  reexec") {
			t.Errorf("exit %d\n%s%s", code, stdout, stderr)
		}
		edit("calls.case", "go build ", "go build -ldflags=-s ")
	}
}

// TestStartUp: of a program in another language the first thing that a report names is the
// program's own, and not what its library does before main.
func TestStartUp(t *testing.T) {
	needRust(t)
	stdout, _, code := tryParity("run", filepath.Join(example(t, "wc"), "calls.case"))
	first, _, _ := strings.Cut(stdout, "  in context:")
	if code != 1 || !strings.Contains(first, `openat(AT_FDCWD, "a.txt", O_RDONLY|O_CLOEXEC)`) || !strings.Contains(first, "wc.rs:6") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
}

// TestExampleFaults: bugs that people put into ports are found, and what a report names first is
// the bug: the file that is not as it should be, the step that never comes, or the call, with its
// line in the port.
func TestExampleFaults(t *testing.T) {
	for _, f := range []struct {
		name, example, file string
		old, new            string
		want                string // in the first lines of the report
	}{
		{"O_APPEND for O_TRUNC", "tee/output", "port/main.go",
			`os.Create(name)`, `os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)`, "a.txt"},
		{"wrong exit status", "tee/output", "port/main.go", `os.Exit(status)`, `os.Exit(status * 0)`, "on standard error and has ended (exit 0)"},
		{"output that nobody flushes", "tee/output", "port/main.go",
			`{os.Stdout}`, `{bufio.NewWriter(os.Stdout)}`, `expect P "hello\n"`},
		{"output in another order", "tee/calls", "port/main.go",
			`io.MultiWriter(to...)`, `io.MultiWriter(append(to[1:], to[0])...)`, `write(file:a.txt, "hello\n")`},
		{"missing close", "tee/calls", "port/main.go", `f.Close()`, `_ = f`, "close"},
		{"read size off by one", "udp/calls", "xsys/server/main.go", `make([]byte, 30)`, `make([]byte, 29)`, "xsys/server/main.go:22"},
		{"missing NUL", "udp/calls", "xsys/client/main.go", `line[:n+1]`, `line[:n]`, "xsys/client/main.go:26"},
		{"a buffer that is too small", "udp/output", "net/server/main.go", `make([]byte, 30)`, `make([]byte, 9)`, `expect A "a longer line than the next\n"`},
		{"read size off by one, with select", "chat/calls", "xsys/main.go", `make([]byte, 100)`, `make([]byte, 99)`, "xsys/main.go:39"},
		{"a descriptor that stays open", "chat/calls", "xsys/main.go", `unix.Close(fd)`, ``, "wait A"},
		{"a connection that stays open", "chat/output", "net/main.go", `conn.Close()`, ``, "wait A"},
		{"missing close in a child", "ask/calls", "port/main.go", `unix.Close(r)`, ``, "close(pipe1.r)"},
		{"missing close in the parent", "ask/calls", "port/main.go", `unix.Close(ends[1])`, ``, "deadlock in go: P waits in read(pipe1.r"},
		{"the wrong end closed", "ask/calls", "port/main.go", `unix.Close(r)`, `unix.Close(w)`, "close(pipe1.r)"},
		{"a child's wrong status", "ask/calls", "port/main.go", `unix.Exit(3)`, `unix.Exit(2)`, "exit P 3: P has printed \"yes\\n\" and has ended (exit 2)"},
		{"a byte that is not counted", "wc/output", "wc.rs", `text.len())`, `text.len().saturating_sub(1))`, `"2 3 14 a.txt\n"`},
		{"a file that is left out", "wc/output", "wc.rs", `let lines`, `if text.is_empty() { continue; }
        let lines`, `"0 0 0 empty\n"`},
		{"an error that is no failure", "wc/output", "wc.rs", `status = 1;`, `status = status;`, "exit P 1"},
		{"an error on the wrong stream", "wc/output", "wc.rs", `eprintln!`, `println!`, "wc: cannot open nothing"},
	} {
		t.Run(f.name, func(t *testing.T) {
			name, file := filepath.Split(f.example)
			if name == "wc/" {
				needRust(t)
			}
			dir := example(t, filepath.Clean(name))
			path := filepath.Join(dir, f.file)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			faulty := strings.Replace(string(text), f.old, f.new, 1)
			if strings.Contains(f.new, "bufio.") {
				faulty = strings.Replace(faulty, "import (", "import (\n\"bufio\"", 1)
			}
			if faulty == string(text) {
				t.Fatalf("no %s to replace", f.old)
			}
			if err := os.WriteFile(path, []byte(faulty), 0o644); err != nil {
				t.Fatal(err)
			}
			stdout, stderr, code := tryParity("run", filepath.Join(dir, file+".case"))
			_, report, _ := strings.Cut(stdout, "\n")
			report, _, _ = strings.Cut(report, "  in context:")
			first := strings.Join(strings.SplitAfterN(report, "\n", 10)[:9], "")
			if code != 1 || !strings.Contains(first, f.want) {
				t.Errorf("exit %d, and the first lines have no %s\n%s%s", code, f.want, stdout, stderr)
			}
		})
	}
}
