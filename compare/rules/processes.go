package rules

import (
	"path"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"paritykit/compare/canon"
)

// Rules about processes: how they begin, wait and sleep.

var reexec = &Rule{
	Name: "reexec",
	Why: "Go cannot fork, so the child runs the same program again, with the same arguments and descriptors, and continues where " +
		"C's child does (fork(2), go/fork)",
	Rewrite: func(op *canon.Op) *canon.Op {
		if op.Call == "fork" && !op.Arg("by").Is(canon.Nothing) {
			return with(op, "fork", without(op, "by")...)
		}
		return op
	},
	Alike: []Example{one(ex("fork"), ex("fork", "by", word(canon.Reexec)))},
	Unlike: []Example{
		one(ex("fork"), ex("vfork")),                                        // executes another program
		one(ex("fork"), ex("fork", "by", word(canon.Reexec), "x", nothing)), // anything besides
		{C: []*canon.Op{ex("fork")}, Go: []*canon.Op{ex("fork", "by", word(canon.Reexec)),
			ex("fork", "by", word(canon.Reexec))}},
	},
}

var spawn = &Rule{
	Name: "spawn",
	Why: "posix_spawn(3) does what fork(2) and execve(2) in the child do, as do popen(3), system(3) and os/exec: the library makes the child, " +
		"which does nothing but become what was asked for, by vfork(2), so that its parent goes on when the child executes its program",
	Also: func(op *canon.Op) *canon.Op {
		if op.Call != "vfork" || !spawned(op) {
			return nil
		}
		return with(op, "fork", op.Args...)
	},
	Alike: []Example{
		one(gives(ex("fork"), process("P.1")), gives(idiom("posix_spawn", ex("vfork")), process("P.1"))),
		one(gives(ex("fork"), process("P.1")), gives(idiom("fork+exec", ex("vfork")), process("P.1"))),
	},
	Unlike: []Example{
		// the program's own: its child writes to its parent's memory
		one(gives(ex("fork"), process("P.1")), gives(ex("vfork"), process("P.1"))),
		one(gives(ex("fork"), process("P.1")), gives(idiom("fork", ex("vfork")), process("P.1"))),
		one(gives(ex("fork"), process("P.1")), failed(idiom("posix_spawn", ex("vfork")), unix.EAGAIN)),
		one(gives(ex("fork"), process("P.1")), gives(idiom("posix_spawn", ex("vfork", "flags", bits(unix.CLONE_NEWPID))), process("P.1"))),
	},
}

// spawned reports whether a library made a child that executes a program at once.
func spawned(op *canon.Op) bool { return op.Idiom != nil && op.Idiom.Name != "fork" }

var waitid = &Rule{
	Name: "waitid",
	Why: "waitid(P_PIDFD, pidfd, info, WEXITED) waits for the child that the descriptor stands for, as wait4(pid, status, 0, NULL) does, and tells " +
		"in another form how it ended (waitid(2)); os.Process.Wait of Go waits in this way",
	Rewrite: func(op *canon.Op) *canon.Op {
		if op.Call != "waitid" || !op.Arg("idtype").Equals(unix.P_PIDFD) || !op.Arg("options").Equals(unix.WEXITED) || !succeeded(op) {
			return op
		}
		info := op.Arg("infop")
		code, _ := info.Field("si_code").Number()
		status, _ := info.Field("si_status").Number()
		child := info.Field("si_pid")
		switch code {
		case cldExited:
			status <<= 8
		case cldKilled:
		case cldDumped:
			status |= 0x80
		default:
			return op
		}
		if !child.Is(canon.ProcessID) {
			return op
		}
		return gives(with(op, "wait4", canon.Arg{Name: "pid", Value: child},
			canon.Arg{Name: "wstatus", Value: canon.StatusOf(unix.WaitStatus(status)), Out: true},
			canon.Arg{Name: "options", Value: op.Arg("options").Without(unix.WEXITED)},
			canon.Arg{Name: "rusage", Value: null}), child)
	},
	Alike: []Example{
		one(gives(ex("wait4", "pid", process("P.1"), "wstatus", exited(3), "options", bits(0), "rusage", null), process("P.1")),
			waitedFor(cldExited, 3)),
		one(gives(ex("wait4", "pid", process("P.1"), "wstatus", canon.StatusOf(9), "options", bits(0), "rusage", null), process("P.1")),
			waitedFor(cldKilled, 9)),
	},
	Unlike: []Example{
		one(gives(ex("wait4", "pid", process("P.1"), "wstatus", exited(3), "options", bits(0), "rusage", null), process("P.1")),
			waitedFor(cldExited, 4)),
		one(gives(ex("wait4", "pid", process("P.1"), "wstatus", canon.StatusOf(9), "options", bits(0), "rusage", null), process("P.1")),
			waitedFor(cldDumped, 9)),
		one(gives(ex("wait4", "pid", process("P.2"), "wstatus", exited(3), "options", bits(0), "rusage", null), process("P.2")),
			waitedFor(cldExited, 3)),
		// any child
		one(gives(ex("wait4", "pid", num(-1), "wstatus", exited(3), "options", bits(0), "rusage", null), process("P.1")),
			waitedFor(cldExited, 3)),
		one(gives(ex("wait4", "pid", process("P.1"), "wstatus", exited(3), "options", bits(unix.WUNTRACED), "rusage", null), process("P.1")),
			waitedFor(cldExited, 3)),
	},
}

