package rules

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/canon"
)

// Rules about files, pipes and their descriptors.

var pipe2 = &Rule{
	Name: "pipe2",
	Why:  "pipe2(p, 0) is pipe(p): pipe(2) says \"If flags is 0, then pipe2() is the same as pipe()\"",
	Rewrite: func(op *canon.Op) *canon.Op {
		if op.Call == "pipe2" && zero(op.Arg("flags")) {
			return with(op, "pipe", without(op, "flags")...)
		}
		return op
	},
	Alike: []Example{one(ex("pipe", "pipefd", obj("pipe1")),
		ex("pipe2", "pipefd", obj("pipe1"), "flags", bits(0)))},
	Unlike: []Example{
		one(ex("pipe", "pipefd", obj("pipe1")), ex("pipe2", "pipefd", obj("pipe1"), "flags",
			bits(unix.O_CLOEXEC))),
		one(ex("pipe", "pipefd", obj("pipe1")), ex("pipe2", "pipefd", obj("pipe2"), "flags", bits(0))),
	},
}

var dup3 = &Rule{
	Name: "dup3",
	Why:  "dup3(a, b, 0) is dup2(a, b): dup2(2) names two differences, a flag, and that dup3 fails with EINVAL if a equals b",
	Rewrite: func(op *canon.Op) *canon.Op {
		if op.Call != "dup3" || !zero(op.Arg("flags")) || op.Result.Errno() == unix.EINVAL {
			return op
		}
		return with(op, "dup2", without(op, "flags")...)
	},
	Alike: []Example{
		one(gives(ex("dup2", "oldfd", obj("file:x"), "newfd", obj("tty")), obj("file:x")),
			gives(ex("dup3", "oldfd", obj("file:x"), "newfd", obj("tty"), "flags", bits(0)), obj("file:x"))),
	},
	Unlike: []Example{
		one(ex("dup2", "oldfd", obj("pipe1.w"), "newfd", obj("tty")),
			ex("dup3", "oldfd", obj("pipe1.w"), "newfd", obj("tty"), "flags", bits(unix.O_CLOEXEC))),
		one(ex("dup2", "oldfd", obj("pipe1.w"), "newfd", obj("tty")),
			ex("dup3", "oldfd", obj("pipe1.r"), "newfd", obj("tty"), "flags", bits(0))),
		one(ex("dup2", "oldfd", obj("pipe1.w"), "newfd", obj("tty")),
			ex("dup3", "oldfd", obj("pipe1.w"), "newfd", obj("stdin"), "flags", bits(0))),
		one(gives(ex("dup2", "oldfd", obj("tty"), "newfd", obj("tty")), obj("tty")),
			failed(ex("dup3", "oldfd", obj("tty"), "newfd", obj("tty"), "flags", bits(0)), unix.EINVAL)),
	},
}

var writev = &Rule{
	Name: "writev",
	Why: "writev(fd, iov, n) is write(fd, buf, len) of the buffers one after the other: writev(2) says that it works just like " +
		"write, except for the buffers, and that it writes them as a single block; musl's stdio uses it, glibc's does not",
	Rewrite: func(op *canon.Op) *canon.Op {
		if op.Call == "writev" && whole(op.Arg("iov")) {
			return with(op, "write", canon.Arg{Name: "fd", Value: op.Arg("fd")}, renamed(op, "iov", "buf"))
		}
		return op
	},
	Alike: []Example{
		one(ex("write", "fd", obj("tty"), "buf", text("one two")),
			ex("writev", "fd", obj("tty"), "iov", text("one two"), "iovcnt", num(2))),
		one(failed(ex("write", "fd", obj("pipe1.w"), "buf", text("x")), unix.EPIPE),
			failed(ex("writev", "fd", obj("pipe1.w"), "iov", text("x"), "iovcnt", num(1)), unix.EPIPE)),
		one(ex("writev", "fd", obj("tty"), "iov", text("one"), "iovcnt", num(3)),
			ex("writev", "fd", obj("tty"), "iov", text("one"), "iovcnt", num(1))),
	},
	Unlike: []Example{
		one(ex("write", "fd", obj("tty"), "buf", text("one")),
			ex("writev", "fd", obj("stderr"), "iov", text("one"), "iovcnt", num(1))),
		one(ex("write", "fd", obj("tty"), "buf", text("one")),
			ex("writev", "fd", obj("tty"), "iov", text("two"), "iovcnt", num(1))),
		// not all of it
		one(ex("write", "fd", obj("tty"), "buf", text("one")),
			gives(ex("writev", "fd", obj("tty"), "iov", text("one"), "iovcnt", num(1)), num(2))),
		one(ex("write", "fd", obj("tty"), "buf", text("one")),
			ex("pwritev", "fd", obj("tty"), "iov", text("one"), "iovcnt", num(1), "pos_l", num(0))),
		one(failed(ex("write", "fd", obj("tty"), "buf", badAddress), unix.EFAULT),
			failed(ex("writev", "fd", obj("tty"), "iov", badAddress, "iovcnt", num(1)), unix.EFAULT)),
		{C: []*canon.Op{ex("write", "fd", obj("tty"), "buf", text("one")),
			ex("write", "fd", obj("tty"), "buf", text("two"))},
			// two writes are two blocks
			Go: []*canon.Op{ex("writev", "fd", obj("tty"), "iov", text("onetwo"), "iovcnt", num(2))}},
	},
}

