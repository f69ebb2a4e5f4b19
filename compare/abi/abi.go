// Package abi says what the arguments of Linux system calls mean: for each call its name, its
// arguments, the names of flag bits and of enumerated values, and the layout of the structures that
// arguments point at. It is data: it reads no memory and runs no process. At a ptrace stop package
// trace asks it which memory to capture, and when; package canon asks it how to write down what was
// captured.
//
// The sources are section 2 of the man pages and the kernel's uapi headers. Layouts are the
// kernel's, of 64-bit little-endian machines; where glibc's structure of the same name differs
// (sigaction, termios) the kernel's counts.
//
// A call that is missing here is no error: it still has a name, and six arguments that are not
// looked into. A bit or a value without a name stays visible as a number.
package abi

import "strconv"

// Kind says what an argument, a structure's field or a result is, and with it how it is captured
// and shown.
type Kind uint8

// Numbers. As an argument whose When is Value they are in the register; otherwise the register has
// the address of one, or of Arg.Len of them.
const (
	None    Kind = iota // nothing: the result of a call that does not return, an argument that is not looked at, padding
	Int                 // int, in decimal
	Long                // long, in decimal
	Uint                // unsigned int, in decimal
	Ulong               // unsigned long, in decimal
	Hex                 // unsigned long, in hexadecimal
	Ushort              // unsigned short, in decimal
	Octal               // mode_t without a file type: permission bits
	Size                // size_t or ssize_t: a number of bytes
	Offset              // off_t: a place in a file
	Fd                  // a descriptor, or -1
	AtFd                // a descriptor or AT_FDCWD
	NewFd               // the number that a descriptor is to have, which the program chooses: dup2's second
	Pid                 // a process or thread; also 0, -1 or a negated process group, as in kill(2) and wait4(2)
	Uid                 // a user; -1 is "as it was"
	Gid                 // a group; -1 is "as it was"
	Signal              // a signal number, see SignalName
	Dev                 // a device number: differs between machines and mounts
	Inode               // an inode number, or another of the kernel's, as of what is free: differs between runs
	Key                 // a key's serial number, which is chance, or one below 0, which Names names
	SemID               // a System V semaphore set: which number it has is chance
	ShmID               // the same of shared memory
	MsgID               // and of a queue of messages
	IPCKey              // a key of System V objects, which ftok(3) makes of a file's inode number
	Time                // seconds, or the micro- or nanoseconds beside them, of a clock or of a span
	Flags               // bits named by Names, among which a part may be one enumerated value, see Names.Flags
	Enum                // one value named by Names
	Status              // what wait(2) reports: an exit code or a signal
	Handler             // SIG_DFL (0), SIG_IGN (1) or the address of a function
	Cookie              // 8 bytes that the kernel hands back unread: epoll_data, sigval
	Port                // a port, in network order
	IPv4                // 4 bytes of address
	IPv6                // 16 bytes of address
	Unseen              // an address of what is not looked into; what nothing is known of
	Hidden              // how many things there are that are not looked into: io_uring's
	MapAddr             // an address of memory that the call acts on: munmap's
	Addr                // an address of which only null or not null matters: brk's, a futex word's
)

// What stands in memory: the register has its address.
const (
	Path     Kind = iota + Addr + 1 // the bytes of a file name up to a NUL, or as many as Arg.Len says
	String                          // any other bytes that end in the same ways
	Strings                         // a vector of addresses of NUL-terminated strings, ended by a null address: argv, envp
	Bytes                           // a buffer of Arg.Len bytes
	Struct                          // a structure, or Arg.Len of them, each laid out as Arg.Struct
	Pointers                        // Arg.Len addresses of structures. These are what counts
	Bits                            // a set of numbers, nodes of memory: Arg.Len bits
	CPUs                            // a set of processors: Arg.Len bytes
	Iovec                           // Arg.Len iovecs. What counts is their buffers: all of them (In), or as many bytes as the result says (Out)
	Msghdr                          // a msghdr, or Arg.Len mmsghdrs, which begin with one. What counts is what they send (In) or received (Out)
	Sockaddr                        // a socket address of Arg.Len bytes, see SockaddrOf
	FdSet                           // select(2)'s set of descriptors: Arg.Len bits
	Sigset                          // a set of signals: Arg.Len bytes, bit n-1 for signal n
	Dirents                         // linux_dirent64 records, Arg.Len bytes in all
	Cmsgs                           // a msghdr's control messages: each a cmsghdr with its data, the next one at a multiple of 8 bytes
)

// signed tells the kinds whose numbers may be negative.
func (k Kind) signed() bool {
	switch k {
	case Int, Long, Offset, Fd, AtFd, NewFd, Pid, Uid, Gid, Key, SemID, ShmID, MsgID, Time:
		return true
	}
	return false
}

