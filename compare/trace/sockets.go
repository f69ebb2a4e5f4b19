package trace

import (
	"encoding/binary"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
)

// ends notes between which two addresses a connection runs, at the exit of the call that made it:
// neither connect(2) nor accept(2) says what address its own end has, and accept's caller need not
// ask for the other one. A socket that sends somewhere without having been bound has got an address
// by that, see ip(7) and udp(7). The process is stopped, so we take a copy of its descriptor and
// ask in its place. That needs pidfd_getfd(2), which some containers refuse: then the event has no
// addresses, and that's all.
func (c *capturer) ends(e *Event) {
	fd := int(int32(e.Args[0]))
	switch e.Nr {
	case unix.SYS_CONNECT:
		if e.Part(Peer) != nil {
			return // known since the other side has accepted it
		}
		// Under way counts as well: it's this connection that the other side will accept,
		// and that a later call finds made.
		switch -e.Result {
		case 0, int64(unix.EINPROGRESS), int64(unix.EINTR), int64(abi.ERESTARTSYS):
		default:
			return
		}
	case unix.SYS_ACCEPT, unix.SYS_ACCEPT4:
		if e.Result < 0 {
			return
		}
		fd = int(e.Result)
	case unix.SYS_SENDTO, unix.SYS_SENDMSG, unix.SYS_SENDMMSG:
		if e.Result < 0 || !e.addressed() {
			return
		}
	default:
		return
	}
	if c.addresses(e.PID, fd); len(c.list) > 0 {
		e.Memory = c.keep(e.Memory)
	}
}

// addresses lists the two ends of a process's socket; there is no Peer if it's not connected.
func (c *capturer) addresses(pid, fd int) {
	c.list = c.list[:0]
	process, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return
	}
	defer unix.Close(process)
	sock, err := unix.PidfdGetfd(process, fd, 0)
	if err != nil {
		return
	}
	defer unix.Close(sock)
	c.address(unix.SYS_GETSOCKNAME, sock, Local)
	c.address(unix.SYS_GETPEERNAME, sock, Peer)
}

// accepted is called when accept(2) has returned. The connect(2) that began the connection may
// still be on its way back, but the connection is there, and whoever follows the run wants to know
// its two ends before the server's next call.
func (s *Supervisor) accepted(e *Event) {
	if e.Nr != unix.SYS_ACCEPT && e.Nr != unix.SYS_ACCEPT4 || e.Result < 0 {
		return
	}
	for _, t := range s.threads {
		c := t.call
		if c == nil || c.Nr != unix.SYS_CONNECT || c.Begun == 0 || c.Part(Peer) != nil {
			continue
		}
		s.capture.addresses(c.PID, int(int32(c.Args[0])))
		if len(s.capture.list) == 2 {
			c.Memory = s.capture.keep(c.Memory)
		}
	}
}

// addressed reports whether a call that sends says where to, in a family with ports.
func (e *Event) addressed() bool {
	return slices.ContainsFunc(e.Memory, func(m Memory) bool {
		isAddress := m.When == abi.In && (e.Nr == unix.SYS_SENDTO && m.Arg == 4 || m.Part == Name)
		return isAddress && len(m.Bytes) >= 2 && slices.Contains([]uint16{unix.AF_INET, unix.AF_INET6}, binary.NativeEndian.Uint16(m.Bytes))
	})
}

// address asks for one end of a connection. (The functions of package unix would take the address
// apart, and refuse families that they don't know.)
func (c *capturer) address(nr uintptr, sock int, part Part) {
	var buf [128]byte // struct sockaddr_storage
	n := uint32(len(buf))
	_, _, errno := unix.RawSyscall(nr, uintptr(sock), uintptr(unsafe.Pointer(&buf)), uintptr(unsafe.Pointer(&n)))
	if errno == 0 {
		c.list = append(c.list, Memory{Part: part, When: abi.Out, Bytes: c.copy(buf[:min(int(n), len(buf))])})
	}
}