var printing = &Rule{
	Name: "print",
	Why: "what one call of printf(3) prints, stdio hands to a terminal at the newlines in it (setvbuf(3): line buffered), so that it may make " +
		"several writes of it: where it cuts the text is not the program's choice, and one write of all of it is the same",
	Join: func(op, next *canon.Op) *canon.Op {
		if !next.Piece || op.Call != "write" || next.Call != "write" || !succeeded(op) || !succeeded(next) ||
			!op.Arg("fd").IsOutput() || !op.Arg("fd").Same(next.Arg("fd")) ||
			!op.Arg("buf").Is(canon.Text) || !next.Arg("buf").Is(canon.Text) {
			return nil
		}
		return with(op, op.Call, changed(op.Args, "buf", op.Arg("buf").Then(next.Arg("buf")))...)
	},
	Alike: []Example{
		{C: []*canon.Op{ex("write", "fd", obj("tty"), "buf", text("hi\n")),
			piece(ex("write", "fd", obj("tty"), "buf", text("there\n")))},
			Go: []*canon.Op{ex("write", "fd", obj("tty"), "buf", text("hi\nthere\n"))}},
		{C: []*canon.Op{ex("write", "fd", obj("tty"), "buf", text("1\n")), piece(ex("write", "fd", obj("tty"), "buf", text("2\n"))),
			piece(ex("write", "fd", obj("tty"), "buf", text("3\n"))), ex("getpid")},
			Go: []*canon.Op{ex("write", "fd", obj("tty"), "buf", text("1\n2\n3\n")), ex("getpid")}},
	},
	Unlike: []Example{
		// two prints
		{C: []*canon.Op{ex("write", "fd", obj("tty"), "buf", text("hi\n")),
			ex("write", "fd", obj("tty"), "buf", text("there\n"))},
			Go: []*canon.Op{ex("write", "fd", obj("tty"), "buf", text("hi\nthere\n"))}},
		// something else
		{C: []*canon.Op{ex("write", "fd", obj("tty"), "buf", text("hi\n")),
			piece(ex("write", "fd", obj("tty"), "buf", text("there\n")))},
			Go: []*canon.Op{ex("write", "fd", obj("tty"), "buf", text("hi there\n"))}},
		// where a reader gets each piece alone
		{C: []*canon.Op{ex("write", "fd", obj("pipe1.w"), "buf", text("hi\n")),
			piece(ex("write", "fd", obj("pipe1.w"), "buf", text("there\n")))},
			Go: []*canon.Op{ex("write", "fd", obj("pipe1.w"), "buf", text("hi\nthere\n"))}},
		{C: []*canon.Op{gives(ex("write", "fd", obj("tty"), "buf", text("hi\n")), num(1)),
			piece(ex("write", "fd", obj("tty"), "buf", text("there\n")))},
			Go: []*canon.Op{ex("write", "fd", obj("tty"), "buf", text("hi\nthere\n"))}},
		{C: []*canon.Op{ex("write", "fd", obj("tty"), "buf", text("hi\n")),
			piece(ex("write", "fd", obj("stderr"), "buf", text("there\n")))},
			Go: []*canon.Op{ex("write", "fd", obj("tty"), "buf", text("hi\nthere\n"))}},
	},
}

