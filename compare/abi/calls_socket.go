package abi

import "golang.org/x/sys/unix"

// socketCalls are sockets and their options.
var socketCalls = []*Call{
	call("socket", Fd, domain, socketType, enum("protocol", ipProtocols)).fails(unix.EMFILE).
		makes(Descriptor, "sock").cloexec(1, unix.SOCK_CLOEXEC).own().by(0, 0xffffffff, map[uint64]*Call{
		unix.AF_UNIX:    form(Fd, domain, socketType, arg(Int, "protocol")),
		unix.AF_NETLINK: form(Fd, domain, socketType, enum("protocol", netlinkProtocols)),
		unix.AF_PACKET:  form(Fd, domain, socketType, arg(Hex, "protocol")),
	}),
	call("socketpair", Int, domain, socketType, arg(Int, "protocol"), out(Fd, "sv", fixed(2)).uncompared(descriptorNo)).
		makes(Pair, "socketpair").cloexec(1, unix.SOCK_CLOEXEC).own(),
	call("bind", Int, mentions(sockfd), in(Sockaddr, "addr", counted(2)), arg(Int, "addrlen")).fails(unix.EADDRINUSE).
		touches(NamedPort).changes(Bound),
	call("connect", Int, sockfd, in(Sockaddr, "addr", counted(2)), arg(Int, "addrlen")).fails(unix.ETIMEDOUT).
		touches(NamedPort).changes(Link).waits(ForAnswer),
	call("listen", Int, mentions(sockfd), arg(Int, "backlog")).fails(unix.EADDRINUSE).touches(OwnPort).changes(Listening),
	call("accept", Fd, mentions(sockfd), out(Sockaddr, "addr", lengthAt(2)), inout(Uint, "addrlen")).fails(unix.EMFILE).
		makes(Connection, "").waits(ForConnection).touches(OwnPort),
	call("accept4", Fd, mentions(sockfd), out(Sockaddr, "addr", lengthAt(2)), inout(Uint, "addrlen"), flags("flags", acceptFlags)).
		makes(Connection, "").cloexec(3, unix.SOCK_CLOEXEC).waits(ForConnection).
		touches(OwnPort).like("accept"),
	call("getsockname", Int, adjusts(sockfd), out(Sockaddr, "addr", lengthAt(2)), inout(Uint, "addrlen")).
		role(TellsName),
	call("getpeername", Int, sockfd, out(Sockaddr, "addr", lengthAt(2)), inout(Uint, "addrlen")),
	call("shutdown", Int, shuts(sockfd), enum("how", shutdownHow)).fails(unix.ENOTCONN),

	call("sendto", Size, puts(sockfd), in(Bytes, "buf", counted(2)), length, sendFlags, in(Sockaddr, "dest_addr", counted(5)), arg(Int, "addrlen")),
	call("recvfrom", Size, takes(sockfd), out(Bytes, "buf", filled(2)), length, sendFlags, out(Sockaddr, "src_addr", lengthAt(5)), inout(Uint, "addrlen")),
	call("sendmsg", Size, puts(sockfd), at(In, Msghdr, msghdr, "msg", nil), sendFlags),
	call("recvmsg", Size, takes(sockfd), at(Out, Msghdr, msghdr, "msg", nil), sendFlags).
		makes(Passed, "passed").cloexec(2, unix.MSG_CMSG_CLOEXEC),
	call("sendmmsg", Int, puts(sockfd), at(In, Msghdr, mmsghdr, "msgvec", []Len{counted(2)}), arg(Uint, "vlen"), sendFlags),
	call("recvmmsg", Int, takes(sockfd), at(Out, Msghdr, mmsghdr, "msgvec", []Len{filled(2)}), arg(Uint, "vlen"), sendFlags, inS(timespec, "timeout")).
		makes(Passed, "passed").cloexec(3, unix.MSG_CMSG_CLOEXEC),

	call("setsockopt", Int, adjusts(sockfd), level, arg(Int, "optname"), in(Bytes, "optval", counted(4)), arg(Int, "optlen")).
		by(1, 0xffffffff, optionForms(setOption)),
	call("getsockopt", Int, sockfd, level, arg(Int, "optname"), out(Bytes, "optval", lengthAt(4)), inout(Uint, "optlen")).
		by(1, 0xffffffff, optionForms(getOption)),
}

var (
	sockfd     = arg(Fd, "sockfd")
	domain     = enum("domain", families)
	socketType = flags("type", socketTypes)
	sendFlags  = flags("flags", msgFlags)
	level      = enum("level", sockLevels)
)

// option is how a socket option's value is read. Most are an int; the kernel takes and gives a few
// in other shapes, and some of any length, which stay bytes.
type option struct {
	level uint64
	names *Names
	other map[uint64]value
}

// value is an option's value: a structure, or else this kind.
type value struct {
	kind   Kind
	layout *Layout
}