var pidfd = &Rule{
	Name: "pidfd",
	Why: "pidfd_send_signal(pidfd, sig, NULL, 0) sends a signal to the process that the descriptor stands for, as kill(pid, sig) does " +
		"(pidfd_send_signal(2)); os.Process.Signal of Go sends it so",
	Rewrite: func(op *canon.Op) *canon.Op {
		to := op.Arg("pidfd").Process()
		if op.Call != "pidfd_send_signal" || !isNull(op.Arg("info")) || !zero(op.Arg("flags")) || to == "" {
			return op
		}
		return with(op, "kill", canon.Arg{Name: "pid", Value: canon.ProcessOf(to)}, canon.Arg{Name: "sig", Value: op.Arg("sig")})
	},
	Alike: []Example{one(ex("kill", "pid", process("P.1"), "sig", sig(unix.SIGTERM)), sent("P.1", unix.SIGTERM, null, 0))},
	Unlike: []Example{
		one(ex("kill", "pid", process("P.2"), "sig", sig(unix.SIGTERM)), sent("P.1", unix.SIGTERM, null, 0)),
		one(ex("kill", "pid", process("P.1"), "sig", sig(unix.SIGKILL)), sent("P.1", unix.SIGTERM, null, 0)),
		one(ex("kill", "pid", process("P.1"), "sig", sig(unix.SIGTERM)), sent("P.1", unix.SIGTERM, null, 1)),
		one(ex("kill", "pid", process("P.1"), "sig", sig(unix.SIGTERM)), sent("P.1", unix.SIGTERM, address, 0)),
		one(ex("kill", "pid", process("P.1"), "sig", sig(unix.SIGTERM)), failed(sent("P.1", unix.SIGTERM, null, 0), unix.ESRCH)),
		one(ex("kill", "pid", process("P.1"), "sig", sig(unix.SIGTERM)), sent("", unix.SIGTERM, null, 0)),
	},
}

// sent is an example's pidfd_send_signal.
func sent(to string, s unix.Signal, info canon.Value, flags int64) *canon.Op {
	return ex("pidfd_send_signal", "pidfd", canon.PidfdOf("pidfd1", to), "sig", sig(s), "info", info, "flags", num(flags))
}

// Values of si_code of SIGCHLD, see sigaction(2).
const cldExited, cldKilled, cldDumped = 1, 2, 3

// waitedFor is an example's waitid for P.1.
func waitedFor(code, status int64) *canon.Op {
	return ex("waitid", "idtype", enum(unix.P_PIDFD), "id", obj("pidfd1"), "infop", canon.StructOf(
		canon.Arg{Name: "si_signo", Value: sig(unix.SIGCHLD)}, canon.Arg{Name: "si_code", Value: num(code)},
		canon.Arg{Name: "si_pid", Value: process("P.1")}, canon.Arg{Name: "si_status", Value: num(status)}),
		"options", bits(unix.WEXITED), "rusage", canon.Only(canon.Dropped))
}

