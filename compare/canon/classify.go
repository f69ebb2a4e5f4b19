package canon

import (
	"bytes"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/attrib"
	"paritykit/compare/trace"
)

// origin is who asked for a call.
func (c *maker) origin(p *Process, e *trace.Event) *attrib.Origin {
	state := attrib.State{Running: p.running, Beside: e.TID != e.PID, Spawner: p.spawner}
	if running := p.handling[e.TID]; len(running) > 0 {
		state.Handler = p.signals[running[len(running)-1]].handler
	}
	return c.origins.Asked(e.Stack, state)
}

// slept takes in that a goroutine sleeps, unless a library or the runtime does so for itself.
func (c *maker) slept(p *Process, e *trace.Event) {
	origin := c.origins.Asked(e.Stack, attrib.State{Running: true})
	if c.options.Raw || origin.Noise != "" {
		return
	}
	length := SpanOf(time.Duration(e.Args[0]))
	p.calls = append(p.calls, &pending{event: e, sig: &abi.Call{Name: abi.Sleep}, origin: origin,
		strand: c.strand(p, e), args: []Arg{{Name: "req", Value: length}}, done: true})
}

// classify says what kind of noise a call is, "" if it is an op. It is asked once, when the call
// has been entered, and the answer is kept.
func (c *maker) classify(call *pending) string {
	if c.options.Raw {
		return ""
	}
	a := call.origin
	output, writes := call.sig.Outputs()
	switch {
	case call.carries != nil:
		return call.carries.noise
	case call.caught != 0:
		return ""
	case writes && len(call.args) > 0 && call.args[output].Value.IsOutput():
		return "" // output is the program's, whoever makes the call for it
	case call.sig.Ends == abi.EndsProcess:
		// However a process ends itself, its end is the program's: also when a library
		// decides on it.
		return ""
	case call.sig.Role == abi.EndsHandler || call.sig.Role == abi.Resumes:
		return "signal return" // the kernel's and the C library's own, see sigreturn(2)
	case a.Noise != "":
		return a.Noise
	case call.sig.Role == abi.Unwrapped && a.Library != "" && a.Library != "syscall":
		// For a lock, a condition, or to wait for a thread: unless it comes out of
		// syscall(2).
		return "libc lock"
	case call.sig.Changes&abi.Mask != 0 && a.Library != "" && a.Library != "syscall" && (reserved(call.event) ||
		a.Idiom != nil && (call.keeps || full(call.event))):
		return "libc signals"
	case a.Idiom != nil && !a.Idiom.Keeps(command(call)):
		return a.Idiom.Name
	}
	return ""
}

// command is a call's name, and the command that is its second argument if that decides what it
// does.
func command(call *pending) string {
	name := call.sig.Name
	if call.sig.Multiplexed {
		if a := &call.sig.Args[1]; a.Names != nil {
			return name + " " + a.Names.Enum(a.Kind.Value(call.event.Args[1]))
		}
	}
	return name
}

// libraryOwn are the signals that the C libraries keep to themselves, the first two of the
// real-time signals. A program cannot put them into a set, see sigaddset(3); a library blocks them
// while it starts a thread, musl unblocks them when the program first handles any signal, and
// glibc's posix_spawn ignores them in the child.
const libraryOwn = 3 << (32 - 1)

// full reports whether a set has all signals that a program can put into one: what musl blocks
// while it makes a process or a thread.
func full(event *trace.Event) bool {
	const musl = 7 << (32 - 1) // it keeps three of them to itself; and two are never blocked
	const others = musl | 1<<(unix.SIGKILL-1) | 1<<(unix.SIGSTOP-1)
	m := event.Find(1, abi.In)
	return m != nil && len(m.Bytes) == 8 && word(m.Bytes)|others == ^uint64(0)
}

// reserved reports whether a set of signals has one of the libraries' own.
func reserved(event *trace.Event) bool {
	m := event.Find(1, abi.In)
	return m != nil && word(m.Bytes)&libraryOwn != 0
}

// reexecutes reports whether a child's first deed is to execute the program that it already is,
// with the same arguments: a program that can't copy itself starts itself again.
func (c *maker) reexecutes(fork *trace.Event) bool {
	child, t := c.procs[int(fork.Result)], c.trace.Process(int(fork.Result))
	if child == nil || child.start == nil || t == nil || !t.Itself || len(c.execs[child.pid]) == 0 {
		return false
	}
	first := c.execs[child.pid][0]
	argv, own := vectorOf(first), vectorOf(child.start)
	return first.Result == 0 && argv != nil && own != nil && bytes.Equal(argv.Bytes, own.Bytes)
}

// vectorOf is the argv of a call that executes a program.
func vectorOf(e *trace.Event) *trace.Memory {
	args := abi.Lookup(e.Nr).Args
	return e.Find(slices.IndexFunc(args, func(a abi.Arg) bool { return a.Kind == abi.Strings }), abi.In)
}

// startOf is the execve with which a process, or the ancestor that it's a copy of, began the
// program that it was at a moment.
func (c *maker) startOf(p *Process, moment int) *trace.Event {
	for _, e := range slices.Backward(c.execs[p.pid]) {
		if e.Entered < moment && e.Result == 0 {
			return e
		}
	}
	return p.start
}
