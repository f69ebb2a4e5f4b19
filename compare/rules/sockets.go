package rules

import (
	"golang.org/x/sys/unix"

	"paritykit/compare/canon"
)

// Rules about sockets and about waiting for them.

var accept4 = &Rule{
	Name: "accept4",
	Why:  "accept4(s, addr, len, 0) is accept(s, addr, len): accept(2) says \"If flags is 0, then accept4() is the same as accept()\"",
	Rewrite: func(op *canon.Op) *canon.Op {
		if op.Call == "accept4" && zero(op.Arg("flags")) {
			return with(op, "accept", without(op, "flags")...)
		}
		return op
	},
	Alike: []Example{one(ex("accept", "sockfd", obj("sock1")),
		ex("accept4", "sockfd", obj("sock1"), "flags", bits(0)))},
	Unlike: []Example{
		one(ex("accept", "sockfd", obj("sock1")), ex("accept4", "sockfd", obj("sock1"), "flags",
			bits(unix.SOCK_CLOEXEC))),
		one(ex("accept", "sockfd", obj("sock1")), ex("accept4", "sockfd", obj("sock2"), "flags",
			bits(0))),
	},
}

var epoll = &Rule{
	Name: "epoll",
	Why: "epoll_pwait(e, events, n, t, NULL) is epoll_wait(e, events, n, t): epoll_wait(2) calls them equivalent; and " +
		"epoll_create(n) is epoll_create1(0) for every n above zero: epoll_create(2)",
	Rewrite: func(op *canon.Op) *canon.Op {
		if op.Call == "epoll_create" && op.Result.Errno() != unix.EINVAL {
			return with(op, "epoll_create1", canon.Arg{Name: "flags", Value: canon.Bits(0, nil)})
		}
		if op.Call == "epoll_pwait" && isNull(op.Arg("sigmask")) {
			return with(op, "epoll_wait", without(op, "sigmask", "sigsetsize")...)
		}
		return op
	},
	Alike: []Example{
		one(ex("epoll_wait", "epfd", obj("epoll1")),
			ex("epoll_pwait", "epfd", obj("epoll1"), "sigmask", null, "sigsetsize", num(0))),
		one(gives(ex("epoll_create", "size", num(10)), obj("epoll1")),
			gives(ex("epoll_create1", "flags", bits(0)), obj("epoll1"))),
	},
	Unlike: []Example{
		// nothing is blocked meanwhile
		one(ex("epoll_wait", "epfd", obj("epoll1")),
			ex("epoll_pwait", "epfd", obj("epoll1"), "sigmask", mask(), "sigsetsize", num(8))),
		one(ex("epoll_wait", "epfd", obj("epoll1")),
			ex("epoll_pwait", "epfd", obj("epoll2"), "sigmask", null, "sigsetsize", num(0))),
		one(gives(ex("epoll_create", "size", num(10)), obj("epoll1")),
			gives(ex("epoll_create1", "flags", bits(unix.EPOLL_CLOEXEC)), obj("epoll1"))),
		one(failed(ex("epoll_create", "size", num(0)), unix.EINVAL),
			gives(ex("epoll_create1", "flags", bits(0)), obj("epoll1"))),
	},
}

var recv = &Rule{
	Name: "recv",
	Why: "recv(s, buf, n, 0) is read(s, buf, n) and send(s, buf, n, 0) is write(s, buf, n): recv(2) and send(2) say so, except " +
		"for n = 0, where recv takes a datagram and read does not; the C library implements both with recvfrom and sendto " +
		"without an address",
	Rewrite: func(op *canon.Op) *canon.Op {
		switch {
		case op.Call != "sendto" && op.Call != "recvfrom", !zero(op.Arg("flags")):
		case op.Call == "sendto" && isNull(op.Arg("dest_addr")):
			return with(op, "write", onSocket(op)...)
		case op.Call == "recvfrom" && isNull(op.Arg("src_addr")) && takes(op):
			return with(op, "read", onSocket(op)...)
		}
		return op
	},
	Alike: []Example{
		one(ex("sendto", "sockfd", obj("conn1"), "buf", text("x"), "flags", bits(0), "dest_addr", null,
			"addrlen", num(0)), ex("write", "fd", obj("conn1"), "buf", text("x"))),
		one(ex("recvfrom", "sockfd", obj("conn1"), "buf", text("x"), "length", num(9), "flags", bits(0),
			"src_addr", null, "addrlen", null),
			ex("read", "fd", obj("conn1"), "buf", text("x"), "count", num(9))),
		one(ex("recvfrom", "sockfd", obj("conn1"), "buf", text(""), "length", num(9), "flags", bits(0),
			"src_addr", null, "addrlen", null),
			ex("read", "fd", obj("conn1"), "buf", text(""), "count", num(9))), // the end
	},
	Unlike: []Example{
		one(ex("sendto", "sockfd", obj("conn1"), "buf", text("x"), "flags", bits(unix.MSG_NOSIGNAL),
			"dest_addr", null, "addrlen", num(0)), ex("write", "fd", obj("conn1"), "buf", text("x"))),
		one(ex("sendto", "sockfd", obj("sock1"), "buf", text("x"), "flags", bits(0), "dest_addr",
			inet(unix.AF_INET)), ex("write", "fd", obj("sock1"), "buf", text("x"))),
		one(ex("sendto", "sockfd", obj("conn1"), "buf", text("x"), "flags", bits(0), "dest_addr", null,
			"addrlen", num(0)), ex("write", "fd", obj("conn2"), "buf", text("x"))),
		one(ex("recvfrom", "sockfd", obj("conn1"), "buf", text("x"), "length", num(9), "flags",
			bits(unix.MSG_PEEK), "src_addr", null, "addrlen", null),
			ex("read", "fd", obj("conn1"), "buf", text("x"), "count", num(9))),
		one(ex("recvfrom", "sockfd", obj("conn1"), "buf", text("x"), "length", num(9), "flags", bits(0),
			"src_addr", null, "addrlen", null),
			ex("read", "fd", obj("conn1"), "buf", text("x"), "count", num(8))),
		one(ex("recvfrom", "sockfd", obj("sock1"), "buf", text(""), "length", num(0), "flags", bits(0),
			"src_addr", null, "addrlen", null),
			// a datagram that is there is gone after the one
			ex("read", "fd", obj("sock1"), "buf", text(""), "count", num(0))),
		one(ex("recvfrom", "sockfd", obj("sock1"), "buf", text(""), "flags", bits(0), "src_addr", null,
			"addrlen", null),
			ex("read", "fd", obj("sock1"), "buf", text(""))), // the same, the length being left out
	},
}

// takes reports whether a recvfrom has room for anything. The length is left out if the data show
// it.
func takes(op *canon.Op) bool {
	length := op.Arg("length")
	if length.Is(canon.Nothing) {
		b, _ := op.Arg("buf").Bytes()
		return len(b) > 0
	}
	return !zero(length)
}

// onSocket are the arguments of a call on a socket by the names that they have of any descriptor.
func onSocket(op *canon.Op) (args []canon.Arg) {
	for _, a := range op.Args {
		if name := map[string]string{"sockfd": "fd", "buf": "buf",
			"length": "count"}[a.Name]; name != "" {
			a.Name = name
			args = append(args, a)
		}
	}
	return args
}
