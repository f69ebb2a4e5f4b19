package canon

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/trace"
)

// link is a connection that a socket of this run has begun, until somebody accepts it. At its two
// ends it is known by its addresses alone.
type link struct {
	from   netip.AddrPort
	to     uint16 // port of the other end; its address may have been given as "any"
	socket *object
	name   string
	peer   *object // what accept(2) made of it, nil before
}

// route is by what an accepted connection is known.
type route struct {
	from netip.AddrPort
	to   uint16
}

// endpoint is a socket address of the Internet families, not valid if it's another one. An IPv4
// address is the same whether a socket of AF_INET or of AF_INET6 has it.
func endpoint(b []byte) netip.AddrPort {
	const inet, inet6 = 8, 24 // up to the end of the address
	if len(b) < inet {
		return netip.AddrPort{}
	}
	port := binary.BigEndian.Uint16(b[2:])
	switch family := binary.LittleEndian.Uint16(b); {
	case family == unix.AF_INET:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[4:inet])), port)
	case family == unix.AF_INET6 && len(b) >= inet6:
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[8:inet6])).Unmap(), port)
	}
	return netip.AddrPort{}
}

// connect is a call of connect(2).
type connect struct {
	p    *Process
	call *pending
}

// connected looks at all connects of which more is known now. What they began the other side may
// have accepted before they return: their addresses are known then.
func (c *maker) connected() {
	c.connects = slices.DeleteFunc(c.connects, func(o connect) bool {
		if e := o.call.event; e.Left == 0 && e.Part(trace.Peer) == nil {
			return false
		}
		c.connecting(o.p, o.call)
		return true
	})
}

func (c *maker) connecting(p *Process, call *pending) {
	e := call.event
	f, ok := p.fds.fds[int(int32(e.Args[0]))]
	if !ok {
		return
	}
	o, from, to := f.object, endpoint(e.Part(trace.Local)), endpoint(e.Part(trace.Peer))
	if m := e.Find(1, abi.In); !to.IsValid() && m != nil {
		to = endpoint(m.Bytes) // not yet connected
	}
	if !from.IsValid() || !to.IsValid() {
		o.link = nil // it failed, or it dissolved what there was
		return
	}
	c.ephemeral(from.Port(), o)
	if l := o.link; l != nil && l.from == from && l.to == to.Port() {
		return // the same one: a second look at how far it has come
	}
	o.links++
	o.link = &link{from: from, to: to.Port(), socket: o, name: o.name}
	if o.links > 1 {
		o.link.name += "#" + strconv.Itoa(o.links)
	}
	c.links[route{from, to.Port()}] = o.link
}

// accepted is what accept(2) made: a connection is named after who began it.
func (c *maker) accepted(p *Process, call *pending) *object {
	e := call.event
	here, there := endpoint(e.Part(trace.Local)), endpoint(e.Part(trace.Peer))
	if f, ok := p.fds.fds[int(int32(e.Args[0]))]; ok {
		c.ephemeral(here.Port(), f.object)
	}
	// The last one with these addresses: the kernel lets nobody use them again as long as one
	// that has them waits.
	// else this one comes from outside
	if l := c.links[route{there, here.Port()}]; l != nil && l.peer == nil {
		c.ephemeral(there.Port(), l.socket)
		call.made = &object{kind: "conn", name: "conn(" + l.name + ")", port: here.Port(), link: l}
		l.peer = call.made
		return call.made
	}
	o := p.object("conn", call)
	o.port = here.Port()
	return o
}

// bound notes which port a program gave a socket.
func (c *maker) bound(p *Process, call *pending) {
	f, ok := p.fds.fds[int(int32(call.event.Args[0]))]
	if m := call.event.Find(1, abi.In); ok && m != nil {
		f.object.port = endpoint(m.Bytes).Port()
	}
}

// sockname notes the port that the kernel gave a socket, when the program asks for it.
func (c *maker) sockname(p *Process, call *pending) {
	f, ok := p.fds.fds[int(int32(call.event.Args[0]))]
	if m := call.event.Find(1, abi.Out); ok && m != nil {
		c.ephemeral(endpoint(m.Bytes).Port(), f.object)
	}
}

// sent notes the port that the kernel gave a socket because it sent something.
func (c *maker) sent(p *Process, call *pending) {
	at := endpoint(call.event.Part(trace.Local))
	if !at.IsValid() || call.sig.Changes&abi.Link != 0 || call.sig.Makes == abi.Connection {
		return // none, or that of a connection, which is followed elsewhere
	}
	if _, f, ok := p.named(call); ok {
		c.ephemeral(at.Port(), f.object)
	}
}

// port is a port of the Internet protocols, as calls have named it: the program's own choice, or
// the kernel's, which has the name of its socket. Calls may name it before that is known: who
// receives a datagram may be told the sender's port before the call that sent it, and with it gave
// its socket the port, has returned.
type port struct {
	number uint16
	name   string // "" of one that the program chose, or of which nothing is known yet
}

// key is how a port is told from others, and written.
func (p *port) key() string { return cmp.Or(p.name, strconv.Itoa(int(p.number))) }

// ephemeral gives a port a name, unless the program has chosen it: then its number is the
// program's.
func (c *maker) ephemeral(n uint16, o *object) {
	if n == 0 || o.port != 0 || int(n) == c.options.Port {
		return
	}
	name := "port(" + o.name + ")"
	if p := c.ports[n]; p != nil && p.name == "" {
		p.name = name
	} else if p == nil || p.name != name {
		c.ports[n] = &port{n, name} // those who named it before meant another socket's
	}
	c.run.name(int(n), name)
}

// portOf is a port as it is known now.
func (c *maker) portOf(n uint16) *port {
	p := c.ports[n]
	switch {
	case p != nil:
	case c.options.Raw || n == 0:
		return &port{number: n}
	default:
		p = &port{number: n}
		if int(n) == c.options.Port {
			p.name = OwnPort
		}
		c.ports[n] = p
	}
	return p
}

// port is how a port is written.
func (c *maker) port(n uint16) string { return c.portOf(n).key() }

// OwnPort is how the run's own port is written.
const OwnPort = "$PORT"
