package abi

import "golang.org/x/sys/unix"

// idCalls are users and groups.
var idCalls = []*Call{
	call("getuid", Uid).own(),
	call("geteuid", Uid).own(),
	call("getgid", Gid).own(),
	call("getegid", Gid).own(),
	call("setuid", Int, arg(Uid, "uid")),
	call("setgid", Int, arg(Gid, "gid")),
	call("setreuid", Int, arg(Uid, "ruid"), arg(Uid, "euid")),
	call("setregid", Int, arg(Gid, "rgid"), arg(Gid, "egid")),
	call("setresuid", Int, arg(Uid, "ruid"), arg(Uid, "euid"), arg(Uid, "suid")),
	call("setresgid", Int, arg(Gid, "rgid"), arg(Gid, "egid"), arg(Gid, "sgid")),
	call("getresuid", Int, out(Uid, "ruid"), out(Uid, "euid"), out(Uid, "suid")).own(),
	call("getresgid", Int, out(Gid, "rgid"), out(Gid, "egid"), out(Gid, "sgid")).own(),
	call("setfsuid", Uid, arg(Uid, "fsuid")),
	call("setfsgid", Gid, arg(Gid, "fsgid")),
	call("getgroups", Int, arg(Int, "size"), out(Gid, "list", filled(0))).own(),
	call("setgroups", Int, arg(Int, "size"), in(Gid, "list", counted(0))),
}

// miscCalls are devices and the system as a whole.
var miscCalls = []*Call{
	call("ioctl", Int, fd, request, unseen("argp")).multiplexed().by(1, 0xffffffff, ioctlForms),
	call("uname", Int, outS(utsname, "buf")).own(),
	call("sysinfo", Int, outS(sysinfo, "info")).own(),
	call("getrandom", Size, out(Bytes, "buf", filled(1)).uncompared(RandomBytes), arg(Size, "buflen"), flags("flags", randomFlags)).
		own().role(Random),
	call("sethostname", Int, in(String, "name", counted(1)), arg(Size, "len")),
	call("setdomainname", Int, in(String, "name", counted(1)), arg(Size, "len")),
	call("syslog", Int, enum("type", syslogActions), out(Bytes, "buf", filled(2)), arg(Int, "len")),
	call("reboot", Int, enum("magic", rebootMagic), arg(Hex, "magic2"), enum("cmd", rebootCmds), arg(Addr, "arg")),
	call("vhangup", Int),
	call("init_module", Int, in(Bytes, "module_image", counted(1)), length, in(String, "param_values")),
	call("finit_module", Int, fd, in(String, "param_values"), flags("flags", moduleFlags)),
	call("delete_module", Int, in(String, "name"), flags("flags", openFlags)),
}

var request = enum("request", ioctls)

