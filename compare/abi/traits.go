package abi

import (
	"golang.org/x/sys/unix"
)

// Traits say what a call does, beside what its arguments and its result tell. A form of a call has
// its call's traits, unless it has some of its own. No other package asks for a call's name: a new
// call that makes a descriptor, or waits, is a line in these tables and nothing else.
type Traits struct {
	Makes   Makes  // what is there when it has succeeded
	Object  string // what a descriptor, a pair or an IPC object that it makes stands for: "eventfd"
	Flags   Place  // where its flags stand
	Implied uint64 // flags that it has without being asked: creat(2) truncates
	Cloexec uint64 // that bit of the flags makes its descriptors close-on-exec; Always if all are

	Size   Place // how large the memory is that it makes; zero if nothing says so
	Unmaps Range

	Ends    Ends
	Waits   For // what it may wait for, beside what its descriptors stand for
	Touches Touches
	Changes Changes // what of its process is another afterwards
	Sends   bool    // a signal: to the process or thread that its first Pid names, to any if none does

	Role        Role
	Page        string     // of section 2 of the manual, if that has another name
	Like        string     // another call that does the same with fewer arguments, or the same idea's
	Fails       unix.Errno // when there is too little of something, or what it speaks to is broken
	Untraced    string     // why no run looks at it; "" if runs do
	Multiplexed bool       // its second argument is a command: which of many calls it is
}

// Makes is what a successful call makes.
type Makes uint8

const (
	Nothing    Makes = iota
	Descriptor       // its result, which stands for a new object
	File             // its result, of the file that its first Path names
	Copy             // its result, which stands for what its first Fd does
	Connection       // its result, a connection that somebody has begun
	Pipe             // two, which its Out argument of kind Fd holds: one to read, one to write
	Pair             // two that are alike, which stand there
	Passed           // those that came in a message, cmsg(3)
	Task             // a process or, with CLONE_THREAD, a thread
	IPC              // an object of System V IPC, or finds the one that there is
	Mapping          // memory, at the address that is its result
)

// Range is memory that a call takes away: where it begins, and how large it is. Without a size it
// is all of a mapping; without a beginning there is none.
type Range struct{ Addr, Size Place }

// Always stands in Cloexec for a call whose descriptors are close-on-exec whatever it is asked.
const Always = ^uint64(0)

// Place is where flags stand: in an argument, or in the first field of the structure at its
// address. The zero Place is none.
type Place uint8

func place(i int) Place { return Place(i + 1) }

// Arg is the index of the argument, ok is false if there is none.
func (p Place) Arg() (i int, ok bool) { return int(p) - 1, p != 0 }

// Ends is what a call is the end of.
type Ends uint8

const (
	EndsNothing Ends = iota
	EndsThread
	EndsProcess
)

// For is what a call waits for.
type For uint8

const (
	ForNothing    For = iota
	ForChild          // a child's end
	ForConnection     // somebody who connects
	ForAnswer         // a listener that answers
	ForSignal
	ForReady   // one of several descriptors
	ForDevice  // the end of input or output that was submitted
	ForMemory  // a word in memory to change, a futex
	ForLock    // on a file
	ForMessage // or room for one, a queue or a semaphore
	ForTime    // nothing but time
	ForProgram // the child of vfork(2) to execute a program or to end
)

// Touches are the things that processes share and that a call looks at or changes, beside what its
// arguments name. Two calls that touch nothing in common can be made in either order. Of a call of
// which nothing is said here, and whose arguments name nothing, nobody knows.
type Touches uint16

const (
	OwnOnly     Touches = 1 << iota // nothing that another process can see or change
	ItsParent                       // who its parent is
	Processes                       // which processes there are, and their groups
	OwnSignals                      // its pending signals and what it does about them
	Memory                          // that it may share
	OwnPort                         // the port of the socket that is its first argument
	NamedPort                       // the port in its Sockaddr
	Descriptors                     // all of its own
)

// Changes are what a call changes about the process that makes it.
type Changes uint16

