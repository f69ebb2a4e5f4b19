package parity

import (
	"fmt"
	"os"
	"strings"
	"time"

	"paritykit/compare/abi"
	"paritykit/compare/canon"
	"paritykit/compare/trace"
)

// direction is the policy of a run: it decides what happens next whenever nothing moves by itself. The processes come first, one
// at a time (turns.go); when none of them can go on the script does what a person would do (script.go); and when the person
// can only wait, time passes (virtual.go). So the order of events depends on none of the things that differ between two
// runs: how fast the machine is, and what else it has to do.
//
// Only what a program asks for is directed. Its runtime's own calls go on as they come; all of them must have settled before
// anything else happens, which is what trace asks Quiet for.
type direction struct {
	who    canon.Who
	turns  turns
	time   virtualTime
	script *script // nil: nobody drives the run, and processes take no turns
}

// Enter holds the calls by which a program sleeps, and those that are not yet its turn.
func (d *direction) Enter(s *trace.Supervisor, t *trace.Thread, e *trace.Event) trace.Action {
	d.time.saw(e)
	switch {
	case !d.who.Wanted(e):
		if d.lingers(e) {
			return trace.Skip(0)
		}
		return trace.Proceed()
	case d.time.falls(t, e):
		return trace.Hold()
	case d.script != nil && d.turns.waits(s, t):
		return trace.Hold()
	}
	return trace.Proceed()
}

// lingers says whether a runtime sleeps long for its own sake while the program waits for it: Go's race detector does so for a second
// before each process ends. Other processes wait for that end, and so nothing may happen before it; and no time need pass.
func (d *direction) lingers(e *trace.Event) bool {
	const long = 100 * time.Millisecond // sysmon, and threads that wait for a lock, sleep for 10 ms at most
	span, _, ok := sleeps(e)
	return ok && span >= long && !d.who.Background(e)
}

// Quiet lets the next thing happen.
func (d *direction) Quiet(s *trace.Supervisor) trace.Quiet {
	if d.time.interrupt(s) || d.turns.next(s) || d.script.act(s) || d.time.pass(s) {
		return trace.Moved
	}
	switch {
	case d.script != nil && d.script.failure != nil:
		return trace.Over
	case !d.stuck(s):
		return trace.Waits
	case d.script.done() && d.script != nil:
		return trace.Over
	}
	if d.script.giveUp(s) {
		return trace.Over
	}
	return trace.Stuck
}

// stuck says whether all threads wait in calls that no time ends.
func (d *direction) stuck(s *trace.Supervisor) bool {
	if d.time.timers {
		return false
	}
	for _, t := range s.Threads() {
		if e := t.Call(); e == nil || !d.who.Background(e) && !d.forever(e) {
			return false
		}
	}
	return true
}

// forever says whether a call that blocks can end only by what another process of the run does, or the script. Calls that time,
// hardware or a process outside can end (a poll with a time limit, a read from a timer, a lock on a file) are not among them, nor
// is any that's not known here: a run that waits for such a thing is no deadlock. The sockets of a scripted run lead nowhere
// but to its own programs; of other runs who knows.
func (d *direction) forever(e *trace.Event) bool {
	switch abi.Lookup(e.Nr).Name {
	case "wait4", "waitid", "pause", "rt_sigsuspend", "clone", "clone3", "vfork":
		return true
	case "futex":
		return e.Args[3] == 0 // no time limit
	case "poll":
		return d.script != nil && int32(e.Args[2]) == -1
	case "accept", "accept4", "recvfrom", "sendto", "recvmsg", "sendmsg":
		return d.script != nil
	case "read", "readv", "write", "writev":
		// Only the programs of the run have its pipes: what stands at their other ends is read, or has been closed, by us.
		to, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", e.PID, int32(e.Args[0])))
		return strings.HasPrefix(to, "pipe:") || d.script != nil && strings.HasPrefix(to, "socket:")
	}
	return false
}