var execvp = &Rule{
	Name: "execvp",
	Why: "execvp(3) tries the program in one directory of PATH after the other: where the program is missing, execve(2) has no " +
		"effect and the next directory is tried; os/exec.LookPath looks first instead",
	Merge: func(op, next *canon.Op) *canon.Op {
		if op.Call != "execve" || next.Call != "execve" ||
			!slices.Contains([]unix.Errno{unix.ENOENT, unix.ENOTDIR, unix.EACCES}, op.Result.Errno()) {
			return nil
		}
		tried, _ := op.Arg("pathname").Bytes()
		found, _ := next.Arg("pathname").Bytes()
		if path.Base(string(tried)) != path.Base(string(found)) ||
			!op.Arg("argv").Equal(next.Arg("argv")) || !op.Arg("envp").Equal(next.Arg("envp")) {
			return nil
		}
		return next
	},
	Alike: []Example{
		{C: []*canon.Op{failed(execve("/sbin/ls", "ls"), unix.ENOENT),
			failed(execve("/usr/sbin/ls", "ls"), unix.EACCES), execve("/bin/ls", "ls")},
			Go: []*canon.Op{execve("/bin/ls", "ls")}},
		{C: []*canon.Op{failed(execve("/sbin/ls", "ls"), unix.ENOENT),
			failed(execve("/bin/ls", "ls"), unix.ENOENT)},
			Go: []*canon.Op{failed(execve("/bin/ls", "ls"), unix.ENOENT)}},
	},
	Unlike: []Example{
		// another one
		{C: []*canon.Op{failed(execve("/sbin/ls", "ls"), unix.ENOENT), execve("/usr/bin/ls", "ls")},
			Go: []*canon.Op{execve("/bin/ls", "ls")}},
		{C: []*canon.Op{failed(execve("/sbin/ls", "ls"), unix.ENOENT), execve("/bin/ls", "ls", "-l")},
			Go: []*canon.Op{execve("/bin/ls", "ls")}},
		// another name
		{C: []*canon.Op{failed(execve("/bin/ls", "ls"), unix.ENOENT), execve("/bin/dir", "ls")},
			Go: []*canon.Op{execve("/bin/dir", "ls")}},
		// tried again
		{C: []*canon.Op{failed(execve("/bin/ls", "ls"), unix.ENOMEM), execve("/bin/ls", "ls")},
			Go: []*canon.Op{execve("/bin/ls", "ls")}},
		{C: []*canon.Op{failed(execve("/bin/ls", "ls"), unix.ENOENT)}, Go: []*canon.Op{}},
	},
}

// execve is an example's execve.
func execve(pathname string, argv ...string) *canon.Op {
	var args []canon.Value
	for _, a := range argv {
		args = append(args, text(a))
	}
	return ex("execve", "pathname", file(pathname), "argv", list(args...), "envp",
		list(text("HOME=/")))
}

var optional = &Rule{
	Name: "optional",
	Why: "the status of wait4 and the peer address of accept and recvfrom are optional results: a program passes NULL for one " +
		"that it does not want, and the call does the same (wait(2), accept(2), recvfrom(2)); Go's wrappers always ask for them",
	Also: func(op *canon.Op) *canon.Op {
		var asks []string
		switch op.Call {
		case "wait4":
			asks = []string{"wstatus"}
		case "accept", "accept4":
			asks = []string{"addr", "addrlen"}
		case "recvfrom":
			asks = []string{"src_addr", "addrlen"}
		default:
			return nil
		}
		args := slices.Clone(op.Args)
		changed := false
		for i := range args {
			if a := &args[i]; slices.Contains(asks, a.Name) && !isNull(a.Value) {
				a.Value, changed = canon.Only(canon.Null), true
			}
		}
		if !changed {
			return nil
		}
		return with(op, op.Call, args...)
	},
	Alike: []Example{
		one(wait4(num(-1), null, 0, process("P.1")), wait4(num(-1), exited(7), 0, process("P.1"))),
		one(wait4(num(-1), null, 0, canon.Failed(unix.ECHILD)),
			wait4(num(-1), nothing, 0, canon.Failed(unix.ECHILD))),
		one(accept("sock1", null, null, "conn1"), accept("sock1", inet(unix.AF_INET), num(16), "conn1")),
		one(ex("recvfrom", "sockfd", obj("sock1"), "buf", text("x"), "length", num(9), "flags", bits(0), "src_addr", null, "addrlen", null),
			ex("recvfrom", "sockfd", obj("sock1"), "buf", text("x"), "length", num(9), "flags", bits(0), "src_addr", inet(unix.AF_INET), "addrlen", num(16))),
	},
	Unlike: []Example{
		one(wait4(num(-1), exited(0), 0, process("P.1")), wait4(num(-1), exited(7), 0, process("P.1"))),
		one(wait4(num(-1), null, 0, process("P.1")), wait4(num(-1), exited(7), 0, process("P.2"))),
		one(wait4(num(-1), null, 0, process("P.1")),
			wait4(num(-1), exited(7), unix.WNOHANG, process("P.1"))),
		one(wait4(process("P.1"), null, 0, process("P.1")), wait4(num(-1), exited(7), 0, process("P.1"))),
		one(wait4(num(-1), null, 0, process("P.1")),
			wait4(num(-1), exited(7), 0, canon.Failed(unix.ECHILD))),
		one(accept("sock1", inet(unix.AF_INET), num(16), "conn1"),
			accept("sock1", inet(unix.AF_INET6), num(28), "conn1")),
		one(accept("sock1", null, null, "conn1"), accept("sock2", inet(unix.AF_INET), num(16), "conn1")),
		// what it is for
		one(ex("getpeername", "sockfd", obj("conn1"), "addr", null),
			ex("getpeername", "sockfd", obj("conn1"), "addr", inet(unix.AF_INET))),
	},
}

