package rules

import (
	"slices"
	"strings"

	"paritykit/compare/attrib"
	"paritykit/compare/canon"
)

// Rules about files, pipes and their descriptors.

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

var dup3 = &Rule{
	Name: "dup3",
	Why:  "dup3(a, b, 0) is dup2(a, b): dup2(2) names two differences, a flag, and that dup3 fails with EINVAL if a equals b",
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
	Why: "open(path, flags, mode) is openat(AT_FDCWD, path, flags, mode): open(2) says that openat works in exactly the same " +
		"way, except for where a relative path begins, and that AT_FDCWD is the working directory, as for open",
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
	Why: "on 64-bit machines O_LARGEFILE has no effect: the kernel adds it to the flags of every open (open(2); " +
		"force_o_largefile in the kernel's fs/open.c); musl sets it, glibc does not",
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
	Why: "the size of a buffer that stdio chose is not the program's choice: glibc's has 4096 bytes or BUFSIZ, " +
		"musl's 1024; a read of stdio's that gets less than it has room for, or nothing, gets the same with " +
		"more room (read(2)); the size of a read that the program makes itself counts",
	Also: func(op *canon.Op) *canon.Op {
		const glibc, glibcStdio, musl = "8192", "4096", "1024"
		count := op.Arg("count")
		if op.Call != "read" || count != glibc && count != glibcStdio || !chosenByLibrary(op) {
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
		one(stdio(ex("read", "fd", "conn1", "buf", `"hello
"`, "count", "8192")), stdio(ex("read", "fd", "conn1", "buf", `"hello
"`, "count", "1024"))),
		one(stdio(ex("read", "fd", "stdin", "buf", `""`, "count", "4096")), stdio(ex("read", "fd", "stdin", "buf", `""`, "count", "1024"))),
		one(stdio(failed(ex("read", "fd", "stdin", "count", "4096"), "?")), stdio(failed(ex("read", "fd", "stdin", "count", "1024"), "?"))),
	},
	Unlike: []Example{
		one(ex("read", "fd", "conn1", "buf", `"hello
"`, "count", "8192"), ex("read", "fd", "conn1", "buf", `"hello
"`, "count", "1024")), // the program's own
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

// chosenByLibrary reports whether stdio made a read for a function of its own (fgets, getline), and
// not because the program called read(2).
func chosenByLibrary(op *canon.Op) bool { return op.Idiom != nil && op.Idiom.Name == "stdio" }

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

// whole reports whether an argument is a buffer of which all could be read.
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

// stdio is an example's op that stdio makes for a function of the program's.
func stdio(op *canon.Op) *canon.Op {
	op.Origin = &attrib.Origin{Idiom: &attrib.Idiom{Name: "stdio"}}
	return op
}
