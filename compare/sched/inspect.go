package sched

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/canon"
	"paritykit/compare/trace"
)

// inspections lets a program stop threads and look at their registers by ptrace(2), which only we
// can do: a thread has one tracer. LeakSanitizer looks so for what still leads to memory: a process
// that shares the program's memory attaches to all threads, waits until each has stopped, reads its
// registers, and lets it go.
//
// Only who shares the memory of a thread may do so. What else a tracer does, such as to let a
// thread go on until its next call, is not there: then ptrace fails as for any traced process.
type inspections struct {
	by    map[*trace.Thread]*trace.Thread // who looks at a thread, by the thread
	waits map[*trace.Thread]*trace.Thread // who waits for it to stop, by who waits
}

// begin is what becomes of a call that is made now; ok is false if it has nothing to do with this.
func (i *inspections) begin(s *trace.Supervisor, t *trace.Thread, call canon.Call) (a trace.Action, ok bool) {
	e := call.Event
	switch sig := call.Sig(); {
	case sig.Role == abi.Traces:
		return i.trace(s, t, e)
	case sig.Waits == abi.ForChild && len(i.by) > 0:
		other := threadOf(s, int(int32(e.Args[0])))
		if other == nil || i.by[other] != t {
			return a, false
		}
		if !other.Stopped() {
			i.waits[t] = other
			return trace.Hold(), true
		}
		return stopped(t, e, other), true
	}
	return a, false
}

// trace is what becomes of a call of ptrace.
func (i *inspections) trace(s *trace.Supervisor, t *trace.Thread, e *trace.Event) (a trace.Action, ok bool) {
	other := threadOf(s, int(int32(e.Args[1])))
	if other == nil || other.Proc == t.Proc || !shareMemory(t.Proc, other.Proc) {
		return a, false
	}
	request := uint32(e.Args[0])
	switch {
	case request == unix.PTRACE_ATTACH && i.by[other] == nil:
		if i.by == nil {
			i.by, i.waits = map[*trace.Thread]*trace.Thread{}, map[*trace.Thread]*trace.Thread{}
		}
		i.by[other] = t
		s.Suspend(other)
	case i.by[other] != t || !other.Stopped():
		return a, false
	case request == unix.PTRACE_GETREGSET:
		return registers(t, e, other), true
	case request == unix.PTRACE_DETACH:
		delete(i.by, other)
		s.Thaw(other)
	default:
		return a, false
	}
	return trace.Skip(0), true
}

// settle lets those go on whose threads have stopped, and reports whether there were any. It also
// lets threads go on whose inspector has ended.
func (i *inspections) settle(s *trace.Supervisor) (moved bool) {
	for t, other := range i.waits {
		if s.Has(other) && !other.Stopped() {
			continue
		}
		delete(i.waits, t)
		if t.Held() {
			s.Release(t, stopped(t, t.Call(), other))
			moved = true
		}
	}
	for other, t := range i.by {
		if !s.Has(t) {
			delete(i.by, other)
			s.Thaw(other)
			moved = true
		}
	}
	return moved
}

// stopped answers a call that waits for a thread: SIGSTOP has stopped it.
func stopped(t *trace.Thread, e *trace.Event, other *trace.Thread) trace.Action {
	status := binary.LittleEndian.AppendUint32(nil, uint32(unix.SIGSTOP)<<8|0x7f) // wait(2), WIFSTOPPED
	if e.Args[1] != 0 && !t.Write(status, e.Args[1]) {
		return trace.Skip(-int64(unix.EFAULT))
	}
	return trace.Skip(int64(other.TID))
}

// registers answers a question for a set of registers: which one is the third argument, and where
// it goes says an iovec.
func registers(t *trace.Thread, e *trace.Event, other *trace.Thread) trace.Action {
	var vec [unix.SizeofIovec]byte
	if !t.Read(vec[:], e.Args[3]) {
		return trace.Skip(-int64(unix.EFAULT))
	}
	const most = 64 << 10 // more than any set has
	set := make([]byte, min(binary.LittleEndian.Uint64(vec[8:]), most))
	n, err := other.RegisterSet(int(e.Args[2]), set)
	if errno, ok := err.(unix.Errno); ok {
		return trace.Skip(-int64(errno))
	}
	binary.LittleEndian.PutUint64(vec[8:], uint64(n))
	if !t.Write(set[:n], binary.LittleEndian.Uint64(vec[:])) || !t.Write(vec[:], e.Args[3]) {
		return trace.Skip(-int64(unix.EFAULT))
	}
	return trace.Skip(0)
}

func threadOf(s *trace.Supervisor, tid int) *trace.Thread {
	for _, t := range s.Threads() {
		if t.TID == tid {
			return t
		}
	}
	return nil
}

// shareMemory reports whether two processes have one memory, clone(2) with CLONE_VM.
func shareMemory(a, b *trace.Process) bool {
	const kcmpVM = 1
	r, _, errno := unix.Syscall(unix.SYS_KCMP, uintptr(a.PID), uintptr(b.PID), kcmpVM)
	return errno == 0 && r == 0
}
