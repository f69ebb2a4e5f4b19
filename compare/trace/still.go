package trace

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
)

// quiescent reports whether no thread can move by itself. It looks at one after the other whether
// it sleeps in a call, and how often it has had the CPU; and then again at that number only. Where
// it's still the same, the thread slept at the moment between the two rounds: so all slept at one
// time, and nobody is left who could wake another one. (To find all asleep twice is not enough: one
// can wake another that was looked at before, which wakes a third, and each sleeps when its turn
// comes. Where all calls stop for us nobody can wake another one without a stop; but see
// Config.NoRuntime.) Nor may there be a report that we've not taken: of an end, which wakes the
// parent. Between the two rounds the network is looked at, which can carry something that neither
// thread of a connection shows.
func (s *Supervisor) quiescent() bool {
	all := s.asleep() && !s.network.busy() && s.unmoved() && (len(s.threads) == 0 || !reported())
	if all {
		for _, t := range s.threads {
			t.Proc.still = true
		}
	}
	return all
}

// Others reports whether somebody else than a thread, or than any thread of the processes for which
// but is true, can move. It gives the next turn if one waits for it; to a thread of such a process,
// too, unless it is beside another one of it.
func (s *Supervisor) Others(thread *Thread, but func(*Process) bool) bool {
	if t := s.next(nil); t != nil && (thread == nil || !but(t.Proc)) {
		s.giveTurn(t)
		return true
	}
	for _, t := range s.threads {
		if t != thread && !but(t.Proc) && !t.still(s.cfg.AllCPUs) {
			return true
		}
	}
	return len(s.pending) > 0
}

// alarmed is called when a signal may have been sent to any process, which wakes threads that
// otherwise only their own can.
func (s *Supervisor) alarmed() {
	for _, t := range s.threads {
		t.Proc.still = false
	}
}

