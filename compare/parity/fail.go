package parity

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/trace"
)

// Failure answers a call of a program's with an error in the kernel's place. It names the call by what both sides have in common.
type Failure struct {
	Process string // "P.1"
	Call    string // "write", in the common form of all rules
	Nth     int    // which of the process's calls of this name, from 1
	Errno   unix.Errno
	Site    string // the line of C's that makes the call
}

func (f Failure) String() string {
	return fmt.Sprintf("%s of %s's %s %d at %s", unix.ErrnoName(f.Errno), f.Process, f.Call, f.Nth, f.Site)
}

// Failures are those of a result's calls that can fail, two failures for each line (it may make two such calls): what the kernel may say of any call of that name. An
// interrupted one is not among them: a kernel that restarts calls never says so.
func (r *Result) Failures() (list []Failure) {
	seen := map[string]int{} // by call and line
	for _, p := range r.Processes {
		counts := map[string]int{}
		for _, pair := range p.Pairs {
			if pair.C == nil {
				continue
			}
			call, _, _ := strings.Cut(pair.C.Op, "(")
			if errno, ok := usual[call]; ok {
				counts[call]++
				if key := call + " " + pair.C.Site; seen[key] < 2 {
					seen[key]++
					list = append(list, Failure{p.Name, call, counts[call], errno, pair.C.Site})
				}
			}
		}
	}
	return list
}

// usual is how calls fail when there is too little of something, or what they speak to is broken.
var usual = map[string]unix.Errno{
	"accept": unix.EMFILE, "bind": unix.EADDRINUSE, "close": unix.EIO, "connect": unix.ETIMEDOUT, "fork": unix.EAGAIN, "listen": unix.EADDRINUSE,
	"openat": unix.EMFILE, "pipe": unix.EMFILE, "read": unix.EIO, "shutdown": unix.ENOTCONN, "socket": unix.EMFILE, "wait4": unix.ECHILD,
	"write": unix.EIO,
}

// failures is what of these has happened in a run.
type failures struct {
	list   []Failure
	counts map[string]int // by process and call
}

// fails says how a call that is made now fails, if it does.
func (f *failures) fails(process string, e *trace.Event) (trace.Action, bool) {
	if f.counts == nil {
		f.counts = map[string]int{}
	}
	call := strings.TrimRight(abi.Lookup(e.Nr).Name, "0123456789")
	switch call {
	case "wait":
		call = "wait4"
	case "clone", "vfork":
		call = "fork"
	}
	key := process + " " + call
	f.counts[key]++
	i := slices.IndexFunc(f.list, func(w Failure) bool { return w.Process == process && w.Call == call && w.Nth == f.counts[key] })
	if i < 0 {
		return trace.Action{}, false
	}
	return trace.Skip(-int64(cmp.Or(f.list[i].Errno, unix.EIO))), true
}
