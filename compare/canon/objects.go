package canon

import (
	"encoding/binary"
	"fmt"
	"maps"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
)

// object is what a descriptor stands for: a pipe, a terminal, an open file. Descriptors come and go
// and differ between two programs; what they stand for is the same.
type object struct {
	kind string // "pipe", "file", "socket", "tty", "stdin", "stderr", "eventfd" …
	name string // in canonical form: "pipe1", "file:echomsg.txt"

	role string // of a program's standard descriptors: the program
	path string // of a file: from the run's directory, or absolute; of a pidfd: the process's name

	label *text // the name, with names in it for what is chance; nil until it is asked for

	// Of a socket:
	port  uint16 // the one that the program gave it, 0 if the kernel chooses
	link  *link  // the connection that it is an end of
	links int    // how many it has begun
}

// text is the object's name.
func (o *object) text() *text {
	if o.label == nil {
		o.label = &text{raw: []byte(o.name)}
	}
	return o.label
}

// rename gives an object another name, and with it the other ends of connections that it began.
func (o *object) rename(name string) {
	if l := o.link; l != nil && l.socket == o && l.peer != nil {
		l.name = name + strings.TrimPrefix(l.name, o.name)
		l.peer.rename("conn(" + l.name + ")")
	}
	o.name, o.label = name, nil
}

// fd is one descriptor.
type fd struct {
	object  *object
	end     string // ".r" or ".w" of a pipe
	cloexec bool
	serial  int // another one whenever a number is given again
}

func (f fd) name() string { return f.object.name + f.end }

// peer is the other end of a pipe or a pair, "" of what has none.
func (f fd) peer() string {
	return map[string]string{".r": ".w", ".w": ".r", ".a": ".b", ".b": ".a"}[f.end]
}

// table is a process's descriptors. Processes that were made with CLONE_FILES share one.
type table struct {
	fds map[int]fd
	set int // how many descriptors it was given
}

func newTable() *table { return &table{fds: map[int]fd{}} }

// open gives a number to a new descriptor.
func (t *table) open(n int, f fd) {
	t.set++
	f.serial = t.set
	t.fds[n] = f
}

// copied is the table of a child after fork(2).
func (t *table) copied() *table { return &table{maps.Clone(t.fds), t.set} }

// executed is the table after execve(2): its own, without what was marked close-on-exec.
func (t *table) executed() *table {
	n := newTable()
	for i, f := range t.fds {
		if !f.cloexec {
			n.fds[i] = f
		}
	}
	n.set = t.set
	return n
}

// object makes a new object in a process. Objects that the program made are numbered in the process
// that made them, so that their names do not depend on what other processes do meanwhile. Those
// that a library made for itself have no number; the program gets to see them only if it is given
// the descriptor.
func (p *Process) object(kind string, call *pending) *object {
	o := &object{kind: kind, name: kind}
	if call.noise == "" {
		p.counts[kind]++
		o.name = prefix(p.Name) + kind + strconv.Itoa(p.counts[kind])
		p.made = append(p.made, made{o, call.strand})
	}
	call.made = o
	return o
}

// prefix tells objects of children, and of other strands, from those of the program itself.
func prefix(maker string) string {
	if maker == Root {
		return ""
	}
	return maker + ":"
}

// Root is the name of a program that is alone in its run.
const Root = "P"

// closing notes at the entry of a call which descriptors it closes: by the time it returns, another
// thread may have got their numbers.
func (c *maker) closing(p *Process, call *pending) {
	args := &call.event.Args
	for i := range call.sig.Args {
		a := &call.sig.Args[i]
		if a.Use != abi.Closes {
			continue
		}
		switch n := a.Kind.Value(args[i]); a.Kind {
		case abi.Fd:
			if f, ok := p.fds.fds[int(int32(n))]; ok {
				call.closes = map[int]fd{int(int32(n)): f}
			}
		case abi.Uint: // the first of a row, and the last one
			if call.closes != nil {
				maps.DeleteFunc(call.closes, func(fd int, _ fd) bool { return uint64(fd) > n })
				return
			}
			call.closes = map[int]fd{}
			for fd, f := range p.fds.fds {
				if uint64(fd) >= n {
					call.closes[fd] = f
				}
			}
		}
	}
}

// closed follows a call that has closed descriptors. close(2) does so even if it fails.
func (c *maker) closed(p *Process, call *pending) {
	marks := call.sig.Changes&abi.OnExec != 0 && call.cloexec() // close_range(2) with such a flag
	for n, f := range call.closes {
		switch now := p.fds.fds[n]; {
		case now.serial != f.serial || now.object != f.object:
		case marks:
			now.cloexec = true
			p.fds.fds[n] = now
		default:
			delete(p.fds.fds, n)
		}
	}
}