// accept is an example's accept.
func accept(sock string, addr, length canon.Value, result string) *canon.Op {
	return gives(ex("accept", "sockfd", obj(sock), "addr", addr, "addrlen", length), obj(result))
}

// wait4 is an example's wait4.
func wait4(pid, status canon.Value, options uint64, result canon.Value) *canon.Op {
	op := gives(ex("wait4", "pid", pid, "wstatus", status, "options", bits(options), "rusage", null),
		result)
	op.Args[1].Out = true
	return op
}

var remainder = &Rule{
	Name: "remainder",
	Why: "a sleep that was not interrupted leaves nothing: whether it has room for the remainder makes no difference " +
		"(nanosleep(2))",
	Rewrite: func(op *canon.Op) *canon.Op {
		if op.Call != "nanosleep" || !succeeded(op) || isNull(op.Arg("rem")) {
			return op
		}
		return with(op, op.Call, canon.Arg{Name: "req", Value: op.Arg("req")},
			canon.Arg{Name: "rem", Value: canon.Only(canon.Null)})
	},
	Alike: []Example{one(ex("nanosleep", "req", span(2*time.Second), "rem", null),
		ex("nanosleep", "req", span(2*time.Second), "rem", address))},
	Unlike: []Example{
		one(ex("nanosleep", "req", span(2*time.Second), "rem", null),
			ex("nanosleep", "req", span(3*time.Second), "rem", address)),
		one(failed(ex("nanosleep", "req", span(2*time.Second), "rem", null), unix.EINTR),
			failed(ex("nanosleep", "req", span(2*time.Second), "rem", address), unix.EINTR)),
		one(failed(ex("nanosleep", "req", span(-1*time.Second), "rem", null), unix.EINVAL),
			failed(ex("nanosleep", "req", span(-1*time.Second), "rem", address), unix.EINVAL)),
	},
}

var pselect = &Rule{
	Name: "select",
	Why: "pselect6(n, r, w, e, t, NULL) is select(n, r, w, e, t): select(2) names three differences, the type of the time " +
		"limit, that select may update it, and the mask",
	Rewrite: func(op *canon.Op) *canon.Op {
		if op.Call == "pselect6" && isNull(op.Arg("sigmask")) {
			return with(op, "select", without(op, "sigmask")...)
		}
		return op
	},
	Alike: []Example{one(ex("select", "nfds", num(1), "readfds", set(obj("stdin")), "timeout",
		span(1*time.Second)),
		ex("pselect6", "nfds", num(1), "readfds", set(obj("stdin")), "timeout", span(1*time.Second),
			"sigmask", null))},
	Unlike: []Example{
		one(ex("select", "nfds", num(1), "readfds", set(obj("stdin")), "timeout", span(1*time.Second)),
			// nothing is blocked meanwhile
			ex("pselect6", "nfds", num(1), "readfds", set(obj("stdin")), "timeout", span(1*time.Second),
				"sigmask", mask())),
		one(ex("select", "nfds", num(1), "readfds", set(obj("stdin")), "timeout", span(1*time.Second)),
			ex("pselect6", "nfds", num(1), "readfds", set(obj("stdin")), "timeout", span(2*time.Second),
				"sigmask", null)),
		one(ex("select", "nfds", num(1), "readfds", set(obj("stdin")), "timeout", span(1*time.Second)),
			ex("pselect6", "nfds", num(1), "readfds", set(obj("pipe1.r")), "timeout", span(1*time.Second),
				"sigmask", null)),
	},
}

