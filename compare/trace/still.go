package trace

import (
	"bytes"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// settled says whether no thread can move by itself. A thread that sleeps in a call moves only when another one's call, or
// time, wakes it; asked twice with no stop in between, it cannot have been woken and gone back to sleep meanwhile,
// because both ways it'd have stopped for us. Nor may there be a report that we've not taken: of an end, which wakes the parent.
// Between the two the network is looked at, which can carry something that neither thread of a connection shows.
func (s *Supervisor) settled() bool {
	return s.quiet() && !inFlight() && s.quiet() && (len(s.threads) == 0 || !reported())
}

// quiet looks once at all threads, and at what we ourselves owe them.
func (s *Supervisor) quiet() bool {
	if len(s.unborn) > 0 {
		return false
	}
	if t := s.resumed; t != nil && s.threads[t.TID] == t && !t.still() {
		return false // the one most likely to move
	}
	for _, t := range s.threads {
		if !t.still() {
			return false
		}
	}
	for _, c := range s.started {
		if c.pending() {
			return false // we ourselves will move whoever waits for room
		}
	}
	return true
}

// still says whether a thread stays where it is.
func (t *Thread) still() bool {
	if t.stopped && !t.held || t.call == nil && !t.parked {
		return false
	}
	state := t.proc.state(t)
	switch {
	case t.held, t.parked:
		return state == 't' || state == 'T' // else it was killed, or continued, and will report that
	case state == 'Z': // a leader that ended before its threads
		return true
	case state == 'D': // a vfork(2) that waits for its child; any other D is a disk at work
		return t.vforked && t.proc.offCPU(t)
	case state == 'S':
		return t.proc.offCPU(t)
	}
	return false
}

// procFiles are a thread's files in /proc, open as long as it is traced: to open them costs more than to read them.
type procFiles struct {
	open          bool
	stat, syscall int // descriptors, -1 of one that could not be opened
}

func (f *procFiles) openFor(t *Thread) {
	if f.open {
		return
	}
	f.open = true
	task := fmt.Sprintf("/proc/%d/task/%d/", t.Proc.PID, t.TID)
	f.stat, f.syscall = -1, -1
	if fd, err := unix.Open(task+"stat", unix.O_RDONLY|unix.O_CLOEXEC, 0); err == nil {
		f.stat = fd
	}
	if fd, err := unix.Open(task+"syscall", unix.O_RDONLY|unix.O_CLOEXEC, 0); err == nil {
		f.syscall = fd
	}
}

func (f *procFiles) close() {
	for _, fd := range []int{f.stat, f.syscall} {
		if f.open && fd >= 0 {
			unix.Close(fd)
		}
	}
	f.open = false
}

// state is a thread's state, see proc_pid_stat(5); 0 if there is no such thread any more.
func (f *procFiles) state(t *Thread) byte {
	f.openFor(t)
	var buf [512]byte
	n, err := unix.Pread(f.stat, buf[:], 0)
	if err != nil {
		return 0
	}
	// The name in parentheses may hold anything, so the last parenthesis counts.
	if i := bytes.LastIndexByte(buf[:n], ')'); i >= 0 && i+2 < n {
		return buf[i+2]
	}
	return 0
}

// offCPU says whether a thread that has the state of a sleeping one really sleeps. The state alone does not: a thread that looks
// whether it has to wait, and finds that it need not, has it too, and can be preempted there (by us, most likely). For the
// file that tells a thread's call the kernel sees to it that the thread is off the CPU; otherwise it says "running".
func (f *procFiles) offCPU(t *Thread) bool {
	f.openFor(t)
	var buf [16]byte
	n, err := unix.Pread(f.syscall, buf[:], 0)
	return err != nil || !bytes.HasPrefix(buf[:n], []byte("running")) // without such a file the state must do
}

// procStat reads a task's state, parent and session from a stat file, see proc_pid_stat(5). The state is 0 if there is no
// such task. The name in parentheses may hold anything, so the last parenthesis counts.
func procStat(file string) (state byte, parent, session int) {
	stat, err := os.ReadFile(file)
	if i := bytes.LastIndexByte(stat, ')'); err == nil && i >= 0 {
		var group int
		fmt.Sscanf(string(stat[i+1:]), " %c %d %d %d", &state, &parent, &group, &session)
	}
	return state, parent, session
}
