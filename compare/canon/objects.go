package canon

import (
	"encoding/binary"
	"maps"
	"path/filepath"
	"strconv"
	"strings"

	"paritykit/compare/abi"
)

// object is what a descriptor stands for: a pipe, a terminal, an open file. Descriptors come and go
// and differ between two programs; what they stand for is the same.
type object struct {
	kind string // "pipe", "file", "socket", "tty", "stdin", "stderr", "eventfd" …
	name string // in canonical form: "pipe1", "file:echomsg.txt"

	role string // of a program's standard descriptors: the program
	path string // of a file: from the run's directory, or absolute

	// Of a socket:
	port  uint16 // the one that the program gave it, 0 if the kernel chooses
	link  *link  // the connection that it is an end of
	links int    // how many it has begun
}

// fd is one descriptor.
type fd struct {
	object  *object
	end     string // ".r" or ".w" of a pipe
	cloexec bool
	serial  int // another one whenever a number is given again
}

func (f fd) name() string { return f.object.name + f.end }

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
	if i := call.origin.Idiom; call.origin.Noise == "" && (i == nil || i.Keeps(command(call))) {
		p.counts[kind]++
		o.name = p.prefix() + kind + strconv.Itoa(p.counts[kind])
	}
	call.made = o
	return o
}

// prefix tells objects of children from those of the program itself.
func (p *Process) prefix() string {
	if p.Name == Root {
		return ""
	}
	return p.Name + ":"
}

// Root is the name of a program that is alone in its run.
const Root = "P"

// closing notes at the entry of a call which descriptors it closes: by the time it returns, another
// thread may have got their numbers.
func (c *maker) closing(p *Process, call *pending) {
	args := call.event.Args
	switch call.sig.Name {
	case "close":
		if f, ok := p.fds.fds[int(int32(args[0]))]; ok {
			call.closes = map[int]fd{int(int32(args[0])): f}
		}
	case "close_range":
		call.closes = map[int]fd{}
		for n, f := range p.fds.fds {
			if uint64(n) >= args[0] && uint64(n) <= uint64(uint32(args[1])) {
				call.closes[n] = f
			}
		}
	}
}

// closed follows a call that has closed descriptors. close(2) does so even if it fails.
func (c *maker) closed(p *Process, call *pending) {
	const cloexec = 4
	for n, f := range call.closes {
		switch now := p.fds.fds[n]; {
		case now.serial != f.serial || now.object != f.object:
		case call.sig.Name == "close_range" && call.event.Args[2]&cloexec != 0:
			now.cloexec = true
			p.fds.fds[n] = now
		default:
			delete(p.fds.fds, n)
		}
	}
}

// flagsArg is the index of the argument that has the flags of a call that makes descriptors, and
// with them close-on-exec.
var flagsArg = map[string]int{"open": 1, "openat": 2, "pipe2": 1, "dup3": 2, "socket": 1, "socketpair": 1, "accept4": 3, "eventfd2": 1,
	"epoll_create1": 0, "timerfd_create": 1, "signalfd4": 3, "inotify_init1": 0, "memfd_create": 1, "userfaultfd": 0}

func cloexec(call *pending) bool {
	name := call.sig.Name
	bit := uint64(0x80000) // O_CLOEXEC, which SOCK_CLOEXEC, EPOLL_CLOEXEC and the others equal
	switch name {
	case "memfd_create":
		bit = 1 // MFD_CLOEXEC
	case "fcntl":
		return call.event.Args[1] == fDupfdCloexec
	case "pidfd_open":
		return true
	}
	i, ok := flagsArg[name]
	return ok && call.event.Args[i]&bit != 0
}

const fDupfd, fSetfd, fDupfdCloexec = 0, 2, 1030 // fcntl(2)

// created follows what a call that has returned made of descriptors and processes.
func (c *maker) created(p *Process, call *pending) {
	e := call.event
	if e.Result < 0 {
		return
	}
	switch name := call.sig.Name; name {
	case "pipe", "pipe2", "socketpair":
		c.pair(p, call)
	case "dup", "dup2", "dup3":
		if f, ok := p.fds.fds[int(int32(e.Args[0]))]; ok {
			f.cloexec = cloexec(call)
			p.fds.open(int(e.Result), f)
		}
	case "fcntl":
		f, ok := p.fds.fds[int(int32(e.Args[0]))]
		switch {
		case !ok:
		case e.Args[1] == fDupfd || e.Args[1] == fDupfdCloexec:
			f.cloexec = cloexec(call)
			p.fds.open(int(e.Result), f)
		case e.Args[1] == fSetfd:
			f.cloexec = e.Args[2]&1 != 0
			p.fds.fds[int(int32(e.Args[0]))] = f
		}
	case "open", "openat", "openat2", "creat":
		p.fds.open(int(e.Result), fd{object: c.file(p, call), cloexec: cloexec(call)})
	case "accept", "accept4":
		p.fds.open(int(e.Result), fd{object: c.accepted(p, call), cloexec: cloexec(call)})
	case "bind":
		c.bound(p, call)
	case "getsockname":
		c.sockname(p, call)
	case "sendto", "sendmsg":
		c.sent(p, call)
	case "recvmsg":
		c.received(p, call)
	case "rt_sigaction":
		p.signals.sigaction(e, c.fold(call) == "")
		p.ignores(e)
	case "rt_sigprocmask":
		p.blocks(call)
	case "chdir", "fchdir":
		c.moved(p, call)
	case "execve", "execveat":
		p.fds = p.fds.executed()
		p.signals, p.handling, p.caught, p.spawner = dispositions{}, map[int][]int{}, caught{}, nil
		p.running = false
		p.blocked = map[int]uint64{p.pid: p.blocked[e.TID]}
	case "clone", "clone3", "fork", "vfork":
		if process, _ := isFork(call); !process {
			p.blocked[int(e.Result)] = p.blocked[e.TID] // a new thread
		}
		c.shareFiles(p, call)
		c.pidfd(p, call)
	default:
		if kind, ok := ipcKinds[call.sig.Result]; ok {
			if id := (ipc{call.sig.Result, int(e.Result)}); c.ipc[id] == "" {
				c.ipc[id] = p.object(kind, call).name
			}
		}
		if call.sig.Result == abi.Fd {
			p.fds.open(int(e.Result), fd{object: p.object(objectKind(name), call), cloexec: cloexec(call)})
		}
	}
}

