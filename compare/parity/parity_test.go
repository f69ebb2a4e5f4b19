package parity

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"paritykit/compare/casefile"
)

// root is the source tree.
var root, _ = filepath.Abs("../..")

var cflags = []string{"-std=c17", "-D_GNU_SOURCE", "-O0", "-g", "-Wall", "-Wextra", "-Werror"}

// compile builds C source with gcc.
func compile(t testing.TB, source, path string, flags ...string) {
	t.Helper()
	cmd := exec.Command("gcc", append(flags, "-x", "c", "-o", path, source)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("gcc %s: %v\n%s", source, err, out)
	}
}

// goBuild builds a port; an overlay puts another file in its source's place.
func goBuild(t testing.TB, program, path string, flags ...string) {
	t.Helper()
	cmd := exec.Command("go", append(append([]string{"build", "-o", path}, flags...), "./go/"+program)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", program, err, out)
	}
}

var built = struct {
	sync.Mutex
	dir  string
	have map[string]string
}{have: map[string]string{}}

// original is the program of a side, built once for all tests.
func original(t testing.TB, key string) string {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	if path := built.have[key]; path != "" {
		return path
	}
	path := filepath.Join(built.dir, strings.ReplaceAll(key, "/", "-"))
	side, program, _ := strings.Cut(key, "/")
	if side == "c" {
		compile(t, filepath.Join(root, "c", program+".c"), path, cflags...)
	} else {
		goBuild(t, program, path)
	}
	built.have[key] = path
	return path
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "parity-test-")
	if err != nil {
		panic(err)
	}
	built.dir = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// load reads a case of the kit.
func load(t testing.TB, name string) *casefile.Case {
	t.Helper()
	path := filepath.Join(root, "compare", "cases", name+".case")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := casefile.Parse(path, text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// judge runs a case with other binaries in the place of some programs.
func judge(t testing.TB, name string, bin map[string]string) *Result {
	t.Helper()
	c := load(t, name)
	c.Explores = nil // explore_test.go is about these
	bins := map[string]string{}
	for _, p := range c.Programs {
		for _, key := range []string{"c/" + p, "go/" + p} {
			if bins[key] = bin[key]; bins[key] == "" {
				bins[key] = original(t, key)
			}
		}
	}
	o := &Options{Root: root, Bin: bins, Count: 2, Timeout: time.Minute}
	return o.Case(context.Background(), c)
}

// say is what a failing test shows of a result.
func say(r *Result) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "verdict %s %s\n", r.Verdict, r.Error)
	for _, d := range r.Differences {
		fmt.Fprintf(&b, "  %s %s %v", d.Process, d.Kind, d.Fields)
		for _, ref := range d.Sides {
			if ref != nil {
				fmt.Fprintf(&b, "\n    %s  %s", ref.Text(), ref.Site)
			}
		}
		fmt.Fprintln(&b)
	}
	for _, w := range r.Waiting {
		fmt.Fprintf(&b, "  %s\n", w)
	}
	return b.String()
}

// TestLines holds the line that each call is charged to against the source: what stands there must
// be what makes the call.
func TestLines(t *testing.T) {
	// Per call (its name, and its process where that matters) a part of the line in C and in
	// Go.
	lines := []struct{ process, call, c, g string }{
		{"", "pipe", "pipe(", "unix.Pipe("},
		{"", "fork", "fork()", "fork.Start("},
		{"", "read", "read(", "unix.Read("},
		{"", "nanosleep", "sleep(", "leep("},
		{"", "exit", "}", "fork.Main("}, // main has returned: which of its returns it was is not to be seen
		{"P", "write(tty", "p", "fmt.Print"},
		{"P.1", "write(tty", "printf(", "fmt.Print"},
		{"", "write", "write(", "unix.Write("},
	}
	for _, name := range []string{"pipe1", "pipe2", "pipe3"} {
		r := judge(t, name, nil)
		if r.Verdict.Exit() != 0 {
			t.Fatal(say(r))
		}
		for _, p := range r.Processes {
			for _, pair := range p.Pairs {
				found := false
				for _, l := range lines {
					if l.process != "" && l.process != p.Name || !strings.HasPrefix(pair.Sides[0].Text(), l.call) {
						continue
					}
					found = true
					for i, want := range []string{l.c, l.g} {
						ref := pair.Sides[i]
						if got := sourceLine(t, ref.Site); !strings.Contains(got, want) {
							t.Errorf("%s %s: %s is charged to %s: %q has no %q", name, p.Name, ref.Text(), ref.Site, got, want)
						}
					}
					break
				}
				if !found {
					t.Errorf("%s %s: %s is not a call of the program's", name, p.Name, pair.Sides[0].Text())
				}
			}
		}
	}
}

