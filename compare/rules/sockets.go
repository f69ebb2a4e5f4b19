package rules

import "paritykit/compare/canon"

// Rules about sockets and about waiting for them.

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

var epoll = &Rule{
	Name: "epoll",
	Why: "epoll_pwait(e, events, n, t, NULL) is epoll_wait(e, events, n, t): epoll_wait(2) calls them equivalent; and " +
		"epoll_create(n) is epoll_create1(0) for every n above zero: epoll_create(2)",
	Rewrite: func(op *canon.Op) *canon.Op {
		if op.Call == "epoll_create" && op.Result != "EINVAL" {
			return with(op, "epoll_create1", canon.Arg{Name: "flags", Value: "0"})
		}
		if op.Call == "epoll_pwait" && op.Arg("sigmask") == "NULL" {
			return with(op, "epoll_wait", without(op, "sigmask", "sigsetsize")...)
		}
		return op
	},
	Alike: []Example{
		one(ex("epoll_wait", "epfd", "epoll1"), ex("epoll_pwait", "epfd", "epoll1", "sigmask", "NULL", "sigsetsize", "0")),
		one(failed(ex("epoll_create", "size", "10"), "epoll1"), failed(ex("epoll_create1", "flags", "0"), "epoll1")),
	},
	Unlike: []Example{
		one(ex("epoll_wait", "epfd", "epoll1"), ex("epoll_pwait", "epfd", "epoll1", "sigmask", "[]", "sigsetsize", "8")), // nothing is blocked meanwhile
		one(ex("epoll_wait", "epfd", "epoll1"), ex("epoll_pwait", "epfd", "epoll2", "sigmask", "NULL", "sigsetsize", "0")),
		one(failed(ex("epoll_create", "size", "10"), "epoll1"), failed(ex("epoll_create1", "flags", "EPOLL_CLOEXEC"), "epoll1")),
		one(failed(ex("epoll_create", "size", "0"), "EINVAL"), failed(ex("epoll_create1", "flags", "0"), "epoll1")),
	},
}

var recv = &Rule{
	Name: "recv",
	Why: "recv(s, buf, n, 0) is read(s, buf, n) and send(s, buf, n, 0) is write(s, buf, n): recv(2) and send(2) say so, except " +
		"for n = 0, where recv takes a datagram and read does not; the C library implements both with recvfrom and sendto " +
		"without an address",
	Rewrite: func(op *canon.Op) *canon.Op {
		switch {
		case op.Call != "sendto" && op.Call != "recvfrom", op.Arg("flags") != "0":
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
