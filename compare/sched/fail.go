package sched

import (
	"cmp"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"paritykit/compare/canon"
	"paritykit/compare/trace"
)

// Failure answers a call of a program's with an error in the kernel's place. It names the call by
// what both sides have in common.
type Failure struct {
	Process string // "P.1"
	Call    string // "write"; of calls that do the same the one, see abi.Call.Common
	Nth     int    // which of the process's calls of this name, from 1
	Errno   unix.Errno
	Site    string // the line of C's that makes the call
}

func (f Failure) String() string {
	return fmt.Sprintf("%s of %s's %s %d at %s", unix.ErrnoName(f.Errno), f.Process, f.Call, f.Nth, f.Site)
}

// failures is what of these has happened in a run.
type failures struct {
	counts map[string]int // by process and call
}

// fails says how a call that is made now fails, if it does.
func (f *failures) fails(list []Failure, made canon.Call) (trace.Action, bool) {
	if f.counts == nil {
		f.counts = map[string]int{}
	}
	sig := made.Sig()
	if sig.Clones() && made.Event.Flags(sig)&unix.CLONE_THREAD != 0 {
		return trace.Action{}, false // a thread, which is no fork
	}
	call := sig.Common().Name
	process := made.Process()
	key := process + " " + call
	f.counts[key]++
	i := slices.IndexFunc(list, func(w Failure) bool { return w.Process == process && w.Call == call && w.Nth == f.counts[key] })
	if i < 0 {
		return trace.Action{}, false
	}
	return trace.Skip(-int64(cmp.Or(list[i].Errno, unix.EIO))), true
}
