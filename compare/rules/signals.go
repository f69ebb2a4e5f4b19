package rules

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"paritykit/compare/attrib"
	"paritykit/compare/canon"
)

// Rules about signals.

var eintr = &Rule{
	Name: "eintr",
	Why: "a call that a signal interrupted and that the program repeats at once is one call, which stands where it was first " +
		"made, before what the handler did; Go's runtime installs its handlers with SA_RESTART, so the kernel repeats the call " +
		"instead (signal(7)), except for sleeps, which continue with the time that is left",
	Merge: func(op, next *canon.Op) *canon.Op {
		if op.Result.Errno() != unix.EINTR || !again(op, next) {
			return nil
		}
		// With the result of the last, and the request of the first: what is left of a sleep is
		// part of it.
		one := *next
		one.Args = slices.Clone(next.Args)
		for i, a := range one.Args {
			if k := slices.IndexFunc(op.Args, func(b canon.Arg) bool { return b.Name == a.Name }); k >= 0 &&
				!a.Out {
				one.Args[i] = op.Args[k]
			}
		}
		return &one
	},
	Alike: []Example{
		{C: []*canon.Op{failed(ex("accept", "sockfd", obj("sock1")), unix.EINTR),
			ex("accept", "sockfd", obj("sock1"))}, Go: []*canon.Op{ex("accept", "sockfd", obj("sock1"))}},
		{C: []*canon.Op{ex("nanosleep", "req", span(3*time.Second), "rem", address)},
			Go: []*canon.Op{failed(ex("nanosleep", "req", span(3*time.Second), "rem", address), unix.EINTR),
				ex("nanosleep", "req", span(1*time.Second), "rem", address)}},
		{C: []*canon.Op{failed(ex("accept", "sockfd", obj("sock1")), unix.EINTR),
			handler(ex("SIGCHLD", "from", process("P.1"))), handler(ex("wait4", "pid", num(-1))),
			ex("accept", "sockfd", obj("sock1"))},
			Go: []*canon.Op{ex("accept", "sockfd", obj("sock1")),
				handler(ex("SIGCHLD", "from", process("P.1"))), ex("wait4", "pid", num(-1))}},
		{C: []*canon.Op{failed(ex("accept", "sockfd", obj("sock1")), unix.EINTR),
			handler(ex("SIGCHLD", "from", process("P.1"))),
			failed(ex("accept", "sockfd", obj("sock1")), unix.EINTR),
			handler(ex("SIGCHLD", "from", process("P.2"))),
			gives(ex("accept", "sockfd", obj("sock1")), unanswered)},
			Go: []*canon.Op{gives(ex("accept", "sockfd", obj("sock1")), unanswered),
				handler(ex("SIGCHLD", "from", process("P.1"))),
				handler(ex("SIGCHLD", "from", process("P.2")))}},
	},
	Unlike: []Example{
		// given up
		{C: []*canon.Op{failed(ex("read", "fd", obj("pipe1.r")), unix.EINTR)},
			Go: []*canon.Op{ex("read", "fd", obj("pipe1.r"))}},
		{C: []*canon.Op{failed(ex("read", "fd", obj("pipe1.r")), unix.EINTR),
			ex("close", "fd", obj("pipe1.r")), ex("read", "fd", obj("pipe1.r"))},
			// not at once
			Go: []*canon.Op{ex("close", "fd", obj("pipe1.r")), ex("read", "fd", obj("pipe1.r"))}},
		{C: []*canon.Op{failed(ex("read", "fd", obj("pipe1.r")), unix.EINTR),
			ex("read", "fd", obj("pipe2.r"))},
			Go: []*canon.Op{ex("read", "fd", obj("pipe2.r"))}}, // something else
		{C: []*canon.Op{failed(ex("read", "fd", obj("pipe1.r")), unix.EAGAIN),
			ex("read", "fd", obj("pipe1.r"))},
			Go: []*canon.Op{ex("read", "fd", obj("pipe1.r"))}}, // no signal
		// two signals
		{C: []*canon.Op{failed(ex("pause"), unix.EINTR), failed(ex("pause"), unix.EINTR)},
			Go: []*canon.Op{failed(ex("pause"), unix.EINTR)}},
		{C: []*canon.Op{failed(ex("nanosleep", "req", span(5*time.Second), "rem", null), unix.EINTR),
			ex("nanosleep", "req", span(2*time.Second), "rem", null)},
			// another sleep: it was not told what is left
			Go: []*canon.Op{ex("nanosleep", "req", span(5*time.Second), "rem", null)}},
		{C: []*canon.Op{failed(ex("nanosleep", "req", span(5*time.Second), "rem", address), unix.EINTR),
			ex("nanosleep", "req", span(3600*time.Second), "rem", null)},
			// longer than what can be left
			Go: []*canon.Op{ex("nanosleep", "req", span(5*time.Second), "rem", null)}},
		{C: []*canon.Op{failed(ex("accept", "sockfd", obj("sock1")), unix.EINTR),
			handler(ex("SIGCHLD", "from", process("P.1"))), ex("wait4", "pid", num(-1)),
			ex("accept", "sockfd", obj("sock1"))},
			// not the handler waits
			Go: []*canon.Op{ex("accept", "sockfd", obj("sock1")),
				handler(ex("SIGCHLD", "from", process("P.1"))), ex("wait4", "pid", num(-1))}},
		{C: []*canon.Op{failed(ex("accept", "sockfd", obj("sock1")), unix.EINTR),
			handler(ex("SIGCHLD", "from", process("P.1"))), ex("accept", "sockfd", obj("sock2"))},
			// something else
			Go: []*canon.Op{ex("accept", "sockfd", obj("sock2")),
				handler(ex("SIGCHLD", "from", process("P.1")))}},
		{C: []*canon.Op{failed(ex("accept", "sockfd", obj("sock1")), unix.EINTR),
			handler(ex("SIGCHLD", "from", process("P.1"))), ex("accept", "sockfd", obj("sock1"))},
			// called only afterwards
			Go: []*canon.Op{handler(ex("SIGCHLD", "from", process("P.1"))),
				ex("accept", "sockfd", obj("sock1"))}},
	},
}

