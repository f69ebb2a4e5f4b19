package parity

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"paritykit/compare/sched"
)

// TestFail lets each call of the small programs fail once: both sides then do the same, and
// something else than without.
func TestFail(t *testing.T) {
	for _, name := range []string{"pipe1", "pipe2", "pipe3"} {
		c := load(t, name)
		c.Explores = nil
		bins := map[string]string{"c/" + name: original(t, "c/"+name), "go/" + name: original(t, "go/"+name)}
		run := func(fail ...sched.Failure) *Result {
			o := &Options{Root: root, Bin: bins, Count: 1, Timeout: time.Minute, Fail: fail}
			return o.Case(context.Background(), c)
		}
		list := run().Failures()
		if len(list) < 4 {
			t.Errorf("%s: only %d calls can fail", name, len(list))
		}
		for _, f := range list {
			r := run(f)
			seen := false
			for _, p := range r.Processes {
				for _, pair := range p.Pairs {
					seen = seen || p.Name == f.Process && pair.Sides[1] != nil && strings.HasPrefix(pair.Sides[1].Text(), f.Call+"(") &&
						strings.HasSuffix(pair.Sides[1].Text(), " = "+unix.ErrnoName(f.Errno))
				}
			}
			if !seen || r.Verdict.Exit() != 0 {
				t.Errorf("%s, %s: seen: %v; %s", name, f, seen, say(r))
			}
		}
	}
}

// TestDisturb interrupts the sleep of Go's pipe2: it goes on with what is left, and is the same as
// C's, which nobody interrupts. Without the loop around it, it is not.
func TestDisturb(t *testing.T) {
	c := load(t, "pipe2")
	c.Explores = nil
	run := func(port string) *Result {
		o := &Options{Root: root, Bin: map[string]string{"c/pipe2": original(t, "c/pipe2"), "go/pipe2": port}, Count: 1, Timeout: time.Minute, Disturb: true}
		return o.Case(context.Background(), c)
	}
	r := run(original(t, "go/pipe2"))
	if !slices.ContainsFunc(r.Rules, func(u Use) bool { return u.Name == "eintr" }) || r.Verdict != Equivalent {
		t.Error(say(r))
	}
	cut, _ := build(t, "go", mutant{"pipe2", "no loop around the sleep", []string{"{Sec: 2}\n\tfor unix.", "{Sec: 2}\n\tif unix."}})
	if r = run(cut); r.Verdict != Different {
		t.Error(say(r))
	}
}

// TestShift gives descriptors other numbers than they usually have: only a program that depends on
// the usual ones behaves otherwise. In Go the server's socket can happen to be 5, as long as its
// queue is.
func TestShift(t *testing.T) {
	swapped, _ := build(t, "go", mutant{"echo_mpserv", "listen's arguments swapped", []string{"unix.Listen(servSock, 5)", "unix.Listen(5, servSock)"}})
	run := func(port string, shift bool) *Result {
		o := &Options{Root: root, Bin: map[string]string{"go/echo_mpserv": port}, Count: 1, Timeout: time.Minute, Shift: shift}
		for _, program := range []string{"c/echo_mpserv", "c/echo_mpclient", "go/echo_mpclient"} {
			o.Bin[program] = original(t, program)
		}
		return o.Case(context.Background(), load(t, "echo-one-client"))
	}
	for _, shift := range []bool{false, true} {
		if r := run(original(t, "go/echo_mpserv"), shift); r.Verdict != Equivalent {
			t.Errorf("shifted: %v: %s", shift, say(r))
		}
	}
	usual, shifted := run(swapped, false), run(swapped, true)
	if usual.Verdict == Equivalent && shifted.Verdict == Equivalent {
		t.Errorf("listen(5, sock) is the same with both numbers of sock: %s", say(shifted))
	}
}
