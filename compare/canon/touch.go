package canon

import (
	"cmp"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/trace"
)

// A Touch is the use of a thing by a call. Two calls that touch nothing in common, or only read it,
// can be made in either order, and nobody sees the difference.
type Touch struct {
	Thing Thing
	Write bool // it changes what other calls on the thing do, or return; reading from a pipe does
}

// Thing is what can be touched. Two that are equal are one.
type Thing struct {
	kind thingKind
	of   string // the object, the process, the program or the port that it belongs to
	by   string // of heldBy: the process
}

// thingKind says what of something is touched.
type thingKind string

const (
	contentsOf   thingKind = "contents" // a pipe, or another object
	inOf         thingKind = "in"       // a connection, to who began it
	outOf        thingKind = "out"      // and the other way
	settingsOf   thingKind = "settings" // one end of a connection
	endOf        thingKind = "end"      // an object: whether anybody has it
	heldBy       thingKind = "held"     // a process: whether it has an end
	signalsOf    thingKind = "signals"  // a process: those that wait, and what it does about them
	childrenOf   thingKind = "children" // a process: who has ended
	parentOf     thingKind = "parent"   // a process: who it is
	vforkOf      thingKind = "released" // a process: whether it waits for its child
	consoleOf    thingKind = "console"  // a program: its terminal, standard input or standard error
	thePort      thingKind = "port"     // who is there
	allFiles     thingKind = "files"
	allProcesses thingKind = "processes"
	allSockets   thingKind = "sockets" // that are no end of a connection
	sharedMemory thingKind = "memory"
	anything     thingKind = "system"
)

// Touches lists what a call that has not been made yet uses, also what it uses only after it has
// blocked. It rather lists too much than too little: what is too much costs time, what is too
// little costs the truth.
//
// The things are what processes share: what is in a pipe or a connection, a terminal, the files
// (all of them as one, because paths have aliases), a port, a process's children and its pending
// signals. Memory is not among them: no call shows who reads or writes it.
//
// # The ends of pipes and connections
//
// Whether a read finds the end of file depends on every process that has the write end, so each
// close of a write end would depend on each read. But as long as one process keeps the end open, it
// makes no difference whether others do. So a call that needs an end to be open touches that one
// process has it (heldBy), and so does the close by that process, but not another's. If nobody has
// it any more, the call touches that of all who may have had it. A call that waits for the last
// close touches the end itself (endOf), as the close does that turns out to be the last. A strand
// that uses a descriptor touches that its own process has it: another strand may close it.
func (c Call) Touches() []Touch {
	if c.pending == nil {
		return nil
	}
	t := toucher{c: c.c, p: c.process, call: c.pending}
	t.read(signalsOf, c.process.Name) // one may come before this call or after it
	t.all()
	return t.sorted()
}

// Signalled lists what a signal touches that is sent to a process, and that it may die of.
func (l *Live) Signalled(proc *trace.Process) []Touch {
	t := toucher{c: l.c}
	if p := l.c.procs[proc.PID]; p != nil {
		t.signalled(p)
	}
	return t.sorted()
}

func (t *toucher) sorted() []Touch {
	slices.SortFunc(t.list, func(a, b Touch) int {
		return cmp.Or(cmp.Compare(a.Thing.kind, b.Thing.kind), cmp.Compare(a.Thing.of, b.Thing.of),
			cmp.Compare(a.Thing.by, b.Thing.by), trace.CompareBools(b.Write, a.Write))
	})
	// Of a read and a write of one thing the write says it all.
	return slices.CompactFunc(t.list, func(a, b Touch) bool { return a.Thing == b.Thing })
}

type toucher struct {
	c    *maker
	p    *Process
	call *pending
	list []Touch
}

func (t *toucher) read(kind thingKind, of string)  { t.touch(Thing{kind: kind, of: of}, false) }
func (t *toucher) write(kind thingKind, of string) { t.touch(Thing{kind: kind, of: of}, true) }

func (t *toucher) touch(what Thing, write bool) { t.list = append(t.list, Touch{what, write}) }