var poll = &Rule{
	Name: "poll",
	Why: "Go makes a call on a descriptor that does not block; where it would have to wait, its runtime waits until the descriptor is " +
		"ready, and it makes the call again (package internal/poll): together they are one call that waits, as that of a C program " +
		"does, and whether it had to wait is a matter of who came first",
	Merge: func(op, next *canon.Op) *canon.Op {
		// If the second one would have to wait, too, or stands elsewhere, the first one's deadline
		// came, and the program has asked again.
		if op.Result.Errno() != unix.EAGAIN || next.Result.Errno() == unix.EAGAIN || !polls(op) || !polls(next) ||
			op.Site != next.Site || !again(op, next) {
			return nil
		}
		return next
	},
	Alike: []Example{
		{C: []*canon.Op{ex("read", "fd", obj("pipe1.r"), "buf", text("hi"), "count", num(512))},
			Go: []*canon.Op{idiom("poll", failed(ex("read", "fd", obj("pipe1.r"), "count", num(512)), unix.EAGAIN)),
				idiom("poll", ex("read", "fd", obj("pipe1.r"), "buf", text("hi"), "count", num(512)))}},
	},
	Unlike: []Example{
		// the program's own
		{C: []*canon.Op{ex("read", "fd", obj("pipe1.r"), "buf", text("hi"), "count", num(512))},
			Go: []*canon.Op{failed(ex("read", "fd", obj("pipe1.r"), "count", num(512)), unix.EAGAIN),
				ex("read", "fd", obj("pipe1.r"), "buf", text("hi"), "count", num(512))}},
		// the deadline came, and the program has asked again
		{C: []*canon.Op{ex("read", "fd", obj("pipe1.r"), "buf", text("hi"), "count", num(512))},
			Go: []*canon.Op{idiom("poll", failed(ex("read", "fd", obj("pipe1.r"), "count", num(512)), unix.EAGAIN)),
				idiom("poll", failed(ex("read", "fd", obj("pipe1.r"), "count", num(512)), unix.EAGAIN)),
				idiom("poll", ex("read", "fd", obj("pipe1.r"), "buf", text("hi"), "count", num(512)))}},
		// the deadline came
		{C: []*canon.Op{ex("getpid")},
			Go: []*canon.Op{idiom("poll", failed(ex("read", "fd", obj("pipe1.r"), "count", num(512)), unix.EAGAIN)), ex("getpid")}},
		// something else
		{C: []*canon.Op{ex("read", "fd", obj("pipe2.r"), "buf", text("hi"), "count", num(512))},
			Go: []*canon.Op{idiom("poll", failed(ex("read", "fd", obj("pipe1.r"), "count", num(512)), unix.EAGAIN)),
				idiom("poll", ex("read", "fd", obj("pipe2.r"), "buf", text("hi"), "count", num(512)))}},
	},
}