const (
	Directory    Changes = 1 << iota // in which relative paths begin
	Mask                             // the signals that its thread blocks
	Dispositions                     // what a signal does
	Program                          // which one it runs, execve(2)
	OnExec                           // whether descriptors are closed by execve(2)
	Bound                            // which port its socket has
	Listening                        // whether its socket takes connections
	Link                             // with what its socket is connected
	Code                             // what can be executed
	Filter                           // which calls it may make, seccomp(2)
	Mapped                           // what stands in its memory: of a file, or of others if flags say so
	Shared                           // memory that it has in common with others
)

// Role is what else decides how a call is treated.
type Role uint8

const (
	Ordinary      Role = iota
	Unwrapped          // no function of the C library's is for it: there, the library wanted it
	EndsHandler        // what a signal handler returns to, sigreturn(2)
	Resumes            // the kernel makes it to carry on a call that a signal interrupted
	Random             // brings what no two runs have alike
	TellsProgram       // tells what the program is called
	TellsName          // tells the address of the socket that is its first argument
	TellsTerminal      // tells the number of the terminal whose other side is its first argument
	Excludes           // fails if somebody else has the file open that is its first argument, or one of that file system
	Traces             // is what a tracer does, ptrace(2)
	OffersTracing      // asks the parent to be one
	EntersStrict       // lets its thread make four calls only, see InStrictMode
	AsksFilter         // asks whether any calls are filtered
)

// InStrictMode reports whether a call, by number, can be made in seccomp's strict mode.
func InStrictMode(nr uint64) bool {
	switch nr {
	case unix.SYS_READ, unix.SYS_WRITE, unix.SYS_EXIT, unix.SYS_RT_SIGRETURN:
		return true
	}
	return false
}

// Use is what a call does with what an argument names: a descriptor or a file. Of one of which
// nothing is said, it may do anything.
type Use uint8

const (
	Anything Use = iota
	Takes        // something out of it; of a Path: looks at the file
	Puts         // something into it; of a Path: changes the file
	Closes       // the descriptor
	Shuts        // takes and puts, and nothing is put in or taken out any more
	Removes      // the file's name
	Mentions     // the descriptor alone: what it stands for stays as it is
	Adjusts      // how calls on this end of a connection behave, and nothing at its other end
)

// The words that the tables add to a line.

// makes says what the call makes, and what that stands for.
func (c *Call) makes(m Makes, object string) *Call {
	c.Makes, c.Object = m, object
	return c
}

// cloexec says which of its flags, in argument i, makes its descriptors close-on-exec.
func (c *Call) cloexec(i int, bit uint64) *Call {
	c.Flags, c.Cloexec = place(i), bit
	return c
}

// always says that its descriptors are close-on-exec.
func (c *Call) always() *Call {
	c.Cloexec = Always
	return c
}

// maps says that the call makes a mapping, and which argument is its size; -1 if none is.
func (c *Call) maps(size int) *Call {
	c.Makes = Mapping
	return c.sized(size)
}

func (c *Call) sized(i int) *Call { c.Size = place(i); return c }

// unmaps says that the call takes memory away, and which arguments say what; size is -1 if none
// says how much.
func (c *Call) unmaps(addr, size int) *Call {
	c.Unmaps = Range{place(addr), place(size)}
	return c
}

func (c *Call) implies(bits uint64) *Call  { c.Implied = bits; return c }
func (c *Call) flagsAt(i int) *Call        { c.Flags = place(i); return c }
func (c *Call) waits(f For) *Call          { c.Waits = f; return c }
func (c *Call) touches(t Touches) *Call    { c.Touches |= t; return c }
func (c *Call) changes(what Changes) *Call { c.Changes |= what; return c }
func (c *Call) ends(what Ends) *Call       { c.Ends = what; return c }
func (c *Call) sends() *Call               { c.Sends = true; return c }
func (c *Call) role(r Role) *Call          { c.Role = r; return c }
func (c *Call) fails(e unix.Errno) *Call   { c.Fails = e; return c }
func (c *Call) like(name string) *Call     { c.Like = name; return c }
func (c *Call) untraced(why string) *Call  { c.Untraced = why; return c }
func (c *Call) multiplexed() *Call         { c.Multiplexed = true; return c }
func (c *Call) page(name string) *Call     { c.Page = name; return c }
func (c *Call) own() *Call                 { return c.touches(OwnOnly) }

