package trace

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"paritykit/compare/abi"
)

// script is a policy made of two functions, each of which may be nil.
type script struct {
	enter func(s *Supervisor, t *Thread, e *Event) Action
	quiet func(s *Supervisor) Quiet
}

func (p *script) Enter(s *Supervisor, t *Thread, e *Event) Action {
	if p.enter == nil {
		return Proceed()
	}
	return p.enter(s, t, e)
}

func (p *script) Busy(*Supervisor) {}

func (p *script) Quiet(s *Supervisor) Quiet {
	if p.quiet == nil {
		return Waits
	}
	return p.quiet(s)
}

func called(e *Event, name string) bool { return abi.Lookup(e.Nr).Name == name }

// TestHold lets a policy decide a race, both ways.
func TestHold(t *testing.T) {
	life := build(t, "life", "-static")
	for _, order := range []string{"ab", "ba"} {
		var held []*Thread
		tr := traced(t, Config{Policy: &script{
			enter: func(_ *Supervisor, th *Thread, e *Event) Action {
				if !called(e, "write") {
					return Proceed()
				}
				held = append(held, th)
				return Hold()
			},
			quiet: func(s *Supervisor) Quiet {
				for i, th := range held {
					if letter := string(th.Call().Find(1, abi.In).Bytes); !th.Held() || letter == order[:1] || len(held) == 1 {
						held = slices.Delete(held, i, i+1)
						s.Release(th, Proceed())
						return Moved
					}
				}
				return Waits
			},
		}}, life, "race")
		if got := output(tr); got != order {
			t.Errorf("the program said %q, the policy wanted %q", got, order)
		}
	}
}

// TestSkip answers calls in the kernel's place.
func TestSkip(t *testing.T) {
	life := build(t, "life", "-static")
	tr := traced(t, Config{Policy: enter(func(_ *Supervisor, _ *Thread, e *Event) Action {
		if called(e, "execve") {
			return Skip(-13) // EACCES, where the kernel would say ENOENT
		}
		return Proceed()
	})}, life, "exec_missing")
	if got, want := tale(tr, "execve"), "P: execve=0 execve=EACCES exit 99"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for i, e := range every(tr, "execve") {
		if e.Skip != (i > 0) {
			t.Errorf("execve %d: Skip is %t", i, e.Skip)
		}
	}
	tr = traced(t, Config{Policy: enter(func(_ *Supervisor, _ *Thread, e *Event) Action {
		if called(e, "getppid") {
			return Skip(0)
		}
		return Proceed()
	})}, life, "busy") // it goes on as long as its parent's id is not 0
	for _, e := range every(tr, "getppid") {
		if e.Result != 0 || !e.Skip {
			t.Errorf("getppid gave %d", e.Result)
		}
	}
}

// TestQuiet checks that a policy is asked when nothing moves, and not a moment before: not while
// somebody computes, whatever his name, nor between two of his calls.
func TestQuiet(t *testing.T) {
	life := build(t, "life", "-static")
	var sleeper *Thread
	quiet, calls := 0, 0
	tr := traced(t, Config{Policy: &script{
		enter: func(_ *Supervisor, th *Thread, e *Event) Action {
			switch {
			case called(e, "nanosleep"):
				sleeper = th
				return Hold()
			case called(e, "getppid"):
				calls++
			}
			return Proceed()
		},
		quiet: func(s *Supervisor) Quiet {
			quiet++
			if calls < 1000 {
				t.Errorf("asked after %d calls of 1000, with %s", calls, whereAll(s))
				return Waits
			}
			if got := whereAll(s); got != "read, nanosleep held" {
				t.Errorf("they are at: %s", got)
			}
			s.Release(sleeper, Skip(0))
			return Moved
		},
	}}, life, "sleeper")
	if quiet != 1 {
		t.Errorf("asked %d times", quiet)
	}
	if p := tr.Processes[0]; p.Status != (Status{}) {
		t.Errorf("the program ended with %+v: %s", p.Status, tr.Programs[0].Stderr)
	}
}

// whereAll tells what all threads are doing.
func whereAll(s *Supervisor) string {
	var list []string
	for _, t := range s.Threads() {
		place := "computing"
		if e := t.Call(); e != nil {
			place = abi.Lookup(e.Nr).Name
		}
		if t.Held() {
			place += " held"
		}
		list = append(list, place)
	}
	return strings.Join(list, ", ")
}

// TestStuck ends a run in which nothing will ever happen.
func TestStuck(t *testing.T) {
	life := build(t, "life", "-static")
	cmd := marked(life, "deadlock")
	tr, err := attempt(t, Config{Policy: &script{quiet: func(s *Supervisor) Quiet {
		if len(s.Threads()) == 4 {
			return Stuck
		}
		return Waits
	}}}, cmd)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"read in deadlock", "", "vfork in deadlock", "read in deadlock"}
	if got := places(tr.Deadlock); !sameSet(got, want) {
		t.Errorf("they wait at %q, want %q", got, want)
	}
}

