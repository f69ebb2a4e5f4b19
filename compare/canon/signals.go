package canon

import (
	"cmp"
	"encoding/binary"
	"maps"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/attrib"
	"paritykit/compare/trace"
)

// dispositions are a process's signal handlers, as far as they matter here. A signal without an
// entry is ignored, stops the process or ends it.
type dispositions map[int]disposition

type disposition struct {
	handler uint64 // its address
	restart bool   // SA_RESTART
	asked   bool   // by the program, and not by its runtime or its library for themselves
}

// sigaction follows a successful rt_sigaction(2).
func (d dispositions) sigaction(e *trace.Event, asked bool) {
	m := e.Find(1, abi.In)
	if m == nil || len(m.Bytes) < 16 {
		return
	}
	delete(d, int(e.Args[0]))
	if handler := binary.LittleEndian.Uint64(m.Bytes); handler != abi.SIG_DFL && handler != abi.SIG_IGN {
		d[int(e.Args[0])] = disposition{handler, binary.LittleEndian.Uint64(m.Bytes[8:])&abi.SA_RESTART != 0, asked}
	}
}

// ignores follows which signals a process ignores: after execve(2) it still does.
func (p *Process) ignores(e *trace.Event) {
	m := e.Find(1, abi.In)
	if m == nil || len(m.Bytes) < 8 || e.Args[0] < 1 || e.Args[0] > 64 {
		return
	}
	bit := uint64(1) << (e.Args[0] - 1)
	if p.ignored &^= bit; word(m.Bytes[:8]) == abi.SIG_IGN {
		p.ignored |= bit
	}
}

// blocks follows which signals a thread blocks.
func (p *Process) blocks(call *pending) {
	e := call.event
	m := e.Find(1, abi.In)
	if m == nil {
		return
	}
	if reserved(e) || call.origin.Idiom != nil && full(e) {
		return // the library's, for a moment: it sets the old mask again
	}
	set, was := word(m.Bytes), p.blocked[e.TID]
	switch e.Args[0] {
	case unix.SIG_BLOCK:
		was |= set
	case unix.SIG_UNBLOCK:
		was &^= set
	case unix.SIG_SETMASK:
		was = set
	}
	const never = 1<<(unix.SIGKILL-1) | 1<<(unix.SIGSTOP-1)
	p.blocked[e.TID] = was &^ never
}

// keepsMask reports whether a call sets the mask that its thread has: a library does so when it has
// blocked all signals for a moment.
func (p *Process) keepsMask(e *trace.Event) bool {
	m := e.Find(1, abi.In)
	return m != nil && e.Args[0] == unix.SIG_SETMASK && word(m.Bytes)&^libraryOwn == p.blocked[e.TID]&^libraryOwn
}

func (d dispositions) clone() dispositions { return maps.Clone(d) }

// caught are the signals that a Go program catches, bit n-1 for signal n. Its runtime has handlers
// for all signals from the start, and signal.Notify makes no call of its own: it only tells the
// runtime. But the runtime keeps a thread that blocks what isn't wanted (runtime.ensureSigM), and
// sets that thread's mask each time. Which signal it was, package trace has read from the runtime's
// memory. Without debug information it hasn't; then the mask itself must do, which doesn't show
// those that this thread never blocks: SIGCHLD, and those that end a program (SIGINT, SIGTERM).
type caught struct {
	begun   bool
	blocked uint64 // what the thread blocks
	wanted  uint64
}

// wanted is the runtime's own list of what the program wants.
func wanted(e *trace.Event) (set uint64, known bool) {
	list := e.Part(trace.Wanted)
	for n := range 64 {
		if at := (n + 1) / 8; at < len(list) && list[at]>>((n+1)%8)&1 != 0 {
			set |= 1 << n
		}
	}
	return set, list != nil
}

// follow looks at a change of that thread's mask. The first one is the thread's start.
func (c *caught) follow(call *pending) {
	m := call.event.Find(1, abi.In)
	if call.sig.Changes&abi.Mask == 0 || call.event.Args[0] != unix.SIG_SETMASK || m == nil || len(m.Bytes) < 8 {
		return
	}
	mask := word(m.Bytes)
	c.wanted &^= mask // no longer, see signal.Stop
	if list, known := wanted(call.event); known {
		call.caught = list &^ c.wanted &^ (mask &^ c.blocked)
	} else if c.begun {
		call.caught = c.blocked &^ mask
	}
	c.begun, c.blocked, c.wanted = true, mask, c.wanted|call.caught
}

