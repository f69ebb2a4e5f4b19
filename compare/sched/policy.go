// Package sched decides what happens next in a run, whenever nothing moves by itself. The processes
// come first, one at a time (turns.go); when none of them can go on the script does what a person
// would do (script.go); and when the person can only wait, time passes (virtual.go). So the order
// of events depends on none of the things that differ between two runs: how fast the machine is,
// and what else it has to do.
//
// Only what a program asks for is steered. Its runtime's own calls go on as they come; all of them
// must be quiescent before anything else happens, which is what package trace asks Quiet for, and
// where Go's runtime needs a push for that, sysmon.go gives it.
//
// Whoever searches through the schedules of a program sets Policy.Choose: then every call waits for
// it, and what the script types can come at any moment.
package sched

import (
	"time"

	"paritykit/compare/abi"
	"paritykit/compare/attrib"
	"paritykit/compare/canon"
	"paritykit/compare/casefile"
	"paritykit/compare/explore"
	"paritykit/compare/trace"
)

// Policy is what a run does next. Its fields are set before the run, and it serves one run only.
type Policy struct {
	View   canon.Options // how calls are named
	Free   bool          // the processes move as they like
	Real   bool          // time passes as it does: a sleep takes as long as it says
	Ignore bool          // a sleep can end at any moment, as on a machine that is slow enough: whoever chooses says when
	Fail   []Failure     // calls that fail, whatever the kernel would have made of them

	// Disturb interrupts the first sleep of every thread of a Go program, as its runtime does
	// when it takes the CPU from a goroutine: by a signal that the program never sees, but for
	// the sleep's EINTR.
	Disturb bool

	// Choose says which of the calls that can be made comes next, and negative that the run is
	// of no interest any more. Nil is the default schedule.
	Choose func(ready []explore.Move) int

	live      *canon.Live // of the run at hand, since its first call
	turns     turns
	strands   strands
	time      virtualTime
	random    randoms
	outside   outside
	inspects  inspections
	sysmons   sysmons
	script    *script // nil: nobody drives the run
	fail      failures
	abandoned bool                   // Choose has said so
	endless   bool                   // it has been asked too often
	lingered  map[*trace.Thread]bool // threads that have slept for their runtime's sake
	moves     int                    // how often it was asked
	made      []*trace.Event         // the calls of programs, in the order in which they were made
}

// Script lets the policy carry out the steps of a case, whose file is called path in messages, and
// whose programs are commands by role. They run in dir, and $PORT among their arguments is port.
func (p *Policy) Script(c *casefile.Case, path string, commands []trace.Command, dir string, port int) {
	p.script = newScript(c, path, commands, dir, port)
}

// Clock is the one that its run needs, which begins as start does.
func (p *Policy) Clock(start trace.Clock) *trace.Clock {
	p.time.spin = spin{began: time.Now(), calls: map[*trace.Process]int{}, computes: map[*trace.Process]*computing{}}
	start.Read = func(s *trace.Supervisor, t *trace.Thread, e *trace.Event) time.Duration {
		return p.read(s, t, e)
	}
	return &start
}

// Live names what has happened so far; nil before the first call.
func (p *Policy) Live() *canon.Live { return p.live }

// Made are the calls of programs in the order in which they were made; nil if the processes did not
// take turns.
func (p *Policy) Made() []*trace.Event { return p.made }

// Abandoned reports whether Choose has given the run up.
func (p *Policy) Abandoned() bool { return p.abandoned }

// Endless reports whether the run was given up because it had not ended after Longest moves.
func (p *Policy) Endless() bool { return p.endless }

// Failed is the step of the script that could not be done; nil if there is none.
func (p *Policy) Failed() *Step {
	if p.script == nil {
		return nil
	}
	return p.script.failure
}

// Next is the step that was to be done next when a run was cut short, with its place and what was
// to be seen of its role; "" when nothing was left to do.
func (p *Policy) Next(t *trace.Trace) string {
	if p.script.done() {
		return ""
	}
	return p.script.at() + " was done; " + p.script.left(t, p.script.steps[p.script.next].Who)
}

