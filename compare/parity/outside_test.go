package parity

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"paritykit/compare/abi"
	"paritykit/compare/trace"
)

// TestOutside: a program does under the tool what it does outside, with the same output and the
// same end: also one that asks about its tracer, restricts itself, stops itself, or spins until
// another one has had its turn, and also as a build that a sanitizer watches. And it is the same as
// itself.
func TestOutside(t *testing.T) {
	sources, _ := filepath.Glob("testdata/outside/*.c")
	if len(sources) == 0 {
		t.Fatal("no programs")
	}
	for _, source := range sources {
		name := strings.TrimSuffix(filepath.Base(source), ".c")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), name)
			flags := []string{"-g", "-w", "-pthread"}
			first, _, _ := strings.Cut(string(readFile(t, source)), "\n")
			if own, ok := strings.CutPrefix(first, "// -"); ok {
				flags = append(flags, "-"+own)
			}
			compile(t, source, path, flags...)

			o := &Options{Timeout: 20 * time.Second, Count: 1}
			side, err := o.commandSide(0, []string{path})
			if err != nil {
				t.Fatal(err)
			}
			cpus <- struct{}{}
			out := o.run(t.Context(), side, false)
			<-cpus
			if out.err != nil {
				t.Fatalf("%v\n%s", out.err, strings.Join(out.waiting, "\n"))
			}
			program := out.trace.Programs[0]
			got := seen{string(program.Terminal), string(program.Stderr), end(out.trace.Process(program.PID).Status)}
			if want := runOutside(t, path); got.withoutChance() != want {
				t.Errorf("%+v\noutside %+v", got, want)
			}

			o.Count = 3
			if r := o.Diff(t.Context(), []string{path}, []string{path}); r.Verdict != Same {
				t.Errorf("against itself: %s", say(r))
			}
		})
	}
}

// seen is what a user sees of a program.
type seen struct{ stdout, stderr, end string }

var chance = regexp.MustCompile(`==\d+==|0x[0-9a-f]{8,}`)

// withoutChance is it without process ids and addresses, which sanitizers print.
func (s seen) withoutChance() seen {
	s.stderr = chance.ReplaceAllString(s.stderr, "…")
	return s
}

func end(s trace.Status) string {
	if s.Signal != 0 {
		return abi.SignalName(s.Signal)
	}
	return fmt.Sprint("exit ", s.Code)
}

// runOutside runs a program without the tool.
func runOutside(t *testing.T, path string) seen {
	t.Helper()
	var stdout, stderr strings.Builder
	cmd := exec.Command(path)
	cmd.Env, cmd.Stdout, cmd.Stderr = os.Environ(), &stdout, &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Run()
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	s := trace.Status{Code: status.ExitStatus()}
	if status.Signaled() {
		s = trace.Status{Signal: int(status.Signal())}
	}
	return seen{stdout.String(), stderr.String(), end(s)}.withoutChance()
}