// sourceLine is the line of a source file that a site names.
func sourceLine(t *testing.T, site string) string {
	t.Helper()
	file, line, ok := strings.Cut(site, ":")
	var n int
	fmt.Sscan(line, &n)
	text, err := os.ReadFile(filepath.Join(root, file))
	lines := strings.Split(string(text), "\n")
	if !ok || err != nil || n < 1 || n > len(lines) {
		t.Fatalf("no source line %q: %v", site, err)
	}
	return lines[n-1]
}

// A mutant is a fault put into a program: texts in the place of others. The line of the first one
// is what must be named.
type mutant struct {
	program, what string
	swaps         []string // old and new text in turn; each old text must be there once
}

var mutants = map[string][]mutant{
	"go": {
		{"pipe1", "write one byte less", []string{"unix.Write(fds[1], str)", "unix.Write(fds[1], str[:len(str)-1])"}},
		{"pipe1", "drop the newline", []string{"fmt.Println(", "fmt.Print("}},
		{"pipe1", "read with another size", []string{"buf[:bufSize])", "buf[:bufSize+1])"}},
		{"pipe1", "exit 3", []string{"ByteSliceToString(buf[:]))", "ByteSliceToString(buf[:])); os.Exit(3)"}},
		{"pipe1", "O_CLOEXEC", []string{"unix.Pipe(fds[:])", "unix.Pipe2(fds[:], unix.O_CLOEXEC)"}},
		{"pipe1", "drop the write", []string{"if _, err := unix.Write(fds[1], str); err != nil", "if fds[1] < 0 || str == nil"}},
		{"pipe2", "sleep one second less", []string{"{Sec: 2}\n\tfor", "{Sec: 1}; for"}},
		{"pipe2", "sleep longer in the parent", []string{"{Sec: 3}\n\tfor", "{Sec: 4}; for"}},
		{"pipe2", "no sleep in the parent", []string{"for unix.ClockNanosleep(unix.CLOCK_REALTIME, 0, &left, &left) == unix.EINTR {\n\t}\n}\n\nfunc main", "_ = left\n}\n\nfunc main"}},
		{"pipe3", "write to the other pipe", []string{"unix.Write(fds1[1], str1)", "unix.Write(fds2[1]+0*fds1[1], str1)"}},
		{"pipe3", "swap the messages", []string{"unix.Write(fds1[1], str1)", "unix.Write(fds1[1], []byte(\"Thank you for your message\\x00\"))",
			"str1 := ", "str1 := []byte{}; _ = str1; _ = ", "unix.Write(fds2[1], str2)", "unix.Write(fds2[1], []byte(\"Who are you?\\x00\"))",
			"str2 := ", "str2 := []byte{}; _ = str2; _ = "}},
		{"pipe3", "close a descriptor early", []string{"if _, err := unix.Write(fds2[1], str2)", "unix.Close(fds2[1]); if _, err := unix.Write(fds2[1], str2)"}},
		{"pipe3", "another word", []string{`"Child proc output: %s \n"`, `"Child proc Output: %s \n"`}},
		{"pipe3", "print to standard error", []string{`fmt.Printf("Parent`, `fmt.Fprintf(os.Stderr, "Parent`}},
	},
	"c": {
		{"pipe1", "write one byte less", []string{"sizeof(str)", "sizeof(str) - 1"}},
		{"pipe1", "drop the newline", []string{"puts(buf)", "printf(\"%s\", buf)"}},
		{"pipe1", "read with another size", []string{"buf, BUF_SIZE)", "buf, BUF_SIZE - 1)"}},
		{"pipe1", "exit 3", []string{"puts(buf);", "puts(buf); exit(3);"}},
		{"pipe2", "sleep one second more", []string{"sleep(2)", "sleep(3)"}},
		{"pipe3", "write to the other pipe", []string{"write(fds1[1], str1", "write(fds2[1], str1"}},
		{"pipe3", "swap the messages", []string{"str1, sizeof(str1)", "str2, sizeof(str2)", "write(fds2[1], str2, sizeof(str2))",
			"write(fds2[1], str1, sizeof(str1))"}},
		{"pipe3", "close a descriptor early", []string{"if (write(fds2[1]", "close(fds2[1]); if (write(fds2[1]"}},
	},
}

