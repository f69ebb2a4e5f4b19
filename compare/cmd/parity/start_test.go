package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestStartOfRuntime: of a static program without names nobody can tell where its library's start
// ends and its own work begins. A report begins with what comes after the first call that both
// sides make, and still names what came before.
func TestStartOfRuntime(t *testing.T) {
	source := file(t, "p.c", `#include <fcntl.h>
#include <unistd.h>
int main(void) {
	char b[8];
	read(open("/dev/zero", O_RDONLY), b, SIZE);
	write(1, "done\n", 5);
	return 0;
}
`, 0o600)
	dir := t.TempDir()
	build := func(name string, flags ...string) string {
		bin := filepath.Join(dir, name)
		cmd := exec.Command("gcc", append(flags, "-O0", "-w", source, "-o", bin)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("gcc: %v\n%s", err, out)
		}
		return bin
	}
	named, nameless := build("named", "-g", "-DSIZE=8"), build("nameless", "-static", "-s", "-DSIZE=7")
	stdout, stderr, code := tryParity("diff", "-v", "--", named, "--", nameless)
	first, rest, _ := strings.Cut(stdout, " more:\n")
	if code != 1 || !strings.Contains(first, "  - A  read(file:/dev/zero") ||
		!strings.Contains(rest, "only B calls brk") || !strings.Contains(rest, "(perhaps the start of its runtime)") {
		t.Errorf("exit status %d\n%s%s", code, stdout, stderr)
	}
	// A program of which the start is known has no such excuse.
	stdout, _, _ = tryParity("diff", "-v", "--", build("true", "-g", "-x", "c", "-DSIZE=8"), "--", "/bin/true")
	if strings.Contains(stdout, "perhaps") {
		t.Errorf("with names:\n%s", stdout)
	}
}

// TestStartOfPython: what the interpreter does before it opens a program is its own; all that comes
// then is the program's, and the last thing that it prints is, too. So is what a module of the
// user's does that it imports before.
func TestStartOfPython(t *testing.T) {
	const python = "/usr/bin/python3"
	script := file(t, "hello.py", "print('hello')\n", 0o600)
	stdout, stderr, code := tryParity("trace", "--", python, script)
	list := strings.Split(stdout, "\n")
	if code != 0 || !strings.Contains(list[0], "openat(") || !strings.Contains(list[0], "hello.py") ||
		!strings.Contains(stdout, `write(tty, "hello")`) {
		t.Errorf("exit status %d\n%s%s", code, stdout, stderr)
	}
	site := file(t, "sitecustomize.py", "import os\nos.mkdir('made')\n", 0o600)
	t.Setenv("PYTHONPATH", filepath.Dir(site))
	t.Chdir(t.TempDir())
	if stdout, _, _ = tryParity("trace", "--", python, script); !strings.Contains(stdout, `mkdir("made"`) {
		t.Errorf("with sitecustomize.py:\n%s", stdout)
	}
}