// polls reports whether Go makes a call on a descriptor for which it waits in its runtime.
func polls(op *canon.Op) bool { return op.Idiom != nil && op.Idiom.Name == attrib.Polling.Name }

// again reports whether a process repeats an interrupted call. A sleep goes on with what the
// interrupted one has left, which it was told and which is no more than that was to last. What
// always ends by a signal (pause) is not repeated: it is done.
func again(op, next *canon.Op) bool {
	if op.Call != next.Call || op.Call == "pause" || op.Call == "rt_sigsuspend" {
		return false
	}
	goesOn := op.Call == "nanosleep" && !isNull(op.Arg("rem"))
	for _, a := range op.Args {
		switch {
		case a.Out || op.Call == "nanosleep" && a.Name == "rem":
		case next.Arg(a.Name).Is(canon.Nothing): // a length that is seen in the data
		case goesOn && a.Name == "req":
			first, ok := a.Value.Duration()
			left, known := next.Arg("req").Duration()
			if !ok || !known || left > first {
				return false
			}
		case !next.Arg(a.Name).Equal(a.Value):
			return false
		}
	}
	return true
}

var signal = &Rule{
	Name: "signal",
	Why: "signal(2) is sigaction(2) with a mask that contains the signal itself, which is blocked in its handler anyway (without " +
		"SA_NODEFER); it also returns the previous handler, which a program knows; for an ignored signal flags and mask mean " +
		"nothing, and signal.Ignore ignores a signal in the same way",
	Rewrite: func(op *canon.Op) *canon.Op {
		act := op.Arg("act")
		if op.Call != "rt_sigaction" || !act.Is(canon.Struct) || !succeeded(op) {
			return op
		}
		flags, mask := act.Field("sa_flags"), act.Field("sa_mask")
		switch n, _ := op.Arg("signum").Number(); {
		case act.Field("sa_handler").Equal(ignored):
			act = act.SetField("sa_flags", flags.With(0)).SetField("sa_mask", canon.SignalSet(0))
		case !flags.Has(saNodefer) && mask.Equal(canon.SignalSet(1<<(n-1))):
			act = act.SetField("sa_mask", canon.SignalSet(0))
		}
		if act.Equal(op.Arg("act")) && isNull(op.Arg("oldact")) {
			return op
		}
		return with(op, op.Call, canon.Arg{Name: "signum", Value: op.Arg("signum")},
			canon.Arg{Name: "act", Value: act},
			canon.Arg{Name: "oldact", Value: canon.Only(canon.Null), Out: true},
			canon.Arg{Name: "sigsetsize", Value: op.Arg("sigsetsize")})
	},
	Alike: []Example{
		one(signal2(unix.SIGINT, handled, saRestart), sigaction(unix.SIGINT, handled, saRestart, mask())),
		one(signal2(unix.SIGPIPE, ignored, saRestart),
			sigaction(unix.SIGPIPE, ignored, saOnstack|saRestart|saSiginfo, canon.SignalSet(^uint64(0)))),
		one(signal2(unix.SIGCHLD, handled, saRestart), ex("notify", "signum", sig(unix.SIGCHLD))),
	},
	Unlike: []Example{
		one(sigaction(unix.SIGINT, ignored, 0, mask()), sigaction(unix.SIGINT, byDefault, 0, mask())),
		one(sigaction(unix.SIGINT, ignored, 0, mask()), sigaction(unix.SIGTERM, ignored, 0, mask())),
		one(sigaction(unix.SIGINT, ignored, 0, mask()), sigaction(unix.SIGINT, handled, 0, mask())),
		one(sigaction(unix.SIGKILL, ignored, 0, mask()),
			failed(sigaction(unix.SIGKILL, ignored, 0, mask()), unix.EINVAL)),
		// without zombies
		one(sigaction(unix.SIGCHLD, byDefault, saNocldwait, mask()),
			sigaction(unix.SIGCHLD, byDefault, 0, mask())),
		one(sigaction(unix.SIGINT, handled, saNodefer, mask(unix.SIGINT)),
			sigaction(unix.SIGINT, handled, saNodefer, mask())),
		one(sigaction(unix.SIGINT, handled, 0, mask(unix.SIGTERM)),
			sigaction(unix.SIGINT, handled, 0, mask())),
		// calls are interrupted
		one(signal2(unix.SIGINT, handled, saRestart), sigaction(unix.SIGINT, handled, 0, mask())),
		one(ex("rt_sigaction", "signum", sig(unix.SIGINT), "act", null, "oldact",
			disposition(byDefault, 0, mask()), "sigsetsize", num(8)),
			ex("rt_sigaction", "signum", sig(unix.SIGINT), "act", null, "oldact",
				disposition(ignored, 0, mask()), "sigsetsize", num(8))),
	},
}

