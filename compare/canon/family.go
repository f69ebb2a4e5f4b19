package canon

import (
	"encoding/binary"
	"strconv"

	"paritykit/compare/abi"
	"paritykit/compare/trace"
)

// family has the names of all processes of a run. They are found before anything else is looked at, because a child can
// speak of itself before its parent's fork has returned.
type family struct {
	mothers  map[int]int    // parent of each process, by id
	names    map[int]string // "" for the helpers that a library made for itself
	children map[int]int    // how many named children each has
	forks    map[int]*trace.Event
}

// family goes through the calls that made processes, in their order.
func (c *maker) makeFamily() {
	c.family = family{map[int]int{}, map[int]string{}, map[int]int{}, map[int]*trace.Event{}}
	c.family.names[c.trace.Tracer] = "the tool"
	for _, p := range c.trace.Programs {
		if p.PID != 0 {
			c.family.names[p.PID] = p.Command.Role
		}
	}
	for _, e := range c.trace.Events {
		if e.Kind != trace.Call || e.Result <= 0 {
			continue
		}
		call := &pending{event: e, sig: abi.Lookup(e.Nr).For(&e.Args)}
		if process, _ := isFork(call); !process {
			continue
		}
		call.asker = c.who.asked(e.Stack)
		c.family.forks[int(e.Result)] = e
		c.family.born(int(e.Result), e.PID, c.fold(call) == "")
	}
	// A process whose creator was killed before its call returned.
	for _, p := range c.trace.Processes {
		if _, known := c.family.names[p.PID]; !known {
			c.family.born(p.PID, p.Parent, true)
		}
	}
}

func (f *family) born(pid, mother int, wanted bool) {
	f.mothers[pid] = mother
	f.names[pid] = ""
	if wanted && f.names[mother] != "" {
		f.children[mother]++
		f.names[pid] = f.names[mother] + "." + strconv.Itoa(f.children[mother])
	}
}

// name is how a process id is written: the name of a process of this run, or the number.
func (f *family) name(pid int) string {
	if name := f.names[pid]; name != "" {
		return name
	}
	return strconv.Itoa(pid)
}

// isFork says whether a call creates a process (and not a thread), and if so whether the child shares the parent's memory
// until it executes a program, as after vfork(2).
func isFork(call *pending) (process, shared bool) {
	const vm, thread = 0x100, 0x10000 // CLONE_VM, CLONE_THREAD, see clone(2)
	switch call.sig.Name {
	case "fork":
		return true, false
	case "vfork":
		return true, true
	case "clone":
		return call.event.Args[0]&thread == 0, call.event.Args[0]&vm != 0
	case "clone3":
		if m := call.event.Find(0, abi.In); m != nil && len(m.Bytes) >= 8 {
			flags := binary.LittleEndian.Uint64(m.Bytes)
			return flags&thread == 0, flags&vm != 0
		}
		return true, false
	}
	return false, false
}