var open = &Rule{
	Name: "open",
	Why: "open(path, flags, mode) is openat(AT_FDCWD, path, flags, mode): open(2) says that openat works in exactly the same " +
		"way, except for where a relative path begins, and that AT_FDCWD is the working directory, as for open; " +
		"creat(path, mode) is open(path, O_CREAT|O_WRONLY|O_TRUNC, mode), it says as well",
	Rewrite: func(op *canon.Op) *canon.Op {
		here := canon.Arg{Name: "dirfd", Value: canon.WordOf("AT_FDCWD")}
		switch {
		case op.Call == "open":
			return with(op, "openat", append([]canon.Arg{here}, op.Args...)...)
		case op.Call == "creat" && len(op.Args) == 2:
			flags := canon.Bits(unix.O_CREAT|unix.O_WRONLY|unix.O_TRUNC, abi.OpenFlags)
			return with(op, "openat", here, op.Args[0], canon.Arg{Name: "flags", Value: flags}, op.Args[1])
		}
		return op
	},
	Alike: []Example{
		one(ex("openat", "dirfd", word("AT_FDCWD"), "pathname", file("f"), "flags", bits(unix.O_RDONLY)),
			ex("open", "pathname", file("f"), "flags", bits(unix.O_RDONLY))),
		one(failed(ex("openat", "dirfd", word("AT_FDCWD"), "pathname", file("f"), "flags",
			bits(unix.O_RDONLY)), unix.ENOENT),
			failed(ex("open", "pathname", file("f"), "flags", bits(unix.O_RDONLY)), unix.ENOENT)),
		one(ex("openat", "dirfd", word("AT_FDCWD"), "pathname", file("f"), "flags",
			bits(unix.O_WRONLY|unix.O_CREAT|unix.O_TRUNC), "mode", num(0o600)),
			ex("creat", "pathname", file("f"), "mode", num(0o600))),
	},
	Unlike: []Example{
		one(ex("openat", "dirfd", word("AT_FDCWD"), "pathname", file("f"), "flags",
			bits(unix.O_WRONLY|unix.O_CREAT), "mode", num(0o600)), // what stands in the file stays
			ex("creat", "pathname", file("f"), "mode", num(0o600))),
		one(ex("openat", "dirfd", word("AT_FDCWD"), "pathname", file("f"), "flags",
			bits(unix.O_WRONLY|unix.O_CREAT|unix.O_TRUNC), "mode", num(0o644)),
			ex("creat", "pathname", file("f"), "mode", num(0o600))),
		one(ex("openat", "dirfd", obj("file:sub"), "pathname", file("f"), "flags", bits(unix.O_RDONLY)),
			ex("open", "pathname", file("f"), "flags", bits(unix.O_RDONLY))),
		one(ex("openat", "dirfd", word("AT_FDCWD"), "pathname", file("f"), "flags", bits(unix.O_RDONLY)),
			ex("open", "pathname", file("f"), "flags", bits(unix.O_RDWR))),
		one(ex("openat", "dirfd", word("AT_FDCWD"), "pathname", file("f"), "flags", bits(unix.O_RDONLY)),
			ex("open", "pathname", file("g"), "flags", bits(unix.O_RDONLY))),
		one(ex("openat", "dirfd", word("AT_FDCWD"), "pathname", file("f"), "flags",
			bits(unix.O_WRONLY|unix.O_CREAT), "mode", num(0o644)),
			ex("open", "pathname", file("f"), "flags", bits(unix.O_WRONLY|unix.O_CREAT), "mode",
				num(0o600))),
	},
}

