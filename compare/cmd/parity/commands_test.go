package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestHelp: the help of each command has its flags, all of them and no others, and an example that
// works.
func TestHelp(t *testing.T) {
	makeBuild(t)
	words := file(t, "words", "pear\napple\n", 0o644)
	used := map[string]bool{}
	for _, c := range commands {
		stdout, _, code := tryParity("help", c.name)
		if code != 0 {
			t.Errorf("help %s exits %d", c.name, code)
		}
		var listed []string
		for _, m := range regexp.MustCompile(`(?m)^  -([a-z-]+)`).FindAllStringSubmatch(stdout, -1) {
			listed = append(listed, m[1])
			used[m[1]] = true
		}
		if want := slices.Sorted(slices.Values(c.flags)); !slices.Equal(listed, want) {
			t.Errorf("help %s lists %q, it takes %q", c.name, listed, want)
		}
		if short, _, _ := tryParity(c.name, "-h"); len(c.flags) > 0 && short != stdout {
			t.Errorf("%s -h says\n%s", c.name, short)
		}
		try := strings.ReplaceAll("build/"+c.try, "words", words)
		try = regexp.MustCompile(`-o `).ReplaceAllString(try, "-o "+t.TempDir()+"/")
		if out, code := sh(t, try+" 2>&1"); code > 1 || out == "" {
			t.Errorf("%s exits %d and says %q", c.try, code, out)
		}
	}
	all := flag.NewFlagSet("", flag.ContinueOnError)
	(&tool{}).define(all)
	all.VisitAll(func(f *flag.Flag) {
		if !used[f.Name] {
			t.Errorf("no command takes -%s", f.Name)
		}
	})
}

// TestNearest: what is unknown names what may have been meant.
func TestNearest(t *testing.T) {
	makeBuild(t)
	for _, c := range []struct{ args, want string }{
		{"rnu", "unknown command \"rnu\"; did you mean run?"},
		{"frobnicate", "there is run, diff, init, record, show"},
		{"run -jsno", "did you mean -json?"},
		{"run -in x", "it is a flag of diff, record, show, explore"},
		{"diff -mixx", "not defined: -mixx"},
		{"run pip1", "did you mean pipe1?"},
		{"run frobnicate", "frobnicate.case (parity list"},
		{"help rules eintrr", "did you mean eintr?"},
		{"help exlore", "did you mean explore?"},
		{"run -q -v", "-q shows less"},
	} {
		_, stderr, code := tryParity(strings.Fields(c.args)...)
		if code != 2 || !strings.Contains(stderr, c.want) {
			t.Errorf("%s exits %d: %s", c.args, code, stderr)
		}
	}
}

// TestQuiet: a line a case when all is well, and the report of one that is not.
func TestQuiet(t *testing.T) {
	makeBuild(t)
	_, cases, err := load(nil)
	if err != nil {
		t.Fatal(err)
	}
	stdout, _, code := tryParity("run")
	if n := strings.Count(stdout, "\n"); code != 0 || n != len(cases)+1 {
		t.Errorf("exit %d, %d lines for %d cases:\n%s", code, n, len(cases), stdout)
	}
	if stdout, _, _ := tryParity("run", "-q", "pipe1"); stdout != "parity: the same behaviour on both sides: 1 equivalent\n" {
		t.Errorf("-q says %q", stdout)
	}
	stdout, _, code = tryParity("run", "-bin", "c/pipe1="+filepath.Join(root, "build/c/pipe3"))
	if code != 1 || strings.Count(stdout, "first difference: ") != 1 || strings.Count(stdout, "\n") > len(cases)+50 {
		t.Errorf("exit %d:\n%s", code, stdout)
	}
	for _, c := range []struct {
		args []string
		want bool
	}{{[]string{"run", "nc-echo"}, false}, {[]string{"run", "-v", "nc-echo"}, false}, {[]string{"run", "-all", "nc-echo"}, true}} {
		if stdout, _, _ := tryParity(c.args...); strings.Contains(stdout, "nc.openbsd+0x") != c.want || !strings.Contains(stdout, "c/echo_mpserv.c") {
			t.Errorf("%q:\n%s", c.args, stdout)
		}
	}
}

