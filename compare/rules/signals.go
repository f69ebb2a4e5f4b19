package rules

import (
	"slices"
	"strings"
	"time"

	"paritykit/compare/canon"
)

// Rules about signals.

var eintr = &Rule{
	Name: "eintr",
	Why: "a call that a signal interrupted and that the program repeats at once is one call, which stands where it was first " +
		"made, before what the handler did; Go's runtime installs its handlers with SA_RESTART, so the kernel repeats the call " +
		"instead (signal(7)), except for sleeps, which continue with the time that is left",
	Merge: func(op, next *canon.Op) *canon.Op {
		if op.Result != "EINTR" || !again(op, next) {
			return nil
		}
		one := *next // with the result of the last, and the request of the first: what is left of a sleep is part of it
		one.Args = slices.Clone(next.Args)
		for i, a := range one.Args {
			if k := slices.IndexFunc(op.Args, func(b canon.Arg) bool { return b.Name == a.Name }); k >= 0 && !a.Out {
				one.Args[i] = op.Args[k]
			}
		}
		return &one
	},
	Alike: []Example{
		{C: []*canon.Op{failed(ex("accept", "sockfd", "sock1"), "EINTR"), ex("accept", "sockfd", "sock1")}, Go: []*canon.Op{ex("accept", "sockfd", "sock1")}},
		{C: []*canon.Op{ex("nanosleep", "req", "3s", "rem", "addr")},
			Go: []*canon.Op{failed(ex("nanosleep", "req", "3s", "rem", "addr"), "EINTR"), ex("nanosleep", "req", "1s", "rem", "addr")}},
		{C: []*canon.Op{failed(ex("accept", "sockfd", "sock1"), "EINTR"), handler(ex("SIGCHLD", "from", "P.1")), handler(ex("wait4", "pid", "-1")),
			ex("accept", "sockfd", "sock1")},
			Go: []*canon.Op{ex("accept", "sockfd", "sock1"), handler(ex("SIGCHLD", "from", "P.1")), ex("wait4", "pid", "-1")}},
		{C: []*canon.Op{failed(ex("accept", "sockfd", "sock1"), "EINTR"), handler(ex("SIGCHLD", "from", "P.1")),
			failed(ex("accept", "sockfd", "sock1"), "EINTR"), handler(ex("SIGCHLD", "from", "P.2")), failed(ex("accept", "sockfd", "sock1"), "?")},
			Go: []*canon.Op{failed(ex("accept", "sockfd", "sock1"), "?"), handler(ex("SIGCHLD", "from", "P.1")), handler(ex("SIGCHLD", "from", "P.2"))}},
	},
	Unlike: []Example{
		{C: []*canon.Op{failed(ex("read", "fd", "pipe1.r"), "EINTR")}, Go: []*canon.Op{ex("read", "fd", "pipe1.r")}}, // given up
		{C: []*canon.Op{failed(ex("read", "fd", "pipe1.r"), "EINTR"), ex("close", "fd", "pipe1.r"), ex("read", "fd", "pipe1.r")},
			Go: []*canon.Op{ex("close", "fd", "pipe1.r"), ex("read", "fd", "pipe1.r")}}, // not at once
		{C: []*canon.Op{failed(ex("read", "fd", "pipe1.r"), "EINTR"), ex("read", "fd", "pipe2.r")},
			Go: []*canon.Op{ex("read", "fd", "pipe2.r")}}, // something else
		{C: []*canon.Op{failed(ex("read", "fd", "pipe1.r"), "EAGAIN"), ex("read", "fd", "pipe1.r")},
			Go: []*canon.Op{ex("read", "fd", "pipe1.r")}}, // no signal
		{C: []*canon.Op{failed(ex("pause"), "EINTR"), failed(ex("pause"), "EINTR")}, Go: []*canon.Op{failed(ex("pause"), "EINTR")}}, // two signals
		{C: []*canon.Op{failed(ex("nanosleep", "req", "5s", "rem", "NULL"), "EINTR"), ex("nanosleep", "req", "2s", "rem", "NULL")},
			Go: []*canon.Op{ex("nanosleep", "req", "5s", "rem", "NULL")}}, // another sleep: it was not told what is left
		{C: []*canon.Op{failed(ex("nanosleep", "req", "5s", "rem", "addr"), "EINTR"), ex("nanosleep", "req", "3600s", "rem", "NULL")},
			Go: []*canon.Op{ex("nanosleep", "req", "5s", "rem", "NULL")}}, // longer than what can be left
		{C: []*canon.Op{failed(ex("accept", "sockfd", "sock1"), "EINTR"), handler(ex("SIGCHLD", "from", "P.1")), ex("wait4", "pid", "-1"),
			ex("accept", "sockfd", "sock1")},
			Go: []*canon.Op{ex("accept", "sockfd", "sock1"), handler(ex("SIGCHLD", "from", "P.1")), ex("wait4", "pid", "-1")}}, // not the handler waits
		{C: []*canon.Op{failed(ex("accept", "sockfd", "sock1"), "EINTR"), handler(ex("SIGCHLD", "from", "P.1")), ex("accept", "sockfd", "sock2")},
			Go: []*canon.Op{ex("accept", "sockfd", "sock2"), handler(ex("SIGCHLD", "from", "P.1"))}}, // something else
		{C: []*canon.Op{failed(ex("accept", "sockfd", "sock1"), "EINTR"), handler(ex("SIGCHLD", "from", "P.1")), ex("accept", "sockfd", "sock1")},
			Go: []*canon.Op{handler(ex("SIGCHLD", "from", "P.1")), ex("accept", "sockfd", "sock1")}}, // called only afterwards
	},
}