// ioctlForms are ioctl's requests, by what the last argument is. One that is not here has an
// argument that is not looked into.
var ioctlForms = map[uint64]*Call{
	// What a terminal is like.
	unix.TCGETS:     form(Int, fd, request, outS(termios, "argp")),
	unix.TCSETS:     form(Int, fd, request, inS(termios, "argp")),
	unix.TCSETSW:    form(Int, fd, request, inS(termios, "argp")),
	unix.TCSETSF:    form(Int, fd, request, inS(termios, "argp")),
	unix.TCGETS2:    form(Int, fd, request, outS(termios2, "argp")),
	unix.TCSETS2:    form(Int, fd, request, inS(termios2, "argp")),
	unix.TCSETSW2:   form(Int, fd, request, inS(termios2, "argp")),
	unix.TCSETSF2:   form(Int, fd, request, inS(termios2, "argp")),
	unix.TCGETA:     form(Int, fd, request, outS(termio, "argp")),
	unix.TCSETA:     form(Int, fd, request, inS(termio, "argp")),
	unix.TCSETAW:    form(Int, fd, request, inS(termio, "argp")),
	unix.TCSETAF:    form(Int, fd, request, inS(termio, "argp")),
	unix.TIOCMGET:   form(Int, fd, request, out(Uint, "argp")),
	unix.TIOCMSET:   form(Int, fd, request, in(Uint, "argp")),
	unix.TIOCMBIS:   form(Int, fd, request, in(Uint, "argp")),
	unix.TIOCMBIC:   form(Int, fd, request, in(Uint, "argp")),
	unix.TIOCGWINSZ: form(Int, fd, request, outS(winsize, "argp")),
	unix.TIOCSWINSZ: form(Int, fd, request, inS(winsize, "argp")),
	unix.TIOCGETD:   form(Int, fd, request, out(Int, "argp")),
	unix.TIOCSETD:   form(Int, fd, request, in(Int, "argp")),
	unix.TIOCGEXCL:  form(Int, fd, request, out(Int, "argp")),
	unix.TIOCEXCL:   form(Int, fd, request),
	unix.TIOCNXCL:   form(Int, fd, request),

	// Whose terminal it is.
	unix.TIOCSCTTY:   form(Int, fd, request, arg(Int, "force")),
	unix.TIOCNOTTY:   form(Int, fd, request),
	unix.TIOCGPGRP:   form(Int, fd, request, out(Pid, "argp")),
	unix.TIOCSPGRP:   form(Int, fd, request, in(Pid, "argp")),
	unix.TIOCGSID:    form(Int, fd, request, out(Pid, "argp")),
	unix.TIOCVHANGUP: form(Int, fd, request),
	unix.TIOCCONS:    form(Int, fd, request),
	unix.TIOCGDEV:    form(Int, fd, request, out(Uint, "argp")),

	// Pseudo-terminals.
	unix.TIOCGPTN:   form(Int, fd, request, outS(ptyNumber, "argp")).role(TellsTerminal),
	unix.TIOCSPTLCK: form(Int, fd, request, in(Int, "argp")),
	unix.TIOCGPTLCK: form(Int, fd, request, out(Int, "argp")),
	unix.TIOCGPTPEER: form(Fd, fd, request, flags("flags", openFlags)).makes(Descriptor, "pty").
		cloexec(2, unix.O_CLOEXEC),
	unix.TIOCPKT:  form(Int, fd, request, in(Int, "argp")),
	unix.TIOCGPKT: form(Int, fd, request, out(Int, "argp")),
	unix.TIOCSIG:  form(Int, fd, request, arg(Signal, "sig")),

	// What stands in the queues of a terminal, a pipe or a socket.
	fionread:        form(Int, fd, request, out(Int, "argp")),
	unix.TIOCOUTQ:   form(Int, fd, request, out(Int, "argp")),
	unix.TIOCSTI:    form(Int, fd, request, in(Bytes, "argp", fixed(1))),
	unix.TCFLSH:     form(Int, fd, request, enum("queue", tcflshQueues)),
	unix.TCXONC:     form(Int, fd, request, enum("action", tcxoncActions)),
	unix.TCSBRK:     form(Int, fd, request, arg(Int, "arg")),
	unix.TCSBRKP:    form(Int, fd, request, arg(Int, "arg")),
	unix.TIOCSBRK:   form(Int, fd, request),
	unix.TIOCCBRK:   form(Int, fd, request),
	unix.SIOCATMARK: form(Int, fd, request, out(Int, "argp")),

	// Interfaces of the network, netdevice(7).
	unix.SIOCGIFNAME:    form(Int, fd, request, inoutS(ifreqByIndex, "argp")),
	unix.SIOCGIFINDEX:   form(Int, fd, request, inoutS(ifreqIndex, "argp")),
	unix.SIOCGIFFLAGS:   form(Int, fd, request, inoutS(answered(ifreqFlags), "argp")),
	unix.SIOCSIFFLAGS:   form(Int, fd, request, inS(ifreqFlags, "argp")),
	unix.SIOCGIFPFLAGS:  form(Int, fd, request, inoutS(answered(ifreqFlags), "argp")),
	unix.SIOCSIFPFLAGS:  form(Int, fd, request, inS(ifreqFlags, "argp")),
	unix.SIOCGIFADDR:    form(Int, fd, request, inoutS(answered(ifreqAddr), "argp")),
	unix.SIOCSIFADDR:    form(Int, fd, request, inS(ifreqAddr, "argp")),
	unix.SIOCGIFDSTADDR: form(Int, fd, request, inoutS(answered(ifreqAddr), "argp")),
	unix.SIOCSIFDSTADDR: form(Int, fd, request, inS(ifreqAddr, "argp")),
	unix.SIOCGIFBRDADDR: form(Int, fd, request, inoutS(answered(ifreqAddr), "argp")),
	unix.SIOCSIFBRDADDR: form(Int, fd, request, inS(ifreqAddr, "argp")),
	unix.SIOCGIFNETMASK: form(Int, fd, request, inoutS(answered(ifreqAddr), "argp")),
	unix.SIOCSIFNETMASK: form(Int, fd, request, inS(ifreqAddr, "argp")),
	unix.SIOCGIFHWADDR:  form(Int, fd, request, inoutS(answered(ifreqHwaddr), "argp")),
	unix.SIOCSIFHWADDR:  form(Int, fd, request, inS(ifreqHwaddr, "argp")),
	unix.SIOCGIFMTU:     form(Int, fd, request, inoutS(answered(ifreqMTU), "argp")),
	unix.SIOCSIFMTU:     form(Int, fd, request, inS(ifreqMTU, "argp")),
	unix.SIOCGIFMETRIC:  form(Int, fd, request, inoutS(answered(ifreqMetric), "argp")),
	unix.SIOCSIFMETRIC:  form(Int, fd, request, inS(ifreqMetric, "argp")),
	unix.SIOCGIFTXQLEN:  form(Int, fd, request, inoutS(answered(ifreqQlen), "argp")),
	unix.SIOCSIFTXQLEN:  form(Int, fd, request, inS(ifreqQlen, "argp")),
	unix.SIOCSIFNAME:    form(Int, fd, request, inS(ifreqNewname, "argp")),
	unix.SIOCETHTOOL:    form(Int, fd, request, inS(ifreqData, "argp")),
	unix.SIOCGIFCONF:    form(Int, fd, request, inoutS(ifconf, "argp")),
	unix.SIOCOUTQNSD:    form(Int, fd, request, out(Int, "argp")),

	// Files, file systems and disks. An answer that is chance (a generation) is an Addr.
	unix.FICLONERANGE: form(Int, fd, request, inS(cloneRange, "argp")),
	fsGetXattr:        form(Int, fd, request, outS(fsxattr, "argp")),
	fsSetXattr:        form(Int, fd, request, inS(fsxattr, "argp")),
	fsGetVersion:      form(Int, fd, request, arg(Addr, "argp")),
	fsSetVersion:      form(Int, fd, request, in(Int, "argp")),
	fsGetLabel:        form(Int, fd, request, out(String, "argp")),
	fsSetLabel:        form(Int, fd, request, in(String, "argp")),
	fitrim:            form(Int, fd, request, inoutS(trimRange, "argp")),
	fifreeze:          form(Int, fd, request),
	fithaw:            form(Int, fd, request),
	fioqsize:          form(Int, fd, request, out(Offset, "argp")),
	unix.BLKGETSIZE64: form(Int, fd, request, out(Ulong, "argp")),
	unix.BLKSSZGET:    form(Int, fd, request, out(Int, "argp")),
	unix.BLKROGET:     form(Int, fd, request, out(Int, "argp")),
	unix.BLKRRPART:    form(Int, fd, request),
	unix.RNDGETENTCNT: form(Int, fd, request, arg(Addr, "argp")),

	// Any descriptor.
	fionbio:              form(Int, fd, request, in(Int, "argp")),
	fioasync:             form(Int, fd, request, in(Int, "argp")),
	fioclex:              form(Int, mentions(fd), request).changes(OnExec).always().own(),
	fionclex:             form(Int, mentions(fd), request).changes(OnExec).own(),
	fiosetown:            form(Int, fd, request, in(Pid, "argp")),
	fiogetown:            form(Int, fd, request, out(Pid, "argp")),
	unix.SIOCSPGRP:       form(Int, fd, request, in(Pid, "argp")),
	unix.SIOCGPGRP:       form(Int, fd, request, out(Pid, "argp")),
	unix.FICLONE:         form(Int, fd, request, arg(Fd, "src_fd")),
	unix.FS_IOC_GETFLAGS: form(Int, fd, request, out(Uint, "argp")),
	unix.FS_IOC_SETFLAGS: form(Int, fd, request, in(Uint, "argp")),
}

// Requests of <asm-generic/ioctls.h>, <asm-generic/sockios.h> and <linux/fs.h> that x/sys does not
// have, or has under another name.
const (
	fionread  = 0x541B
	fionbio   = 0x5421
	fionclex  = 0x5450
	fioclex   = 0x5451
	fioasync  = 0x5452
	fioqsize  = 0x5460
	fiosetown = 0x8901
	fiogetown = 0x8903

	fsGetXattr   = 0x801c581f
	fsSetXattr   = 0x401c5820
	fsGetVersion = 0x80087601
	fsSetVersion = 0x40087602
	fsGetLabel   = 0x81009431
	fsSetLabel   = 0x41009432
	fitrim       = 0xc0185879
	fifreeze     = 0xc0045877
	fithaw       = 0xc0045878
)
