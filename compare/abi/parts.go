package abi

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// Part is an argument of a call, what stands at its address, or a field of a structure there.
type Part struct {
	Arg    int
	Fields []*Field // that lead to it from the argument; the first is one of Arg.Struct's
	Kind   Kind
	Names  *Names
	When   When   // Value of a register; else when it is read
	Why    string // why it is not compared; "" if it is
	Null   bool   // whether it is null is compared even so
}

// Name is how people call the part: "timeout", "act.sa_mask".
func (p *Part) Name(c *Call) string {
	name := c.Args[p.Arg].Name
	for _, f := range p.Fields {
		name += "." + f.Name
	}
	return name
}

// Within is the name of the largest structure of which nothing is compared for the part's reason;
// if that is none, Name.
func (p *Part) Within(c *Call) string {
	whole := *p
	for n := len(p.Fields); n > 0; n-- {
		s := c.Args[p.Arg].Struct
		if n > 1 {
			f := p.Fields[n-2]
			if s = f.Struct; f.To != nil {
				s = f.To.Struct
			}
		}
		if slices.ContainsFunc(s.parts(p.Arg, nil, p.When), func(o Part) bool { return o.Why != p.Why }) {
			break
		}
		whole.Fields = p.Fields[:n-1]
	}
	return whole.Name(c)
}

// Parts lists what a call's arguments are made of. What is read at entry and at exit is listed
// twice.
func (c *Call) Parts() (list []Part) {
	for i := range c.Args {
		a := &c.Args[i]
		switch {
		case !c.Known:
			list = append(list, Part{Arg: i, Kind: Unseen, Why: notLooked})
		case a.When == Value:
			list = append(list, a.part(i, Value))
		default:
			for _, when := range []When{In, Out} {
				if a.When&when != 0 {
					list = append(list, a.pointed(i, when)...)
				}
			}
		}
	}
	return list
}

func (a *Arg) part(i int, when When) Part {
	why, null := a.Kind.why(when)
	if a.Why != "" {
		why, null = a.Why, when != Value && a.Why != oneIdea
	}
	if why == oneIdea {
		null = false
	}
	return Part{Arg: i, Kind: a.Kind, Names: a.Names, When: when, Why: why, Null: null}
}

// pointed are the parts of what stands at an argument's address.
func (a *Arg) pointed(i int, when When) []Part {
	switch {
	case a.Kind != Struct && a.Kind != Pointers && a.Kind != Msghdr:
		return []Part{a.part(i, when)}
	case a.Why != "":
		return []Part{a.part(i, when)}
	}
	return a.Struct.parts(i, nil, when)
}

func (s *Layout) parts(arg int, chain []*Field, when When) (list []Part) {
	for i := range s.Fields {
		f := &s.Fields[i]
		if f.When == Out && when == In {
			continue // what stands there at the entry is a leftover
		}
		chain := append(chain[:len(chain):len(chain)], f)
		p := Part{Arg: arg, Fields: chain, Kind: f.Kind, Names: f.Names, When: when}
		switch {
		case s.Why != "":
			p.Why = s.Why
		case f.Why != "" && f.Bits == 0 && (f.WhyAt == 0 || f.WhyAt&when != 0):
			p.Why = f.Why
		case f.To != nil && f.To.When&when != 0 && f.To.Kind == Struct:
			list = append(list, f.To.Struct.parts(arg, chain, when)...)
			continue
		case f.To != nil && f.To.When&when != 0:
			p.Kind = f.To.Kind
			p.Why, p.Null = p.Kind.why(when)
		case f.Kind == Struct:
			list = append(list, f.Struct.parts(arg, chain, when)...)
			continue
		default:
			p.Why, p.Null = f.Kind.why(when)
		}
		list = append(list, p)
	}
	return list
}

// Why some kinds are not compared.
const (
	notLooked = "not looked into: a report names it"
	unread    = "the kernel does not look at it"
	address   = "an address is chance: only whether it is NULL is compared"
	mappedAt  = "an address is chance: only whether it is NULL is compared or, where it is in memory " +
		"that the program has mapped itself, in which mapping and how far from its beginning"
	clockSays     = "a clock's answer differs in every run"
	measured      = "a measurement of the machine or of the run"
	oneIdea       = "fork, vfork and clone are one idea: what only serves to make the process is no part of it"
	oneAfterOther = "the buffers of a message are one after the other: where one ends makes no difference"

	RandomBytes = "random bytes, which the program asked for"

	setSays  = "the set says all: the kernel takes what is missing for empty"
	handlers = "a signal handler's return is the C library's and the kernel's own"

	entriesOf     = "how many entries a directory has depends on the file system"
	libraryReturn = "the library's own: where its handlers return to"
	descriptorNo  = "which number a descriptor gets is chance: what it stands for is compared"

	deviceNo  = "device numbers differ between machines and mounts"
	kernelNo  = "a number that the kernel makes up differs in every run"
	processor = "on which processor a program runs is the tool's choice"
)

