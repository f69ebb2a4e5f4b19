package canon

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"paritykit/compare/abi"
	"paritykit/compare/trace"
)

var update = flag.Bool("update", false, "rewrite the wanted ops in testdata")

// TestPrograms runs each program in testdata and holds its ops against those that stand at its end,
// in a comment that begins with "ops:". Each program is about one thing that canon must get right,
// and says so at its top.
func TestPrograms(t *testing.T) {
	sources, _ := filepath.Glob("testdata/*.[cg]*")
	if len(sources) == 0 {
		t.Fatal("no programs")
	}
	for _, path := range sources {
		t.Run(filepath.Base(path), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			source, want, ok := strings.Cut(string(text), "/* ops:\n")
			if !ok {
				t.Fatal("no ops at its end")
			}
			bin := build(t, path)
			got, _ := ops(t, bin, path, false)
			if quick, strange := ops(t, bin, path, true); quick != got && !strange {
				t.Errorf("where its runtime is not looked at:\n%s\nwhere it is:\n%s", quick, got)
			}
			if got == strings.TrimSuffix(want, "*/\n") {
				return
			}
			if *update {
				os.WriteFile(path, []byte(source+"/* ops:\n"+got+"*/\n"), 0o644)
				return
			}
			t.Errorf("got:\n%s\nwant:\n%s", got, want)
		})
	}
}

// build builds a program.
func build(t *testing.T, source string) (bin string) {
	t.Helper()
	bin = filepath.Join(t.TempDir(), "program")
	cmd := exec.Command("gcc", "-std=c17", "-D_GNU_SOURCE", "-O0", "-g", "-Wall", "-Wno-unused-result", "-pthread", "-o", bin, source)
	if strings.HasPrefix(filepath.Base(source), "static") {
		cmd.Args = append(cmd.Args, "-static")
	}
	if strings.HasSuffix(source, ".go") {
		cmd = exec.Command("go", "build", "-buildvcs=false", "-o", bin, source)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// ops runs a program and writes down its ops: process, call, line, and whether a signal handler
// made them. A quick run does not look at Go's runtime, see trace.Config.NoRuntime; it is strange
// if that may have hidden more.
func ops(t *testing.T, bin, source string, quick bool) (text string, strange bool) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Link(bin, filepath.Join(dir, "program")); err != nil { // some execute "program" again
		t.Fatal(err)
	}
	tr, err := trace.Run(context.Background(), trace.Config{Policy: &patient{}, Limits: trace.Limits{Time: time.Minute}, NoRuntime: quick},
		trace.Command{Role: Root, Path: bin, Args: []string{"program"}, Dir: dir, Env: []string{"LC_ALL=C"}})
	if err != nil {
		t.Fatal(err)
	}
	root, _ := filepath.Abs("testdata")
	run := Make(tr, Options{Dir: dir, Root: root})
	var b strings.Builder
	for _, p := range run.Processes {
		for _, op := range p.Ops {
			line := p.Name + "  " + op.String() + "  " + strings.TrimPrefix(op.Site.String(), filepath.Base(source))
			if op.Handler {
				line = strings.TrimSpace(line) + "  (handler)"
			}
			b.WriteString(line + "\n")
		}
		b.WriteString(p.Name + "  " + p.Status + "\n")
	}
	for _, p := range run.Helpers {
		b.WriteString("a helper  " + p.Status + "\n")
	}
	return anyUser(b.String()), tr.Strange
}

// anyUser gives the user and the group who run the tests the numbers of root.
func anyUser(ops string) string {
	for name, id := range map[string]int{"u": os.Getuid(), "g": os.Getgid()} {
		for _, before := range []string{"st_" + name + "id=", "si_" + name + "id=", "get" + name + "id() = "} {
			ops = regexp.MustCompile(regexp.QuoteMeta(before)+strconv.Itoa(id)+`\b`).ReplaceAllString(ops, before+"0")
		}
	}
	return ops
}

// patient is a policy that makes orders certain: kill(2), and a child's write after it, wait until
// everybody else is blocked.
type patient struct {
	held  []*trace.Thread
	kills map[int]bool // processes that have killed
}

func (p *patient) Enter(_ *trace.Supervisor, t *trace.Thread, e *trace.Event) trace.Action {
	name := abi.Lookup(e.Nr).Name
	if name != "kill" && (name != "write" || !p.kills[e.PID]) {
		return trace.Proceed()
	}
	if p.kills == nil {
		p.kills = map[int]bool{}
	}
	p.kills[e.PID] = true
	p.held = append(p.held, t)
	return trace.Hold()
}

func (p *patient) Busy(*trace.Supervisor) {}

func (p *patient) Quiet(s *trace.Supervisor) trace.Quiet {
	if len(p.held) == 0 {
		return trace.Waits
	}
	s.Release(p.held[0], trace.Proceed())
	p.held = p.held[1:]
	return trace.Moved
}

func TestByName(t *testing.T) {
	names := []string{"P", "P.1", "P.1.1", "P.2", "P.10", "P.10.1"}
	for i, a := range names {
		for j, b := range names {
			if got := byName(a, b); (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("byName(%s, %s) = %d", a, b, got)
			}
		}
	}
}

func TestQuote(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", `""`},
		{"Who are you?\x00", `"Who are you?\0"`},
		{"\x001", `"\x001"`}, // not \01
		{"a\tb\r\n", `"a\tb\r\n"`},
		{`"\`, `"\"\\"`},
		{"\x1b[2J\x7f\xff", `"\x1b[2J\x7f\xff"`},
	} {
		if got := Quote([]byte(c.in)); got != c.want {
			t.Errorf("quote(%q) = %s, want %s", c.in, got, c.want)
		}
	}
	// Long buffers that differ behind what is shown must not read the same.
	a := strings.Repeat("x", longest)
	if x, y := Quote([]byte(a+"1")), Quote([]byte(a+"2")); x == y || len(x) > longest+100 {
		t.Errorf("%d characters: %s", len(x), x[longest:])
	}
}

func TestSpan(t *testing.T) {
	for _, c := range []struct {
		sec, fraction, unit int64
		want                string
	}{{2, 0, 1e9, "2s"}, {0, 250e6, 1e9, "0.25s"}, {0, 1, 1e6, "0.000001s"}, {10, 0, 1e6, "10s"}, {0, 0, 1e9, "0s"}, {1, 2e9, 1e9, "{1, 2000000000}"}} {
		if got := spanOf(c.sec, c.fraction, c.unit).String(); got != c.want {
			t.Errorf("span(%d, %d) = %s, want %s", c.sec, c.fraction, got, c.want)
		}
	}
}
