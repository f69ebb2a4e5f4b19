package rules

import (
	"path"
	"slices"
	"strings"

	"paritykit/compare/canon"
)

// Rules about processes: how they begin, wait and sleep.

var reexec = &Rule{
	Name: "reexec",
	Why: "Go cannot fork, so the child runs the same program again, with the same arguments and descriptors, and continues where " +
		"C's child does (fork(2), go/fork)",
	Rewrite: func(op *canon.Op) *canon.Op {
		if op.Call == "fork" && op.Arg("by") == canon.Reexec {
			return with(op, "fork", without(op, "by")...)
		}
		return op
	},
	Alike: []Example{one(ex("fork"), ex("fork", "by", canon.Reexec))},
	Unlike: []Example{
		one(ex("fork"), ex("vfork")),                             // executes another program
		one(ex("fork"), ex("fork", "by", canon.Reexec, "x", "")), // anything besides
		{C: []*canon.Op{ex("fork")}, Go: []*canon.Op{ex("fork", "by", canon.Reexec), ex("fork", "by", canon.Reexec)}},
	},
}

var execvp = &Rule{
	Name: "execvp",
	Why: "execvp(3) tries the program in one directory of PATH after the other: where the program is missing, execve(2) has no " +
		"effect and the next directory is tried; os/exec.LookPath looks first instead",
	Merge: func(op, next *canon.Op) *canon.Op {
		if op.Call != "execve" || next.Call != "execve" || !slices.Contains([]string{"ENOENT", "ENOTDIR", "EACCES"}, op.Result) {
			return nil
		}
		if path.Base(op.Arg("pathname")) != path.Base(next.Arg("pathname")) || op.Arg("argv") != next.Arg("argv") || op.Arg("envp") != next.Arg("envp") {
			return nil
		}
		return next
	},
	Alike: []Example{
		{C: []*canon.Op{failed(execve("/sbin/ls", "ls"), "ENOENT"), failed(execve("/usr/sbin/ls", "ls"), "EACCES"), execve("/bin/ls", "ls")},
			Go: []*canon.Op{execve("/bin/ls", "ls")}},
		{C: []*canon.Op{failed(execve("/sbin/ls", "ls"), "ENOENT"), failed(execve("/bin/ls", "ls"), "ENOENT")},
			Go: []*canon.Op{failed(execve("/bin/ls", "ls"), "ENOENT")}},
	},
	Unlike: []Example{
		{C: []*canon.Op{failed(execve("/sbin/ls", "ls"), "ENOENT"), execve("/usr/bin/ls", "ls")}, Go: []*canon.Op{execve("/bin/ls", "ls")}}, // another one
		{C: []*canon.Op{failed(execve("/sbin/ls", "ls"), "ENOENT"), execve("/bin/ls", "ls", "-l")}, Go: []*canon.Op{execve("/bin/ls", "ls")}},
		{C: []*canon.Op{failed(execve("/bin/ls", "ls"), "ENOENT"), execve("/bin/dir", "ls")}, Go: []*canon.Op{execve("/bin/dir", "ls")}}, // another name
		{C: []*canon.Op{failed(execve("/bin/ls", "ls"), "ENOMEM"), execve("/bin/ls", "ls")}, Go: []*canon.Op{execve("/bin/ls", "ls")}},   // tried again
		{C: []*canon.Op{failed(execve("/bin/ls", "ls"), "ENOENT")}, Go: []*canon.Op{}},
	},
}

// execve is an example's execve.
func execve(pathname string, argv ...string) *canon.Op {
	return ex("execve", "pathname", `"`+pathname+`"`, "argv", `["`+strings.Join(argv, `", "`)+`"]`, "envp", "3 variables (sha256 00d80def)")
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
			if a := &args[i]; slices.Contains(asks, a.Name) && a.Value != "NULL" {
				a.Value, a.Named, changed = "NULL", "", true
			}
		}
		if !changed {
			return nil
		}
		return with(op, op.Call, args...)
	},
	Alike: []Example{
		one(wait4("-1", "NULL", "0", "P.1"), wait4("-1", "exit 7", "0", "P.1")),
		one(wait4("-1", "NULL", "0", "ECHILD"), wait4("-1", "", "0", "ECHILD")),
		one(accept("sock1", "NULL", "NULL", "conn1"), accept("sock1", "{sin_family=AF_INET}", "16", "conn1")),
	},
	Unlike: []Example{
		one(wait4("-1", "exit 0", "0", "P.1"), wait4("-1", "exit 7", "0", "P.1")),
		one(wait4("-1", "NULL", "0", "P.1"), wait4("-1", "exit 7", "0", "P.2")),
		one(wait4("-1", "NULL", "0", "P.1"), wait4("-1", "exit 7", "WNOHANG", "P.1")),
		one(wait4("P.1", "NULL", "0", "P.1"), wait4("-1", "exit 7", "0", "P.1")),
		one(wait4("-1", "NULL", "0", "P.1"), wait4("-1", "exit 7", "0", "ECHILD")),
		one(accept("sock1", "{sin_family=AF_INET}", "16", "conn1"), accept("sock1", "{sin_family=AF_INET6}", "28", "conn1")),
		one(accept("sock1", "NULL", "NULL", "conn1"), accept("sock2", "{sin_family=AF_INET}", "16", "conn1")),
		one(ex("getpeername", "sockfd", "conn1", "addr", "NULL"), ex("getpeername", "sockfd", "conn1", "addr", "{sin_family=AF_INET}")), // what it is for
	},
}

