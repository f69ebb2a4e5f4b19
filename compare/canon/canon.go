// Package canon brings what the kernel saw into canonical form: from the events of a trace to the
// things that the program itself asked for, named so that two runs, or two programs in two
// languages, can be compared.
//
// package attrib says who asked for a call. Three steps, each in a file of its own: what its
// descriptors and process ids stand for (objects.go), how its arguments read (decode.go), and which
// calls are noise (classify.go). Each call is classified once, when it is entered: who directs a
// run (live.go) and who reads the result have the same answer.
package canon

import (
	"cmp"
	"hash/maphash"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/attrib"
	"paritykit/compare/trace"
)

// Run is one run in canonical form.
type Run struct {
	Processes []*Process // the programs in the order of their start, each followed by its children
	Helpers   []*Process // processes that a library made for itself: all they do is noise

	// Waits has the calls that had not returned when the run ended, by the event that they were
	// last made by.
	Waits map[*trace.Event]*Op

	names     map[string]string // of numbers that are chance: process ids, ports, terminals, see Text
	processes map[string]bool   // which of these are process ids
	called    []called          // and what programs are called
	chance    []string          // files into which programs have written what is chance

	byName map[string]*Process // made by Process, when it is first asked
}

// Process finds a process by name, nil if there is none. It is for a run that is over: there may be
// many processes.
func (r *Run) Process(name string) *Process {
	if r.byName == nil {
		r.byName = make(map[string]*Process, len(r.Processes))
		for _, p := range slices.Backward(r.Processes) { // the first of its name counts
			r.byName[p.Name] = p
		}
	}
	name, _, _ = strings.Cut(name, "/") // of a strand: its process
	return r.byName[name]
}

// Process is one process of a run: what it asked for, in order, and how it ended.
type Process struct {
	Name   string // "P", its children "P.1", "P.2" in the order of their creation
	Ops    []*Op
	Noise  []Noise  // what was not the program's wish, by kind
	Output []Stream // what it wrote to its terminal and to its standard error
	Status string   // "exit 0", "killed by SIGTERM", "" when it was still running

	run      *Run // that it is part of
	pid      int
	killed   int // the signal that it died of
	fds      *table
	cwd      *directory
	counts   map[string]int // of objects made, by kind
	made     []made
	strands  int
	several  bool           // it has more than one
	opens    map[string]int // of files opened, by path; also those of the processes that it is a copy of
	folded   map[string]*Noise
	calls    []*pending
	latest   map[int]*pending   // by thread: the last call that it entered
	broken   map[int][]*pending // by thread: calls that a signal interrupted and that the kernel will make again, the innermost last
	start    *trace.Event       // the execve with which the program began that it is, or is a copy of; nil if that was not seen
	maps     mappings
	signals  dispositions
	blocked  map[int]uint64 // by thread: signals that it blocks, bit n-1 for signal n
	ignored  uint64         // signals that it ignores
	handling map[int][]int  // by thread: the signals whose handlers run, the innermost last
	caught   caught
	running  bool           // the program has made a call, so that the library's start-up is over
	golang   bool           // it is a Go program, whose runtime has handlers for all signals
	spawner  *attrib.Origin // of a child that shares its parent's memory and has not yet executed a program
}

// Stream is all that one process wrote to one place.
type Stream struct {
	Object string
	Data   []byte
	Moved  bool // some of it the kernel moved there from another descriptor (splice(2), sendfile(2)), so that Data lacks it
}

// Noise is a kind of calls that the program did not ask for.
type Noise struct {
	Kind  string         // who asked: "loader", "libc start-up", "Go runtime" …
	Calls int            // how many
	By    map[string]int // of which system call
}

// NameOf is the name of the process with this id, "" if it has none.
func (r *Run) NameOf(pid int) string {
	for _, p := range r.Processes {
		if p.pid == pid {
			return p.Name
		}
	}
	return ""
}

