package canon

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/trace"
)

// passed are the descriptors that are under way in messages (SCM_RIGHTS, unix(7)), by the end of a
// socket pair at which they will arrive. Sockets that are connected by an address are not followed:
// what arrives there has a name of its own.
type passed map[end][]passing

type end struct {
	of  *object
	end string
}

type passing struct {
	by *trace.Event
	fd fd
}

// send notes what a process is about to send.
func (s passed) send(p *Process, call *pending) {
	from := p.fds.fds[int(int32(call.event.Args[0]))]
	to := end{from.object, map[string]string{".a": ".b", ".b": ".a"}[from.end]}
	if to.end == "" {
		return
	}
	for _, n := range rights(call.event, abi.In) {
		if f, ok := p.fds.fds[n]; ok {
			s[to] = append(s[to], passing{call.event, f})
		}
	}
}

// withdraw takes back what was not sent after all.
func (s passed) withdraw(e *trace.Event) {
	for to, list := range s {
		s[to] = slices.DeleteFunc(list, func(f passing) bool { return f.by == e })
	}
}

// received opens the descriptors that a process has received.
func (c *maker) received(p *Process, call *pending) {
	const cmsgCloexec = 0x40000000
	socket := p.fds.fds[int(int32(call.event.Args[0]))]
	at := end{socket.object, socket.end}
	for _, n := range rights(call.event, abi.Out) {
		var f fd
		if list := c.passed[at]; len(list) > 0 {
			f, c.passed[at] = list[0].fd, list[1:]
		} else {
			f.object = p.object("passed", call)
		}
		f.cloexec = call.event.Args[2]&cmsgCloexec != 0
		p.fds.open(n, f)
	}
}

// rights are the descriptors in a call's message.
func rights(e *trace.Event, when abi.When) (fds []int) {
	for k := range e.Memory {
		if m := &e.Memory[k]; m.Part == trace.Control && m.When == when {
			for _, h := range controls(m.Bytes) {
				if h.is(unix.SCM_RIGHTS) {
					fds = append(fds, h.ints()...)
				}
			}
		}
	}
	return fds
}

// cmsg is a piece of control data, cmsg(3).
type cmsg struct {
	level, kind uint32
	data        []byte
}

func controls(b []byte) (list []cmsg) {
	const header = 16 // length, level and type
	for len(b) >= header {
		size := binary.LittleEndian.Uint64(b)
		if size < header || size > uint64(len(b)) {
			break
		}
		list = append(list, cmsg{binary.LittleEndian.Uint32(b[8:]), binary.LittleEndian.Uint32(b[12:]), b[header:size]})
		b = b[min((size+7)&^7, uint64(len(b))):]
	}
	return list
}

// is reports whether it is about the socket itself and of this kind.
func (h cmsg) is(kind uint32) bool { return h.level == unix.SOL_SOCKET && h.kind == kind }

func (h cmsg) ints() (list []int) {
	for data := h.data; len(data) >= 4; data = data[4:] {
		list = append(list, int(int32(binary.LittleEndian.Uint32(data))))
	}
	return list
}

// message is a msghdr in canonical form: its data, and the addresses and control data that it or
// they (of a mmsghdr) have besides.
func (c *maker) message(p *Process, e *trace.Event, arg int, when abi.When, data string) string {
	fields := []string{data}
	for k := range e.Memory {
		switch m := &e.Memory[k]; {
		case int(m.Arg) != arg || m.When != when:
		case m.Part == trace.Name:
			fields = append(fields, "msg_name="+c.sockaddr(p, m.Bytes, when))
		case m.Part == trace.Control:
			fields = append(fields, "msg_control="+c.control(p, m.Bytes))
		}
	}
	if len(fields) == 1 {
		return data
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

// control is control data in canonical form: descriptors and processes by their names.
func (c *maker) control(p *Process, b []byte) string {
	var list []string
	for _, h := range controls(b) {
		switch n := h.ints(); {
		case h.is(unix.SCM_RIGHTS):
			text := "SCM_RIGHTS"
			for _, fd := range n {
				text += " " + c.descriptor(p, abi.Fd, fd)
			}
			list = append(list, text)
		case h.is(unix.SCM_CREDENTIALS) && len(n) == 3:
			list = append(list, fmt.Sprintf("SCM_CREDENTIALS %s %d %d", c.number(p, abi.Pid, nil, uint64(n[0])), n[1], n[2]))
		case h.is(unix.SCM_TIMESTAMP), h.is(unix.SCM_TIMESTAMPNS), h.is(unix.SCM_TIMESTAMPING):
			list = append(list, "SCM_TIMESTAMP "+dropped)
		default:
			list = append(list, fmt.Sprintf("%d %d %s", h.level, h.kind, quote(h.data)))
		}
	}
	return "[" + strings.Join(list, ", ") + "]"
}
