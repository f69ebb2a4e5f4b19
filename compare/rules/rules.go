// Package rules has the declared equivalences: ways to ask the kernel for the same thing that hold in every program. Each has a
// name, a reason that a reader can check in a man page, and examples of what it makes alike and of what it must not touch.
//
// A rule rewrites ops to a common form. It never sees output, exit status or files, so it can't hide a difference there.
package rules

import (
	"path"
	"slices"
	"strings"

	"paritykit/compare/canon"
	"paritykit/compare/who"
)

// Rule is one equivalence.
type Rule struct {
	Name string
	Why  string
	// Rewrite brings an op into the common form: it returns a new op, or op itself, which it must not change. May be nil.
	Rewrite func(op *canon.Op) *canon.Op
	// Merge returns the one op that stands for two in a row, or nil if the rule does not apply to them. What a signal handler did
	// between the two is not in their row. May be nil.
	Merge func(op, next *canon.Op) *canon.Op
	// Ends says whether these, which are the last ops of a process, do nothing but bring about the end that it has: then they are part of
	// what the process did before them. May be nil.
	Ends func(ops []*canon.Op) bool
	// Spare says whether the other side need not have op, of which before is what its process did earlier: then, if it has not, op is part
	// of the last one of its kind. May be nil.
	Spare func(op *canon.Op, before []*Form) bool
	// Also returns what the other side may do in op's place, nil if nothing else. It is for equivalences that a common form would
	// overstate: two programs that both stand for a third are not therefore the same. May be nil.
	Also func(op *canon.Op) *canon.Op
	// Alike are pairs of op sequences that the rule makes equal, Unlike are pairs that must stay different: they are
	// the rule's tests and its documentation.
	Alike, Unlike []Example
}

// Example is a pair of op sequences, of C and of Go.
type Example struct{ C, Go []*canon.Op }

// Form is an op in the common form of all rules.
type Form struct {
	*canon.Op           // as it was; of merged ones the first, where the form stands
	Common    *canon.Op // as the rules rewrote it; Op itself if none did
	Merged    int       // how many ops after it are part of it
	Last      *canon.Op // the last of these, which says when all was done; nil if there are none
	Rules     []string  // the names of the rules that were used, each once
	Other     *canon.Op // what the other side may do in its place, nil if nothing else
	OtherRule string    // the rule that says so
}

// Same says whether two forms of two sides are: as they stand, with names for what is chance (see canon.Run.Text), or because a rule
// says that one may stand for the other. By is that rule's name.
func (f *Form) Same(g *Form) (same bool, by string) {
	switch {
	case f.Common.Same(g.Common):
		return true, ""
	case f.Other != nil && f.Other.Same(g.Common):
		return true, f.OtherRule
	case g.Other != nil && g.Other.Same(f.Common):
		return true, g.OtherRule
	}
	return false, ""
}

func (f *Form) used(rules ...string) {
	for _, name := range rules {
		if !slices.Contains(f.Rules, name) {
			f.Rules = append(f.Rules, name)
		}
	}
}

// Apply brings the ops of one process into common form.
func Apply(list []*Rule, ops []*canon.Op) []*Form {
	block := make([]Form, len(ops)) // and not an allocation for each
	forms := make([]*Form, 0, len(ops))
	for i, op := range ops {
		f := &block[i]
		f.Op, f.Common = op, op
		for _, r := range list {
			if r.Rewrite != nil {
				if to := r.Rewrite(f.Common); to != f.Common {
					f.Common = to
					f.used(r.Name)
				}
			}
		}
		if before := previous(forms, f); before != nil && before.merge(list, f) {
			continue
		} else if before != nil && before.ends(list, ops[i:]) {
			break
		}
		f.other(list)
		forms = append(forms, f)
	}
	return forms
}