// cloexec reports whether a call makes its descriptors close-on-exec.
func (call *pending) cloexec() bool {
	bits := call.sig.Cloexec
	return bits == abi.Always || bits != 0 && call.event.Flags(call.sig)&bits != 0
}

// first is the first argument of a kind.
func (call *pending) first(kind abi.Kind, when abi.When) (i int, ok bool) {
	i = call.sig.Index(func(a *abi.Arg) bool { return a.Kind == kind && a.When == when })
	return i, i >= 0
}

// sendsMessage reports whether a call sends something that descriptors can go along with.
func (call *pending) sendsMessage() bool {
	_, ok := call.first(abi.Msghdr, abi.In)
	return ok
}

// named is the descriptor that a call's first argument of that kind names.
func (p *Process) named(call *pending) (n int, f fd, open bool) {
	if i, ok := call.first(abi.Fd, abi.Value); ok {
		n = int(int32(call.event.Args[i]))
		f, open = p.fds.fds[n]
	}
	return n, f, open
}

// created follows what a call that has returned made of descriptors and processes.
func (c *maker) created(p *Process, call *pending) {
	e := call.event
	if e.Result < 0 {
		return
	}
	made := fd{cloexec: call.cloexec()}
	switch call.sig.Makes {
	case abi.Pipe, abi.Pair:
		c.pair(p, call)
	case abi.Copy:
		if _, f, ok := p.named(call); ok {
			f.cloexec = made.cloexec
			p.fds.open(int(e.Result), f)
		}
	case abi.File:
		made.object = c.file(p, call)
		p.fds.open(int(e.Result), made)
	case abi.Connection:
		made.object = c.accepted(p, call)
		p.fds.open(int(e.Result), made)
	case abi.Descriptor:
		if n, _, ok := p.named(call); ok && n == int(e.Result) {
			return // a new mask for an old signalfd(2)
		}
		made.object = p.object(call.sig.Object, call)
		if i, ok := call.first(abi.Pid, abi.Value); ok && call.sig.Object == abi.Pidfd {
			made.object.path = c.tree.names[int(int32(e.Args[i]))]
		}
		p.fds.open(int(e.Result), made)
	case abi.Passed:
		c.received(p, call)
	case abi.IPC:
		if id := (ipc{call.sig.Result, int(e.Result)}); c.ipc[id] == "" {
			c.ipc[id] = p.object(call.sig.Object, call).name
			if call.noise == "" && !c.options.Raw {
				c.run.name(int(e.Result), c.ipc[id])
			}
		}
	case abi.Task:
		if process, _ := isFork(call); !process {
			p.blocked[int(e.Result)] = p.blocked[e.TID] // a new thread
		}
		c.shareFiles(p, call)
		c.pidfd(p, call)
	}
	c.changed(p, call)
}

// changed follows what a call that has returned changed about its process.
func (c *maker) changed(p *Process, call *pending) {
	e := call.event
	what := call.sig.Changes
	if what&abi.OnExec != 0 && call.closes == nil {
		if n, f, ok := p.named(call); ok {
			f.cloexec = call.cloexec()
			p.fds.fds[n] = f
		}
	}
	if what&abi.Bound != 0 {
		c.bound(p, call)
	}
	if what&abi.Dispositions != 0 {
		p.signals.sigaction(e, call.noise == "")
		p.ignores(e)
	}
	if what&abi.Mask != 0 {
		p.blocks(call)
	}
	if what&abi.Directory != 0 {
		c.moved(p, call)
	}
	if what&abi.Program != 0 {
		p.fds = p.fds.executed()
		p.signals, p.handling, p.caught, p.spawner = dispositions{}, map[int][]int{}, caught{}, nil
		p.running = false
		p.blocked = map[int]uint64{p.pid: p.blocked[e.TID]}
	}
	switch call.sig.Role {
	case abi.TellsName:
		c.sockname(p, call)
	case abi.TellsTerminal:
		c.terminal(call)
	}
	c.sent(p, call)
}

// ipc is an object of System V IPC, by the number that the kernel gave it. It has the name of who
// found or made it first.
type ipc struct {
	kind abi.Kind
	id   int
}

// pair enters the two descriptors that pipe(2) or socketpair(2) left in memory.
func (c *maker) pair(p *Process, call *pending) {
	ends := [2]string{".r", ".w"}
	if call.sig.Makes == abi.Pair {
		ends = [2]string{".a", ".b"}
	}
	i, ok := call.first(abi.Fd, abi.Out)
	m := call.event.Find(i, abi.Out)
	if !ok || m == nil || len(m.Bytes) < 8 {
		return
	}
	o := p.object(call.sig.Object, call)
	for k, end := range ends {
		p.fds.open(int(binary.LittleEndian.Uint32(m.Bytes[4*k:])), fd{object: o, end: end, cloexec: call.cloexec()})
	}
}