// takes, puts, closes, shuts, removes, mentions and adjusts say what a call does with what an
// argument names.
func takes(a Arg) Arg    { return a.use(Takes) }
func puts(a Arg) Arg     { return a.use(Puts) }
func closes(a Arg) Arg   { return a.use(Closes) }
func shuts(a Arg) Arg    { return a.use(Shuts) }
func removes(a Arg) Arg  { return a.use(Removes) }
func mentions(a Arg) Arg { return a.use(Mentions) }
func adjusts(a Arg) Arg  { return a.use(Adjusts) }

func (a Arg) use(u Use) Arg {
	a.Use = u
	return a
}

// inherit gives the forms of a call its traits.
func (c *Call) inherit(t Traits) {
	if c.Traits == (Traits{}) {
		c.Traits = t
	}
	c.Multiplexed = t.Multiplexed
	c.derive()
	if c.forms != nil {
		for _, form := range c.forms.by {
			form.inherit(c.Traits)
		}
	}
}

// derive fills in what the result says.
func (c *Call) derive() {
	switch {
	case c.Result == Fd && c.Makes == Nothing:
		c.Makes = Descriptor
	case c.Result != Fd && c.Makes == Descriptor:
		c.Makes = Nothing // a form that only asks
	}
	if c.Makes == Descriptor && c.Object == "" {
		c.Object = c.Name
	}
}

// Why runs do not look at some calls.
const (
	inVDSO = "mostly the vDSO answers it in the program, and no kernel sees it (vdso(7)): whether " +
		"it does depends on the machine's clock source"
	asksNothing = "it asks for nothing that could be compared"
)

// Pidfd is the object of a descriptor that stands for a process.
const Pidfd = "pidfd"

// Names of ops that stand for several calls.
const (
	Fork  = "fork"
	VFork = "vfork"
	Exit  = "exit"
	Sleep = "sleep" // of a goroutine, which is no call
)

// Manual is the page of section 2 of the manual that documents a call.
func Manual(call string) string {
	if c, ok := byName[call]; ok && c.Page != "" {
		return c.Page
	}
	return call
}

// Common is the call itself or, if it does the same as another one, that.
func (c *Call) Common() *Call {
	if c.Like != "" {
		return byName[c.Like]
	}
	return c
}

// Akin reports whether two calls are one, or one that got more arguments with the years, as pipe2
// did after pipe; or both sleep. A name that is no call's, of an idiom, is akin to itself only.
func Akin(a, b string) bool {
	common := func(name string) string {
		switch c := byName[name]; {
		case c == nil:
			return name
		case c.Until.Effect == Sleeps:
			return Sleep
		default:
			return c.Common().Name
		}
	}
	return a == b || common(a) == common(b)
}

// Outputs is the argument into which the call puts something, ok is false if there is none.
func (c *Call) Outputs() (i int, ok bool) {
	for i := range c.Args {
		if c.Args[i].Kind == Fd && c.Args[i].Use == Puts {
			return i, true
		}
	}
	return 0, false
}

// Endless reports whether a call with these arguments has no time limit of its own.
func (c *Call) Endless(args *[6]uint64) bool {
	switch arg := args[c.Until.Arg]; c.Until.Form {
	case Milliseconds:
		return int32(arg) < 0
	case TimespecAt, TimevalAt:
		return arg == 0
	}
	return true
}

// OfNothing reports whether a call with these arguments waits for none of the descriptors that it
// could wait for.
func (c *Call) OfNothing(args *[6]uint64) bool {
	i, ok := c.Until.Of.Arg()
	return ok && args[i] == 0
}

// Uses reports whether the call does this with what one of its arguments names.
func (c *Call) Uses(u Use) bool {
	return c.Index(func(a *Arg) bool { return a.Use == u }) >= 0
}

// Index is the place of the first argument of some kind, -1 if there is none. (slices.IndexFunc
// copies each of them, which are large.)
func (c *Call) Index(is func(*Arg) bool) int {
	for i := range c.Args {
		if is(&c.Args[i]) {
			return i
		}
	}
	return -1
}

// Clones reports whether the call makes a process or a thread.
func (c *Call) Clones() bool { return c.Makes == Task }

// Executes reports whether the call makes its process run another program.
func (c *Call) Executes() bool { return c.Changes&Program != 0 }