// accept is an example's accept.
func accept(sock, addr, length, result string) *canon.Op {
	return failed(ex("accept", "sockfd", sock, "addr", addr, "addrlen", length), result)
}

// wait4 is an example's wait4.
func wait4(pid, status, options, result string) *canon.Op {
	op := failed(ex("wait4", "pid", pid, "wstatus", status, "options", options, "rusage", "NULL"), result)
	op.Args[1].Out = true
	return op
}

var remainder = &Rule{
	Name: "remainder",
	Why: "a sleep that was not interrupted leaves nothing: whether it has room for the remainder makes no difference " +
		"(nanosleep(2))",
	Rewrite: func(op *canon.Op) *canon.Op {
		if op.Call != "nanosleep" || op.Result != "" || op.Arg("rem") == "NULL" {
			return op
		}
		return with(op, op.Call, canon.Arg{Name: "req", Value: op.Arg("req")}, canon.Arg{Name: "rem", Value: "NULL"})
	},
	Alike: []Example{one(ex("nanosleep", "req", "2s", "rem", "NULL"), ex("nanosleep", "req", "2s", "rem", "addr"))},
	Unlike: []Example{
		one(ex("nanosleep", "req", "2s", "rem", "NULL"), ex("nanosleep", "req", "3s", "rem", "addr")),
		one(failed(ex("nanosleep", "req", "2s", "rem", "NULL"), "EINTR"), failed(ex("nanosleep", "req", "2s", "rem", "addr"), "EINTR")),
		one(failed(ex("nanosleep", "req", "-1s", "rem", "NULL"), "EINVAL"), failed(ex("nanosleep", "req", "-1s", "rem", "addr"), "EINVAL")),
	},
}

var pselect = &Rule{
	Name: "select",
	Why: "pselect6(n, r, w, e, t, NULL) is select(n, r, w, e, t): select(2) names three differences, the type of the time " +
		"limit, that select may update it, and the mask",
	Rewrite: func(op *canon.Op) *canon.Op {
		if op.Call == "pselect6" && op.Arg("sigmask") == "NULL" {
			return with(op, "select", without(op, "sigmask")...)
		}
		return op
	},
	Alike: []Example{one(ex("select", "nfds", "1", "readfds", "{stdin}", "timeout", "1s"),
		ex("pselect6", "nfds", "1", "readfds", "{stdin}", "timeout", "1s", "sigmask", "NULL"))},
	Unlike: []Example{
		one(ex("select", "nfds", "1", "readfds", "{stdin}", "timeout", "1s"),
			ex("pselect6", "nfds", "1", "readfds", "{stdin}", "timeout", "1s", "sigmask", "[]")), // nothing is blocked meanwhile
		one(ex("select", "nfds", "1", "readfds", "{stdin}", "timeout", "1s"),
			ex("pselect6", "nfds", "1", "readfds", "{stdin}", "timeout", "2s", "sigmask", "NULL")),
		one(ex("select", "nfds", "1", "readfds", "{stdin}", "timeout", "1s"),
			ex("pselect6", "nfds", "1", "readfds", "{pipe1.r}", "timeout", "1s", "sigmask", "NULL")),
	},
}

var nanosleep = &Rule{
	Name: "nanosleep",
	Why: "clock_nanosleep(CLOCK_REALTIME, 0, t) is nanosleep(t): a relative sleep takes as long on the real-time clock as on the " +
		"monotonic one (clock_nanosleep(2), nanosleep(2))",
	Rewrite: func(op *canon.Op) *canon.Op {
		clock := op.Arg("clockid")
		if op.Call != "clock_nanosleep" || op.Arg("flags") != "0" || clock != "CLOCK_REALTIME" && clock != "CLOCK_MONOTONIC" {
			return op
		}
		return with(op, "nanosleep", canon.Arg{Name: "req", Value: op.Arg("request")}, canon.Arg{Name: "rem", Value: op.Arg("remain")})
	},
	Alike: []Example{
		one(ex("clock_nanosleep", "clockid", "CLOCK_REALTIME", "flags", "0", "request", "2s", "remain", "addr"),
			ex("nanosleep", "req", "2s", "rem", "addr")),
		one(ex("clock_nanosleep", "clockid", "CLOCK_MONOTONIC", "flags", "0", "request", "2s", "remain", "addr"),
			ex("clock_nanosleep", "clockid", "CLOCK_REALTIME", "flags", "0", "request", "2s", "remain", "addr")),
	},
	Unlike: []Example{
		one(ex("clock_nanosleep", "clockid", "CLOCK_REALTIME", "flags", "TIMER_ABSTIME", "request", "2s", "remain", "addr"),
			ex("nanosleep", "req", "2s", "rem", "addr")), // until a point in time, not for a span
		one(ex("clock_nanosleep", "clockid", "CLOCK_PROCESS_CPUTIME_ID", "flags", "0", "request", "2s", "remain", "addr"),
			ex("nanosleep", "req", "2s", "rem", "addr")), // a span of work, not of time
		one(ex("clock_nanosleep", "clockid", "CLOCK_REALTIME", "flags", "0", "request", "2s", "remain", "addr"),
			ex("nanosleep", "req", "3s", "rem", "addr")),
	},
}
