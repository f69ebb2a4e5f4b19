package parity

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSignals: what C says with signal(2) and raise(3), Go says with os/signal and kill(2), and one
// such line less is a difference, also where a user would see none.
func TestSignals(t *testing.T) {
	const script = "program pipe1|start P pipe1|wait P"
	dir := t.TempDir()
	c := filepath.Join(dir, "c")
	compile(t, "testdata/signals.c", c, cflags...)
	text, err := os.ReadFile("testdata/signals.go")
	if err != nil {
		t.Fatal(err)
	}
	port := func(old, new string) string {
		source, bin := filepath.Join(dir, "main.go"), filepath.Join(dir, "go")
		changed := strings.Replace(string(text), old, new, 1)
		if changed == string(text) && old != new {
			t.Fatalf("%q is not there", old)
		}
		os.WriteFile(source, []byte(changed), 0o644)
		if out, err := exec.Command("go", "build", "-o", bin, source).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return bin
	}
	r := play(t, script, map[string]string{"c/pipe1": c, "go/pipe1": port("", "")})
	var used []string
	for _, u := range r.Rules {
		used = append(used, u.Name)
	}
	if r.Verdict != Equivalent || !slices.Equal(used, []string{"signal", "notify", "kill"}) {
		t.Errorf("by %q: %s", used, say(r))
	}
	for _, m := range []struct{ old, new, line string }{
		{"signal.Ignore(syscall.SIGPIPE)", "", "signals.c:17"}, // Go's write fails with EPIPE all the same
		{"signal.Ignore(syscall.SIGTERM)", "", "signals.c:18"},
		{"signal.Ignore(syscall.SIGPIPE)", "signal.Ignore(syscall.SIGHUP)", "signals.c:17"},
		{"syscall.Kill(os.Getpid(), syscall.SIGTERM)", "", "signals.c:20"},
		{"syscall.Kill(os.Getpid(), syscall.SIGTERM)", "syscall.Kill(os.Getpid(), syscall.SIGPIPE)", "signals.c:20"},
	} {
		r := play(t, script, map[string]string{"c/pipe1": c, "go/pipe1": port(m.old, m.new)})
		if r.Verdict != Different || len(r.Differences) == 0 || r.Differences[0].Sides[0] == nil || !strings.HasSuffix(r.Differences[0].Sides[0].Site, m.line) {
			t.Errorf("%s: %s: %s", m.old, m.new, say(r))
		}
	}
}