// notify is the op of a call that began to catch signals.
func notify(call *pending, o *Op) *Op {
	o.Call, o.Args = "notify", nil
	for n := range 64 {
		if call.caught>>n&1 != 0 {
			o.Args = append(o.Args, Arg{Name: "signum", Value: SignalOf(unix.Signal(n + 1))})
		}
	}
	return o
}

// handler is a process's handler for a signal. That of Go's runtime need not have been seen to be
// installed, see trace.Config.NoRuntime.
func (p *Process) handler(sig int) (d disposition, ok bool) {
	if d, ok = p.signals[sig]; !ok && p.golang {
		return disposition{restart: true}, true
	}
	return d, ok
}

// handles reports whether the program itself has a handler for a signal.
func (p *Process) handles(e *trace.Event) bool {
	d, ok := p.handler(e.Signo)
	set, known := wanted(e)
	if !known {
		set = p.caught.wanted
	}
	return ok && (d.asked || set>>(e.Signo-1)&1 != 0)
}

// sender is who sent a signal.
func (c *maker) sender(e *trace.Event) Value {
	name := c.tree.names[e.Sender]
	switch {
	case e.Sender == 0:
		return c.word("kernel")
	case name == "":
		return c.word("outside")
	}
	return Value{kind: ProcessID, data: c.shared(name)}
}

// delivered notes that a signal came, and what that means for the call that it interrupted, if it
// did: see signal(7).
func (c *maker) delivered(p *Process, e *trace.Event) {
	name := abi.SignalName(e.Signo)
	if !c.options.Raw && p.handles(e) {
		p.calls = append(p.calls, &pending{event: e, sig: &abi.Call{Name: name}, origin: &attrib.Origin{Site: attrib.Site{Nobody: true}, Handler: true},
			args: []Arg{{Name: "from", Value: c.sender(e), Out: true}}, done: true})
	} else {
		p.noise("signal", name)
	}
	if _, handled := p.signals[e.Signo]; handled {
		p.handling[e.TID] = append(p.handling[e.TID], e.Signo)
	}
	call := p.latest[e.TID]
	if call == nil || !call.done || !call.event.Restarts() {
		return
	}
	if d, handled := p.handler(e.Signo); handled {
		switch unix.Errno(-call.event.Result) {
		case abi.ERESTARTSYS:
			call.failed = call.failed || !d.restart
		case abi.ERESTARTNOHAND, abi.ERESTART_RESTARTBLOCK:
			call.failed = true
		}
	}
}

// rejoin makes one call of those that the kernel entered twice: the program made one, at the first
// entry, and saw one result, the last.
func rejoin(p *Process) {
	for _, call := range p.calls {
		if call.carries != nil {
			continue // part of an earlier one
		}
		for at := call; call.done && call.event.Restarts(); {
			whole := *call.event
			if call.failed {
				whole.Result = -int64(unix.EINTR)
				call.event, call.result = &whole, Failed(unix.EINTR)
				break
			}
			if at = at.next; at == nil { // the signal ended the process: it never saw a result
				call.last = cmp.Or(call.last, call.event)
				whole.Result, whole.Left = trace.NotReturned, 0
				call.event, call.result, call.done = &whole, Only(Unanswered), false
				break
			}
			call.last = at.event
			whole.Result, whole.Left = at.event.Result, at.event.Left
			if at.sig.Role != abi.Resumes { // which has no arguments of its own to capture
				whole.Memory, call.args = at.event.Memory, at.args
			}
			call.event, call.result, call.done, call.failed = &whole, at.result, at.done, at.failed
		}
	}
}

// carriesOn finds out, when a call is entered, whether the kernel carries on an interrupted one by
// it: by the next equal call of the thread, or by restart_syscall(2). Between the two there is at
// most a handler, whose calls may be interrupted themselves: so what waits to be carried on is a
// stack.
func (p *Process) carriesOn(call *pending) {
	tid := call.event.TID
	if last := p.latest[tid]; last != nil && last.done && !last.failed && last.event.Restarts() {
		p.broken[tid] = append(p.broken[tid], last)
	}
	stack := p.broken[tid]
	if len(stack) == 0 {
		return
	}
	if top := stack[len(stack)-1]; equalCalls(call, cmp.Or(top.carries, top)) {
		call.carries, top.next = cmp.Or(top.carries, top), call
		p.broken[tid] = stack[:len(stack)-1]
	}
}

// equalCalls reports whether the kernel may have made a call to carry on an earlier one.
func equalCalls(call, earlier *pending) bool {
	a, b := call.event, earlier.event
	return call.sig.Role == abi.Resumes || a.Nr == b.Nr && a.Args == b.Args && a.Stack == b.Stack
}