// held is whether a process has an end of an object.
func held(o *object, end string, p *Process) Thing { return Thing{heldBy, o.ending(end), p.Name} }

// all lists what the call touches. What nothing is known of touches whatever its arguments name.
func (t *toucher) all() {
	sig := t.call.sig
	if sig.Ends == abi.EndsProcess {
		t.ends(t.p)
		return
	}
	if sig.Executes() {
		t.read(allFiles, "")
		t.closeAll(func(_ int, f fd) bool { return f.cloexec })
		t.released(t.p)
		return
	}
	if sig.Clones() {
		t.read(allProcesses, "")
		if _, shared := isFork(t.call); shared {
			t.write(vforkOf, t.p.Name)
		}
		return
	}
	known := t.things()
	named := t.arguments(known)
	if !known && !named {
		t.write(anything, "")
	}
}

// things lists what the call touches beside what its arguments name. It reports whether anything
// is known of that.
func (t *toucher) things() (known bool) {
	sig := t.call.sig
	known = sig.Touches != 0
	touches := func(what abi.Touches) bool { return sig.Touches&what != 0 }
	if sig.Waits == abi.ForChild {
		known = true
		t.write(childrenOf, t.p.Name)
	}
	if sig.Sends {
		known = true
		t.kill()
	}
	if touches(abi.ItsParent) {
		t.read(parentOf, t.p.Name)
	}
	if touches(abi.Processes) {
		t.write(allProcesses, "")
	}
	if touches(abi.OwnSignals) {
		t.write(signalsOf, t.p.Name)
	}
	if touches(abi.NamedPort) {
		t.port(t.target())
	}
	if touches(abi.OwnPort) {
		if _, f, ok := t.p.named(t.call); ok {
			t.port(f.object.port)
		}
	}
	if touches(abi.Descriptors) {
		for n := range t.p.fds.fds {
			t.uses(n, true, true)
		}
	}
	if touches(abi.Memory) && t.call.event.Flags(sig)&abi.FUTEX_PRIVATE_FLAG == 0 {
		t.write(sharedMemory, "")
	}
	return known
}

// arguments lists what the call touches by its arguments. It reports whether there is any that
// names something; of what known says nothing more than that, anything may happen.
func (t *toucher) arguments(known bool) (named bool) {
	args, closes := &t.call.event.Args, false
	for i := range t.call.sig.Args {
		a := &t.call.sig.Args[i]
		n := int(int32(args[i]))
		switch {
		case a.Kind == abi.Path:
			t.touch(Thing{kind: allFiles}, !t.looks(a))
		case a.Kind == abi.Uint && a.Use == abi.Closes:
			if !closes {
				closed := t.call.closes
				t.closeAll(func(n int, _ fd) bool { _, is := closed[n]; return is })
			}
			closes = true
		case a.Use == abi.Closes:
			t.closes(n)
		case a.Kind != abi.Fd && a.Kind != abi.AtFd:
			continue
		case a.Use == abi.Takes:
			t.uses(n, true, false)
		case a.Use == abi.Puts:
			t.uses(n, false, true)
		case a.Use == abi.Shuts:
			t.uses(n, true, true)
		case a.Use == abi.Adjusts:
			// (Whether somebody else's datagram is there may depend on an option.)
			if f, ok := t.p.fds.fds[n]; ok && f.object.link != nil {
				t.write(settingsOf, f.object.name)
			} else {
				t.uses(n, true, true)
			}
		case a.Use == abi.Anything && a.Kind == abi.Fd && (!known || t.call.sig.Touches != abi.OwnOnly):
			t.uses(n, true, true)
		}
		named = true
	}
	return named
}

// looks reports whether the call leaves the file as it is that an argument names.
func (t *toucher) looks(a *abi.Arg) bool {
	if t.call.sig.Makes == abi.File {
		return t.call.event.Flags(t.call.sig)&(unix.O_CREAT|unix.O_TRUNC) == 0
	}
	return a.Use == abi.Takes
}