// previous is what the program did before f, nil if nothing: what a handler did meanwhile comes in between by chance. Within a
// handler it's simply the form before.
func previous(forms []*Form, f *Form) *Form {
	for _, before := range slices.Backward(forms) {
		if f.Handler || !before.Handler {
			return before
		}
	}
	return nil
}

// merge makes f stand for itself and for the next one if a rule says so. It stays in its place: what it asks for, it asks for
// there.
func (f *Form) merge(list []*Rule, next *Form) bool {
	for _, r := range list {
		if r.Merge == nil {
			continue
		}
		if one := r.Merge(f.Common, next.Common); one != nil {
			f.Common, f.Merged, f.Last, f.Other = one, f.Merged+next.Merged+1, next.Op, nil
			f.used(next.Rules...)
			f.used(r.Name)
			f.other(list)
			return true
		}
	}
	return false
}

// ends makes f stand for all that its process still does if a rule says so.
func (f *Form) ends(list []*Rule, rest []*canon.Op) bool {
	for _, r := range list {
		if r.Ends != nil && r.Ends(rest) {
			f.Merged, f.Last = f.Merged+len(rest), rest[len(rest)-1]
			f.used(r.Name)
			return true
		}
	}
	return false
}

// other notes what the other side may do in f's place.
func (f *Form) other(list []*Rule) {
	for _, r := range list {
		if r.Also == nil {
			continue
		}
		if op := r.Also(f.Common); op != nil {
			f.Other, f.OtherRule = op, r.Name
			return
		}
	}
}

// Spare is the earlier form that form i is part of if the other side has nothing like it, with the rule that says so; nil if it must
// have.
func Spare(list []*Rule, forms []*Form, i int) (*Form, string) {
	for _, r := range list {
		if r.Spare == nil || !r.Spare(forms[i].Common, forms[:i]) {
			continue
		}
		for _, f := range slices.Backward(forms[:i]) {
			if f.Common.Call == forms[i].Common.Call {
				return f, r.Name
			}
		}
	}
	return nil, ""
}

