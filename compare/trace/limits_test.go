package trace

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"paritykit/compare/abi"
)

// TestLimits runs programs that never end by themselves. That nobody is left alive, attempt checks.
func TestLimits(t *testing.T) {
	life := build(t, "life", "-static")
	for _, c := range []struct {
		name   string
		args   []string
		limits Limits
		want   string
		where  string // "a call in a function", or the function that computes; some thread must be there
	}{
		{"blocked", []string{"block"}, Limits{Time: 100 * time.Millisecond}, "time limit reached (TIME)", "pause in block"},
		{"computing", []string{"spin"}, Limits{Time: 100 * time.Millisecond}, "time limit reached (TIME)", "spin"},
		{"busy", []string{"busy"}, Limits{Time: 100 * time.Millisecond}, "time limit reached (TIME)", ""},
		{"time before start", []string{"block"}, Limits{Time: 1}, "time limit reached (1ns)", ""},
		{"fork bomb", []string{"bomb"}, Limits{Threads: 50}, "threads limit reached (50)", ""},
		{"threads", []string{"stop_threads"}, Limits{Threads: 5}, "threads limit reached (5)", ""},
		{"calls", []string{"busy"}, Limits{Calls: 1000}, "calls limit reached (1000)", "getppid in busy"},
		{"terminal", []string{"flood", "1"}, Limits{Output: 1 << 20}, "output limit reached (1048576 bytes)", ""},
		{"stderr", []string{"flood", "2"}, Limits{Output: 1 << 20}, "output limit reached (1048576 bytes)", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr, limit := limited(t, Config{AllCPUs: c.name == "busy", Limits: c.limits}, c.where, append([]string{life}, c.args...)...)
			if want := strings.ReplaceAll(c.want, "TIME", limit.Value); limit.Error() != want {
				t.Errorf("error %v, want %s", limit, want)
			}
			if n := c.limits.Calls; n > 0 && len(tr.Events) > n+1 {
				t.Errorf("%d events", len(tr.Events))
			}
			if n := c.limits.Output; n > 0 && len(tr.Programs[0].Terminal)+len(tr.Programs[0].Stderr) > n {
				t.Errorf("kept %d and %d bytes", len(tr.Programs[0].Terminal), len(tr.Programs[0].Stderr))
			}
		})
	}
}

// TestLimitAtStart reaches a limit by the very event that makes the second launcher its program.
func TestLimitAtStart(t *testing.T) {
	life := build(t, "life", "-static")
	first, second := marked(life, "block"), marked(life, "block")
	hold := enter(func(*Supervisor, *Thread, *Event) Action { return Hold() })
	_, err := Run(t.Context(), Config{Policy: hold, Limits: Limits{Calls: 2, Time: patience}}, first, second)
	var limit *LimitError
	if !errors.As(err, &limit) || limit.Limit != "calls" {
		t.Errorf("error %v", err)
	}
	if left := append(marks(first.Env[0]), marks(second.Env[0])...); left != nil {
		t.Errorf("processes %v outlive the run", left)
	}
}

// limited runs a program into a limit. A time limit is repeated, longer and longer, until some
// thread has come to the place where it must be: how long that takes depends on the machine.
func limited(t *testing.T, cfg Config, where string, args ...string) (*Trace, *LimitError) {
	t.Helper()
	for {
		tr, err := attempt(t, cfg, marked(args...))
		var limit *LimitError
		if !errors.As(err, &limit) {
			t.Fatalf("error %v, want a limit's", err)
		}
		places := places(limit.Waiting)
		if where == "" || slices.Contains(places, where) {
			return tr, limit
		}
		if cfg.Limits.Time *= 2; cfg.Limits.Time == 0 || cfg.Limits.Time > patience {
			t.Fatalf("they wait at %q, want %q", places, where)
		}
	}
}

// places tells where threads wait, as "call in function", or where they compute.
func places(list []Waiting) (all []string) {
	for _, w := range list {
		place := ""
		if w.Event != nil {
			place = abi.Lookup(w.Event.Nr).Name + " in "
		}
		if w.Stack != nil {
			for _, pc := range w.Stack.PCs {
				if f := w.Stack.Space.Frames(pc)[0]; strings.HasSuffix(f.File, "life.c") {
					place += f.Func
					break
				}
			}
		}
		all = append(all, place)
	}
	return all
}

// TestCancel cancels runs: before they begin, and when the program is known to run.
func TestCancel(t *testing.T) {
	life := build(t, "life", "-static")
	why := errors.New("no longer wanted")
	for _, c := range []struct {
		name string
		when func(cancel func()) Policy
	}{
		{"before", func(cancel func()) Policy { cancel(); return nil }},
		{"during", func(cancel func()) Policy {
			return enter(func(*Supervisor, *Thread, *Event) Action { cancel(); return Proceed() })
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			cmd := marked(life, "tree")
			tr, err := Run(ctx, Config{Policy: c.when(func() { cancel(why) })}, cmd)
			if err != why {
				t.Errorf("error %v", err)
			}
			if left := marks(cmd.Env[0]); left != nil {
				t.Errorf("processes %v outlive the run", left)
			}
			sound(t, tr)
		})
	}
}

// enter is a policy that only looks at entries.
type enter func(s *Supervisor, t *Thread, e *Event) Action

func (f enter) Enter(s *Supervisor, t *Thread, e *Event) Action { return f(s, t, e) }
func (f enter) Quiet(*Supervisor) Quiet                         { return Waits }
func (f enter) Busy(*Supervisor)                                {}