// What sa_flags has for a handler, see sigaction(2).
const saSiginfo, saOnstack, saRestart, saNodefer, saNocldstop, saNocldwait, saResethand = 4,
	0x08000000, 0x10000000, 0x40000000, 1, 2, 0x80000000

// What a signal may be given to.
var ignored, byDefault, handled = canon.WordOf(canon.Ignored), canon.WordOf(canon.Default),
	canon.WordOf(canon.Handler)

// disposition is an example's structure for rt_sigaction.
func disposition(handler canon.Value, flags uint64, mask canon.Value) canon.Value {
	return canon.StructOf(canon.Arg{Name: "sa_handler", Value: handler},
		canon.Arg{Name: "sa_flags", Value: bits(flags)},
		canon.Arg{Name: "sa_mask", Value: mask})
}

// signal2 is an example's rt_sigaction as signal(2) makes it.
func signal2(s unix.Signal, handler canon.Value, flags uint64) *canon.Op {
	return ex("rt_sigaction", "signum", sig(s), "act", disposition(handler, flags, mask(s)), "oldact",
		disposition(byDefault, 0, mask()), "sigsetsize", num(8))
}

// sigaction is an example's rt_sigaction.
func sigaction(s unix.Signal, handler canon.Value, flags uint64, mask canon.Value) *canon.Op {
	return ex("rt_sigaction", "signum", sig(s), "act", disposition(handler, flags, mask), "oldact",
		null, "sigsetsize", num(8))
}

