package canon

import (
	"paritykit/compare/abi"
	"paritykit/compare/attrib"
	"paritykit/compare/trace"
)

// Live answers during a run what Make answers after it, for policies: they act on what the program
// asks for, and let its runtime alone. It belongs to one goroutine.
type Live struct{ c *maker }

// NewLive follows a trace that is still growing.
func NewLive(t *trace.Trace, o Options) *Live { return &Live{newMaker(t, o)} }

// Run is the whole run, when it is over. Live is of no use any more then.
func (l *Live) Run() *Run { return l.c.make() }

// Wanted reports whether the program asked for a call.
func (l *Live) Wanted(e *trace.Event) bool {
	call := &pending{event: e, sig: abi.Lookup(e.Nr).For(&e.Args), origin: l.c.classify(l.c.procs[e.PID], e)}
	return l.c.fold(call) == ""
}

// Background reports whether a call was made by a thread of Go's runtime that only watches over the
// others, and that has time limits of its own.
func (l *Live) Background(e *trace.Event) bool { return l.c.origins.Asked(e.Stack).Background }

// Site is where a call was made, or would have been: the program's own line on a stack.
func (l *Live) Site(s *trace.Stack) attrib.Site { return l.c.origins.Asked(s).Site }

// Main reports whether a call is made by the thread of control that a program begins with, and not
// by one that it started beside it.
func (l *Live) Main(e *trace.Event) bool { return l.c.origins.Asked(e.Stack).Main }

// Keeps reports whether a Go program makes a call in such a way that no other goroutine can run in
// its stead while it waits (syscall.RawSyscall, and what makes a new process).
func (l *Live) Keeps(e *trace.Event) bool { return l.c.origins.Asked(e.Stack).HoldsP }

// Follow takes in what has happened since the last time. What follows speaks of that.
func (l *Live) Follow() { l.c.follow() }

// Name is the name of a process, "" if it has none.
func (l *Live) Name(pid int) string { return l.c.family.names[pid] }

// Call is a call that has not returned, written as an op.
func (l *Live) Call(e *trace.Event) string {
	if p, call := l.c.waiting(e); call != nil {
		return l.c.op(p, call).String()
	}
	return abi.Lookup(e.Nr).Name
}

// waiting finds a call that has been entered and has not returned, and who is in it.
func (c *maker) waiting(e *trace.Event) (*Process, *pending) {
	return c.procs[e.PID], c.entered[e]
}