// NoiseCalls is the number of calls in a run that no program asked for.
func (r *Run) NoiseCalls() (n int) {
	for _, p := range slices.Concat(r.Processes, r.Helpers) {
		for _, k := range p.Noise {
			n += k.Calls
		}
	}
	return n
}

// OpCount is the number of ops in a run.
func (r *Run) OpCount() (n int) {
	for _, p := range r.Processes {
		n += len(p.Ops)
	}
	return n
}

// Op is one thing that a program asked for, or a signal that it has a handler for.
type Op struct {
	Call   string
	Args   []Arg
	Result Value  // what came back, where it says more than that the call succeeded
	For    string // of a call that has not returned: what it waits for, "for P.1 to write", "" if that is not known
	Fatal  string // of a process's last op: the signal that killed it, "SIGPIPE", "" if none did
	Piece  bool   // it goes on with the print that the op before it began, see Process.pieces
	Event  *trace.Event

	strand uint64 // that of the process that made it, see Process.Divide

	// Origin says whose it is: the line, those that led there, and whether a signal's handler
	// did it (of signals too). Ops of one line share it. Only Handler is part of what is
	// compared.
	*attrib.Origin
}

// Arg is one argument in canonical form, or one field of a structure.
type Arg struct {
	Name  string // as in the man page; "" of what has none
	Value Value
	Out   bool // the kernel's answer, not the program's wish
	Label bool // it is written with its name
}

// Same reports whether two arguments are: as they stand, or with the names of what is chance in
// each run.
func (a Arg) Same(b Arg) bool { return a.Name == b.Name && a.Value.Same(b.Value) }

// Same reports whether two ops are: all of it as it stands, or all of it with names for what is
// chance, see Run.Text.
func (o *Op) Same(p *Op) bool { return o.equal(p, false) || o.equal(p, true) }

func (o *Op) equal(p *Op, named bool) bool {
	if o.Call != p.Call || len(o.Args) != len(p.Args) || !o.Result.equal(p.Result, named) {
		return false
	}
	for i := range o.Args {
		a, b := &o.Args[i], &p.Args[i]
		if a.Name != b.Name || !a.Value.equal(b.Value, named) {
			return false
		}
	}
	return true
}

// Sig is what package abi knows of the call; of a signal, a call that does nothing.
func (o *Op) Sig() *abi.Call {
	if o.Event == nil || o.Event.Kind != trace.Call {
		return &abi.Call{}
	}
	return abi.Lookup(o.Event.Nr).For(&o.Event.Args)
}

// Forks reports whether the op makes a process, and not a thread.
func (o *Op) Forks() bool {
	sig := o.Sig()
	return sig.Clones() && o.Event.Flags(sig)&unix.CLONE_THREAD == 0
}

func (o *Op) hasNames() bool {
	for i := range o.Args {
		if o.Args[i].Value.hasNames() {
			return true
		}
	}
	return o.Result.hasNames()
}

// Sums are numbers of which two ops share one if they are the same; of others that happens seldom.
// An op without names for what is chance has the same number twice.
func (o *Op) Sums(seed maphash.Seed) Sums {
	own := o.hash(seed, false)
	if !o.hasNames() {
		return Sums{own, own}
	}
	return Sums{own, o.hash(seed, true)}
}

// Sums are those of an op as it stands and with names, see Op.Sums.
type Sums [2]uint64

// Meet reports whether two ops may be the same.
func (s Sums) Meet(t Sums) bool { return s[0] == t[0] || s[1] == t[1] }

func (o *Op) hash(seed maphash.Seed, named bool) uint64 {
	h := maphash.String(seed, o.Call)
	for i := range o.Args {
		a := &o.Args[i]
		h = a.Value.hash(seed, mix(h, maphash.String(seed, a.Name)), named)
	}
	return o.Result.hash(seed, h, named)
}