var nanosleep = &Rule{
	Name: "nanosleep",
	Why: "clock_nanosleep(CLOCK_REALTIME, 0, t) is nanosleep(t): a relative sleep takes as long on the real-time clock as on the " +
		"monotonic one (clock_nanosleep(2), nanosleep(2))",
	Rewrite: func(op *canon.Op) *canon.Op {
		clock := op.Arg("clockid")
		if op.Call != "clock_nanosleep" || !zero(op.Arg("flags")) ||
			!clock.Equals(unix.CLOCK_REALTIME) && !clock.Equals(unix.CLOCK_MONOTONIC) {
			return op
		}
		return with(op, "nanosleep", canon.Arg{Name: "req", Value: op.Arg("request")},
			canon.Arg{Name: "rem", Value: op.Arg("remain")})
	},
	Alike: []Example{
		one(ex("clock_nanosleep", "clockid", enum(unix.CLOCK_REALTIME), "flags", bits(0), "request",
			span(2*time.Second), "remain", address),
			ex("nanosleep", "req", span(2*time.Second), "rem", address)),
		one(ex("clock_nanosleep", "clockid", enum(unix.CLOCK_MONOTONIC), "flags", bits(0), "request",
			span(2*time.Second), "remain", address),
			ex("clock_nanosleep", "clockid", enum(unix.CLOCK_REALTIME), "flags", bits(0), "request",
				span(2*time.Second), "remain", address)),
	},
	Unlike: []Example{
		one(ex("clock_nanosleep", "clockid", enum(unix.CLOCK_REALTIME), "flags",
			bits(unix.TIMER_ABSTIME), "request", span(2*time.Second), "remain", address),
			// until a point in time, not for a span
			ex("nanosleep", "req", span(2*time.Second), "rem", address)),
		one(ex("clock_nanosleep", "clockid", enum(unix.CLOCK_PROCESS_CPUTIME_ID), "flags", bits(0),
			"request", span(2*time.Second), "remain", address),
			ex("nanosleep", "req", span(2*time.Second), "rem", address)), // a span of work, not of time
		one(ex("clock_nanosleep", "clockid", enum(unix.CLOCK_REALTIME), "flags", bits(0), "request",
			span(2*time.Second), "remain", address),
			ex("nanosleep", "req", span(3*time.Second), "rem", address)),
	},
}

var goroutine = &Rule{
	Name: "goroutine",
	Why: "a C program makes a thread by a call (pthread_create(3), clone(2)), a Go program a goroutine by none; what each " +
		"does is compared with what the other one's does that was made as the same one in a row; a thread that could not " +
		"be made, or that is told to be other than usual, counts",
	Silent: func(op *canon.Op) bool {
		return op.Call == "thread" && len(op.Args) == 0 && op.Result.Is(canon.Nothing)
	},
	Alike: []Example{
		{C: []*canon.Op{ex("thread"), ex("write", "fd", obj("tty"), "buf", text("one"))}, Go: []*canon.Op{ex("write", "fd", obj("tty"), "buf", text("one"))}},
	},
	Unlike: []Example{
		{C: []*canon.Op{failed(ex("thread"), unix.EAGAIN), ex("getpid")}, Go: []*canon.Op{ex("getpid")}},
		{C: []*canon.Op{ex("thread", "flags", bits(unix.CLONE_NEWNS)), ex("getpid")}, Go: []*canon.Op{ex("getpid")}},
		{C: []*canon.Op{gives(ex("fork"), process("P.1")), ex("getpid")}, Go: []*canon.Op{ex("getpid")}},
		{C: []*canon.Op{ex("thread_exit", "status", num(0)), ex("getpid")}, Go: []*canon.Op{ex("getpid")}},
	},
}
