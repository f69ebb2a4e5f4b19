package canon

import (
	"paritykit/compare/abi"
	"paritykit/compare/attrib"
	"paritykit/compare/trace"
)

// Live follows a run while it goes on, for policies: they act on what the program asks for, and let
// its runtime alone. What it answers stands in the run's final form, too, because it is the same
// work done earlier. It belongs to one goroutine.
type Live struct{ c *maker }

// NewLive follows a trace that is still growing.
func NewLive(t *trace.Trace, o Options) *Live { return &Live{newMaker(t, o)} }

// Run is the whole run, when it is over. Live is of no use any more then.
func (l *Live) Run() *Run { return l.c.make() }

// Origin says who asked for a call that is none of the run's events.
func (l *Live) Origin(e *trace.Event) *attrib.Origin {
	return l.c.origins.Asked(e.Stack, attrib.State{Running: true})
}

// Follow takes in what has happened since the last time. What follows speaks of that.
func (l *Live) Follow() { l.c.follow() }

// Enter takes in what has happened up to a call that has just been entered, and classifies it. Who
// directs the run keeps the Call, and need not ask again.
func (l *Live) Enter(e *trace.Event) Call {
	l.c.follow()
	return l.Call(e)
}

// Call is what is known of a call that has been entered and has not returned.
func (l *Live) Call(e *trace.Event) Call {
	return Call{Event: e, c: l.c, pending: l.c.entered[e], process: l.c.procs[e.PID]}
}

// Site is the program's own line on a stack.
func (l *Live) Site(s *trace.Stack) attrib.Site { return l.c.origins.Asked(s, attrib.State{}).Site }

// Program is the program's own line on a stack; ok is false of a stack that is its library's alone.
func (l *Live) Program(s *trace.Stack) (site attrib.Site, ok bool) {
	origin := l.c.origins.Asked(s, attrib.State{})
	return origin.Site, origin.Noise == ""
}

// Name is the name of a process, "" if it has none.
func (l *Live) Name(pid int) string { return l.c.tree.names[pid] }

// Call is a call that has been entered, with what is known of it then: which call it is, who asked
// for it, and whose it is.
type Call struct {
	Event *trace.Event

	c       *maker
	pending *pending // nil of a call that has returned, or was never followed
	process *Process
}

// Entered reports whether the call is known: it has been followed and has not returned.
func (c Call) Entered() bool { return c.pending != nil }

// Sig is what package abi knows of the call.
func (c Call) Sig() *abi.Call {
	if c.pending == nil {
		return abi.Lookup(c.Event.Nr).For(&c.Event.Args)
	}
	return c.pending.sig
}

// Wanted reports whether the program asked for the call. One of which nothing is known is the
// program's: it must not disappear.
func (c Call) Wanted() bool { return c.pending == nil || c.pending.noise == "" }

// CarriesOn reports whether the kernel makes the call in order to carry on one that a signal
// interrupted. The program made one call.
func (c Call) CarriesOn() bool { return c.pending != nil && c.pending.carries != nil }

// Background reports whether a thread of Go's runtime makes the call that only watches over the
// others, and that has time limits of its own.
func (c Call) Background() bool { return c.pending != nil && c.pending.origin.Background }

// Main reports whether the thread of control makes the call that a program begins with, and not one
// that it started beside it.
func (c Call) Main() bool { return c.pending != nil && c.pending.origin.Main }

// HoldsP reports whether a Go program makes the call in such a way that no other goroutine can run
// in its stead while it waits (syscall.RawSyscall, and what makes a new process).
func (c Call) HoldsP() bool { return c.pending != nil && c.pending.origin.HoldsP }

// Strand is the number of the strand that makes the call, in the order of their creation in its
// process; 0 is the first one.
func (c Call) Strand() uint64 {
	if c.pending == nil {
		return 0
	}
	return c.pending.strand
}

// Process is the name of the process that makes the call, "" if it has none.
func (c Call) Process() string { return c.c.tree.names[c.Event.PID] }

// Random names where the random bytes come from that a call brings; "" if it brings none. Two calls
// that go on with one sequence have one name for it, which is the same in every run.
func (c Call) Random() string {
	if c.pending == nil {
		return ""
	}
	sig := c.pending.sig
	if sig.Role != abi.Random && !sig.Uses(abi.Takes) {
		return ""
	}
	name := c.Process()
	if c.pending.noise != "" {
		name += " " + c.pending.noise // how much a library wants for itself differs between sides
	}
	if sig.Role == abi.Random {
		return "getrandom " + name
	}
	if _, f, _ := c.process.named(c.pending); abi.IsRandom(c.Reads()) {
		return f.object.name + " " + name
	}
	return ""
}

// Reads is the file that a call reads from; "" if it reads from none.
func (c Call) Reads() string {
	if c.pending == nil {
		return ""
	}
	_, f, open := c.process.named(c.pending)
	if !open || f.object.kind != "file" || c.pending.sig.Args[0].Use != abi.Takes {
		return ""
	}
	return f.object.path
}

// String is the call written as an op.
func (c Call) String() string {
	if c.pending == nil {
		return abi.Lookup(c.Event.Nr).Name
	}
	return c.c.op(c.process, c.pending).String()
}