var options = []option{
	{unix.SOL_SOCKET, socketOptions, map[uint64]value{
		unix.SO_LINGER: {layout: linger}, unix.SO_PEERCRED: {layout: ucred}, unix.SO_ATTACH_FILTER: {layout: sockFprog},
		unix.SO_RCVTIMEO: {layout: timeval}, unix.SO_SNDTIMEO: {layout: timeval},
		unix.SO_RCVTIMEO_NEW: {layout: timeval}, unix.SO_SNDTIMEO_NEW: {layout: timeval},
		unix.SO_BINDTODEVICE: {kind: Bytes}, unix.SO_PEERNAME: {kind: Bytes}, unix.SO_PEERSEC: {kind: Bytes}, unix.SO_MEMINFO: {kind: Bytes},
		unix.SO_PEERGROUPS: {kind: Bytes}, unix.SO_TXTIME: {kind: Bytes}, unix.SO_COOKIE: {kind: Bytes}, unix.SO_NETNS_COOKIE: {kind: Bytes},
		unix.SO_TIMESTAMPING: {kind: Bytes}, unix.SO_TIMESTAMPING_NEW: {kind: Bytes}, unix.SO_MAX_PACING_RATE: {kind: Bytes},
		unix.SO_ATTACH_REUSEPORT_CBPF: {layout: sockFprog},
	}},
	{unix.IPPROTO_TCP, tcpOptions, map[uint64]value{
		unix.TCP_INFO: {kind: Bytes}, unix.TCP_CONGESTION: {kind: Bytes}, unix.TCP_ULP: {kind: Bytes}, unix.TCP_MD5SIG: {kind: Bytes},
		unix.TCP_MD5SIG_EXT: {kind: Bytes}, unix.TCP_CC_INFO: {kind: Bytes}, unix.TCP_SAVED_SYN: {kind: Bytes}, unix.TCP_REPAIR_OPTIONS: {kind: Bytes},
		unix.TCP_REPAIR_WINDOW: {kind: Bytes}, unix.TCP_FASTOPEN_KEY: {kind: Bytes}, unix.TCP_ZEROCOPY_RECEIVE: {kind: Bytes},
	}},
	{unix.IPPROTO_IP, ipOptions, map[uint64]value{
		unix.IP_ADD_MEMBERSHIP: {layout: ipMreq}, unix.IP_DROP_MEMBERSHIP: {layout: ipMreq}, unix.IP_MULTICAST_IF: {kind: Bytes},
		unix.IP_TOS: {kind: Bytes}, unix.IP_TTL: {kind: Bytes}, unix.IP_MULTICAST_TTL: {kind: Bytes}, unix.IP_MULTICAST_LOOP: {kind: Bytes},
		unix.IP_OPTIONS: {kind: Bytes}, unix.IP_PKTOPTIONS: {kind: Bytes}, unix.IP_IPSEC_POLICY: {kind: Bytes}, unix.IP_XFRM_POLICY: {kind: Bytes},
		unix.IP_BLOCK_SOURCE: {kind: Bytes}, unix.IP_UNBLOCK_SOURCE: {kind: Bytes}, unix.IP_ADD_SOURCE_MEMBERSHIP: {kind: Bytes},
		unix.IP_DROP_SOURCE_MEMBERSHIP: {kind: Bytes}, unix.IP_MSFILTER: {kind: Bytes},
	}},
	{unix.IPPROTO_IPV6, ipv6Options, map[uint64]value{
		unix.IPV6_JOIN_GROUP: {layout: ipv6Mreq}, unix.IPV6_LEAVE_GROUP: {layout: ipv6Mreq}, unix.IPV6_JOIN_ANYCAST: {layout: ipv6Mreq},
		unix.IPV6_LEAVE_ANYCAST: {layout: ipv6Mreq}, unix.IPV6_2292PKTOPTIONS: {kind: Bytes}, unix.IPV6_NEXTHOP: {kind: Bytes},
		unix.IPV6_AUTHHDR: {kind: Bytes}, unix.IPV6_IPSEC_POLICY: {kind: Bytes}, unix.IPV6_XFRM_POLICY: {kind: Bytes}, unix.IPV6_PKTINFO: {kind: Bytes},
		unix.IPV6_HOPOPTS: {kind: Bytes}, unix.IPV6_RTHDRDSTOPTS: {kind: Bytes}, unix.IPV6_RTHDR: {kind: Bytes}, unix.IPV6_DSTOPTS: {kind: Bytes},
		unix.IPV6_PATHMTU: {kind: Bytes},
	}},
}

// optionForms are the forms of setsockopt or getsockopt: by level and, in each level, by option.
func optionForms(signature func(optname Arg, v value) *Call) map[uint64]*Call {
	levels := map[uint64]*Call{}
	for _, o := range options {
		optname := enum("optname", o.names)
		byName := map[uint64]*Call{}
		for _, n := range o.names.list {
			v, other := o.other[n.value]
			if !other {
				v = value{kind: Int}
			}
			byName[n.value] = signature(optname, v)
		}
		levels[o.level] = signature(optname, value{kind: Bytes}).by(2, 0xffffffff, byName)
	}
	return levels
}

// setOption is setsockopt with this shape of a value.
func setOption(optname Arg, v value) *Call {
	return form(Int, adjusts(sockfd), level, optname, optionValue(In, v, counted(4)), arg(Int, "optlen"))
}

// getOption is getsockopt with this shape of a value.
func getOption(optname Arg, v value) *Call {
	return form(Int, sockfd, level, optname, optionValue(Out, v, lengthAt(4)), inout(Uint, "optlen"))
}

func optionValue(when When, v value, n Len) Arg {
	switch {
	case v.layout != nil:
		return at(when, Struct, v.layout, "optval", nil)
	case v.kind == Bytes:
		return at(when, Bytes, nil, "optval", []Len{n})
	}
	return at(when, v.kind, nil, "optval", nil)
}