// file is what an open(2) of a path has made: an open file description, so that two opens of one
// file are two objects. The second one of a process, or of those that it is a copy of, is written
// file:notes.txt#2.
func (c *maker) file(p *Process, call *pending) *object {
	arg, _ := call.first(abi.Path, abi.In)
	m := call.event.Find(arg, abi.In)
	if m == nil {
		return &object{kind: "file", name: "file:?"}
	}
	for _, program := range c.trace.Programs {
		if program.TTY == string(m.Bytes) {
			return &object{kind: "tty", name: "tty", role: program.Command.Role}
		}
	}
	o := &object{kind: "file", path: c.path(c.base(p, call, arg), string(m.Bytes))}
	o.name = fileName(o.path)
	if call.origin.Noise != "" {
		return o // the loader's, of which there may be more on one side
	}
	if p.opens == nil {
		p.opens = map[string]int{}
	}
	p.opens[o.path]++
	o.name = numbered(o.name, p.opens[o.path])
	p.made = append(p.made, made{o, call.strand})
	return o
}

// fileName is the name of a file that was opened once. One that has a number is told by it.
func fileName(path string) string { return "file:" + strings.ReplaceAll(path, "#", "##") }

// numbered is the name of the n-th of several objects that would have one name.
func numbered(name string, n int) string {
	if n > 1 {
		return name + "#" + strconv.Itoa(n)
	}
	return name
}

// base is the directory from which the path begins that is argument i, if it is a relative one:
// that of the descriptor before it, or the process's own; "" is the one in which the program began.
func (c *maker) base(p *Process, call *pending, i int) string {
	if p == nil {
		return ""
	}
	if i > 0 && call.sig.Args[i-1].Kind == abi.AtFd {
		if n := int(int32(call.event.Args[i-1])); n != unix.AT_FDCWD {
			f, open := p.descriptorAt(n)
			if !open {
				return ""
			}
			return f.object.path
		}
	}
	if call.sig.Args[i].Name == "target" {
		return "" // what a symbolic link says
	}
	return p.cwd.path
}

// directory is where relative paths begin. Processes that were made with CLONE_FS share one.
type directory struct{ path string }

// moved follows chdir(2) and fchdir(2).
func (c *maker) moved(p *Process, call *pending) {
	to := ""
	if _, f, open := p.named(call); open {
		to = f.object.path
	} else if m := call.event.Find(0, abi.In); m != nil {
		to = c.path(p.cwd.path, string(m.Bytes))
	}
	if to == "." {
		to = ""
	}
	p.cwd.path = to
}

// path writes a file name: from a directory if it is relative, and below the run's directory, whose
// own name differs from run to run, relative to that.
func (c *maker) path(base, path string) string {
	for _, program := range c.trace.Programs {
		if path == program.TTY {
			return "/dev/tty" // its number is chance
		}
	}
	if base != "" && !filepath.IsAbs(path) {
		if path == "." {
			path = base
		} else if path != "" {
			path = base + "/" + path
		}
	}
	if c.options.Dir != "" && filepath.IsAbs(path) {
		if rel, err := filepath.Rel(c.options.Dir, path); err == nil && filepath.IsLocal(rel) {
			return rel
		}
	}
	return path
}

// terminal names a pseudoterminal that the run has made: its number is chance.
func (c *maker) terminal(call *pending) {
	i, _ := call.first(abi.Struct, abi.Out)
	if m := call.event.Find(i, abi.Out); m != nil && len(m.Bytes) >= 4 && !c.options.Raw {
		c.terminals++
		c.run.nameTerminal(fmt.Sprintf("/dev/pts/%d", binary.LittleEndian.Uint32(m.Bytes)), "pty"+strconv.Itoa(c.terminals))
	}
}

// pidfd enters the descriptor that clone(2) with CLONE_PIDFD left in memory.
func (c *maker) pidfd(p *Process, call *pending) {
	if call.event.Flags(call.sig)&unix.CLONE_PIDFD == 0 {
		return
	}
	i, _ := call.first(abi.Int, abi.Out)
	if m := call.event.Find(i, abi.Out); m != nil && len(m.Bytes) >= 4 {
		o := p.object(abi.Pidfd, call)
		o.path = c.tree.names[int(call.event.Result)]
		p.fds.open(int(binary.LittleEndian.Uint32(m.Bytes)), fd{object: o, cloexec: true})
	}
}

// shareFiles lets the child of a call that made a process with CLONE_FILES have its parent's own
// descriptors.
func (c *maker) shareFiles(p *Process, call *pending) {
	child := c.process(int(call.event.Result))
	if child != nil && call.event.Flags(call.sig)&unix.CLONE_FILES != 0 {
		child.fds = p.fds
	}
}