// again reports whether a process repeats an interrupted call. A sleep goes on with what the
// interrupted one has left, which it was told and which is no more than that was to last. What
// always ends by a signal (pause) is not repeated: it is done.
func again(op, next *canon.Op) bool {
	if op.Call != next.Call || op.Call == "pause" || op.Call == "rt_sigsuspend" {
		return false
	}
	goesOn := op.Call == "nanosleep" && op.Arg("rem") != "NULL"
	for _, a := range op.Args {
		switch {
		case a.Out || op.Call == "nanosleep" && a.Name == "rem":
		case goesOn && a.Name == "req":
			first, err := time.ParseDuration(a.Value)
			left, errLeft := time.ParseDuration(next.Arg("req"))
			if err != nil || errLeft != nil || left > first {
				return false
			}
		case next.Arg(a.Name) != a.Value:
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
		if op.Call != "rt_sigaction" || op.Arg("act") == "NULL" || op.Result != "" {
			return op
		}
		act := op.Arg("act")
		if strings.HasPrefix(act, "{sa_handler=SIG_IGN,") {
			act = "{sa_handler=SIG_IGN, sa_flags=0, sa_mask=[]}"
		} else if !strings.Contains(act, "SA_NODEFER") {
			act = strings.Replace(act, "sa_mask=["+op.Arg("signum")+"]}", "sa_mask=[]}", 1)
		}
		if act == op.Arg("act") && op.Arg("oldact") == "NULL" {
			return op
		}
		return with(op, op.Call, canon.Arg{Name: "signum", Value: op.Arg("signum")}, canon.Arg{Name: "act", Value: act},
			canon.Arg{Name: "oldact", Value: "NULL", Out: true}, canon.Arg{Name: "sigsetsize", Value: op.Arg("sigsetsize")})
	},
	Alike: []Example{
		one(signal2("SIGINT", "handler", "SA_RESTART"), sigaction("SIGINT", "handler", "SA_RESTART", "[]")),
		one(signal2("SIGPIPE", "SIG_IGN", "SA_RESTART"), sigaction("SIGPIPE", "SIG_IGN", "SA_ONSTACK|SA_RESTART|SA_SIGINFO", "~[]")),
		one(signal2("SIGCHLD", "handler", "SA_RESTART"), ex("notify", "signum", "SIGCHLD")),
	},
	Unlike: []Example{
		one(sigaction("SIGINT", "SIG_IGN", "0", "[]"), sigaction("SIGINT", "SIG_DFL", "0", "[]")),
		one(sigaction("SIGINT", "SIG_IGN", "0", "[]"), sigaction("SIGTERM", "SIG_IGN", "0", "[]")),
		one(sigaction("SIGINT", "SIG_IGN", "0", "[]"), sigaction("SIGINT", "handler", "0", "[]")),
		one(sigaction("SIGKILL", "SIG_IGN", "0", "[]"), failed(sigaction("SIGKILL", "SIG_IGN", "0", "[]"), "EINVAL")),
		one(sigaction("SIGCHLD", "SIG_DFL", "SA_NOCLDWAIT", "[]"), sigaction("SIGCHLD", "SIG_DFL", "0", "[]")), // without zombies
		one(sigaction("SIGINT", "handler", "SA_NODEFER", "[SIGINT]"), sigaction("SIGINT", "handler", "SA_NODEFER", "[]")),
		one(sigaction("SIGINT", "handler", "0", "[SIGTERM]"), sigaction("SIGINT", "handler", "0", "[]")),
		one(signal2("SIGINT", "handler", "SA_RESTART"), sigaction("SIGINT", "handler", "0", "[]")), // calls are interrupted
		one(ex("rt_sigaction", "signum", "SIGINT", "act", "NULL", "oldact", "{sa_handler=SIG_DFL, sa_flags=0, sa_mask=[]}", "sigsetsize", "8"),
			ex("rt_sigaction", "signum", "SIGINT", "act", "NULL", "oldact", "{sa_handler=SIG_IGN, sa_flags=0, sa_mask=[]}", "sigsetsize", "8")),
	},
}

// signal2 is an example's rt_sigaction as signal(2) makes it.
func signal2(signum, handler, flags string) *canon.Op {
	return ex("rt_sigaction", "signum", signum, "act", "{sa_handler="+handler+", sa_flags="+flags+", sa_mask=["+signum+"]}",
		"oldact", "{sa_handler=SIG_DFL, sa_flags=0, sa_mask=[]}", "sigsetsize", "8")
}

// sigaction is an example's rt_sigaction.
func sigaction(signum, handler, flags, mask string) *canon.Op {
	return ex("rt_sigaction", "signum", signum, "act", "{sa_handler="+handler+", sa_flags="+flags+", sa_mask="+mask+"}", "oldact", "NULL", "sigsetsize", "8")
}

var notify = &Rule{
	Name: "notify",
	Why: "Go's runtime has handlers for all signals from the start, so signal.Notify makes no call: it says that the program " +
		"wants the signal, as sigaction(2) does with a handler that stays installed and blocks no other signal",
	Also: func(op *canon.Op) *canon.Op {
		if op.Call != "rt_sigaction" || op.Arg("oldact") != "NULL" || op.Result != "" {
			return nil
		}
		act, ok := strings.CutPrefix(op.Arg("act"), "{sa_handler=handler, sa_flags=")
		flags, empty := strings.CutSuffix(act, ", sa_mask=[]}")
		if !ok || !empty {
			return nil
		}
		for flag := range strings.SplitSeq(flags, "|") {
			if !slices.Contains([]string{"0", "SA_RESTART", "SA_ONSTACK", "SA_SIGINFO"}, flag) {
				return nil
			}
		}
		return with(op, "notify", canon.Arg{Name: "signum", Value: op.Arg("signum")})
	},
	Alike: []Example{
		one(sigaction("SIGCHLD", "handler", "0", "[]"), ex("notify", "signum", "SIGCHLD")),
		one(sigaction("SIGINT", "handler", "SA_RESTART|SA_SIGINFO", "[]"), ex("notify", "signum", "SIGINT")),
	},
	Unlike: []Example{
		one(sigaction("SIGCHLD", "SIG_IGN", "0", "[]"), ex("notify", "signum", "SIGCHLD")),
		one(sigaction("SIGCHLD", "SIG_DFL", "0", "[]"), ex("notify", "signum", "SIGCHLD")),
		one(sigaction("SIGCHLD", "handler", "0", "[]"), ex("notify", "signum", "SIGINT")),
		one(sigaction("SIGCHLD", "handler", "SA_NOCLDSTOP", "[]"), ex("notify", "signum", "SIGCHLD")),          // fewer signals
		one(sigaction("SIGINT", "handler", "SA_RESTART|SA_RESETHAND", "[]"), ex("notify", "signum", "SIGINT")), // once only
		one(sigaction("SIGINT", "handler", "0", "[SIGTERM]"), ex("notify", "signum", "SIGINT")),                // keeps another one waiting
		one(failed(sigaction("SIGKILL", "handler", "0", "[]"), "EINVAL"), ex("notify", "signum", "SIGKILL")),
		// Two handlers of C's are as different as ever: one of them interrupts calls.
		one(sigaction("SIGCHLD", "handler", "0", "[]"), sigaction("SIGCHLD", "handler", "SA_RESTART", "[]")),
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
		{C: []*canon.Op{child("P.1"), handler(ex("wait4", "pid", "-1")), handler(ex("write", "fd", "tty")), child("P.2"), handler(ex("wait4", "pid", "-1"))},
			Go: []*canon.Op{child("P.1"), handler(ex("wait4", "pid", "-1")), child("P.2"), child("P.3"), handler(ex("write", "fd", "tty")),
				handler(ex("wait4", "pid", "-1"))}},
	},
	Unlike: []Example{
		{C: []*canon.Op{ex("accept")}, Go: []*canon.Op{ex("accept"), child("P.1")}},                          // the first
		{C: []*canon.Op{child("P.1")}, Go: []*canon.Op{child("P.1"), handler(ex("SIGUSR1", "from", "P.1"))}}, // another kind
		{C: []*canon.Op{child("P.1"), handler(ex("wait4", "pid", "-1")), child("P.2"), handler(ex("wait4", "pid", "-1"))},
			Go: []*canon.Op{child("P.1"), handler(ex("wait4", "pid", "-1")), child("P.2")}}, // nothing was done about it
		{C: []*canon.Op{child("P.1"), ex("accept"), ex("close")}, Go: []*canon.Op{ex("accept"), child("P.1"), ex("close")}}, // it came later
	},
}

// child is the signal of an example that a child has ended.
func child(name string) *canon.Op { return handler(ex("SIGCHLD", "from", name)) }

var kill = &Rule{
	Name: "kill",
	Why: "raise(sig) is tgkill(pid, tid, sig), which in a program with one thread is kill(getpid(), sig) (raise(3)); Go's " +
		"runtime handles a signal on any thread, so a Go program sends it to its process; getpid(2) only returns the number for " +
		"this",
	Merge: func(op, next *canon.Op) *canon.Op {
		if op.Call == "getpid" && next.Call == "kill" && next.Arg("pid") == op.Result {
			return next
		}
		return nil
	},
	Also: func(op *canon.Op) *canon.Op {
		if op.Call != "tgkill" || op.Arg("tgid") != op.Arg("tid") {
			return nil
		}
		return with(op, "kill", canon.Arg{Name: "pid", Value: op.Arg("tgid")}, canon.Arg{Name: "sig", Value: op.Arg("sig")})
	},
	Alike: []Example{
		{C: []*canon.Op{tgkill("P", "P", "SIGTERM")}, Go: []*canon.Op{failed(ex("getpid"), "P"), ex("kill", "pid", "P", "sig", "SIGTERM")}},
		one(tgkill("P", "P", "SIGTERM"), ex("kill", "pid", "P", "sig", "SIGTERM")),
	},
	Unlike: []Example{
		one(tgkill("P", "P", "SIGTERM"), ex("kill", "pid", "P", "sig", "SIGINT")),
		one(tgkill("P", "P", "SIGTERM"), ex("kill", "pid", "P.1", "sig", "SIGTERM")),
		one(tgkill("P", "P", "SIGTERM"), ex("kill", "pid", "-P", "sig", "SIGTERM")),                 // its process group
		one(tgkill("P", "thread of P", "SIGTERM"), ex("kill", "pid", "P", "sig", "SIGTERM")),        // one thread of several
		one(tgkill("P", "P", "SIGTERM"), failed(ex("getpid"), "P")),                                 // and does not send it
		one(tgkill("P", "P", "SIGTERM"), failed(ex("kill", "pid", "P", "sig", "SIGTERM"), "EPERM")), // was refused
		{C: []*canon.Op{failed(ex("getpid"), "P"), ex("kill", "pid", "P.1", "sig", "SIGTERM")}, Go: []*canon.Op{ex("kill", "pid", "P.1", "sig", "SIGTERM")}},
	},
}

// tgkill is an example's signal to one thread.
func tgkill(tgid, tid, sig string) *canon.Op {
	return ex("tgkill", "tgid", tgid, "tid", tid, "sig", sig)
}

var raise = &Rule{
	Name: "raise",
	Why: "a process that removes its own handler for a signal, sends itself that signal and dies of it ends like one that the " +
		"kernel killed: Go's runtime catches SIGPIPE and dies of it only for descriptors 1 and 2, in just this way (os/signal); " +
		"for other descriptors a port that must die as the C program does has to do so itself",
	Ends: func(ops []*canon.Op) bool {
		if len(ops) != 3 || ops[0].Call != "rt_sigaction" || ops[1].Call != "getpid" || ops[2].Call != "kill" {
			return false
		}
		act, self, kill := ops[0], ops[1], ops[2]
		signal := act.Arg("signum")
		return act.Arg("act") == "{sa_handler=SIG_DFL, sa_flags=0, sa_mask=[]}" && act.Arg("oldact") == "NULL" && act.Result == "" &&
			kill.Arg("pid") == self.Result && kill.Arg("sig") == signal && kill.Result == "" && kill.Fatal == signal
	},
	Alike: []Example{
		{C: []*canon.Op{fatal(failed(broken(), "EPIPE"), "SIGPIPE")}, Go: append([]*canon.Op{failed(broken(), "EPIPE")}, raised("SIGPIPE", "P.1", "SIGPIPE")...)},
		{C: []*canon.Op{fatal(ex("alarm", "seconds", "1"), "SIGALRM")}, Go: append([]*canon.Op{ex("alarm", "seconds", "1")}, raised("SIGALRM", "P.1", "SIGALRM")...)},
	},
	Unlike: []Example{
		{C: []*canon.Op{failed(broken(), "EPIPE")}, Go: append([]*canon.Op{failed(broken(), "EPIPE")}, raised("SIGPIPE", "P.1", "")...)},                        // went on
		{C: []*canon.Op{fatal(failed(broken(), "EPIPE"), "SIGPIPE")}, Go: append([]*canon.Op{failed(broken(), "EPIPE")}, raised("SIGPIPE", "P", "SIGPIPE")...)}, // sent to its parent
		{C: []*canon.Op{fatal(failed(broken(), "EPIPE"), "SIGPIPE")}, Go: append([]*canon.Op{failed(broken(), "EPIPE")}, raised("SIGTERM", "P.1", "SIGPIPE")...)},
		{C: []*canon.Op{fatal(failed(broken(), "EPIPE"), "SIGPIPE")}, Go: append([]*canon.Op{broken()}, raised("SIGPIPE", "P.1", "SIGPIPE")...)},
		{C: []*canon.Op{fatal(failed(broken(), "EPIPE"), "SIGPIPE")},
			Go: append([]*canon.Op{failed(broken(), "EPIPE"), ex("close", "fd", "conn1")}, raised("SIGPIPE", "P.1", "SIGPIPE")...)},
		{C: []*canon.Op{fatal(failed(broken(), "EPIPE"), "SIGPIPE")},
			Go: append([]*canon.Op{failed(broken(), "EPIPE")}, raised("SIGPIPE", "P.1", "SIGPIPE")[1:]...)}, // its handler stays
		{C: []*canon.Op{fatal(failed(broken(), "EPIPE"), "SIGPIPE")},
			Go: append(append([]*canon.Op{failed(broken(), "EPIPE")}, raised("SIGPIPE", "P.1", "")...), fatal(ex("close", "fd", "conn1"), "SIGPIPE"))}, // later
	},
}

// broken is an example's write to a connection.
func broken() *canon.Op { return ex("write", "fd", "conn1", "buf", `"x"`) }

// raised is what a process P.1 of an example does to die of a signal: what it sends to whom, and
// what it dies of.
func raised(signal, to, of string) []*canon.Op {
	act := sigaction(signal, "SIG_DFL", "0", "[]")
	return []*canon.Op{act, failed(ex("getpid"), "P.1"), fatal(ex("kill", "pid", to, "sig", signal), of)}
}

// fatal is an example's last op of a process that a signal killed.
func fatal(op *canon.Op, signal string) *canon.Op {
	op.Fatal = signal
	return op
}
