package parity

import (
	"fmt"
	"os"
	"strings"
	"time"

	"paritykit/compare/abi"
	"paritykit/compare/canon"
	"paritykit/compare/explore"
	"paritykit/compare/trace"
)

// direction is the policy of a run: it decides what happens next whenever nothing moves by itself. The processes come first, one
// at a time (turns.go); when none of them can go on the script does what a person would do (script.go); and when the person
// can only wait, time passes (virtual.go). So the order of events depends on none of the things that differ between two
// runs: how fast the machine is, and what else it has to do.
//
// Only what a program asks for is directed. Its runtime's own calls go on as they come; all of them must have settled before
// anything else happens, which is what trace asks Quiet for.
//
// Whoever searches through the schedules of a program (explore.go) sets choose: then every call waits for it, and what the script
// types can come at any moment.
type direction struct {
	view   canon.Options
	live   *canon.Live // of the run at hand, since its first call
	turns  turns
	time   virtualTime
	calm   calm
	script *script // nil: nobody drives the run
	fail   failures

	free      bool                           // no turns
	choose    func(ready []explore.Move) int // nil: the default; negative: the run is of no interest any more
	abandoned bool                           // choose has said so
	endless   bool                           // it has been asked too often
	moves     int                            // how often it was asked
	made      []*trace.Event                 // the calls of programs, in the order in which they were made
	quick     bool                           // do not look at what runtimes do for themselves
}

// Enter holds the calls by which a program sleeps, and those that are not yet its turn.
func (d *direction) Enter(s *trace.Supervisor, t *trace.Thread, e *trace.Event) trace.Action {
	if d.live == nil {
		d.live = canon.NewLive(s.Trace(), d.view)
	}
	d.calm.saw(d.live, t, e, d.script != nil)
	d.time.saw(t, e)
	switch {
	case !d.live.Wanted(e):
		if d.lingers(e) {
			return trace.Skip(0)
		}
		return trace.Proceed()
	case d.directed() && d.turns.again(t, e):
		return d.time.begin(t, e)
	case d.time.falls(t, e):
		d.note(e)
		return trace.Hold()
	case d.choose != nil || d.directed() && s.Live() > 1: // one that is alone need not wait: nobody else could have the turn
		d.turns.wait(d.live, t, e)
		return trace.Hold()
	}
	return d.begin(t, e)
}

// begin is what becomes of a call that is made now.
func (d *direction) begin(t *trace.Thread, e *trace.Event) trace.Action {
	d.note(e)
	if len(d.fail.list) > 0 {
		d.live.Follow()
		if action, fails := d.fail.fails(d.live.Name(t.Proc.PID), e); fails {
			return action
		}
	}
	return d.time.begin(t, e)
}

// note counts the calls of processes that take turns. Of others nobody asks.
func (d *direction) note(e *trace.Event) {
	if d.directed() {
		d.made = append(d.made, e)
	}
}

// directed says whether processes take turns.
func (d *direction) directed() bool { return !d.free }

// move is something that can happen next.
type move struct {
	actor   string
	patient bool // by default after whatever else can happen
	idle    bool // only because nothing else can
	call    func() string
	touches func() []canon.Touch
	beside  func() []canon.Touch // what calls touch in which its other threads wait; nil: nothing
	do      func()
}

// lingers says whether a runtime sleeps long for its own sake while the program waits for it: Go's race detector does so for a second
// before each process ends. Other processes wait for that end, and so nothing may happen before it; and no time need pass.
func (d *direction) lingers(e *trace.Event) bool {
	const long = 100 * time.Millisecond // sysmon, and threads that wait for a lock, sleep for 10 ms at most
	span, _, ok := sleeps(e)
	return ok && span >= long && !d.live.Background(e)
}

// Quiet lets the next thing happen.
func (d *direction) Quiet(s *trace.Supervisor) trace.Quiet {
	if d.live != nil {
		d.live.Follow()
	}
	if d.time.interrupt(s) || d.calm.wait(s) {
		return trace.Moved
	}
	list := d.next(s)
	if len(list) == 0 {
		return d.end(s)
	}
	chosen := 0
	if d.choose != nil {
		if chosen = d.ask(list); chosen < 0 {
			return trace.Over
		}
	}
	d.calm.move()
	list[chosen].do()
	return trace.Moved
}

// next lists what can happen now; by default it's the first.
func (d *direction) next(s *trace.Supervisor) (list []move) {
	ready := d.turns.ready(s)
	if d.choose == nil && len(ready) > 0 {
		c := d.turns.byDefault(ready)
		return []move{{do: func() { d.let(s, c) }}}
	}
	for _, c := range ready {
		list = append(list, move{actor: d.live.Name(c.thread.Proc.PID),
			call:    func() string { return d.live.Call(c.event) },
			touches: func() []canon.Touch { return d.live.Touches(c.event) },
			beside:  func() []canon.Touch { return d.beside(c) },
			do:      func() { d.let(s, c) }})
	}
	if m, ok := d.script.move(s, d); ok && (len(list) == 0 || !m.idle) {
		list = append(list, m)
	}
	if len(list) == 0 {
		list = d.time.moves(s, d.live)
	}
	return list
}

// beside is what calls touch that other threads of a process were let make, and in which they still wait.
func (d *direction) beside(c turn) (list []canon.Touch) {
	for t, e := range d.turns.granted {
		if t != c.thread && t.Proc == c.thread.Proc && t.Call() == e {
			list = append(list, d.live.Touches(e)...)
		}
	}
	return list
}

// let makes a call whose turn it is.
func (d *direction) let(s *trace.Supervisor, c turn) {
	d.turns.take(c)
	s.Release(c.thread, d.begin(c.thread, c.event))
}

// longest is how many moves a run may have in which every one is chosen.
const longest = 2000

// ask lets choose choose.
func (d *direction) ask(list []move) int {
	if d.moves++; d.moves > longest {
		d.endless = true
		return -1
	}
	ready := make([]explore.Move, len(list))
	for i, m := range list {
		ready[i] = explore.Move{Actor: m.actor, Call: m.call(), Idle: m.idle, Patient: m.patient}
		for _, t := range m.touches() {
			ready[i].Touches = append(ready[i].Touches, explore.Touch(t))
		}
		if m.beside != nil {
			for _, t := range m.beside() {
				ready[i].Beside = append(ready[i].Beside, explore.Touch(t))
			}
		}
	}
	chosen := d.choose(ready)
	d.abandoned = chosen < 0
	return chosen
}

// end says what it means that nothing can happen.
func (d *direction) end(s *trace.Supervisor) trace.Quiet {
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
		e := t.Call()
		if e != nil && d.live.Background(e) || d.calm.watches(t) || t.Parked() && d.script != nil { // nobody will continue it
			continue
		}
		if e == nil {
			nr, args, ok := t.Unseen()
			if !ok {
				return false
			}
			e = &trace.Event{Nr: nr, Args: args}
		}
		if !d.forever(e) {
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