// TestNoCalls: what made no call has an end, an output and files all the same.
func TestNoCalls(t *testing.T) {
	makeBuild(t)
	crash := program(t, "int main(void) { *(volatile int *)0 = 1; }")
	ill := program(t, "int main(void) { __builtin_trap(); }")
	for _, c := range []struct {
		a, b string
		code int
		want string
	}{
		{"/bin/echo hello", crash, 1, "how it ends differs"},
		{crash, "/bin/true", 1, "killed by SIGSEGV"},
		{crash, ill, 1, "killed by SIGILL"},
		{crash, crash, 0, "same"},
	} {
		args := slices.Concat([]string{"diff", "--"}, strings.Fields(c.a), []string{"--", c.b})
		if stdout, stderr, code := tryParity(args...); code != c.code || !strings.Contains(stdout, c.want) {
			t.Errorf("%q exits %d:\n%s%s", args, code, stdout, stderr)
		}
	}
	_, cases, err := load(nil)
	if err != nil {
		t.Fatal(err)
	}
	stdout, _, _ := tryParity("run", "-count", "1", "-bin", "go/echo_mpserv="+crash)
	for _, c := range cases {
		if slices.Contains(c.Programs, "echo_mpserv") && !regexp.MustCompile(`(?m)^different +`+c.Name+` `).MatchString(stdout) {
			t.Errorf("%s is not different:\n%s", c.Name, stdout)
		}
	}
}

// withInput runs the tool as a process of its own, whose standard input is a file or a pipe.
func withInput(t *testing.T, text string, pipe bool, args ...string) (stdout string, code int) {
	t.Helper()
	cmd := exec.Command(filepath.Join(root, "build/parity"), args...)
	cmd.Dir = t.TempDir()
	if cmd.Stdin = strings.NewReader(text); !pipe {
		f, err := os.Open(file(t, "input", text, 0o644))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		cmd.Stdin = f
	}
	out, _ := cmd.CombinedOutput()
	return string(out), cmd.ProcessState.ExitCode()
}

// TestStandardInput: both commands get what the tool gets, in every run.
func TestStandardInput(t *testing.T) {
	makeBuild(t)
	for _, pipe := range []bool{false, true} {
		for _, command := range []string{"diff", "show", "explore"} {
			out, code := withInput(t, "b\na\nc\n", pipe, command, "--", "sort", "--", "sort", "-r")
			if code != 1 || !strings.Contains(out, `a`) {
				t.Errorf("pipe %v: %s exits %d:\n%s", pipe, command, code, out)
			}
			if out, code := withInput(t, "b\na\nc\n", pipe, command, "--", "sort", "--", "sort"); code != 0 || !strings.Contains(out, "same") {
				t.Errorf("pipe %v: %s of the same exits %d:\n%s", pipe, command, code, out)
			}
		}
		large := strings.Repeat("0123456789abcde\n", 1<<17) // 2 MiB: more than a pipe holds
		if out, code := withInput(t, large, pipe, "diff", "--", "sha256sum", "--", "sha256sum"); code != 0 {
			t.Errorf("pipe %v: 2 MiB: exit %d\n%s", pipe, code, out)
		}
		// A file can be read twice, a pipe cannot.
		seek := program(t, `int main(void) { char c; read(0, &c, 1); lseek(0, 0, SEEK_SET); return read(0, &c, 1) == 1 && c == 'x'; }`)
		if out, code := withInput(t, "xy", pipe, "diff", "--", seek, "--", "/bin/true"); strings.Contains(out, "A  exit 1") == pipe {
			t.Errorf("pipe %v: exit %d\n%s", pipe, code, out)
		}
	}
}

// TestOneAtATime: runs that share the working directory never overlap.
func TestOneAtATime(t *testing.T) {
	makeBuild(t)
	lock := program(t, `#include <fcntl.h>
int main(void) {
	int fd = open("lock", O_CREAT | O_EXCL, 0600);
	if (fd == -1)
		return 1;
	for (volatile int i = 0; i < 30000000; i++)
		;
	return unlink("lock");
}`)
	for _, count := range []string{"1", "3"} {
		if out, code := withInput(t, "", true, "diff", "-count", count, "--", lock, "--", lock); code != 0 || strings.Contains(out, "exit(1)") {
			t.Errorf("-count %s: exit %d\n%s", count, code, out)
		}
	}
}

