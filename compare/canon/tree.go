package canon

import (
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/trace"
)

// tree is the process tree of a run, with the names of all processes.
type tree struct {
	parents  map[int]int    // parent of each process, by id
	names    map[int]string // "" for the helpers that a library made for itself
	children map[int]int    // how many named children each has
	forks    map[int]*trace.Event
	threads  map[int]int    // process of each thread but the first ones, by id
	births   map[int]uint64 // and its number in the order of their creation
	counts   map[int]int    // how many such threads each process has had
}

// born names a process that another one has made, in the order of their creation. A program has its
// name already.
func (c *maker) born(p *trace.Process) {
	t := &c.tree
	if p.Parent == 0 {
		return
	}
	t.parents[p.PID], t.names[p.PID] = p.Parent, ""
	wanted := true
	if e := p.Made; e != nil {
		t.forks[p.PID] = e
		if call := c.called(e); call != nil {
			wanted = call.noise == ""
		}
	}
	if parent := t.names[p.Parent]; wanted && parent != "" {
		t.children[p.Parent]++
		t.names[p.PID] = parent + "." + strconv.Itoa(t.children[p.Parent])
	}
	c.nameText(p.PID)
}

// called is what is known of a call, nil if that is nothing. Of clone(2) without a signal the
// kernel says less, so that the call may have returned before its child is known.
func (c *maker) called(e *trace.Event) *pending {
	if call := c.entered[e]; call != nil {
		return call
	}
	if p := c.procs[e.PID]; p != nil {
		for _, call := range slices.Backward(p.calls) {
			if call.event == e {
				return call
			}
		}
	}
	return nil
}

// nameText lets texts have a process's name in place of its id.
func (c *maker) nameText(pid int) {
	if name := c.tree.names[pid]; name != "" && !c.options.Raw {
		c.run.nameProcess(pid, name)
	}
}

// name is how the id of a process or a thread is written: the name of a process of this run, or the
// number. Threads have no names of their own: of some runtimes it is chance which of them does
// what.
func (t *tree) name(pid int) string {
	if name := t.names[pid]; name != "" {
		return name
	}
	if name := t.names[t.threads[pid]]; name != "" {
		return "thread of " + name
	}
	return strconv.Itoa(pid)
}

// thread notes what a call tells of threads: who made it, or whom.
func (c *maker) thread(e *trace.Event, call *abi.Call) {
	if e.TID != e.PID {
		c.threadOf(e.PID, e.TID)
	}
	if process, _ := isFork(&pending{event: e, sig: call}); !process && call.Makes == abi.Task && e.Left > 0 && e.Result > 0 {
		c.threadOf(e.PID, int(e.Result))
	}
}

// threadOf notes a thread of a process, and lets texts have a name in place of its id: of Go's
// runtime it is chance which of its threads does something.
func (c *maker) threadOf(pid, tid int) {
	t := &c.tree
	if t.threads[tid] == pid {
		return
	}
	if t.threads[tid] == 0 {
		t.births[tid] = uint64(len(t.births) + 1)
	}
	t.threads[tid] = pid
	t.counts[pid]++
	if process := t.names[pid]; process != "" && !c.options.Raw {
		name := "thread of " + process
		if p := c.procs[pid]; p != nil && !p.golang {
			name = fmt.Sprintf("thread %d of %s", t.counts[pid]+1, process)
		}
		c.run.nameProcess(tid, name)
	}
}

// isFork reports whether a call creates a process (and not a thread), and if so whether the child
// shares the parent's memory until it executes a program, as after vfork(2).
func isFork(call *pending) (process, shared bool) {
	if call.sig.Makes != abi.Task {
		return false, false
	}
	flags := call.event.Flags(call.sig)
	return flags&unix.CLONE_THREAD == 0, flags&unix.CLONE_VM != 0
}

// cloneFlags are the flags of a call that makes a process or a thread, without the signal that
// tells of the child's end.
func cloneFlags(call *pending) uint64 {
	if call.sig.Makes != abi.Task {
		return 0
	}
	flags := call.event.Flags(call.sig)
	if i, ok := call.sig.Flags.Arg(); ok && call.sig.Args[i].When == abi.Value {
		flags &^= abi.CSIGNAL // of clone3(2) it has a field of its own
	}
	return flags
}

// cloned is what else a call that makes a process says of it: the signal that tells of its end, if
// that is not SIGCHLD, the id that it is to have, and its cgroup.
func (c *maker) cloned(call *pending) (args []Arg) {
	signal := uint64(unix.SIGCHLD)
	i, ok := call.sig.Flags.Arg()
	if !ok {
		return nil // fork(2), vfork(2)
	}
	a, m := &call.sig.Args[i], call.event.Find(i, abi.In)
	switch {
	case a.When == abi.Value:
		signal = call.event.Args[i] & abi.CSIGNAL
	case m == nil || m.Bad:
		return []Arg{{Name: a.Name, Value: Only(BadAddress)}}
	default:
		signal = a.Struct.Field("exit_signal").Value(m.Bytes)
		for _, name := range []string{"set_tid", "set_tid_size", "cgroup"} {
			f := a.Struct.Field(name)
			if a.Struct.Counts(f, m.Bytes) && (f.Value(m.Bytes) != 0 || f.Only.Field != "") {
				c.leadTo(call, i, abi.In)
				args = append(args, Arg{Name: name, Value: c.field(c.procs[call.event.PID], a.Struct, f, m.Bytes, abi.In)})
			}
		}
	}
	if signal != uint64(unix.SIGCHLD) {
		args = append(args, Arg{Name: "exit_signal", Value: SignalOf(unix.Signal(signal))})
	}
	return args
}

// threadFlags are the flags of a call that makes a thread, unless they are those with which the C
// libraries make one.
func threadFlags(call *pending) []Arg {
	const usual = unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SIGHAND | unix.CLONE_THREAD | unix.CLONE_SYSVSEM
	const serves = unix.CLONE_SETTLS | unix.CLONE_PARENT_SETTID | unix.CLONE_CHILD_SETTID | unix.CLONE_CHILD_CLEARTID |
		unix.CLONE_DETACHED
	flags := cloneFlags(call) &^ serves
	if flags == usual {
		return nil
	}
	return []Arg{{Name: "flags", Value: Bits(flags, abi.CloneFlags)}}
}