// Width is the size in bytes of one number of this kind, in a register's low part or in memory, and
// 1 for whatever is counted in bytes. A structure's field may be narrower: there Field.Size counts.
func (k Kind) Width() int {
	switch k {
	case Int, Uint, Hidden, Octal, Fd, AtFd, NewFd, Pid, Uid, Gid, Key, SemID, ShmID, MsgID, Signal,
		IPCKey, Flags, Enum, Status,
		IPv4:
		return 4
	case Long, Ulong, Hex, Size, Offset, Dev, Inode, Time, Handler, Cookie, Unseen, MapAddr, Addr,
		Strings,
		Pointers:
		return 8
	case Ushort, Port:
		return 2
	case IPv6, Iovec:
		return 16
	}
	return 1
}

// Value is the number that the kernel sees in a register: a 32-bit kind is cut to its low half,
// because the rest of the register is whatever the program left there, and extended by its sign.
// Cast the result to int64 for kinds that can be negative.
func (k Kind) Value(reg uint64) uint64 {
	if k.Width() != 4 {
		return reg
	}
	if k.signed() {
		return uint64(int64(int32(reg)))
	}
	return uint64(uint32(reg))
}

// When reports whether an argument is a value or an address, and when to read what stands at the
// address.
type When uint8

const (
	Value When = iota      // the register is the argument: nothing to read
	In    When = 1 << iota // read at entry
	Out                    // read at exit, if the call succeeded
	InOut = In | Out
)

// Arg is one argument of a call.
type Arg struct {
	Name   string // as in the man page, or close to it
	Kind   Kind
	When   When
	Names  *Names  // of Flags, Enum and Key
	Struct *Layout // of Struct, Pointers, Iovec and Msghdr
	Len    Len     // how many stand at the address
	Use    Use     // what the call does with what it names
	Why    string  // why it is not compared, beside the reason that its kind has; "" if it is
}

// Len says how many elements stand at an argument's address, and from where that is known. An
// element is a byte for Path, String, Bytes, Sockaddr, Sigset, CPUs and Dirents, a bit for FdSet
// and Bits, otherwise a whole number or structure.
type Len struct {
	From From
	N    int // of Fixed the number, of Inside a place in the structure, else an argument's index
	Plus int // more elements that are not counted: the type before a message of msgsnd(2)
}

// From is where a length comes from.
type From uint8

const (
	One        From = iota // one element; for Path, String and Strings: up to the NUL
	Fixed                  // N elements: pipe's two descriptors
	ByArg                  // as many as argument N says: write's count
	ByResult               // as many as the result says, argument N at most: read's bytes
	ByPointer              // as many as stands in the socklen_t at the address that argument N has: accept's addrlen
	IfResult               // one if the result is above zero, else none: wait4 with WNOHANG leaves status as it was
	CutAt                  // one structure, of which argument N bytes are there: clone3, whose structure grows over the years
	Inside                 // one structure, whose uint32 at byte N is its size: sched_setattr
	Semaphores             // as many as are in the set of semaphores that is argument N
	Packed                 // at the address stand another address and the number of elements there: pselect6's mask
)

// Counted tells whether the argument's extent is known without looking for a NUL.
func (a *Arg) Counted() bool {
	switch a.Kind {
	case Strings:
		return false
	case Path, String:
		return a.Len.From != One
	}
	return true
}

// maxExtent is the kernel's own limit of one transfer, MAX_RW_COUNT. It keeps products of arguments
// that a program got wrong small.
const maxExtent = 0x7ffff000

// maxBits is how many bits a set of nodes may have: a page full. The kernel refuses more.
const maxBits = 8 * 4096

// Extent is the number of bytes that stand at the argument's address; 0 if there is nothing to read
// or the end must be found by looking for it (see Counted). args are the registers at entry, result
// is what the call returned (at entry: 0). stored is used for ByPointer only: what stands in
// argument N's socklen_t; at exit this is the smaller of what stood there at entry, which is the
// room, and of what stands there now, which is the length before it was cut. For Packed it is the
// number beside the address, for Inside the one in the structure, for Semaphores how many there
// are. Of an Iovec, and of Pointers, the extent is the vector's.
func (a *Arg) Extent(args *[6]uint64, result int64, stored uint32) int {
	if a.When == Value || !a.Counted() {
		return 0
	}
	n := a.count(args, result, stored)
	switch {
	case a.Len.From == CutAt:
		return int(min(n, uint64(a.Struct.Size)))
	case a.Len.From == Inside && stored == 0: // which stands for the first version of the structure
		return a.Struct.Size
	case a.Len.From == Inside:
		return int(min(n, uint64(a.Struct.Size)))
	case a.Kind == FdSet:
		return int(min((n+63)/64*8, maxExtent))
	case a.Kind == Bits:
		return int(min((n+63)/64*8, maxBits/8))
	}
	return int(min(n*uint64(a.Stride()), maxExtent))
}