// twins are what stands in the other side's line for a call that a mutant has not.
var twins = map[string]string{
	"drop the write":         "write(fds[1], str",
	"no sleep in the parent": "sleep(3)",
}

// mutate changes a source and says on which line the first change is.
func mutate(t *testing.T, source string, m mutant) (string, int) {
	t.Helper()
	line := 0
	for i := 0; i < len(m.swaps); i += 2 {
		old, put := m.swaps[i], m.swaps[i+1]
		if n := strings.Count(source, old); n != 1 {
			t.Fatalf("%d times %q in the source", n, old)
		}
		if i == 0 {
			line = 1 + strings.Count(source[:strings.Index(source, old)], "\n")
		}
		source = strings.Replace(source, old, put, 1)
	}
	return source, line
}

// TestMutants puts faults into ports and into C programs: each must be found and named at its line.
func TestMutants(t *testing.T) {
	for side, list := range mutants {
		for _, m := range list {
			t.Run(side+" "+m.program+" "+m.what, func(t *testing.T) {
				bin, line := build(t, side, m)
				r := judge(t, m.program, map[string]string{side + "/" + m.program: bin})
				if r.Verdict != Different {
					t.Fatal(say(r))
				}
				ref := r.Differences[0].Sides[0]
				if strings.Contains(m.what, "newline") && side == "c" {
					// stdio keeps an unfinished line until exit: that's where
					// the call is made. Go's line says which.
					if got := sourceLine(t, r.Differences[0].Sides[1].Site); !strings.Contains(got, "fmt.Println") {
						t.Errorf("named %q\n%s", got, say(r))
					}
					return
				}
				if side == "go" {
					ref = r.Differences[0].Sides[1]
				}
				if ref == nil { // a call that is missing has no line of its own: the other side's must be named
					ref = map[string]*Ref{"c": r.Differences[0].Sides[1], "go": r.Differences[0].Sides[0]}[side]
					if got := sourceLine(t, ref.Site); twins[m.what] == "" || !strings.Contains(got, twins[m.what]) {
						t.Errorf("named %q, want %q\n%s", got, twins[m.what], say(r))
					}
					return
				}
				if want := fmt.Sprintf(":%d", line); !strings.HasSuffix(ref.Site, want) {
					t.Errorf("named %s, want line %d\n%s", ref.Site, line, say(r))
				}
			})
		}
	}
}