var atDirectory = &Rule{
	Name: "at",
	Why: "unlinkat(AT_FDCWD, path, 0) is unlink(path), and so for mkdir, rmdir, mknod, rename, link, symlink, readlink, chmod, " +
		"chown, lchown and access: their pages say that each works in exactly the same way as the older one, but for where " +
		"a relative path begins; renameat2, fchmodat2 and faccessat2 without flags are those without the 2",
	Rewrite: func(op *canon.Op) *canon.Op {
		forms, known := atForms[op.Call]
		if !known {
			return op
		}
		var args []canon.Arg
		flags := canon.Int(0)
		for _, a := range op.Args {
			switch {
			case a.Value.Equal(canon.WordOf("AT_FDCWD")):
			case a.Name == "flags":
				flags = a.Value
			default:
				args = append(args, a)
			}
		}
		for _, form := range forms {
			if len(op.Args)-len(args) >= form.left && flags.Equals(form.flags) {
				return with(op, form.older, args...)
			}
		}
		return op
	},
	Alike: []Example{
		one(ex("unlinkat", "dirfd", word("AT_FDCWD"), "pathname", file("f"), "flags", bits(0)),
			ex("unlink", "pathname", file("f"))),
		one(ex("unlinkat", "dirfd", word("AT_FDCWD"), "pathname", file("d"), "flags", bits(unix.AT_REMOVEDIR)),
			ex("rmdir", "pathname", file("d"))),
		one(ex("renameat", "olddirfd", word("AT_FDCWD"), "oldpath", file("a"), "newdirfd",
			word("AT_FDCWD"), "newpath", file("b")), ex("rename", "oldpath", file("a"), "newpath", file("b"))),
	},
	Unlike: []Example{
		one(ex("unlinkat", "dirfd", obj("file:sub"), "pathname", file("f"), "flags", bits(0)),
			ex("unlink", "pathname", file("f"))),
		one(ex("unlinkat", "dirfd", word("AT_FDCWD"), "pathname", file("d"), "flags", bits(unix.AT_REMOVEDIR)),
			ex("unlink", "pathname", file("d"))),
		one(ex("renameat", "olddirfd", word("AT_FDCWD"), "oldpath", file("a"), "newdirfd",
			word("AT_FDCWD"), "newpath", file("b")), ex("rename", "oldpath", file("b"), "newpath", file("a"))),
		one(ex("fchownat", "dirfd", word("AT_FDCWD"), "pathname", file("f"), "owner", num(1), "group", num(1),
			"flags", bits(0)), ex("lchown", "pathname", file("f"), "owner", num(1), "group", num(1))),
		one(ex("unlinkat", "dirfd", word("AT_FDCWD"), "pathname", file("f"), "flags", bits(0)),
			failed(ex("unlink", "pathname", file("f")), unix.ENOENT)),
	},
}

// atForms are, by the name of a call that takes directories, the older calls that do the same where
// these are the working directory, with these flags; left is how many arguments that leaves out. A
// C library makes the older ones where there are any, so that a report shows these.
var atForms = map[string][]struct {
	older string
	left  int
	flags uint64
}{
	"mkdirat": {{"mkdir", 1, 0}}, "mknodat": {{"mknod", 1, 0}},
	"unlinkat": {{"unlink", 2, 0}, {"rmdir", 2, unix.AT_REMOVEDIR}},
	"renameat": {{"rename", 2, 0}}, "renameat2": {{"rename", 3, 0}},
	"linkat": {{"link", 3, 0}}, "symlinkat": {{"symlink", 1, 0}}, "readlinkat": {{"readlink", 1, 0}},
	"fchmodat": {{"chmod", 1, 0}}, "fchmodat2": {{"chmod", 2, 0}},
	"fchownat":  {{"chown", 2, 0}, {"lchown", 2, unix.AT_SYMLINK_NOFOLLOW}},
	"faccessat": {{"access", 1, 0}}, "faccessat2": {{"access", 2, 0}},
}

var largefile = &Rule{
	Name: "largefile",
	Why: "on 64-bit machines O_LARGEFILE has no effect: the kernel adds it to the flags of every open (open(2); " +
		"force_o_largefile in the kernel's fs/open.c); musl sets it, glibc does not",
	Rewrite: func(op *canon.Op) *canon.Op {
		if op.Call != "openat" && op.Call != "open" {
			return op
		}
		flags := op.Arg("flags")
		if !flags.Has(abi.O_LARGEFILE) {
			return op
		}
		return with(op, op.Call, changed(op.Args, "flags", flags.Without(abi.O_LARGEFILE))...)
	},
	Alike: []Example{
		one(ex("openat", "dirfd", word("AT_FDCWD"), "pathname", file("f"), "flags",
			bits(unix.O_WRONLY|unix.O_CREAT), "mode", num(0o666)),
			ex("openat", "dirfd", word("AT_FDCWD"), "pathname", file("f"), "flags",
				bits(unix.O_WRONLY|unix.O_CREAT|abi.O_LARGEFILE), "mode", num(0o666))),
	},
	Unlike: []Example{
		one(ex("openat", "dirfd", word("AT_FDCWD"), "pathname", file("f"), "flags", bits(unix.O_WRONLY)),
			ex("openat", "dirfd", word("AT_FDCWD"), "pathname", file("f"), "flags",
				bits(unix.O_RDONLY|abi.O_LARGEFILE))),
		one(ex("openat", "dirfd", word("AT_FDCWD"), "pathname", file("f"), "flags", bits(unix.O_RDONLY)),
			ex("openat", "dirfd", word("AT_FDCWD"), "pathname", file("f"), "flags",
				bits(unix.O_RDONLY|unix.O_DIRECT))),
		// which ignores it, but then it is not open's
		one(ex("fcntl", "fd", obj("file:f"), "cmd", enum(unix.F_SETFL), "arg", bits(unix.O_APPEND)),
			ex("fcntl", "fd", obj("file:f"), "cmd", enum(unix.F_SETFL), "arg",
				bits(unix.O_APPEND|abi.O_LARGEFILE))),
	},
}