// ipc is an object of System V IPC, by the number that the kernel gave it. It has the name of who
// found or made it first.
type ipc struct {
	kind abi.Kind
	id   int
}

var ipcKinds = map[abi.Kind]string{abi.SemID: "sem", abi.ShmID: "shm", abi.MsgID: "msgq"}

// objectKind is what a call that returns a descriptor makes.
func objectKind(call string) string {
	switch call {
	case "socket":
		return "sock"
	case "eventfd2":
		return "eventfd"
	case "epoll_create", "epoll_create1":
		return "epoll"
	case "timerfd_create":
		return "timerfd"
	case "signalfd4":
		return "signalfd"
	case "inotify_init", "inotify_init1":
		return "inotify"
	case "memfd_create":
		return "memfd"
	case "pidfd_open":
		return "pidfd"
	}
	return call
}

// pair enters the two descriptors that pipe(2) or socketpair(2) left in memory.
func (c *maker) pair(p *Process, call *pending) {
	kind, arg, ends := "pipe", 0, [2]string{".r", ".w"}
	if call.sig.Name == "socketpair" {
		kind, arg, ends = "socketpair", 3, [2]string{".a", ".b"}
	}
	m := call.event.Find(arg, abi.Out)
	if m == nil || len(m.Bytes) < 8 {
		return
	}
	o := p.object(kind, call)
	for i, end := range ends {
		p.fds.open(int(binary.LittleEndian.Uint32(m.Bytes[4*i:])), fd{object: o, end: end, cloexec: cloexec(call)})
	}
}

// file is what an open(2) of a path has made: an open file description, so that two opens of one
// file are two objects. The second one of a process, or of those that it is a copy of, is written
// file:notes.txt#2.
func (c *maker) file(p *Process, call *pending) *object {
	arg := 1
	if call.sig.Name == "open" || call.sig.Name == "creat" {
		arg = 0
	}
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
	o.name = "file:" + strings.ReplaceAll(o.path, "#", "##")
	if call.origin.Noise != "" {
		return o // the loader's, of which there may be more on one side
	}
	if p.opens == nil {
		p.opens = map[string]int{}
	}
	p.opens[o.path]++
	if n := p.opens[o.path]; n > 1 {
		o.name += "#" + strconv.Itoa(n)
	}
	return o
}

// base is the directory from which the path begins that is argument i, if it is a relative one:
// that of the descriptor before it, or the process's own; "" is the one in which the program began.
func (c *maker) base(p *Process, call *pending, i int) string {
	if p == nil {
		return ""
	}
	if i > 0 && call.sig.Args[i-1].Kind == abi.AtFd {
		const atFdcwd = -100
		if n := int(int32(call.event.Args[i-1])); n != atFdcwd {
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
	if call.sig.Name == "fchdir" {
		if f, open := p.descriptorAt(int(int32(call.event.Args[0]))); open {
			to = f.object.path
		}
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

// pidfd enters the descriptor that clone(2) with CLONE_PIDFD left in memory.
func (c *maker) pidfd(p *Process, call *pending) {
	const pidfd = 0x1000
	if call.sig.Name != "clone" || call.event.Args[0]&pidfd == 0 {
		return
	}
	if m := call.event.Find(2, abi.Out); m != nil && len(m.Bytes) >= 4 {
		p.fds.open(int(binary.LittleEndian.Uint32(m.Bytes)), fd{object: p.object("pidfd", call), cloexec: true})
	}
}

// shareFiles lets the child of a call that made a process with CLONE_FILES have its parent's own
// descriptors.
func (c *maker) shareFiles(p *Process, call *pending) {
	const files = 0x400
	child := c.process(int(call.event.Result))
	flags, _ := cloneFlags(call)
	if child != nil && flags&files != 0 {
		child.fds = p.fds
	}
}