// Arg is the value of the argument with this name, Nothing if there is none.
func (o *Op) Arg(name string) Value {
	for i := range o.Args {
		if o.Args[i].Name == name {
			return o.Args[i].Value
		}
	}
	return Value{}
}

// Returned reports whether the argument with this name is what the kernel answered.
func (o *Op) Returned(name string) bool {
	return slices.ContainsFunc(o.Args, func(a Arg) bool { return a.Name == name && a.Out })
}

// Options say what to leave as it is.
type Options struct {
	Dir  string // the run's directory: file names below it are written relative to it
	Root string // the source tree: source files below it are written relative to it
	Raw  bool   // no canonical form: every call is an op, with the numbers that the kernel saw
	Port int    // the TCP port that the run was given, 0 if none
}

// Make brings a trace into canonical form.
func Make(t *trace.Trace, o Options) *Run { return newMaker(t, o).make() }

func newMaker(t *trace.Trace, o Options) *maker {
	c := &maker{trace: t, options: o, origins: attrib.New(o.Root), procs: map[int]*Process{},
		ports: map[uint16]*port{}, words: map[string]*string{}, passed: passed{}, ipc: map[ipc]string{}, sizes: map[int]uint64{}, links: map[route]*link{},
		entered: map[*trace.Event]*pending{}, execs: map[int][]*trace.Event{},
		run: &Run{Waits: map[*trace.Event]*Op{}}}
	c.tree = tree{map[int]int{}, map[int]string{}, map[int]int{}, map[int]*trace.Event{}, map[int]int{}, map[int]uint64{}, map[int]int{}}
	c.tree.names[t.Tracer] = "the tool"
	if !o.Raw && o.Port != 0 {
		c.run.name(o.Port, OwnPort)
	}
	if !o.Raw && o.Dir != "" {
		c.run.nameDirectory(o.Dir)
	}
	return c
}

// make takes in what is left of the trace and gives the run its final form.
func (c *maker) make() *Run {
	c.follow()
	for _, p := range c.run.Processes {
		c.finish(p)
	}
	c.run.Helpers, c.run.Processes = split(c.run.Processes)
	slices.SortStableFunc(c.run.Processes, func(a, b *Process) int { return byName(a.Name, b.Name) })
	return c.run
}

// follow takes in what has been added to the trace since the last time: programs and processes
// first, then what they did.
func (c *maker) follow() {
	for _, p := range c.trace.Programs {
		if _, known := c.tree.names[p.PID]; p.PID != 0 && !known {
			if p.Session != p.PID && p.Session != 0 {
				c.tree.names[p.Session] = "the session of " + p.Command.Role
				c.nameText(p.Session)
			}
			c.tree.names[p.PID] = p.Command.Role
			c.nameText(p.PID)
			if !c.options.Raw {
				c.run.nameProgram(&p.Command)
				c.run.nameTerminal(p.TTY, "tty("+p.Command.Role+")")
			}
			c.program(p)
		}
	}
	for _, e := range c.trace.Events[c.seen.events:] {
		if e.Kind == trace.Call && abi.Lookup(e.Nr).Executes() {
			c.execs[e.PID] = append(c.execs[e.PID], e)
		}
	}
	for _, m := range c.moments() {
		if m.born != nil {
			c.born(m.born)
		} else if p := c.process(m.event.PID); p != nil {
			c.moment(p, m)
		}
	}
	c.seen.processes, c.seen.events = len(c.trace.Processes), len(c.trace.Events)
}

// byName orders P, P.1, P.1.1, P.2, P.10.
func byName(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	if x[0] != y[0] {
		return 0 // of different programs: as they were started
	}
	for i := range min(len(x), len(y)) {
		if d := cmp.Or(cmp.Compare(len(x[i]), len(y[i])), cmp.Compare(x[i], y[i])); d != 0 {
			return d
		}
	}
	return cmp.Compare(len(x), len(y))
}