// TestHeldEnds ends processes that a policy holds, by SIGKILL, by exit_group and by execve in a
// sibling: none of them counts as held any more, so that the policy is asked again when only the
// program itself sleeps.
func TestHeldEnds(t *testing.T) {
	life := build(t, "life", "-static")
	var sleepers []*Thread
	tr := traced(t, Config{Policy: &script{
		enter: func(_ *Supervisor, th *Thread, e *Event) Action {
			switch {
			case called(e, "nanosleep"):
				sleepers = append(sleepers, th)
				return Hold()
			case called(e, "getppid"):
				return Skip(int64(len(sleepers)))
			}
			return Proceed()
		},
		quiet: func(s *Supervisor) Quiet {
			for _, th := range sleepers {
				if th.Held() != (th == sleepers[len(sleepers)-1]) {
					t.Errorf("thread %d of %d: held %t", th.TID, th.Proc.PID, th.Held())
				}
				s.Release(th, Skip(0)) // must not mind the dead
			}
			return Moved
		},
	}}, life, "bereft")
	if n := len(sleepers); n != 7 {
		t.Errorf("%d sleepers", n)
	}
	if got, want := tale(tr, ""), "P: exit 0\nP.1: killed by SIGKILL\nP.2: exit 3\nP.3: exit 7"; got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestInterruptSleep does what nanosleep(2) does when a handled signal comes: it writes what is
// left, and fails.
func TestInterruptSleep(t *testing.T) {
	life := build(t, "life", "-static")
	var sleeper *Thread
	tr := traced(t, Config{Policy: &script{
		enter: func(_ *Supervisor, th *Thread, e *Event) Action {
			switch {
			case called(e, "nanosleep"):
				if th.Pending() != 0 {
					t.Error("a signal waits already")
				}
				sleeper = th
				return Hold()
			case called(e, "getppid") && sleeper != nil:
				return Skip(1)
			}
			return Proceed()
		},
		quiet: func(s *Supervisor) Quiet {
			if sleeper.Pending() != 0 {
				if !sleeper.Write(binary.NativeEndian.AppendUint64(nil, 42), sleeper.Call().Args[1]) {
					t.Error("cannot write")
				}
				s.Release(sleeper, Skip(-4))
				return Moved
			}
			return Waits
		},
	}}, life, "nap")
	if got, want := tale(tr, "nanosleep SIGUSR1"), "P: nanosleep=EINTR SIGUSR1 exit 0\nP.1: exit 0"; got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestHeldForEver runs into the time limit with a thread that nobody releases.
func TestHeldForEver(t *testing.T) {
	_, err := attempt(t, Config{Limits: Limits{Time: 50 * time.Millisecond}, Policy: enter(func(_ *Supervisor, _ *Thread, e *Event) Action {
		return Hold()
	})}, marked(build(t, "life", "-static"), "tree"))
	var limit *LimitError
	if !errors.As(err, &limit) || limit.Limit != "time" {
		t.Errorf("error %v", err)
	}
}

// TestFreeze keeps a thread from the CPU and gives it back; a program can end with a frozen thread,
// and be ended.
func TestFreeze(t *testing.T) {
	life := build(t, "life", "-static")
	for _, args := range [][]string{{life, "frozen"}, {life, "frozen", "and compute"}} {
		var other *Thread
		calls, before, stage := 0, 0, 0
		policy := &script{enter: func(s *Supervisor, th *Thread, e *Event) Action {
			switch {
			case called(e, "getpgid"):
				other = th
				if calls++; stage == 2 || stage == 5 {
					t.Errorf("a call of the frozen thread in stage %d", stage)
				}
			case called(e, "getppid"):
				switch {
				case stage == 0 && calls >= 10 && s.Freeze(other):
					stage = 1
				case stage == 1 && other.Frozen():
					stage, before = 2, s.clock
				case stage == 2 && s.clock > before+100:
					before = calls
					s.Thaw(other)
					stage = 3
				case stage == 3 && calls > before+10 && s.Freeze(other):
					stage = 4
				case stage == 4 && other.Frozen():
					stage = 5
				}
				if stage < 5 {
					return Skip(0)
				}
				return Skip(1)
			}
			return Proceed()
		}}
		cfg := Config{Policy: policy, Cost: true, AllCPUs: true, Limits: Limits{Time: 20 * time.Second}}
		if len(args) == 2 {
			tr := traced(t, cfg, args...)
			if got := tr.Processes[0].Status; got != (Status{Code: 5}) {
				t.Errorf("it ended with %+v", got)
			}
		} else {
			cfg.Limits.Time = 2 * time.Second
			if _, err := attempt(t, cfg, marked(args...)); !errors.As(err, new(*LimitError)) {
				t.Errorf("error %v, want a limit's", err)
			}
		}
		if stage != 5 {
			t.Errorf("it came to stage %d", stage)
		}
	}
}