// Find is the rule with this name, nil if there is none.
func Find(name string) *Rule {
	for _, r := range All {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// All are the rules, in the order in which they are applied.
var All = []*Rule{pipe2, reexec, nanosleep, accept4, dup3, epoll, recv, writev, open, largefile, execvp, told, eintr, signal, notify, pending, kill, raise, bufsiz}

// with is a copy of op with another call and other arguments.
func with(op *canon.Op, call string, args ...canon.Arg) *canon.Op {
	n := *op
	n.Call, n.Args = call, args
	return &n
}

// without is op's arguments but for those named.
func without(op *canon.Op, names ...string) (args []canon.Arg) {
	for _, a := range op.Args {
		if !slices.Contains(names, a.Name) {
			args = append(args, a)
		}
	}
	return args
}

// ex makes an op for an example: name and value of each argument in turn.
func ex(call string, args ...string) *canon.Op {
	op := &canon.Op{Call: call, Asker: &who.Asker{}}
	for i := 0; i+1 < len(args); i += 2 {
		op.Args = append(op.Args, canon.Arg{Name: args[i], Value: args[i+1]})
	}
	return op
}

func one(c, g *canon.Op) Example { return Example{[]*canon.Op{c}, []*canon.Op{g}} }

var pipe2 = &Rule{
	Name: "pipe2",
	Why:  "pipe2(p, 0) is pipe(p): pipe(2) says \"If flags is 0, then pipe2() is the same as pipe()\"",
	Rewrite: func(op *canon.Op) *canon.Op {
		if op.Call == "pipe2" && op.Arg("flags") == "0" {
			return with(op, "pipe", without(op, "flags")...)
		}
		return op
	},
	Alike: []Example{one(ex("pipe", "pipefd", "pipe1"), ex("pipe2", "pipefd", "pipe1", "flags", "0"))},
	Unlike: []Example{
		one(ex("pipe", "pipefd", "pipe1"), ex("pipe2", "pipefd", "pipe1", "flags", "O_CLOEXEC")),
		one(ex("pipe", "pipefd", "pipe1"), ex("pipe2", "pipefd", "pipe2", "flags", "0")),
	},
}

var reexec = &Rule{
	Name: "reexec",
	Why: "Go cannot fork, so the child executes the same program again, with the same arguments and descriptors, and goes on where " +
		"C's child does (fork(2), go/internal/fork)",
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

var nanosleep = &Rule{
	Name: "nanosleep",
	Why: "clock_nanosleep(CLOCK_REALTIME, 0, t) is nanosleep(t): a span is as long on the real-time clock as on the monotonic one " +
		"(clock_nanosleep(2), nanosleep(2))",
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

var accept4 = &Rule{
	Name: "accept4",
	Why:  "accept4(s, addr, len, 0) is accept(s, addr, len): accept(2) says \"If flags is 0, then accept4() is the same as accept()\"",
	Rewrite: func(op *canon.Op) *canon.Op {
		if op.Call == "accept4" && op.Arg("flags") == "0" {
			return with(op, "accept", without(op, "flags")...)
		}
		return op
	},
	Alike: []Example{one(ex("accept", "sockfd", "sock1"), ex("accept4", "sockfd", "sock1", "flags", "0"))},
	Unlike: []Example{
		one(ex("accept", "sockfd", "sock1"), ex("accept4", "sockfd", "sock1", "flags", "SOCK_CLOEXEC")),
		one(ex("accept", "sockfd", "sock1"), ex("accept4", "sockfd", "sock2", "flags", "0")),
	},
}

var dup3 = &Rule{
	Name: "dup3",
	Why:  "dup3(a, b, 0) is dup2(a, b): dup2(2) names two differences, a flag, and that dup3 fails with EINVAL where a is b",
	Rewrite: func(op *canon.Op) *canon.Op {
		if op.Call != "dup3" || op.Arg("flags") != "0" || op.Result == "EINVAL" {
			return op
		}
		return with(op, "dup2", without(op, "flags")...)
	},
	Alike: []Example{
		one(failed(ex("dup2", "oldfd", "file:x", "newfd", "tty"), "file:x"), failed(ex("dup3", "oldfd", "file:x", "newfd", "tty", "flags", "0"), "file:x")),
	},
	Unlike: []Example{
		one(ex("dup2", "oldfd", "pipe1.w", "newfd", "tty"), ex("dup3", "oldfd", "pipe1.w", "newfd", "tty", "flags", "O_CLOEXEC")),
		one(ex("dup2", "oldfd", "pipe1.w", "newfd", "tty"), ex("dup3", "oldfd", "pipe1.r", "newfd", "tty", "flags", "0")),
		one(ex("dup2", "oldfd", "pipe1.w", "newfd", "tty"), ex("dup3", "oldfd", "pipe1.w", "newfd", "stdin", "flags", "0")),
		one(failed(ex("dup2", "oldfd", "tty", "newfd", "tty"), "tty"), failed(ex("dup3", "oldfd", "tty", "newfd", "tty", "flags", "0"), "EINVAL")),
	},
}

var epoll = &Rule{
	Name: "epoll",
	Why:  "epoll_pwait(e, events, n, t, NULL) is epoll_wait(e, events, n, t): epoll_wait(2) calls them equivalent",
	Rewrite: func(op *canon.Op) *canon.Op {
		if op.Call == "epoll_pwait" && op.Arg("sigmask") == "NULL" {
			return with(op, "epoll_wait", without(op, "sigmask", "sigsetsize")...)
		}
		return op
	},
	Alike: []Example{one(ex("epoll_wait", "epfd", "epoll1"), ex("epoll_pwait", "epfd", "epoll1", "sigmask", "NULL", "sigsetsize", "0"))},
	Unlike: []Example{
		one(ex("epoll_wait", "epfd", "epoll1"), ex("epoll_pwait", "epfd", "epoll1", "sigmask", "[]", "sigsetsize", "8")), // nothing is blocked meanwhile
		one(ex("epoll_wait", "epfd", "epoll1"), ex("epoll_pwait", "epfd", "epoll2", "sigmask", "NULL", "sigsetsize", "0")),
	},
}

var recv = &Rule{
	Name: "recv",
	Why: "recv(s, buf, n, 0) is read(s, buf, n) and send(s, buf, n, 0) is write(s, buf, n): recv(2) and send(2) say so, but for n = 0, when " +
		"recv takes a datagram and read does not; the C library makes recvfrom and sendto without an address of them",
	Rewrite: func(op *canon.Op) *canon.Op {
		switch {
		case op.Arg("flags") != "0":
		case op.Call == "sendto" && op.Arg("dest_addr") == "NULL":
			return with(op, "write", onSocket(op)...)
		case op.Call == "recvfrom" && op.Arg("src_addr") == "NULL" && op.Arg("length") != "0" && (op.Arg("length") != "" || op.Arg("buf") != `""`):
			return with(op, "read", onSocket(op)...)
		}
		return op
	},
	Alike: []Example{
		one(ex("sendto", "sockfd", "conn1", "buf", `"x"`, "flags", "0", "dest_addr", "NULL", "addrlen", "0"), ex("write", "fd", "conn1", "buf", `"x"`)),
		one(ex("recvfrom", "sockfd", "conn1", "buf", `"x"`, "length", "9", "flags", "0", "src_addr", "NULL", "addrlen", "NULL"),
			ex("read", "fd", "conn1", "buf", `"x"`, "count", "9")),
		one(ex("recvfrom", "sockfd", "conn1", "buf", `""`, "length", "9", "flags", "0", "src_addr", "NULL", "addrlen", "NULL"),
			ex("read", "fd", "conn1", "buf", `""`, "count", "9")), // the end
	},
	Unlike: []Example{
		one(ex("sendto", "sockfd", "conn1", "buf", `"x"`, "flags", "MSG_NOSIGNAL", "dest_addr", "NULL", "addrlen", "0"), ex("write", "fd", "conn1", "buf", `"x"`)),
		one(ex("sendto", "sockfd", "sock1", "buf", `"x"`, "flags", "0", "dest_addr", "{sin_family=AF_INET}"), ex("write", "fd", "sock1", "buf", `"x"`)),
		one(ex("sendto", "sockfd", "conn1", "buf", `"x"`, "flags", "0", "dest_addr", "NULL", "addrlen", "0"), ex("write", "fd", "conn2", "buf", `"x"`)),
		one(ex("recvfrom", "sockfd", "conn1", "buf", `"x"`, "length", "9", "flags", "MSG_PEEK", "src_addr", "NULL", "addrlen", "NULL"),
			ex("read", "fd", "conn1", "buf", `"x"`, "count", "9")),
		one(ex("recvfrom", "sockfd", "conn1", "buf", `"x"`, "length", "9", "flags", "0", "src_addr", "NULL", "addrlen", "NULL"),
			ex("read", "fd", "conn1", "buf", `"x"`, "count", "8")),
		one(ex("recvfrom", "sockfd", "sock1", "buf", `""`, "length", "0", "flags", "0", "src_addr", "NULL", "addrlen", "NULL"),
			ex("read", "fd", "sock1", "buf", `""`, "count", "0")), // a datagram that is there is gone after the one
		one(ex("recvfrom", "sockfd", "sock1", "buf", `""`, "flags", "0", "src_addr", "NULL", "addrlen", "NULL"),
			ex("read", "fd", "sock1", "buf", `""`)), // the same, the length being left out
	},
}

// onSocket are the arguments of a call on a socket by the names that they have of any descriptor.
func onSocket(op *canon.Op) (args []canon.Arg) {
	for _, a := range op.Args {
		if name := map[string]string{"sockfd": "fd", "buf": "buf", "length": "count"}[a.Name]; name != "" {
			a.Name = name
			args = append(args, a)
		}
	}
	return args
}

var writev = &Rule{
	Name: "writev",
	Why: "writev(fd, iov, n) is write(fd, buf, len) of the buffers one after the other: writev(2) says that it works just like write, " +
		"but for the buffers, and that what it writes is a single block; musl's stdio writes so, glibc's does not",
	Rewrite: func(op *canon.Op) *canon.Op {
		if op.Call == "writev" && whole(op.Arg("iov")) {
			return with(op, "write", canon.Arg{Name: "fd", Value: op.Arg("fd")}, renamed(op, "iov", "buf"))
		}
		return op
	},
	Alike: []Example{
		one(ex("write", "fd", "tty", "buf", `"one two"`), ex("writev", "fd", "tty", "iov", `"one two"`, "iovcnt", "2")),
		one(failed(ex("write", "fd", "pipe1.w", "buf", `"x"`), "EPIPE"), failed(ex("writev", "fd", "pipe1.w", "iov", `"x"`, "iovcnt", "1"), "EPIPE")),
		one(ex("writev", "fd", "tty", "iov", `"one"`, "iovcnt", "3"), ex("writev", "fd", "tty", "iov", `"one"`, "iovcnt", "1")),
	},
	Unlike: []Example{
		one(ex("write", "fd", "tty", "buf", `"one"`), ex("writev", "fd", "stderr", "iov", `"one"`, "iovcnt", "1")),
		one(ex("write", "fd", "tty", "buf", `"one"`), ex("writev", "fd", "tty", "iov", `"two"`, "iovcnt", "1")),
		one(ex("write", "fd", "tty", "buf", `"one"`), failed(ex("writev", "fd", "tty", "iov", `"one"`, "iovcnt", "1"), "2")), // not all of it
		one(ex("write", "fd", "tty", "buf", `"one"`), ex("pwritev", "fd", "tty", "iov", `"one"`, "iovcnt", "1", "pos_l", "0")),
		one(failed(ex("write", "fd", "tty", "buf", "bad address"), "EFAULT"), failed(ex("writev", "fd", "tty", "iov", "bad address", "iovcnt", "1"), "EFAULT")),
		{C: []*canon.Op{ex("write", "fd", "tty", "buf", `"one"`), ex("write", "fd", "tty", "buf", `"two"`)},
			Go: []*canon.Op{ex("writev", "fd", "tty", "iov", `"onetwo"`, "iovcnt", "2")}}, // two writes are two blocks
	},
}

var open = &Rule{
	Name: "open",
	Why: "open(path, flags, mode) is openat(AT_FDCWD, path, flags, mode): open(2) says that openat works in exactly the same way, but for where " +
		"a relative path begins, and that AT_FDCWD is the working directory, as for open",
	Rewrite: func(op *canon.Op) *canon.Op {
		if op.Call != "open" {
			return op
		}
		return with(op, "openat", append([]canon.Arg{{Name: "dirfd", Value: "AT_FDCWD"}}, op.Args...)...)
	},
	Alike: []Example{
		one(ex("openat", "dirfd", "AT_FDCWD", "pathname", `"f"`, "flags", "O_RDONLY"), ex("open", "pathname", `"f"`, "flags", "O_RDONLY")),
		one(failed(ex("openat", "dirfd", "AT_FDCWD", "pathname", `"f"`, "flags", "O_RDONLY"), "ENOENT"),
			failed(ex("open", "pathname", `"f"`, "flags", "O_RDONLY"), "ENOENT")),
	},
	Unlike: []Example{
		one(ex("openat", "dirfd", "file:sub", "pathname", `"f"`, "flags", "O_RDONLY"), ex("open", "pathname", `"f"`, "flags", "O_RDONLY")),
		one(ex("openat", "dirfd", "AT_FDCWD", "pathname", `"f"`, "flags", "O_RDONLY"), ex("open", "pathname", `"f"`, "flags", "O_RDWR")),
		one(ex("openat", "dirfd", "AT_FDCWD", "pathname", `"f"`, "flags", "O_RDONLY"), ex("open", "pathname", `"g"`, "flags", "O_RDONLY")),
		one(ex("openat", "dirfd", "AT_FDCWD", "pathname", `"f"`, "flags", "O_WRONLY|O_CREAT", "mode", "0644"),
			ex("open", "pathname", `"f"`, "flags", "O_WRONLY|O_CREAT", "mode", "0600")),
	},
}

var largefile = &Rule{
	Name: "largefile",
	Why: "on 64-bit machines O_LARGEFILE asks for nothing: the kernel adds it to the flags of every open (open(2); force_o_largefile in the " +
		"kernel's fs/open.c); musl asks for it all the same",
	Rewrite: func(op *canon.Op) *canon.Op {
		if op.Call != "openat" && op.Call != "open" {
			return op
		}
		flags := strings.Split(op.Arg("flags"), "|")
		rest := slices.DeleteFunc(slices.Clone(flags), func(f string) bool { return f == "O_LARGEFILE" })
		if len(rest) == len(flags) || len(rest) == 0 {
			return op
		}
		n := with(op, op.Call, slices.Clone(op.Args)...)
		for i := range n.Args {
			if n.Args[i].Name == "flags" {
				n.Args[i].Value = strings.Join(rest, "|")
			}
		}
		return n
	},
	Alike: []Example{
		one(ex("openat", "dirfd", "AT_FDCWD", "pathname", `"f"`, "flags", "O_WRONLY|O_CREAT", "mode", "0666"),
			ex("openat", "dirfd", "AT_FDCWD", "pathname", `"f"`, "flags", "O_WRONLY|O_CREAT|O_LARGEFILE", "mode", "0666")),
	},
	Unlike: []Example{
		one(ex("openat", "dirfd", "AT_FDCWD", "pathname", `"f"`, "flags", "O_WRONLY"),
			ex("openat", "dirfd", "AT_FDCWD", "pathname", `"f"`, "flags", "O_RDONLY|O_LARGEFILE")),
		one(ex("openat", "dirfd", "AT_FDCWD", "pathname", `"f"`, "flags", "O_RDONLY"),
			ex("openat", "dirfd", "AT_FDCWD", "pathname", `"f"`, "flags", "O_RDONLY|O_DIRECT")),
		one(ex("fcntl", "fd", "file:f", "cmd", "F_SETFL", "arg", "O_APPEND"), // which ignores it, but then it is not open's
			ex("fcntl", "fd", "file:f", "cmd", "F_SETFL", "arg", "O_APPEND|O_LARGEFILE")),
	},
}

var bufsiz = &Rule{
	Name: "bufsiz",
	Why: "how large a buffer is that the C library chooses is no wish of the program's: BUFSIZ is 8192 in glibc and 1024 in musl, stdio's own " +
		"buffer has 4096 bytes and 1024; a read that gets less than it has room for, or nothing, gets the same with more room (read(2))",
	Also: func(op *canon.Op) *canon.Op {
		const glibc, glibcStdio, musl = "8192", "4096", "1024"
		count := op.Arg("count")
		if op.Call != "read" || count != glibc && count != glibcStdio {
			return nil
		}
		switch n, ok := length(op.Arg("buf")); op.Result {
		case "": // what came is all that it got
			if !ok || n >= 1024 {
				return nil
			}
		case "EFAULT", "EINVAL":
			return nil
		}
		n := with(op, op.Call, slices.Clone(op.Args)...)
		for i := range n.Args {
			if n.Args[i].Name == "count" {
				n.Args[i].Value = musl
			}
		}
		return n
	},
	Alike: []Example{
		one(ex("read", "fd", "conn1", "buf", `"hello
"`, "count", "8192"), ex("read", "fd", "conn1", "buf", `"hello
"`, "count", "1024")),
		one(ex("read", "fd", "stdin", "buf", `""`, "count", "4096"), ex("read", "fd", "stdin", "buf", `""`, "count", "1024")),
		one(failed(ex("read", "fd", "stdin", "count", "4096"), "?"), failed(ex("read", "fd", "stdin", "count", "1024"), "?")),
	},
	Unlike: []Example{
		one(ex("read", "fd", "conn1", "buf", `"hello
"`, "count", "8192"), ex("read", "fd", "conn1", "buf", `"hello"`, "count", "1024")),
		one(ex("read", "fd", "conn1", "buf", `"hello
"`, "count", "8192"), ex("read", "fd", "conn1", "buf", `"hello
"`, "count", "4096")),
		one(ex("read", "fd", "conn1", "buf", `"hello
"`, "count", "30"), ex("read", "fd", "conn1", "buf", `"hello
"`, "count", "31")),
		one(ex("read", "fd", "conn1", "buf", `"`+strings.Repeat("x", 1024)+`"`, "count", "8192"), // more may have been there
			ex("read", "fd", "conn1", "buf", `"`+strings.Repeat("x", 1024)+`"`, "count", "1024")),
		one(failed(ex("read", "fd", "conn1", "count", "8192"), "EFAULT"), failed(ex("read", "fd", "conn1", "count", "1024"), "EFAULT")),
		one(ex("pread64", "fd", "file:f", "buf", `"x"`, "count", "8192", "offset", "0"), ex("pread64", "fd", "file:f", "buf", `"x"`, "count", "1024", "offset", "0")),
	},
}

// length is the number of bytes in a text as ops have it; ok is false if they are not all there.
func length(text string) (n int, ok bool) {
	inner, quoted := strings.CutPrefix(text, `"`)
	inner, closed := strings.CutSuffix(inner, `"`)
	if !quoted || !closed {
		return 0, false
	}
	for i := 0; i < len(inner); i, n = i+1, n+1 {
		if inner[i] == '\\' {
			i++
			if i < len(inner) && inner[i] == 'x' {
				i += 2
			}
		}
	}
	return n, true
}

// whole says whether an argument is a buffer of which all could be read.
func whole(value string) bool {
	return strings.HasPrefix(value, `"`) && !strings.Contains(value, "bad address")
}

// renamed is an argument of op's under another name.
func renamed(op *canon.Op, from, to string) canon.Arg {
	for _, a := range op.Args {
		if a.Name == from {
			a.Name = to
			return a
		}
	}
	return canon.Arg{Name: to}
}

var execvp = &Rule{
	Name: "execvp",
	Why: "execvp(3) tries the program in one directory of PATH after the other: where it is not, execve(2) has no effect, and the next one is tried; " +
		"os/exec.LookPath looks before instead",
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

var told = &Rule{
	Name: "told",
	Why: "who waits for a child, accepts or receives may have a status or an address told besides, or pass NULL: the call does the same (wait(2), " +
		"accept(2), recvfrom(2)); Go's wrappers always ask, whether the program wants it or not",
	Also: func(op *canon.Op) *canon.Op {
		asks := map[string][]string{"wait4": {"wstatus"}, "accept": {"addr", "addrlen"}, "accept4": {"addr", "addrlen"},
			"recvfrom": {"src_addr", "addrlen"}}[op.Call]
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

var eintr = &Rule{
	Name: "eintr",
	Why: "a call that a signal interrupted and that the program makes again at once is one call; Go's runtime installs its handlers " +
		"with SA_RESTART, so that the kernel repeats the call instead (signal(7)), except for sleeps, which go on with what is left; the " +
		"call stands where it was made first, before what the handler did",
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
		{C: []*canon.Op{failed(ex("accept", "sockfd", "sock1"), "EINTR"), handler(ex("SIGCHLD", "from", "P.1")), ex("wait4", "pid", "-1"),
			ex("accept", "sockfd", "sock1")},
			Go: []*canon.Op{ex("accept", "sockfd", "sock1"), handler(ex("SIGCHLD", "from", "P.1")), ex("wait4", "pid", "-1")}}, // not the handler waits
		{C: []*canon.Op{failed(ex("accept", "sockfd", "sock1"), "EINTR"), handler(ex("SIGCHLD", "from", "P.1")), ex("accept", "sockfd", "sock2")},
			Go: []*canon.Op{ex("accept", "sockfd", "sock2"), handler(ex("SIGCHLD", "from", "P.1"))}}, // something else
		{C: []*canon.Op{failed(ex("accept", "sockfd", "sock1"), "EINTR"), handler(ex("SIGCHLD", "from", "P.1")), ex("accept", "sockfd", "sock1")},
			Go: []*canon.Op{handler(ex("SIGCHLD", "from", "P.1")), ex("accept", "sockfd", "sock1")}}, // called only afterwards
	},
}

var signal = &Rule{
	Name: "signal",
	Why: "signal(2) is sigaction(2) with a mask that has the signal itself, which is blocked in its handler anyway (without SA_NODEFER), and it also " +
		"asks what was there before, which a program knows; for a signal that is ignored flags and mask mean nothing: so does signal.Ignore ignore it",
	Rewrite: func(op *canon.Op) *canon.Op {
		act := op.Arg("act")
		if op.Call != "rt_sigaction" || act == "NULL" || op.Result != "" {
			return op
		}
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

var notify = &Rule{
	Name: "notify",
	Why: "Go's runtime has handlers for all signals from the start, so signal.Notify makes no call: it says that the program wants the " +
		"signal, as sigaction(2) does with a handler that stays and that blocks no other signal",
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
	Why: "a signal that comes while the handler of one of its kind runs waits until that has ended, and if more come they are one (signal(7)); " +
		"Go's runtime takes each as it comes, and what the channel of signal.Notify has no room for is dropped: how many came after the first, " +
		"and when, is not up to the program, and what it did about them is compared",
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
	Why: "raise(sig) is tgkill(pid, tid, sig) and in a program of one thread the same as kill(getpid(), sig) (raise(3)); in Go, where the runtime takes " +
		"a signal on whatever thread it comes, a program sends it to its process; and getpid(2) does nothing but tell it which that is",
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
	Why: "a process that takes its own handler of a signal away, sends itself that signal and dies of it ends as one that the kernel killed: " +
		"Go's runtime catches SIGPIPE, and lets the program die of it only for descriptors 1 and 2, in just this way (os/signal); for others a " +
		"port that is to die as the C program does must do it itself",
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

// raised is what a process P.1 of an example does to die of a signal: what it sends to whom, and what it dies of.
func raised(signal, to, of string) []*canon.Op {
	act := sigaction(signal, "SIG_DFL", "0", "[]")
	return []*canon.Op{act, failed(ex("getpid"), "P.1"), fatal(ex("kill", "pid", to, "sig", signal), of)}
}

// fatal is an example's last op of a process that a signal killed.
func fatal(op *canon.Op, signal string) *canon.Op {
	op.Fatal = signal
	return op
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

// again says whether a process makes the same call as before. A sleep goes on with what the interrupted one has left.
func again(op, next *canon.Op) bool {
	if op.Call != next.Call {
		return false
	}
	for _, a := range op.Args {
		if a.Out || op.Call == "nanosleep" && a.Name == "req" {
			continue
		}
		if next.Arg(a.Name) != a.Value {
			return false
		}
	}
	return true
}

// handler is an example's op that a signal handler makes.
func handler(op *canon.Op) *canon.Op {
	op.Asker = &who.Asker{Handler: true}
	return op
}

// failed is an example's op with an error.
func failed(op *canon.Op, errno string) *canon.Op {
	op.Result = errno
	return op
}