// count is the number of elements at the argument's address, or its bytes if Len is CutAt.
func (a *Arg) count(args *[6]uint64, result int64, stored uint32) uint64 {
	var n uint64
	switch a.Len.From {
	case One:
		n = 1
	case Fixed:
		n = uint64(a.Len.N)
	case ByArg, CutAt:
		n = args[a.Len.N]
	case ByResult:
		n = min(uint64(max(result, 0)), args[a.Len.N])
	case ByPointer, Packed, Inside, Semaphores:
		n = uint64(stored)
	case IfResult:
		if result > 0 {
			n = 1
		}
	}
	if a.Kind == FdSet || a.Kind == Sockaddr { // counted by an int, of which a negative one counts nothing
		n = uint64(max(int32(n), 0))
	}
	if a.Len.Plus < 0 {
		n = max(n, uint64(-a.Len.Plus))
	}
	return min(n+uint64(a.Len.Plus), maxExtent)
}

// Stride is the distance in bytes from one element of an argument to the next.
func (a *Arg) Stride() int {
	if a.Struct != nil && a.Kind != Pointers {
		return a.Struct.Size
	}
	return a.Kind.Width()
}

// Call is one system call. Calls are shared and must not be changed.
type Call struct {
	Number      int // on this architecture; -1 if it has no such call
	Name        string
	Args        []Arg
	Result      Kind   // of a call that succeeded
	ResultNames *Names // of a result that is Flags or Enum
	Known       bool   // there is a signature on file; otherwise Args are six Unseen
	Traits
	Until  Until
	Timing Timing
	Dated  *Dates // the times of a file that it tells, nil of most
	Dating *Dates // and those that it sets

	forms *forms
}

// forms are the other signatures that a call has, depending on one of its arguments: fcntl's last
// argument is a descriptor, flags or a structure, depending on the command.
type forms struct {
	arg  int    // this argument …
	mask uint64 // … these bits of it …
	by   map[uint64]*Call
}

// For is the call's signature with these arguments: that of fcntl(F_SETLK) when c is fcntl and the
// second argument says F_SETLK. An argument that the kernel will not look at, such as open's mode
// without O_CREAT, is not in Args: the register has some leftover. Without a special form it is c
// itself.
func (c *Call) For(args *[6]uint64) *Call {
	for c.forms != nil {
		form, ok := c.forms.by[args[c.forms.arg]&c.forms.mask]
		if !ok {
			break
		}
		c = form
	}
	return c
}

// byNumber has the calls of this architecture, nil where there is a gap; byName also has those that
// only others have.
var byNumber, byName = register()

// register gives each signature its number, and each number without one a call of six arguments
// that are not looked into.
func register() ([]*Call, map[string]*Call) {
	numbers := make([]*Call, len(commonNumbers))
	names := make(map[string]*Call, len(numbers))
	for _, family := range [][]*Call{fileCalls, processCalls, socketCalls, signalCalls, timeCalls,
		pollCalls, memoryCalls, idCalls, miscCalls, kernelCalls} {
		for _, c := range family {
			c.set(c.Name, -1)
			c.inherit(c.Traits)
			names[c.Name] = c
		}
	}
	tell(names)
	for _, table := range [][]string{archNumbers[:], commonNumbers[:]} {
		for nr, name := range table {
			if name == "" {
				continue
			}
			if names[name] == nil {
				names[name] = &Call{Name: name, Args: unknownArgs, Result: Long}
			}
			numbers[nr] = names[name]
			names[name].set(name, nr)
		}
	}
	return numbers, names
}

// set gives a call and its forms their name and number.
func (c *Call) set(name string, nr int) {
	c.Name, c.Number = name, nr
	if c.forms != nil {
		for _, form := range c.forms.by {
			form.set(name, nr)
		}
	}
}

// Lookup is the call with this number. It is never nil: a number that has no call gives one named
// syscall_<number>.
func Lookup(nr uint64) *Call {
	if nr < uint64(len(byNumber)) && byNumber[nr] != nil {
		return byNumber[nr]
	}
	return &Call{Number: int(nr), Name: "syscall_" + strconv.FormatInt(int64(nr), 10), Args: unknownArgs, Result: Long}
}

// Calls are the calls of this architecture, in the order of their numbers.
func Calls(yield func(c *Call) bool) {
	for _, c := range byNumber {
		if c != nil && !yield(c) {
			return
		}
	}
}

// ByName is the call with this name. One that exists on another architecture only (open, on arm64)
// has Number -1.
func ByName(name string) (*Call, bool) {
	c, ok := byName[name]
	return c, ok
}

var unknownArgs = []Arg{
	unseen("arg1"), unseen("arg2"), unseen("arg3"), unseen("arg4"), unseen("arg5"), unseen("arg6"),
}