// uses is for calls on a descriptor, by which they take something out of what it stands for, put
// something in, or both.
func (t *toucher) uses(n int, in, out bool) {
	f, ok := t.p.fds.fds[n]
	if !ok {
		return // EBADF
	}
	o := f.object
	t.touch(held(o, f.end, t.p), false) // another strand may close it
	if o.kind == "sock" || o.kind == "conn" {
		t.read(settingsOf, o.name)
	}
	switch {
	case f.end != "":
		t.write(contentsOf, o.name)
		if f.end == ".r" && in || f.end == ".w" && out || f.end == ".a" || f.end == ".b" {
			t.needs(o, f.peer(), f.end != ".r" && out)
		}
	case o.link != nil && o.kind == "sock":
		t.connection(o.link, in, out)
		if o.link.peer != nil {
			t.needs(o.link.peer, "", out)
		} else {
			t.listeners(o.link.to)
			t.write(endOf, o.link.accepting()) // which somebody may get in the meantime
		}
	case o.link != nil:
		t.connection(o.link, out, in) // the other end's in is our out
		t.needs(o.link.socket, "", out)
	case o.kind == "sock" || o.kind == "conn":
		t.write(allSockets, "")
	case o.kind == "tty" || o.kind == "stdin" || o.kind == "stderr":
		t.write(consoleOf, o.console())
	case o.kind == "file":
		t.write(allFiles, "")
	default:
		t.write(contentsOf, o.name)
	}
}

// connection touches the two streams of a connection, as seen by who began it.
func (t *toucher) connection(l *link, in, out bool) {
	if in {
		t.write(inOf, l.name)
	}
	if out {
		t.write(outOf, l.name)
	}
}

// needs is for calls whose result depends on somebody having an end of an object open. One that
// writes may get SIGPIPE if nobody has.
func (t *toucher) needs(o *object, end string, writes bool) {
	if t.p.has(o, end, -1) {
		t.touch(held(o, end, t.p), false) // we ourselves
		if t.p.several {
			t.write(endOf, o.ending(end)) // unless another strand closes it
		}
		return
	}
	t.write(endOf, o.ending(end))
	if h := t.c.holder(o, end, nil); h != nil {
		t.touch(held(o, end, h), false)
		return
	}
	for _, p := range t.c.run.Processes {
		t.touch(held(o, end, p), false)
	}
	if writes {
		t.ends(t.p)
	}
}

// closes is for calls that close a descriptor.
func (t *toucher) closes(n int) {
	f, ok := t.p.fds.fds[n]
	if !ok || t.p.has(f.object, f.end, n) {
		return
	}
	t.releases(t.p, f)
}

// closeAll closes those of the descriptors which the function names.
func (t *toucher) closeAll(which func(n int, f fd) bool) {
	for n, f := range t.p.fds.fds {
		if which(n, f) {
			t.releases(t.p, f) // perhaps not the last one of the process: then it's too much
		}
	}
}

// releases is that a process has an end of an object no more.
func (t *toucher) releases(p *Process, f fd) {
	o := f.object
	t.touch(held(o, f.end, p), true)
	switch o.kind {
	case "tty", "stderr", "file":
		return // no other process finds out
	case "stdin":
		return // only who types, and that's the tool
	}
	if t.c.holder(o, f.end, p) == nil {
		t.read(endOf, o.ending(f.end))
		if o.kind == "sock" && o.link == nil && o.port != 0 {
			t.write(thePort, t.c.port(o.port))
			for _, l := range t.c.links {
				if l.to == o.port && l.peer == nil {
					t.read(endOf, l.accepting()) // it will never be accepted
				}
			}
		}
	}
}

// holder is a process that has an end of an object open, other than but; nil if there is none. It
// is the one of them that came first into the run: with what a parent hands to its children it's
// mostly the parent who keeps it longest.
func (c *maker) holder(o *object, end string, but *Process) *Process {
	for _, p := range c.run.Processes {
		if p != but && p.Status == "" && p.has(o, end, -1) {
			return p
		}
	}
	return nil
}