// maker has what is known at one moment of the run.
type maker struct {
	trace     *trace.Trace
	options   Options
	origins   *attrib.Answers
	tree      tree
	procs     map[int]*Process
	connects  []connect        // calls that began connections of which nothing is known yet
	links     map[route]*link  // the last connection that was begun on each
	ports     map[uint16]*port // those that calls have named, or that the kernel chose
	terminals int              // that the run has made
	words     map[string]*string
	passed    passed
	ipc       map[ipc]string // names of its objects
	sizes     map[int]uint64 // of its shared memory, by id
	keys      keys           // of files that programs have asked for
	after     bool           // arguments that the kernel has overwritten read as they are after the call
	run       *Run

	pointees []*trace.Memory // where the structure leads that is being written

	pendings block[pending]
	ops      block[Op]
	args     block[Arg]
	texts    block[text]

	seen    struct{ processes, events, birth int } // how much of the trace has been followed, and where the last process was born
	order   []moment                               // of the part that is followed now
	open    []*trace.Event                         // calls among it that had not returned then, but may
	entered map[*trace.Event]*pending              // calls that have not returned
	execs   map[int][]*trace.Event                 // by process: its calls that execute a program
}

// block makes values side by side, and not with an allocation for each: a run has a million calls,
// which all live until its end.
type block[T any] []T

func (b *block[T]) take(n int) []T {
	if len(*b) < n {
		*b = make([]T, max(n, 64))
	}
	taken := (*b)[:n:n]
	*b = (*b)[n:]
	return taken
}

// moment is the entry or the exit of a call, another event, or the birth of a process, at its place
// in the run's one order.
type moment struct {
	at    int
	event *trace.Event
	exit  bool
	born  *trace.Process
}

// moments puts what is new in the trace into one order. Descriptors must be followed in that order
// and not call by call: another process, or another thread, acts between the entry of a call and
// its exit. A process is born as soon as the call that makes it has been entered, because the child
// can act, and speak of itself, before that call returns.
func (c *maker) moments() []moment {
	events := c.trace.Events[c.seen.events:]
	list := c.order[:0]
	for _, p := range c.trace.Processes[c.seen.processes:] {
		if p.Made != nil {
			c.seen.birth = max(c.seen.birth, p.Made.Entered) // names are given in the order of creation
		}
		list = append(list, moment{at: c.seen.birth, born: p})
	}
	returned := func(e *trace.Event) bool {
		if e.Left > 0 {
			list = append(list, moment{at: e.Left, event: e, exit: true})
		}
		return e.Left > 0
	}
	c.open = slices.DeleteFunc(c.open, returned)
	for _, e := range events {
		list = append(list, moment{at: e.Entered, event: e})
		if e.Kind == trace.Call && !returned(e) && abi.Lookup(e.Nr).Result != abi.None { // which exit(2) has: nobody waits for its return
			c.open = append(c.open, e)
		}
	}
	slices.SortStableFunc(list, func(a, b moment) int {
		if a.at == b.at {
			return cmp.Compare(a.rank(), b.rank())
		}
		return a.at - b.at
	})
	c.order = list
	return list
}

// rank orders what has one place: a process is born after the entry that makes it.
func (m *moment) rank() int {
	if m.born != nil {
		return 1
	}
	return 0
}

func (c *maker) add(p *Process) *Process {
	p.counts, p.folded, p.signals, p.handling = map[string]int{}, map[string]*Noise{}, dispositions{}, map[int][]int{}
	p.latest, p.broken, p.blocked = map[int]*pending{}, map[int][]*pending{}, map[int]uint64{}
	c.procs[p.pid], p.run = p, c.run
	c.run.Processes = append(c.run.Processes, p)
	return p
}

// program adds a program that the run started.
func (c *maker) program(p *trace.Program) {
	fds := newTable()
	tty := &object{kind: "tty", name: "tty", role: p.Command.Role}
	if fds.open(1, fd{object: tty}); p.Command.Terminal {
		fds.open(0, fd{object: tty})
	} else {
		fds.open(0, fd{object: &object{kind: "stdin", name: "stdin", role: p.Command.Role}})
	}
	fds.open(2, fd{object: &object{kind: "stderr", name: "stderr", role: p.Command.Role}})
	c.add(&Process{Name: p.Command.Role, pid: p.PID, fds: fds, cwd: &directory{}})
}