// TestCleansUp: a program that begins by removing what an earlier run left is the same as itself;
// one that goes another way because of what is left is unstable.
func TestCleansUp(t *testing.T) {
	makeBuild(t)
	const head = "#include <fcntl.h>\n#include <sys/stat.h>\nint main(void) {\n"
	cleans := program(t, head+`unlink("left"); close(open("left", O_CREAT | O_EXCL | O_WRONLY, 0600)); return 0; }`)
	other := program(t, head+`unlink("left"); close(open("left", O_CREAT | O_EXCL | O_WRONLY, 0644)); return 0; }`)
	makes := program(t, head+`if (mkdir("made", 0700) == 0) puts("first"); return 0; }`)
	for _, c := range []struct {
		a, b, want string
		code       int
	}{{cleans, cleans, "same", 0}, {cleans, other, "mode", 1}, {makes, makes, "unstable", 2}} {
		if out, code := withInput(t, "", true, "diff", "--", c.a, "--", c.b); code != c.code || !strings.Contains(out, c.want) {
			t.Errorf("exit %d, want %d and %q:\n%s", code, c.code, c.want, out)
		}
	}
}

// TestStrict: what no call shows is named, where it is so and nowhere else, and is an error with
// -strict.
func TestStrict(t *testing.T) {
	makeBuild(t)
	const mapped = `#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
int main(void) {
	int fd = open("mapped", O_RDWR | O_CREAT, 0600);
	ftruncate(fd, 4096);
	char *p = mmap(0, 4096, PROT_READ | PROT_WRITE, FLAGS, FLAGS & MAP_ANONYMOUS ? -1 : fd, 0);
	p[0] = 'x';
	END;
	return 0;
}
`
	for _, c := range []struct{ flags, end, want string }{
		{"MAP_SHARED", `unlink("mapped")`, ""}, // it is read while it is still there
		{"MAP_SHARED", `close(fd)`, ""},
		{"MAP_PRIVATE", `unlink("mapped")`, ""},
		{"MAP_SHARED | MAP_ANONYMOUS", `close(fd)`, "shared memory (mmap)"},
	} {
		p := program(t, strings.NewReplacer("FLAGS", "("+c.flags+")", "END", c.end).Replace(mapped))
		for _, args := range [][]string{{"diff"}, {"diff", "-strict"}} {
			args = append(args, "-in", t.TempDir(), "--", p, "--", p)
			out, code := withInput(t, "", true, args...)
			want := 0
			if c.want != "" && args[1] == "-strict" {
				want = 2
			}
			if code != want || strings.Contains(out, "not looked at") != (c.want != "") || !strings.Contains(out, c.want) {
				t.Errorf("%v, %s, %v: exit %d, want %d and %q:\n%s", c.flags, c.end, args[:2], code, want, c.want, out)
			}
		}
	}
}

// TestManyGone: files that are removed again are held until the end, but not any number of them. Of
// the others a report says that they were not looked at.
func TestManyGone(t *testing.T) {
	makeBuild(t)
	for n, want := range map[int]int{200: 0, 201: 2} {
		p := program(t, fmt.Sprintf(`#include <fcntl.h>
#include <sys/mman.h>
int main(void) {
	for (int i = 0; i < %d; i++) {
		char name[20];
		sprintf(name, "t%%d", i);
		int fd = open(name, O_RDWR | O_CREAT, 0600);
		ftruncate(fd, 4096);
		*(char *)mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) = 'x';
		unlink(name);
	}
	return 0;
}
`, n))
		out, code := withInput(t, "", true, "diff", "-strict", "-in", t.TempDir(), "--", p, "--", p)
		if code != want || want == 2 && !strings.Contains(out, "the content of $PWD/t200") {
			t.Errorf("%d files: exit %d, want %d:\n%s", n, code, want, out)
		}
	}
}