// has reports whether a process has an end of an object, by another descriptor than but.
func (p *Process) has(o *object, end string, but int) bool {
	for n, f := range p.fds.fds {
		if n != but && f.object == o && f.end == end {
			return true
		}
	}
	return false
}

// ends is for calls that end a process, or may.
func (t *toucher) ends(p *Process) {
	for _, f := range p.fds.fds {
		t.releases(p, f)
	}
	t.released(p)
	for pid, parent := range t.c.tree.parents {
		child := t.c.procs[pid]
		if parent == p.pid && child != nil && child.Status == "" {
			t.write(parentOf, child.Name)
		}
	}
	parent := t.c.procs[t.c.tree.parents[p.pid]]
	if parent == nil || parent.Status != "" {
		return
	}
	t.read(childrenOf, parent.Name)
	t.touch(Thing{kind: signalsOf, of: parent.Name}, parent.catches(unix.SIGCHLD))
}

// released is for calls that let a parent go on which waits in vfork(2).
func (t *toucher) released(p *Process) {
	parent := t.c.tree.parents[p.pid]
	if e := t.c.tree.forks[p.pid]; e != nil && e.Left == 0 {
		t.write(vforkOf, t.c.tree.names[parent])
	}
}

// catches reports whether a process has a handler for a signal, as far as is known.
func (p *Process) catches(sig syscall.Signal) bool {
	d, ok := p.handler(int(sig))
	return ok && (d.asked || p.caught.wanted>>(sig-1)&1 != 0)
}

// kill is for calls that send a signal: to a process, or to many. Any may die of it.
func (t *toucher) kill() {
	target := 0
	if i, ok := t.call.first(abi.Pid, abi.Value); ok {
		target = int(int32(t.call.event.Args[i]))
	}
	one := t.c.procs[target]
	if one == nil {
		t.write(allProcesses, "")
	}
	for _, p := range t.c.run.Processes {
		if p.Status != "" && p != one || one != nil && p != one {
			continue
		}
		t.signalled(p)
	}
}

// signalled is for what sends a signal to a process.
func (t *toucher) signalled(p *Process) {
	t.write(signalsOf, p.Name)
	if parent := t.c.tree.names[t.c.tree.parents[p.pid]]; parent != "" {
		t.write(childrenOf, parent)
	}
	t.ends(p)
}

// target is the port that connect(2) or bind(2) names, 0 if none.
func (t *toucher) target() uint16 {
	i, _ := t.call.first(abi.Sockaddr, abi.In)
	if m := t.call.event.Find(i, abi.In); m != nil {
		return endpoint(m.Bytes).Port()
	}
	return 0
}

// port is for calls that look for a socket on a port, or put one there.
func (t *toucher) port(n uint16) {
	if n == 0 {
		t.write(allSockets, "")
		return
	}
	t.write(thePort, t.c.port(n))
	t.listeners(n)
}

// ending is what an end of an object is called here.
func (o *object) ending(end string) string {
	switch {
	case o.link == nil:
		return o.name + end
	case o.kind == "conn":
		return o.link.accepting()
	}
	return o.link.name + " begun"
}

// accepting is the end of a connection that accept(2) makes, or will make.
func (l *link) accepting() string { return l.name + " accepted" }

// listeners touches who has a socket on a port that is no connection.
func (t *toucher) listeners(n uint16) {
	for _, p := range t.c.run.Processes {
		for _, f := range p.fds.fds {
			if f.object.kind != "sock" || f.object.port != n || f.object.link != nil || p.Status != "" {
				continue
			}
			if h := t.c.holder(f.object, "", nil); h != t.p {
				t.touch(held(f.object, "", h), false)
			}
		}
	}
}

// console is the name of a program's terminal, standard input or standard error among those of all
// programs.
func (o *object) console() string { return o.kind + " of " + cmp.Or(o.role, "?") }

// Input is the thing that a script touches which types to a program: its standard input, or the
// terminal that it has in its place.
func Input(role string, terminal bool) Thing {
	kind := "stdin"
	if terminal {
		kind = "tty"
	}
	return Thing{kind: consoleOf, of: (&object{kind: kind, role: role}).console()}
}
