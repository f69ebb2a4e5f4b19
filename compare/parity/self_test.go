package parity

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// builds are ways to build one source. However it is built, a program is the same as itself: all
// that the compilers and the C libraries do in ways of their own is noise, or one of the rules that
// are named here; each of them must be needed.
var builds = []struct {
	name  string
	side  string
	tool  string
	flags []string
	env   string
	rules []string
	short bool // has smaller buffers than glibc
}{
	{name: "gcc -O2", side: "c", tool: "gcc", flags: []string{"-O2"}},
	{name: "static", side: "c", tool: "gcc", flags: []string{"-static"}},
	{name: "static, without debug information", side: "c", tool: "gcc", flags: []string{"-static", "-O2", "-g0"}},
	{name: "fortified, optimised by the linker", side: "c", tool: "gcc", flags: []string{"-O2", "-flto", "-D_FORTIFY_SOURCE=2"}},
	{name: "sanitized", side: "c", tool: "gcc", flags: []string{"-fsanitize=undefined"}},
	{name: "clang", side: "c", tool: "clang"},
	{name: "clang -O2", side: "c", tool: "clang", flags: []string{"-O2"}},
	{name: "musl", side: "c", tool: "musl-gcc", flags: glibcSize, rules: muslRules, short: true},
	{name: "musl, static, -O2", side: "c", tool: "musl-gcc", flags: append(glibcSize, "-static", "-O2"), rules: muslRules, short: true},
	{name: "not optimised", side: "go", tool: "go", flags: []string{"-gcflags=all=-l -N"}},
	{name: "stripped", side: "go", tool: "go", flags: []string{"-ldflags=-s -w"}},
	{name: "race", side: "go", tool: "go", flags: []string{"-race"}, env: "CGO_ENABLED=1"},
}

var muslRules = []string{"bufsiz", "largefile", "nanosleep", "open", "pipe2", "remainder", "writev"}

// glibcSize gives the programs the BUFSIZ of glibc with musl, too: how much they ask read(2) for is
// their own wish.
var glibcSize = []string{"-include", "compare/parity/testdata/bufsiz.h"}

// tooLong are the cases in which a line for the terminal is longer than stdio's buffer in musl, and
// the call that shows it: stdio writes what its buffer holds when a line doesn't end, glibc's all
// 1024 bytes, musl's what is there and the next piece. What these programs do depends on the
// buffer, so the verdict has to be different. A rule against that would take any two ways of
// cutting a stream into pieces for the same.
var tooLong = map[string]string{"echo-long-line": "write(tty, "}

// TestSelfParity holds each program in every case against another build of itself.
func TestSelfParity(t *testing.T) {
	cases, err := filepath.Glob(filepath.Join(root, "compare", "cases", "*.case"))
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	sources, err := filepath.Glob(filepath.Join(root, "c", "*.c"))
	if err != nil || len(sources) == 0 {
		t.Fatal("no programs", err)
	}
	for _, b := range builds {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			needTool(t, b.tool)
			bin, dir := map[string]string{}, t.TempDir()
			for _, source := range sources {
				program := strings.TrimSuffix(filepath.Base(source), ".c")
				bin["c/"+program] = original(t, b.side+"/"+program)
				bin["go/"+program] = filepath.Join(dir, program)
				if b.side == "c" {
					buildWith(t, nil, b.tool, append([]string{"-std=c17", "-D_GNU_SOURCE", "-O0", "-g", "-o", bin["go/"+program], source}, b.flags...)...)
				}
			}
			if b.side == "go" {
				buildWith(t, []string{"CGO_ENABLED=0", "GOFLAGS=-buildvcs=false", b.env}, "go",
					append(append([]string{"build", "-o", dir + "/"}, b.flags...), ports(sources)...)...)
			}
			used := map[string]int{}
			for _, path := range cases {
				name := strings.TrimSuffix(filepath.Base(path), ".case")
				o := &Options{Root: root, Bin: bin, Count: 1, Timeout: time.Minute}
				c := load(t, name)
				c.Knowns = nil // differences between the languages
				r := o.Case(context.Background(), c)
				if call := tooLong[name]; b.short && call != "" {
					if r.Verdict != Different || !strings.HasPrefix(r.Differences[0].Sides[0].Text(), call) {
						t.Errorf("%s: %s, want a %s to differ", name, say(r), call)
					}
					continue
				}
				if r.Verdict != Same && r.Verdict != Equivalent || r.Matched < 4 {
					t.Errorf("%s: %s", name, say(r))
				}
				for _, u := range r.Rules {
					used[u.Name] += u.Uses
				}
			}
			if got := slices.Sorted(maps.Keys(used)); !slices.Equal(got, b.rules) {
				t.Errorf("the rules %q were used, want %q", got, b.rules)
			}
		})
	}
}

// TestSelfDifferent: what makes two C libraries alike does not hide what the program does
// otherwise.
func TestSelfDifferent(t *testing.T) {
	needTool(t, "musl-gcc")
	text, err := os.ReadFile(filepath.Join(root, "c", "pipe1.c"))
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{"read(fds[0], buf, BUF_SIZE)", "read(fds[0], buf, BUF_SIZE - 1)"},
		{"if (write(fds[1], str, sizeof(str)) == -1)", "if (write(fds[1], str, 4) == -1 || write(fds[1], str + 4, sizeof(str) - 4) == -1)"},
		{"puts(buf);", "puts(buf); fflush(stdout); lseek(1, 0, SEEK_CUR);"},
	} {
		changed := strings.Replace(string(text), change[0], change[1], 1)
		if changed == string(text) {
			t.Errorf("pipe1.c has no %s", change[0])
			continue
		}
		dir := t.TempDir()
		if err := os.WriteFile(dir+"/pipe1.c", []byte(changed), 0o644); err != nil {
			t.Fatal(err)
		}
		buildWith(t, nil, "musl-gcc", "-std=c17", "-D_GNU_SOURCE", "-g", "-w", "-o", dir+"/pipe1", dir+"/pipe1.c")
		if r := judge(t, "pipe1", map[string]string{"go/pipe1": dir + "/pipe1"}); r.Verdict != Different {
			t.Errorf("%s: %s", change[1], say(r))
		}
	}
}

// ports are the packages of the ports of C programs.
func ports(sources []string) (list []string) {
	for _, s := range sources {
		list = append(list, "./go/"+strings.TrimSuffix(filepath.Base(s), ".c"))
	}
	return list
}

// needTool skips a test where a compiler is missing; where all are expected that is an error.
func needTool(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		how := "no " + name + "; run: scripts/setup test"
		if os.Getenv("CI") == "true" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
}

func buildWith(t *testing.T, env []string, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = root, append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}
