package trace

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// passing is a policy under which a sleep is over at once, and the clock shows that time has
// passed.
func passing() *script {
	return &script{enter: func(s *Supervisor, th *Thread, e *Event) Action {
		if !called(e, "clock_nanosleep") {
			return Proceed()
		}
		var sec [1]byte
		th.Read(sec[:], e.Args[2])
		s.Advance(s.Now() + time.Duration(sec[0])*time.Second)
		return Skip(0)
	}}
}

// TestClocks: each clock shows the time of the run, in whatever way it is read, in all processes,
// and after an execve; and those of CPU time are the kernel's.
func TestClocks(t *testing.T) {
	for _, flags := range [][]string{nil, {"-static"}} {
		clock := Clock{Real: 1_900_000_000*time.Second + 123456789, Monotonic: 5000*time.Second + 42}
		tr := traced(t, Config{Clock: &clock}, build(t, "clocks", flags...))
		got := string(tr.Programs[0].Terminal)
		const real, monotonic = "1900000000.123456789", "5000.000000042"
		for _, who := range []string{"program", "child", "executed"} {
			for c, want := range []string{real, monotonic, "", "", monotonic, real, monotonic, monotonic, real, monotonic, "", real} {
				line := fmt.Sprintf("%s: clock %d: %s %s\n", who, c, want, want)
				if want != "" && !strings.Contains(got, line) {
					t.Errorf("%v: no line %q in\n%s", flags, line, got)
				}
			}
			for _, line := range []string{"1900000000.123456 1900000000.123456 zone 0\n", "1900000000 1900000000\n", "clock 2: 0\n"} {
				if !strings.Contains(got, who+": "+line) {
					t.Errorf("%v: no line %q in\n%s", flags, line, got)
				}
			}
		}
		for _, e := range tr.Events {
			if readsClock(e.Nr) && e.Kind == Call {
				t.Errorf("a reading is an event: %v", e)
			}
		}
	}
}

// TestDates: the times of a file are those that the clock of the run showed, but for those that a
// program has set.
func TestDates(t *testing.T) {
	dir := t.TempDir()
	clock := Now()
	cmd := marked(build(t, "dates"))
	cmd.Dir = dir
	tr, err := attempt(t, Config{Clock: &clock, Policy: passing()}, cmd)
	const want = "a 0 0 0, b 2 2 2, a 5 5 5, b 2 2 2, b 4 5 4, b 6 6 6, "
	if got := string(tr.Programs[0].Terminal); err != nil || got != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
	}
	if _, err := os.Stat(filepath.Join(dir, "b")); err != nil {
		t.Error(err)
	}
}