// asleep looks once at all threads, and at what we ourselves owe them.
func (s *Supervisor) asleep() bool {
	if len(s.pending) > 0 {
		return false
	}
	first := s.resumed // the one most likely to move
	if first != nil && s.threads[first.TID] == first && !first.still(s.cfg.AllCPUs) {
		return false
	}
	for _, t := range s.threads {
		if t != first && !t.skipped() && !t.still(s.cfg.AllCPUs) {
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

// skipped reports whether a thread need not be looked at. Of a process that was still, and of which
// nobody has moved since, none moves that only another one of it can wake.
func (t *Thread) skipped() bool { return t.Proc.still && t.inner }

// unmoved reports whether no thread has had the CPU since asleep looked.
func (s *Supervisor) unmoved() bool {
	for _, t := range s.threads {
		switch {
		case t.skipped():
		case t.turns == 0: // the kernel does not count
			if !t.still(s.cfg.AllCPUs) {
				return false
			}
		case t.proc.turns(t) != t.turns:
			return false
		}
	}
	return true
}

// still reports whether a thread stays where it is. On the CPU that it shares with us there is no
// moment between its being woken and its being runnable; with other CPUs there is, in which it
// seems to sleep.
func (t *Thread) still(others bool) bool {
	switch {
	case t.state == stopped || t.state == early:
		return false
	case t.state == running && t.call == nil && !t.unseen:
		return false
	}
	if t.call != nil && t.state != held && t.call.Nr == unix.SYS_EXIT_GROUP {
		return false // its process is about to end, whatever it waits for on its way out
	}
	if n := t.proc.turns(t); n != t.turns { // looked at first: what is found after that may be newer, but not older
		t.turns = n
		if t.Proc.still { // it has moved without a stop, and may have woken others of its process, which are skipped
			t.Proc.still = false
			return false
		}
	}
	var buf [256]byte
	call := t.proc.readCall(t, buf[:])
	if bytes.HasPrefix(call, []byte("running")) {
		return false
	}
	if !others && t.state != parked && t.turns > 0 && t.asleep == (sleeper{t.call, t.turns}) {
		// Found asleep, it has not had the CPU since, and would want it now if it had been
		// woken. (That it's still in the same call does not do: it may have been killed,
		// and wait for something else on its way out.)
		return true
	}
	state := t.proc.state(t)
	switch {
	case t.kept():
		if state == 't' { // nobody but SIGKILL gets it out of our hands
			t.asleep = sleeper{t.call, t.turns}
			return true
		}
		return false
	case t.state == parked:
		return state == 't' || state == 'T' // else it was killed, or continued, and will report that
	case state == 'Z': // a leader that ended before its threads
		return true
	case state == 'D': // a vfork(2) that waits for its child; any other D is a disk at work
		return t.vforked
	case state == 'S':
		t.inner = t.waitsWithin(call)
		if t.proc.syscall >= 0 {
			t.asleep = sleeper{t.call, t.turns}
		}
		return true
	}
	return false
}

// sleeper is where a thread was found asleep, or stopped by us: in a call, nil if that is one that
// we do not look at, and after how many turns on the CPU.
type sleeper struct {
	call  *Event
	turns uint64
}

// waitsWithin reports whether a thread that sleeps can be woken by no other process, and by no
// clock: it waits for a lock of its own process's, as most threads of a Go program do. What /proc
// says of its call tells, if we do not look at that.
func (t *Thread) waitsWithin(call []byte) bool {
	var nr uint64
	var args [6]uint64
	ok := t.call != nil
	if ok {
		nr, args = t.call.Nr, t.call.Args
	} else if t.unseen {
		nr, args, ok = parseCall(call)
	}
	return ok && nr == unix.SYS_FUTEX && args[1]&abi.FUTEX_PRIVATE_FLAG != 0 && args[3] == 0
}

// Unseen is the call in which a thread waits that made it by a way which is not looked at, see
// Config.NoRuntime; ok is false if it is in none.
func (t *Thread) Unseen() (nr uint64, args [6]uint64, ok bool) {
	if t.call != nil || t.inStop() || !t.unseen {
		return 0, args, false
	}
	var buf [256]byte
	return parseCall(t.proc.readCall(t, buf[:]))
}

// parseCall reads what the file that tells a thread's call says, see proc_pid_syscall(5): "202
// 0x55d2c8 0x80 0x0 0x0 0x0 0x0 0x7ffe… 0x4860b3".
func parseCall(text []byte) (nr uint64, args [6]uint64, ok bool) {
	fields := bytes.Fields(text)
	if len(fields) < 1+len(args) {
		return 0, args, false // "running", or "-1" and no arguments
	}
	nr, err := strconv.ParseUint(string(fields[0]), 10, 64)
	if err != nil {
		return 0, args, false
	}
	for i := range args {
		args[i], _ = strconv.ParseUint(string(fields[1+i]), 0, 64)
	}
	return nr, args, true
}

// procFiles are a thread's files in /proc, open as long as it is traced: to open them costs more
// than to read them.
type procFiles struct {
	open                     bool
	stat, syscall, schedstat int // descriptors, -1 of one that could not be opened
}

func (f *procFiles) openFor(t *Thread) {
	if f.open {
		return
	}
	f.open = true
	task := fmt.Sprintf("/proc/%d/task/%d/", t.Proc.PID, t.TID)
	open := func(name string) int {
		fd, err := unix.Open(task+name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return -1
		}
		return fd
	}
	f.stat, f.syscall, f.schedstat = open("stat"), open("syscall"), open("schedstat")
}

func (f *procFiles) close() {
	for _, fd := range []int{f.stat, f.syscall, f.schedstat} {
		if f.open && fd >= 0 {
			unix.Close(fd)
		}
	}
	f.open = false
}

// turns is how often a thread has had the CPU; 0 if the kernel does not count (CONFIG_SCHED_INFO).
func (f *procFiles) turns(t *Thread) (n uint64) {
	f.openFor(t)
	var buf [80]byte // "2385761 162498 41\n": time on the CPU, time in wait for it, turns
	text := bytes.TrimSuffix(reread(f.schedstat, buf[:]), []byte{'\n'})
	for _, digit := range text[bytes.LastIndexByte(text, ' ')+1:] {
		n = 10*n + uint64(digit-'0')
	}
	return n
}

// state is a thread's state, see proc_pid_stat(5); 0 if there is no such thread any more. The
// kernel gathers a lot for it.
func (f *procFiles) state(t *Thread) byte {
	f.openFor(t)
	var buf [512]byte
	stat := reread(f.stat, buf[:])
	// The name in parentheses may hold anything, so the last parenthesis counts.
	if i := bytes.LastIndexByte(stat, ')'); i >= 0 && i+2 < len(stat) {
		return stat[i+2]
	}
	return 0
}

// readCall reads the file that tells a thread's call. It reports whether a thread really sleeps,
// which its state alone does not: a thread that looks whether it has to wait, and finds that it
// need not, has that of a sleeping one, too, and can be preempted there (by us, most likely). For
// this file the kernel sees to it that the thread is off the CPU; otherwise, and if the thread
// could run, it says "running". Without such a file it's empty, and the state must do.
func (f *procFiles) readCall(t *Thread, buf []byte) []byte {
	f.openFor(t)
	return reread(f.syscall, buf)
}

// reread reads a small file from its beginning. What is in /proc does not block, so the call spares
// the scheduler's bookkeeping, as those in ptrace.go do: there are some at every moment in which
// nothing moves.
func reread(fd int, buf []byte) []byte {
	n, _, errno := syscall.RawSyscall6(unix.SYS_PREAD64, uintptr(fd), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)), 0, 0, 0)
	if errno != 0 {
		return nil
	}
	return buf[:n]
}

// procStat reads a task's state, parent and session from a stat file, see proc_pid_stat(5). The
// state is 0 if there is no such task. The name in parentheses may hold anything, so the last
// parenthesis counts.
func procStat(file string) (state byte, parent, session int) {
	stat, err := os.ReadFile(file)
	if i := bytes.LastIndexByte(stat, ')'); err == nil && i >= 0 {
		var group int
		fmt.Sscanf(string(stat[i+1:]), " %c %d %d %d", &state, &parent, &group, &session)
	}
	return state, parent, session
}
