package sched

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/canon"
	"paritykit/compare/trace"
)

// outside keeps from programs that they are traced: what shows it, ptrace(2), seccomp(2) and
// proc_pid_status(5), says what it says of a program that nobody traces.
type outside struct {
	strict  map[*trace.Thread]bool  // in seccomp's strict mode
	offered map[*trace.Process]bool // that have asked to be traced by their parent
}

// begin is what becomes of a call that is made now; ok is false if that is not decided here.
func (o *outside) begin(t *trace.Thread, call canon.Call) (a trace.Action, ok bool) {
	switch call.Sig().Role {
	case abi.EntersStrict:
		if t.Proc.Filtered() {
			return a, false // the kernel refuses
		}
		if o.strict == nil {
			o.strict = map[*trace.Thread]bool{}
		}
		o.strict[t] = true
		return trace.Skip(0), true
	case abi.AsksFilter:
		if !t.Proc.Filtered() {
			return trace.Skip(0), true
		}
	case abi.OffersTracing:
		// It is not traced by its parent, which a report says. One whose parent is a program of
		// the run, too, must not be told so: as a debugger's child it would stop, and wait for ever.
		if o.offered[t.Proc] || t.Proc.Parent != 0 {
			return trace.Skip(-int64(unix.EPERM)), true
		}
		if o.offered == nil {
			o.offered = map[*trace.Process]bool{}
		}
		o.offered[t.Proc] = true
		return trace.Skip(0), true
	}
	if strings.HasPrefix(call.Reads(), "/proc/") && path.Base(call.Reads()) == "status" {
		t.Returns(func(result int64) int64 { return hide(t, call.Event, result) })
	}
	return a, false
}

// forbids ends a thread that makes a call which seccomp's strict mode does not allow, and reports
// whether it does. The kernel has that mode only for who has no filter yet, and we have given it
// one.
func (o *outside) forbids(s *trace.Supervisor, t *trace.Thread, e *trace.Event) bool {
	if !o.strict[t] || abi.InStrictMode(e.Nr) {
		return false
	}
	for _, other := range s.Threads() {
		if other.Proc == t.Proc && other != t {
			t.Instead(unix.SYS_EXIT) // it ends alone
			return true
		}
	}
	s.Signal(t.Proc, unix.SIGKILL)
	return true
}

// tracing finds what proc_pid_status(5) says of a process that is traced.
var tracing = regexp.MustCompile(`(?m)^(TracerPid|Seccomp|Seccomp_filters):\t(\d+)$`)

// hide takes out of what a call has just read from such a file that the process is traced by us. It
// returns how much is left. (The tracer is this thread of the tool. Who reads it in small pieces
// finds it out all the same.)
func hide(t *trace.Thread, e *trace.Event, result int64) int64 {
	const most = 64 << 10
	if result <= 0 || result > most {
		return result
	}
	text := make([]byte, result)
	if !t.Read(text, e.Args[1]) || !bytes.Contains(text, fmt.Appendf(nil, "TracerPid:\t%d\n", unix.Gettid())) {
		return result
	}
	text = tracing.ReplaceAllFunc(text, func(line []byte) []byte {
		name, value, _ := bytes.Cut(line, []byte(":\t"))
		n, _ := strconv.Atoi(string(value))
		switch {
		case string(name) == "Seccomp_filters":
			n--
		case string(name) == "TracerPid" || !t.Proc.Filtered():
			n = 0
		}
		return fmt.Appendf(nil, "%s:\t%d", name, n)
	})
	if !t.Write(text, e.Args[1]) {
		return result
	}
	return int64(len(text))
}