// files are those of which it is chance what is read from them, by the reason. A * is any name, and
// ** any directories.
var files = map[string][]string{
	RandomBytes: {"/dev/random", "/dev/urandom", "/proc/sys/kernel/random/uuid"},
	measured: {"/proc/buddyinfo", "/proc/cpuinfo", "/proc/diskstats", "/proc/interrupts", "/proc/loadavg",
		"/proc/meminfo", "/proc/net/dev", "/proc/net/netstat", "/proc/net/snmp", "/proc/net/sockstat",
		"/proc/pressure/*", "/proc/schedstat", "/proc/slabinfo", "/proc/softirqs", "/proc/stat",
		"/proc/sys/fs/*-nr", "/proc/sys/fs/*-state", "/proc/sys/kernel/random/entropy_avail",
		"/proc/uptime", "/proc/vmstat", "/proc/zoneinfo", "/proc/*/io", "/proc/*/sched", "/proc/*/schedstat",
		"/proc/*/smaps", "/proc/*/smaps_rollup", "/proc/*/stat", "/proc/*/statm", "/proc/*/status",
		"/proc/*/task/*/sched", "/proc/*/task/*/schedstat", "/proc/*/task/*/stat", "/proc/*/task/*/status",
		// The names of both versions of cgroups(7).
		"/sys/fs/cgroup/**/cpu.stat", "/sys/fs/cgroup/**/cpuacct.*", "/sys/fs/cgroup/**/io.stat",
		"/sys/fs/cgroup/**/*.current", "/sys/fs/cgroup/**/*.peak", "/sys/fs/cgroup/**/*.pressure",
		"/sys/fs/cgroup/**/memory.events", "/sys/fs/cgroup/**/memory.numa_stat",
		"/sys/fs/cgroup/**/memory.stat", "/sys/fs/cgroup/**/memory*usage_in_bytes"},
}

// Files are the files of which it is not compared what is read from them, by the reason.
func Files() map[string][]string { return files }

// Uncompared says why it is not compared what is read from a file; "" if it is.
func Uncompared(file string) string {
	if !strings.HasPrefix(file, "/proc/") && !strings.HasPrefix(file, "/dev/") && !strings.HasPrefix(file, "/sys/") {
		return ""
	}
	for why, patterns := range files {
		for _, pattern := range patterns {
			name := file
			if top, base, below := strings.Cut(pattern, "**/"); below && strings.HasPrefix(file, top) {
				pattern, name = base, filepath.Base(file)
			}
			if match, _ := filepath.Match(pattern, name); match {
				return why
			}
		}
	}
	return ""
}

// IsRandom reports whether a file is a device that gives random bytes.
func IsRandom(file string) bool {
	return strings.HasPrefix(file, "/dev/") && Uncompared(file) == RandomBytes
}

// Lengthy reports whether, of what is not compared for this reason, even the length is chance.
func Lengthy(why string) bool { return why == measured }

// Why says why what is of this kind is not compared; "" if it is.
func (k Kind) Why(when When) string {
	why, _ := k.why(when)
	return why
}

// why says why what is of this kind is not compared, and whether a null address still is.
func (k Kind) why(when When) (why string, null bool) {
	switch {
	case k == None:
		return unread, false
	case k == Addr:
		return address, true
	case k == MapAddr:
		return mappedAt, true
	case k == Unseen:
		return notLooked, true
	case k == Time && when == Out:
		return clockSays, false
	case k == Dev && when == Out:
		return deviceNo, false
	case k == Inode:
		return kernelNo, false
	case k == CPUs && when == Out:
		return processor, false
	}
	return "", false
}

// ResultWhy says why the result of a call that succeeded is not compared; "" if it is.
func (c *Call) ResultWhy() string {
	if c.Role == EndsHandler || c.Role == Resumes {
		return handlers
	}
	switch c.Result {
	case None:
		return "it has none"
	case Fd:
		return descriptorNo
	case SemID, ShmID, MsgID, Key:
		return kernelNo
	}
	why, _ := c.Result.why(Out)
	return why
}

// Walk goes through the calls of this architecture and all their forms, each with arguments of
// which the bits under masks choose it.
func Walk(visit func(c *Call, args, masks [6]uint64)) {
	for c := range Calls {
		c.walk(c, [6]uint64{}, [6]uint64{}, visit)
	}
}

// walk visits form, which is one of c's, and its own forms.
func (c *Call) walk(form *Call, args, masks [6]uint64, visit func(c *Call, args, masks [6]uint64)) {
	if form.forms == nil {
		visit(form, args, masks)
		return
	}
	f := form.forms
	masks[f.arg] |= f.mask
	chosen := func(value uint64) [6]uint64 {
		args := args
		args[f.arg] = args[f.arg]&^f.mask | value&f.mask
		return args
	}
	for _, value := range slices.Sorted(maps.Keys(f.by)) {
		c.walk(f.by[value], chosen(value), masks, visit)
	}
	for _, value := range []uint64{0, ^uint64(0), 0x77777777, 1} { // one of which chooses none of them
		if args := chosen(value); c.For(&args) == form {
			visit(form, args, masks)
			return
		}
	}
}
