package canon

import (
	"encoding/binary"
	"slices"

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
	to := end{from.object, from.peer()}
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
	socket := p.fds.fds[int(int32(call.event.Args[0]))]
	at := end{socket.object, socket.end}
	for _, n := range rights(call.event, abi.Out) {
		var f fd
		if list := c.passed[at]; len(list) > 0 {
			f, c.passed[at] = list[0].fd, list[1:]
		} else {
			f.object = p.object("passed", call)
		}
		f.cloexec = call.cloexec()
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
		list = append(list, cmsg{binary.LittleEndian.Uint32(b[8:]), binary.LittleEndian.Uint32(b[12:]),
			b[header:size]})
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
func (c *maker) message(p *Process, e *trace.Event, arg int, when abi.When, data Value) Value {
	fields := []Arg{{Value: data}}
	for k := range e.Memory {
		switch m := &e.Memory[k]; {
		case int(m.Arg) != arg || m.When != when:
		case m.Part == trace.Name:
			fields = append(fields, Arg{Name: "msg_name", Value: c.sockaddr(p, m.Bytes, when)})
			if !ordinary(m.Bytes) {
				fields = append(fields, Arg{Name: "msg_namelen", Value: Int(int64(len(m.Bytes)))})
			}
		case m.Part == trace.Control:
			fields = append(fields, Arg{Name: "msg_control", Value: c.control(p, m.Bytes)})
		case m.Part == trace.Messages:
			fields = append(fields, c.messages(m.Bytes)...)
		}
	}
	if len(fields) == 1 {
		return data
	}
	return StructOf(fields...)
}

// messages is what is to be said of messages beside what they hold: where one ends and the next
// begins, and what the kernel marked them with.
func (c *maker) messages(b []byte) (fields []Arg) {
	var lengths, flags []Value
	marked := false
	for ; len(b) >= 8; b = b[8:] {
		bits := word(b[4:8]) &^ unix.MSG_CMSG_CLOEXEC // which only says what was asked for
		marked = marked || bits != 0
		lengths = append(lengths, Int(int64(word(b[:4]))))
		flags = append(flags, Bits(bits, abi.MessageFlags))
	}
	if len(lengths) > 1 {
		fields = append(fields, Arg{Name: "msg_len", Value: ListOf(lengths...)})
	}
	if marked && len(flags) == 1 {
		fields = append(fields, Arg{Name: "msg_flags", Value: flags[0]})
	} else if marked {
		fields = append(fields, Arg{Name: "msg_flags", Value: ListOf(flags...)})
	}
	return fields
}

// control is control data in canonical form: descriptors and processes by their names.
func (c *maker) control(p *Process, b []byte) Value {
	var list []Value
	for _, h := range controls(b) {
		var parts []Value
		switch n := h.ints(); {
		case h.is(unix.SCM_RIGHTS):
			parts = append(parts, c.word("SCM_RIGHTS"))
			for _, fd := range n {
				parts = append(parts, c.descriptor(p, abi.Fd, fd))
			}
		case h.is(unix.SCM_CREDENTIALS) && len(n) == 3:
			parts = append(parts, c.word("SCM_CREDENTIALS"), c.number(p, abi.Pid, nil, uint64(n[0])),
				Int(int64(n[1])), Int(int64(n[2])))
		case h.is(unix.SCM_TIMESTAMP), h.is(unix.SCM_TIMESTAMPNS), h.is(unix.SCM_TIMESTAMPING):
			parts = append(parts, c.word("SCM_TIMESTAMP"),
				c.because(Dropped, abi.Time.Why(abi.Out)))
		default:
			parts = append(parts, Int(int64(h.level)), Int(int64(h.kind)), c.text(Text, h.data))
		}
		list = append(list, group(Tuple, parts))
	}
	return ListOf(list...)
}