// Enter holds the calls by which a program sleeps, and those that are not yet its turn.
func (p *Policy) Enter(s *trace.Supervisor, t *trace.Thread, e *trace.Event) trace.Action {
	if p.live == nil {
		p.live = canon.NewLive(s.Trace(), p.View)
		p.time.real, p.time.ignore, p.time.disturb = p.Real, p.Ignore, p.Disturb
	}
	call := p.live.Enter(e)
	p.time.saw(t, e)
	p.random.saw(t, call, &p.strands)
	if action, ok := p.inspects.begin(s, t, call); ok {
		return action
	}
	switch {
	case p.outside.forbids(s, t, e):
		return trace.Proceed()
	case p.sysmons.saw(t, call) && p.kept():
		return trace.Hold()
	case !call.Wanted():
		if !p.lingered[t] && p.lingers(t, call) {
			if p.lingered == nil {
				p.lingered = map[*trace.Thread]bool{}
			}
			p.lingered[t] = true
			return trace.Skip(0)
		}
		if p.passes(call) {
			return p.time.begin(s, t, call)
		}
		return trace.Proceed()
	case p.directed() && call.CarriesOn():
		p.turns.again(t, call)
		return p.time.begin(s, t, call)
	case p.Choose != nil && (sleeps(call) && !p.time.ignore || call.Process() == ""):
		// The end of a sleep is a move, not its beginning; and a library's helper has no turn.
		p.note(e)
		return p.time.begin(s, t, call)
	case p.Choose != nil || p.directed() && s.Live() > 1: // one that is alone need not wait: nobody else could have the turn
		p.turns.wait(t, call)
		return trace.Hold()
	}
	p.turns.moved(t, call)
	return p.begin(s, t, call)
}

// sleeps reports whether a call does nothing but let time pass.
func sleeps(call canon.Call) bool { return call.Sig().Until.Effect == abi.Sleeps }

// passes reports whether time passes for a call that the program has not asked for itself. A
// library's waits for locks, signals and messages are the program's, and so are the timers of Go's
// runtime, for which it waits where it waits for descriptors; what else the runtime does it does
// for itself. What a library waits for that the network brings must have its time.
func (p *Policy) passes(call canon.Call) bool {
	sig := call.Sig()
	if sig.Timing != abi.Timeless {
		return true
	}
	origin := p.live.Origin(call.Event)
	runtime := origin.Noise == attrib.GoRuntime
	switch sig.Waits {
	case abi.ForMemory, abi.ForSignal, abi.ForMessage:
		return !runtime
	case abi.ForReady:
		return runtime && !origin.Background
	}
	return false
}

// begin is what becomes of a call that is made now.
func (p *Policy) begin(s *trace.Supervisor, t *trace.Thread, call canon.Call) trace.Action {
	p.note(call.Event)
	if len(p.Fail) > 0 {
		if action, fails := p.fail.fails(p.Fail, call); fails {
			return action
		}
	}
	if action, ok := p.outside.begin(t, call); ok {
		return action
	}
	if p.Choose == nil {
		p.called(s, t, call.Event)
	}
	return p.time.begin(s, t, call)
}

// note counts the calls of processes that take turns. Of others nobody asks.
func (p *Policy) note(e *trace.Event) {
	if p.directed() {
		p.made = append(p.made, e)
	}
}

// kept reports whether Go's sysmon is kept from the CPU until nothing moves.
func (p *Policy) kept() bool { return p.directed() }

// Busy lets a runtime look after a program that computes.
func (p *Policy) Busy(s *trace.Supervisor) {
	p.compute(s)
	if p.kept() {
		p.sysmons.busy(s)
	}
}

// directed reports whether processes take turns.
func (p *Policy) directed() bool { return !p.Free }