// process is the process with this id; it enters the run with its first event.
func (c *maker) process(pid int) *Process {
	if p := c.procs[pid]; p != nil {
		return p
	}
	parent := c.procs[c.tree.parents[pid]]
	if parent == nil {
		return nil // no event of a process comes before its parent's call that made it
	}
	child := c.add(&Process{Name: c.tree.names[pid], pid: pid, fds: parent.fds.copied(), cwd: &directory{parent.cwd.path}, opens: maps.Clone(parent.opens)})
	child.running, child.maps = parent.running, slices.Clone(parent.maps)
	child.signals, child.ignored = parent.signals.clone(), parent.ignored
	if e := c.tree.forks[pid]; e != nil {
		made := &pending{event: e, sig: abi.Lookup(e.Nr).For(&e.Args)}
		if cloneFlags(made)&unix.CLONE_FS != 0 {
			child.cwd = parent.cwd
		}
		child.start = c.startOf(parent, e.Entered)
		child.blocked[pid] = parent.blocked[e.TID]
		if _, shared := isFork(made); shared {
			// In posix_spawn, and all that is made of it, the child runs in the
			// library, on a stack of its own: what it does there was asked for by the
			// line that called.
			child.spawner = c.origins.Spawned(e.Stack)
		}
	}
	return child
}

func (c *maker) moment(p *Process, m moment) {
	e := m.event
	switch {
	case e.Kind == trace.Exit:
		p.Status, p.killed = status(e.Status), e.Status.Signal
		c.open = slices.DeleteFunc(c.open, func(o *trace.Event) bool { return o.PID == e.PID }) // killed in them
	case e.Kind == trace.Signal:
		c.delivered(p, e)
	case e.Kind == trace.Sleep:
		c.slept(p, e)
	case !m.exit:
		c.enter(p, e)
	default:
		c.exit(p, e)
	}
}

// pending is a call that was entered: what was known of it then.
type pending struct {
	strand  uint64 // of the process, see maker.strand
	event   *trace.Event
	sig     *abi.Call
	origin  *attrib.Origin
	noise   string       // which kind of noise it is; "" if it is an op
	carries *pending     // the kernel carries on this call by it; nil if the program made it
	next    *pending     // by which the kernel carried it on
	last    *trace.Event // of a call that the kernel entered more than once: the last one
	args    []Arg        // those that can be told at the entry; the others are Nothing
	made    *object
	starts  []Arg      // of an execve: what stands at the standard descriptors
	closes  map[int]fd // descriptors that the call closes
	result  Value
	done    bool   // it returned
	keeps   bool   // of rt_sigprocmask: it sets the mask that the thread has anyway
	failed  bool   // a signal handler ran, so that the program saw EINTR
	caught  uint64 // a call of Go's runtime with which the program began to catch these signals, bit n-1 for signal n
}