var notify = &Rule{
	Name: "notify",
	Why: "Go's runtime has handlers for all signals from the start, so signal.Notify makes no call: it says that the program " +
		"wants the signal, as sigaction(2) does with a handler that stays installed and blocks no other signal",
	Also: func(op *canon.Op) *canon.Op {
		if op.Call != "rt_sigaction" || !isNull(op.Arg("oldact")) || !succeeded(op) {
			return nil
		}
		act := op.Arg("act")
		if !act.Field("sa_handler").Equal(handled) || !act.Field("sa_mask").Equal(canon.SignalSet(0)) ||
			act.Field("sa_flags").Has(^uint64(saRestart|saOnstack|saSiginfo)) {
			return nil
		}
		return with(op, "notify", canon.Arg{Name: "signum", Value: op.Arg("signum")})
	},
	Alike: []Example{
		one(sigaction(unix.SIGCHLD, handled, 0, mask()), ex("notify", "signum", sig(unix.SIGCHLD))),
		one(sigaction(unix.SIGINT, handled, saRestart|saSiginfo, mask()),
			ex("notify", "signum", sig(unix.SIGINT))),
	},
	Unlike: []Example{
		one(sigaction(unix.SIGCHLD, ignored, 0, mask()), ex("notify", "signum", sig(unix.SIGCHLD))),
		one(sigaction(unix.SIGCHLD, byDefault, 0, mask()), ex("notify", "signum", sig(unix.SIGCHLD))),
		one(sigaction(unix.SIGCHLD, handled, 0, mask()), ex("notify", "signum", sig(unix.SIGINT))),
		// fewer signals
		one(sigaction(unix.SIGCHLD, handled, saNocldstop, mask()),
			ex("notify", "signum", sig(unix.SIGCHLD))),
		// once only
		one(sigaction(unix.SIGINT, handled, saRestart|saResethand, mask()),
			ex("notify", "signum", sig(unix.SIGINT))),
		// keeps another one waiting
		one(sigaction(unix.SIGINT, handled, 0, mask(unix.SIGTERM)),
			ex("notify", "signum", sig(unix.SIGINT))),
		one(failed(sigaction(unix.SIGKILL, handled, 0, mask()), unix.EINVAL),
			ex("notify", "signum", sig(unix.SIGKILL))),
		// Two handlers of C's are as different as ever: one of them interrupts calls.
		one(sigaction(unix.SIGCHLD, handled, 0, mask()),
			sigaction(unix.SIGCHLD, handled, saRestart, mask())),
	},
}

var pending = &Rule{
	Name: "pending",
	Why: "a signal that arrives while the handler for its number runs stays pending until the handler ends, and several such " +
		"signals become one (signal(7)); Go's runtime accepts each one as it arrives and drops those for which the channel of " +
		"signal.Notify has no room: how many arrive after the first, and when, is not in the program's hands, and what it did " +
		"about them is compared",
	Spare: func(op *canon.Op, before []*Form) bool {
		return op.Handler && strings.HasPrefix(op.Call, "SIG") &&
			slices.ContainsFunc(before, func(f *Form) bool { return f.Handler && f.Call == op.Call })
	},
	Alike: []Example{
		{C: []*canon.Op{child("P.1"), handler(ex("wait4", "pid", num(-1))),
			handler(ex("write", "fd", obj("tty"))), child("P.2"), handler(ex("wait4", "pid", num(-1)))},
			Go: []*canon.Op{child("P.1"), handler(ex("wait4", "pid", num(-1))), child("P.2"), child("P.3"),
				handler(ex("write", "fd", obj("tty"))),
				handler(ex("wait4", "pid", num(-1)))}},
	},
	Unlike: []Example{
		// the first
		{C: []*canon.Op{ex("accept")}, Go: []*canon.Op{ex("accept"), child("P.1")}},
		// another kind
		{C: []*canon.Op{child("P.1")}, Go: []*canon.Op{child("P.1"),
			handler(ex("SIGUSR1", "from", process("P.1")))}},
		{C: []*canon.Op{child("P.1"), handler(ex("wait4", "pid", num(-1))), child("P.2"),
			handler(ex("wait4", "pid", num(-1)))},
			// nothing was done about it
			Go: []*canon.Op{child("P.1"), handler(ex("wait4", "pid", num(-1))), child("P.2")}},
		// it came later
		{C: []*canon.Op{child("P.1"), ex("accept"), ex("close")},
			Go: []*canon.Op{ex("accept"), child("P.1"), ex("close")}},
	},
}