var bufsiz = &Rule{
	Name: "bufsiz",
	Why: "the size of a buffer that stdio chose is not the program's choice: glibc's has 4096 bytes or BUFSIZ, " +
		"musl's 1024; a read of stdio's that gets less than it has room for, or nothing, gets the same with " +
		"more room (read(2)); the size of a read that the program makes itself counts",
	Also: func(op *canon.Op) *canon.Op {
		const glibc, glibcStdio, musl = 8192, 4096, 1024
		count := op.Arg("count")
		if op.Call != "read" || !count.Equals(glibc) && !count.Equals(glibcStdio) ||
			!chosenByLibrary(op) {
			return nil
		}
		switch b, ok := op.Arg("buf").Bytes(); {
		case succeeded(op) && (!ok || len(b) >= musl): // what came is all that it got
			return nil
		case op.Result.Errno() == unix.EFAULT, op.Result.Errno() == unix.EINVAL:
			return nil
		}
		return with(op, op.Call, changed(op.Args, "count", count.With(musl))...)
	},
	Alike: []Example{
		one(stdio(ex("read", "fd", obj("conn1"), "buf", text("hello\n"), "count", num(8192))),
			stdio(ex("read", "fd", obj("conn1"), "buf", text("hello\n"), "count", num(1024)))),
		one(stdio(ex("read", "fd", obj("stdin"), "buf", text(""), "count", num(4096))),
			stdio(ex("read", "fd", obj("stdin"), "buf", text(""), "count", num(1024)))),
		one(stdio(gives(ex("read", "fd", obj("stdin"), "count", num(4096)), unanswered)),
			stdio(gives(ex("read", "fd", obj("stdin"), "count", num(1024)), unanswered))),
	},
	Unlike: []Example{
		// the program's own
		one(ex("read", "fd", obj("conn1"), "buf", text("hello\n"), "count", num(8192)),
			ex("read", "fd", obj("conn1"), "buf", text("hello\n"), "count", num(1024))),
		one(ex("read", "fd", obj("conn1"), "buf", text("hello\n"), "count", num(8192)),
			ex("read", "fd", obj("conn1"), "buf", text("hello"), "count", num(1024))),
		one(ex("read", "fd", obj("conn1"), "buf", text("hello\n"), "count", num(8192)),
			ex("read", "fd", obj("conn1"), "buf", text("hello\n"), "count", num(4096))),
		one(ex("read", "fd", obj("conn1"), "buf", text("hello\n"), "count", num(30)),
			ex("read", "fd", obj("conn1"), "buf", text("hello\n"), "count", num(31))),
		// more may have been there
		one(ex("read", "fd", obj("conn1"), "buf", text(strings.Repeat("x", 1024)), "count", num(8192)),
			ex("read", "fd", obj("conn1"), "buf", text(strings.Repeat("x", 1024)), "count", num(1024))),
		one(failed(ex("read", "fd", obj("conn1"), "count", num(8192)), unix.EFAULT),
			failed(ex("read", "fd", obj("conn1"), "count", num(1024)), unix.EFAULT)),
		one(ex("pread64", "fd", obj("file:f"), "buf", text("x"), "count", num(8192), "offset", num(0)),
			ex("pread64", "fd", obj("file:f"), "buf", text("x"), "count", num(1024), "offset", num(0))),
	},
}

// chosenByLibrary reports whether stdio made a read for a function of its own (fgets, getline), and
// not because the program called read(2).
func chosenByLibrary(op *canon.Op) bool { return op.Idiom != nil && op.Idiom.Name == "stdio" }

// whole reports whether an argument is a buffer of which all could be read.
func whole(v canon.Value) bool { return v.Is(canon.Text, canon.Partial) && !v.Bad() }

// changed are arguments of which one has another value.
func changed(args []canon.Arg, name string, to canon.Value) []canon.Arg {
	args = slices.Clone(args)
	for i := range args {
		if args[i].Name == name {
			args[i].Value = to
		}
	}
	return args
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
