package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"paritykit/compare/casefile"
)

// TestInit: two sources become a case that builds and runs them, from a directory that has nothing
// else; a file that is there is kept.
func TestInit(t *testing.T) {
	makeBuild(t)
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("hello.c", "#include <stdio.h>\nint main(int c, char **v) { printf(\"hello %s\\n\", v[1]); }\n")
	write("hello.go", "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc main() { fmt.Println(\"hello\", os.Args[1]) }\n")
	run := func(args ...string) (string, int) {
		cmd := exec.Command(filepath.Join(root, "build/parity"), args...)
		cmd.Dir = dir
		out, _ := cmd.CombinedOutput()
		return string(out), cmd.ProcessState.ExitCode()
	}
	if out, code := run("init", "--", "hello.c", "$you # there", "--", "hello.go", "$you # there"); code != 0 {
		t.Fatal(out)
	}
	out, code := run("run", "hello.case")
	if code != 0 || !strings.Contains(out, `write(tty, "hello $you # there\n")  hello.c:2  hello.go:8`) {
		t.Errorf("exit %d\n%s", code, out)
	}
	write("words", "pear\napple\n")
	if out, code := run("init", "--", "sort", "words", "--", "sort", "-r", "words"); code != 0 {
		t.Fatal(out)
	}
	if out, code := run("run", "-v", "sort.case"); code != 1 || !strings.Contains(out, "apple") {
		t.Errorf("exit %d\n%s", code, out)
	}
	if out, code := run("init", "--", "./hello-c", "--", "./hello-go"); code != 0 {
		t.Errorf("exit %d\n%s", code, out)
	}
	if out, code := run("init", "--", "hello.c", "--", "hello.go"); code != 2 || !strings.Contains(out, "hello.case is there already; name another file with -o") {
		t.Errorf("exit %d\n%s", code, out)
	}
	if out, code := run("init", "--", "hello.c"); code != 2 || !strings.Contains(out, "init wants two commands") {
		t.Errorf("exit %d\n%s", code, out)
	}
}

// TestNewCase: what a command is, its path from the case file, and what cannot stand in a line.
func TestNewCase(t *testing.T) {
	for _, test := range []struct {
		a, b, path, want string
	}{
		{"wc -l", "busybox wc -l", "", "program wc|side old wc run \"wc\"|side new wc run \"busybox wc\"|start P wc -l|wait  P"},
		{"./a/x+1.y", "../b", "", "program x_1|side old x_1 run \"./a/x+1.y\"|side new x_1 run \"../b\"|start P x_1|wait  P"},
		{"./a", "/b", "sub/my.case", "program a|side old a run \"../a\"|side new a run \"/b\"|start P a|wait  P"},
		{"sort words", "sort -r words", "", "program sort|side old sort run \"sort\"|side new sort run \"sort -r\"|start P sort words|wait  P"},
		{"./a init.go testdata/pairs . /etc", "./b ../parity/init.go testdata/pairs . /etc", "", "program a|side old a run \"./a\"|" +
			"side new a run \"./b\"|copy  init.go|copy  testdata/pairs|start P a init.go pairs . /etc|wait  P"},
		{"./+ ' $x", "./b ' $x", "", "program _|side old _ run \"./+\"|side new _ run \"./b\"|start P _ ' $$x|wait  P"},
	} {
		file, text := newCase(test.path, strings.Fields(test.a), strings.Fields(test.b))
		var lines []string
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				lines = append(lines, line)
			}
		}
		if got := strings.Join(lines, "|"); got != test.want {
			t.Errorf("%s -- %s:\n got %s\nwant %s", test.a, test.b, got, test.want)
		}
		if _, err := casefile.Parse(file, []byte(text)); err != nil {
			t.Error(err)
		}
	}
}