// build builds a mutant and says on which line the fault is.
func build(t *testing.T, side string, m mutant) (bin string, line int) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(root, "c", m.program+".c")
	if side == "go" {
		path = filepath.Join(root, "go", m.program, "main.go")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	source, line := mutate(t, string(text), m)
	changed := filepath.Join(dir, filepath.Base(path))
	if err := os.WriteFile(changed, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	bin = filepath.Join(dir, "mutant")
	if side == "c" {
		compile(t, changed, bin, "-std=c17", "-D_GNU_SOURCE", "-O0", "-g", "-w")
		return bin, line
	}
	overlay := filepath.Join(dir, "overlay.json")
	os.WriteFile(overlay, fmt.Appendf(nil, `{"Replace": {%q: %q}}`, path, changed), 0o644)
	goBuild(t, m.program, bin, "-overlay", overlay)
	return bin, line
}

// TestStrangersC puts somebody else's C version of a program in our version's place: other names,
// another layout, and the whole range of ways in which it may have been compiled.
func TestStrangersC(t *testing.T) {
	for _, way := range []struct {
		flags string
		lines bool
	}{
		{"-O0 -g", true},
		{"-O2 -g", true},
		{"-O2", false},
		{"-O2 -s", false},
		{"-O2 -static", false},
		{"-O0 -static -g", true},
		{"-O2 -no-pie -fomit-frame-pointer", false},
		{"-O2 -static-pie", false},
	} {
		for _, name := range []string{"pipe1", "pipe2", "pipe3"} {
			t.Run(name+" "+way.flags, func(t *testing.T) {
				bin := filepath.Join(t.TempDir(), "stranger")
				compile(t, filepath.Join("testdata", "stranger_"+name+".c"), bin, append(strings.Fields(way.flags), "-w")...)
				r := judge(t, name, map[string]string{"c/" + name: bin})
				if r.Verdict != judge(t, name, nil).Verdict {
					t.Fatal(say(r))
				}
				if r.Sides[0].NoLines == way.lines {
					t.Errorf("no_lines is %v", r.Sides[0].NoLines)
				}
				for _, p := range r.Processes {
					for _, pair := range p.Pairs {
						if way.lines != strings.Contains(pair.Sides[0].Site, ".c:") || !way.lines && !strings.Contains(pair.Sides[0].Site, "+0x") {
							t.Errorf("%s is charged to %q", pair.Sides[0].Text(), pair.Sides[0].Site)
						}
					}
				}
			})
		}
	}
}

// TestDeadlock: a port that hangs for ever is different, at once, and it's said who waits for what.
func TestDeadlock(t *testing.T) {
	bin, _ := build(t, "go", mutant{"pipe3", "", []string{"unix.Write(fds1[1], str1)", "unix.Write(fds2[1]+0*fds1[1], str1)"}})
	begin := time.Now()
	r := judge(t, "pipe3", map[string]string{"go/pipe3": bin})
	if r.Verdict != Different || !r.Sides[1].Deadlock || r.Sides[0].Deadlock {
		t.Fatal(say(r))
	}
	if len(r.Waiting) != 2 && len(r.Waiting) != 1 {
		t.Errorf("waiting: %q", r.Waiting)
	}
	for _, w := range r.Waiting {
		if !strings.Contains(w, "waits in read(pipe") || !strings.Contains(w, "go/pipe3/main.go:") {
			t.Errorf("waiting: %q", w)
		}
	}
	if d := time.Since(begin); d > 30*time.Second {
		t.Errorf("took %v", d)
	}
}

// TestVirtualTime: the three seconds that pipe2 sleeps cost nothing.
func TestVirtualTime(t *testing.T) {
	judge(t, "pipe2", nil)
	begin := time.Now()
	r := judge(t, "pipe2", nil)
	if r.Verdict.Exit() != 0 {
		t.Fatal(say(r))
	}
	if d := time.Since(begin); d > 3*time.Second {
		t.Errorf("took %v, which is longer than one run's sleep", d)
	}
}

// TestKnown: a declared difference makes a case known, and one that isn't there any more is an
// error.
func TestKnown(t *testing.T) {
	mutated, _ := build(t, "go", mutant{"pipe1", "", []string{"fmt.Println(unix.ByteSliceToString(buf[:]))", `fmt.Println("no"); os.Exit(3)`}})
	for _, with := range []struct {
		port, more string
		want       Verdict
	}{{mutated, "", Known}, {mutated, "known P exit status \"and the call\"\n", Known}, {original(t, "go/pipe1"), "", Error}} {
		c, err := casefile.Parse("pipe1.case", []byte("# x\nprogram pipe1\nknown P exit \"shows how it ends\"\n"+with.more+
			"known P stdout \"and what it prints\"\nknown P write buf \"by this call\"\n"))
		if err != nil {
			t.Fatal(err)
		}
		o := &Options{Root: root, Bin: map[string]string{"c/pipe1": original(t, "c/pipe1"), "go/pipe1": with.port}, Count: 2, Timeout: time.Minute}
		r := o.Case(context.Background(), c)
		if r.Verdict != with.want || with.want == Error && !strings.Contains(r.Error, "not needed any more") {
			t.Errorf("%s", say(r))
		}
	}
}