// move is something that can happen next.
type move struct {
	actor   string
	process string // of which it is a strand
	patient bool   // by default after whatever else can happen
	idle    bool   // only because nothing else can
	call    func() string
	touches func() []canon.Touch
	do      func()
}

// lingers reports whether a runtime sleeps long for its own sake while the program waits for it:
// Go's race detector does so for a second before each process ends. Other processes wait for that
// end, and so nothing may happen before it; and no time need pass. One that sleeps again and again
// (a thread that a sanitizer starts) is left alone.
func (p *Policy) lingers(t *trace.Thread, call canon.Call) bool {
	const long = 100 * time.Millisecond // sysmon, and threads that wait for a lock, sleep for 10 ms at most
	if !sleeps(call) || p.Real {
		return false
	}
	until := call.Sig().Until
	d, ok := span(t, call.Event.Args[until.Arg], until.Form)
	return ok && d >= long && !call.Background()
}

// Quiet lets the next thing happen.
func (p *Policy) Quiet(s *trace.Supervisor) trace.Quiet {
	if p.live != nil {
		p.live.Follow()
	}
	if p.inspects.settle(s) || p.time.interrupt(s) || p.sysmons.wait(s, p.live, p.kept(), nobody) {
		return trace.Moved
	}
	list := p.next(s)
	if len(list) == 0 {
		return p.end(s)
	}
	chosen := 0
	if p.Choose != nil {
		if chosen = p.ask(list); chosen < 0 {
			return trace.Over
		}
	}
	list[chosen].do()
	return trace.Moved
}

// next lists what can happen now; by default it's the first.
func (p *Policy) next(s *trace.Supervisor) (list []move) {
	if p.Choose == nil {
		if ready := p.turns.ready(s); len(ready) > 0 {
			c := p.turns.byDefault(ready)
			return []move{{do: func() { p.let(s, c) }}}
		}
	} else {
		for _, c := range p.strands.first(p.turns.held()) {
			list = append(list, move{actor: p.strands.name(c.call), process: c.call.Process(),
				call:    c.call.String,
				touches: c.call.Touches,
				do:      func() { p.let(s, c) }})
		}
		// What time does at the moment that has come can happen before any of these, and after them.
		list = append(list, p.time.moves(s, p, s.Now())...)
	}
	if m, ok := p.script.move(s, p); ok && (len(list) == 0 || !m.idle) {
		list = append(list, m)
	}
	if len(list) == 0 {
		list = p.time.moves(s, p, forever)
	}
	return list
}

// let makes a call whose turn it is.
func (p *Policy) let(s *trace.Supervisor, c turn) {
	p.turns.take(c)
	if c.call.Sig().Executes() {
		p.turns.executed(s, c.thread.Proc)
	}
	s.Release(c.thread, p.begin(s, c.thread, c.call))
}

// Longest is how many moves a run may have in which every one is chosen.
const Longest = 2000

// ask lets choose choose.
func (p *Policy) ask(list []move) int {
	if p.moves++; p.moves > Longest {
		p.endless = true
		return -1
	}
	ready := make([]explore.Move, len(list))
	for i, m := range list {
		ready[i] = explore.Move{Actor: m.actor, Process: m.process, Call: m.call(), Idle: m.idle, Patient: m.patient}
		for _, t := range m.touches() {
			ready[i].Touches = append(ready[i].Touches, explore.Touch{Object: t.Thing, Write: t.Write})
		}
	}
	chosen := p.Choose(ready)
	p.abandoned = chosen < 0
	return chosen
}

// end says what it means that nothing can happen.
func (p *Policy) end(s *trace.Supervisor) trace.Quiet {
	switch {
	case p.script != nil && p.script.failure != nil:
		return trace.Over
	case !p.stuck(s):
		return trace.Waits
	case p.script.done() && p.script != nil:
		return trace.Over
	}
	if p.script.giveUp(s) {
		return trace.Over
	}
	return trace.Stuck
}