// child is the signal of an example that a child has ended.
func child(name string) *canon.Op { return handler(ex("SIGCHLD", "from", process(name))) }

var kill = &Rule{
	Name: "kill",
	Why: "raise(sig) is tgkill(pid, tid, sig), which in a program with one thread is kill(getpid(), sig) (raise(3)); Go's " +
		"runtime handles a signal on any thread, so a Go program sends it to its process; getpid(2) only returns the number for " +
		"this",
	Merge: func(op, next *canon.Op) *canon.Op {
		if op.Call == "getpid" && next.Call == "kill" && next.Arg("pid").Equal(op.Result) {
			return next
		}
		return nil
	},
	Also: func(op *canon.Op) *canon.Op {
		if op.Call != "tgkill" || !op.Arg("tgid").Equal(op.Arg("tid")) {
			return nil
		}
		return with(op, "kill", canon.Arg{Name: "pid", Value: op.Arg("tgid")},
			canon.Arg{Name: "sig", Value: op.Arg("sig")})
	},
	Alike: []Example{
		{C: []*canon.Op{tgkill(process("P"), process("P"), unix.SIGTERM)},
			Go: []*canon.Op{gives(ex("getpid"), process("P")),
				ex("kill", "pid", process("P"), "sig", sig(unix.SIGTERM))}},
		one(tgkill(process("P"), process("P"), unix.SIGTERM),
			ex("kill", "pid", process("P"), "sig", sig(unix.SIGTERM))),
	},
	Unlike: []Example{
		one(tgkill(process("P"), process("P"), unix.SIGTERM),
			ex("kill", "pid", process("P"), "sig", sig(unix.SIGINT))),
		one(tgkill(process("P"), process("P"), unix.SIGTERM),
			ex("kill", "pid", process("P.1"), "sig", sig(unix.SIGTERM))),
		// its process group
		one(tgkill(process("P"), process("P"), unix.SIGTERM),
			ex("kill", "pid", canon.GroupOf("P"), "sig", sig(unix.SIGTERM))),
		// one thread of several
		one(tgkill(process("P"), canon.ThreadOf("P"), unix.SIGTERM),
			ex("kill", "pid", process("P"), "sig", sig(unix.SIGTERM))),
		// and does not send it
		one(tgkill(process("P"), process("P"), unix.SIGTERM), gives(ex("getpid"), process("P"))),
		// was refused
		one(tgkill(process("P"), process("P"), unix.SIGTERM),
			failed(ex("kill", "pid", process("P"), "sig", sig(unix.SIGTERM)), unix.EPERM)),
		{C: []*canon.Op{gives(ex("getpid"), process("P")),
			ex("kill", "pid", process("P.1"), "sig", sig(unix.SIGTERM))},
			Go: []*canon.Op{ex("kill", "pid", process("P.1"), "sig", sig(unix.SIGTERM))}},
	},
}

// tgkill is an example's signal to one thread.
func tgkill(tgid, tid canon.Value, s unix.Signal) *canon.Op {
	return ex("tgkill", "tgid", tgid, "tid", tid, "sig", sig(s))
}

// removesHandler reports whether an op gives a signal back to what it does by itself.
func removesHandler(op *canon.Op) bool {
	act := op.Arg("act")
	return act.Field("sa_handler").Equal(byDefault) && zero(act.Field("sa_flags")) &&
		act.Field("sa_mask").Equal(canon.SignalSet(0)) &&
		isNull(op.Arg("oldact")) && succeeded(op)
}