func (c *maker) enter(p *Process, e *trace.Event) {
	call := &c.pendings.take(1)[0]
	*call = pending{event: e, sig: abi.Lookup(e.Nr).For(&e.Args)}
	c.thread(e, call.sig)
	call.origin = c.origin(p, e)
	if running := p.handling[e.TID]; call.sig.Role == abi.EndsHandler && len(running) > 0 {
		p.handling[e.TID] = running[:len(running)-1]
	}
	if e.Stack != nil {
		main := e.Stack.Space.Main()
		p.golang = main != nil && main.Go
	}
	call.strand = c.strand(p, e)
	if call.origin.Catches {
		p.caught.follow(call)
	}
	p.carriesOn(call)
	p.calls = append(p.calls, call)
	p.latest[e.TID], c.entered[e] = call, call
	_, writes := call.sig.Outputs()
	if call.origin.Noise == "" || writes || c.options.Raw { // of other calls nobody reads them, unless they never return
		call.args = c.arguments(p, call)
	}
	c.closing(p, call)
	if call.sig.Changes&abi.Mask != 0 {
		call.keeps = p.keepsMask(e)
	}
	call.noise = c.classify(call)
	p.several = p.several || call.noise == "" && call.strand != 0
	p.running = p.running || !call.sig.Executes() && (call.noise == "" || call.origin.OnStack())
	if call.sig.Executes() && !c.options.Raw {
		call.starts = p.starts(e.TID)
	}
	if call.sendsMessage() {
		c.passed.send(p, call)
	}
	if call.sig.Changes&abi.Link != 0 {
		c.connects = append(c.connects, connect{p, call})
	}
}

func (c *maker) exit(p *Process, e *trace.Event) {
	call := c.entered[e]
	if call == nil {
		return
	}
	delete(c.entered, e)
	call.done = true
	c.thread(e, call.sig)
	switch {
	case call.sig.Changes&abi.Link != 0 || call.sig.Makes == abi.Connection:
		c.connected()
	case e.Result < 0 && call.sendsMessage():
		c.passed.withdraw(e)
	}
	c.closed(p, call)
	c.created(p, call)
	c.mapped(p, call)
	c.results(p, call)
	c.looked(call)
}

// finish turns the calls of a process into its ops and its noise.
func (c *maker) finish(p *Process) {
	for _, call := range p.calls {
		if !call.done {
			c.results(p, call)
		}
	}
	rejoin(p)
	p.Ops = make([]*Op, 0, len(p.calls))
	made := make([]*pending, 0, len(p.calls))
	for _, call := range p.calls {
		kind, waits := call.noise, !call.done && call.carries == nil
		switch {
		case p.Name == "":
			kind = "helper process"
		case call.carries != nil && !c.options.Raw:
			kind = "restarted call"
		}
		if kind != "" {
			p.noise(kind, call.sig.Name)
		}
		if kind != "" && !waits {
			continue
		}
		op := c.op(p, call)
		if waits {
			if p.Status == "" {
				op.For = c.awaits(p, call)
			}
			c.run.Waits[cmp.Or(call.last, call.event)] = op
		}
		if kind == "" && !c.writesOn(p, op) {
			p.Ops = append(p.Ops, op)
			made = append(made, call)
		}
	}
	// A call may have waited for its turn while another strand's, which came later, was made.
	slices.SortStableFunc(made, func(a, b *pending) int { return cmp.Compare(a.event.Left, b.event.Left) })
	for _, call := range made {
		p.stream(call)
	}
	p.pieces()
	p.countStrands()
	if p.killed != 0 && len(p.Ops) > 0 {
		p.Ops[len(p.Ops)-1].Fatal = abi.SignalName(p.killed)
	}
	for _, n := range p.folded {
		p.Noise = append(p.Noise, *n)
	}
	slices.SortFunc(p.Noise, func(a, b Noise) int { return strings.Compare(a.Kind, b.Kind) })
	p.calls, p.latest = nil, nil
}

// split separates the helpers from the processes that the program wanted.
func split(all []*Process) (helpers, wanted []*Process) {
	for _, p := range all {
		if p.Name == "" {
			helpers = append(helpers, p)
		} else {
			wanted = append(wanted, p)
		}
	}
	return helpers, wanted
}

func (p *Process) noise(kind, call string) {
	n := p.folded[kind]
	if n == nil {
		n = &Noise{Kind: kind, By: map[string]int{}}
		p.folded[kind] = n
	}
	n.Calls++
	n.By[call]++
}

func status(s trace.Status) string {
	if s.Signal != 0 {
		return "killed by " + abi.SignalName(s.Signal)
	}
	return "exit " + strconv.Itoa(s.Code)
}