var raise = &Rule{
	Name: "raise",
	Why: "a process that removes its own handler for a signal, sends itself that signal and dies of it ends like one that the " +
		"kernel killed: Go's runtime catches SIGPIPE and dies of it only for descriptors 1 and 2, in just this way (os/signal); " +
		"for other descriptors a port that must die as the C program does has to do so itself",
	Ends: func(ops []*canon.Op) bool {
		if len(ops) != 3 || ops[0].Call != "rt_sigaction" || ops[1].Call != "getpid" ||
			ops[2].Call != "kill" {
			return false
		}
		act, self, kill := ops[0], ops[1], ops[2]
		signal := act.Arg("signum")
		return removesHandler(act) && kill.Arg("pid").Equal(self.Result) &&
			kill.Arg("sig").Equal(signal) && succeeded(kill) && kill.Fatal == signal.String()
	},
	Alike: []Example{
		{C: []*canon.Op{fatal(failed(broken(), unix.EPIPE), "SIGPIPE")},
			Go: append([]*canon.Op{failed(broken(), unix.EPIPE)},
				raised(unix.SIGPIPE, "P.1", "SIGPIPE")...)},
		{C: []*canon.Op{fatal(ex("alarm", "seconds", num(1)), "SIGALRM")},
			Go: append([]*canon.Op{ex("alarm", "seconds", num(1))},
				raised(unix.SIGALRM, "P.1", "SIGALRM")...)},
	},
	Unlike: []Example{
		// went on
		{C: []*canon.Op{failed(broken(), unix.EPIPE)},
			Go: append([]*canon.Op{failed(broken(), unix.EPIPE)}, raised(unix.SIGPIPE, "P.1", "")...)},
		// sent to its parent
		{C: []*canon.Op{fatal(failed(broken(), unix.EPIPE), "SIGPIPE")},
			Go: append([]*canon.Op{failed(broken(), unix.EPIPE)}, raised(unix.SIGPIPE, "P", "SIGPIPE")...)},
		{C: []*canon.Op{fatal(failed(broken(), unix.EPIPE), "SIGPIPE")},
			Go: append([]*canon.Op{failed(broken(), unix.EPIPE)},
				raised(unix.SIGTERM, "P.1", "SIGPIPE")...)},
		{C: []*canon.Op{fatal(failed(broken(), unix.EPIPE), "SIGPIPE")},
			Go: append([]*canon.Op{broken()}, raised(unix.SIGPIPE, "P.1", "SIGPIPE")...)},
		{C: []*canon.Op{fatal(failed(broken(), unix.EPIPE), "SIGPIPE")},
			Go: append([]*canon.Op{failed(broken(), unix.EPIPE), ex("close", "fd", obj("conn1"))},
				raised(unix.SIGPIPE, "P.1", "SIGPIPE")...)},
		{C: []*canon.Op{fatal(failed(broken(), unix.EPIPE), "SIGPIPE")},
			// its handler stays
			Go: append([]*canon.Op{failed(broken(), unix.EPIPE)},
				raised(unix.SIGPIPE, "P.1", "SIGPIPE")[1:]...)},
		{C: []*canon.Op{fatal(failed(broken(), unix.EPIPE), "SIGPIPE")},
			// later
			Go: append(append([]*canon.Op{failed(broken(), unix.EPIPE)},
				raised(unix.SIGPIPE, "P.1", "")...), fatal(ex("close", "fd", obj("conn1")), "SIGPIPE"))},
	},
}

// broken is an example's write to a connection.
func broken() *canon.Op { return ex("write", "fd", obj("conn1"), "buf", text("x")) }

// raised is what a process P.1 of an example does to die of a signal: what it sends to whom, and
// what it dies of.
func raised(s unix.Signal, to, of string) []*canon.Op {
	act := sigaction(s, byDefault, 0, mask())
	return []*canon.Op{act, gives(ex("getpid"), process("P.1")),
		fatal(ex("kill", "pid", process(to), "sig", sig(s)), of)}
}
