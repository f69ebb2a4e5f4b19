package trace

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// settled says whether no thread can move by itself. A thread that sleeps in a call moves only when another one's call, or
// time, wakes it; asked twice with no stop in between, it cannot have been woken and gone back to sleep meanwhile,
// because both ways it'd have stopped for us. Nor may there be a report that we've not taken: of an end, which wakes the parent.
// Between the two the network is looked at, which can carry something that neither thread of a connection shows.
//
// Where calls are made that are not looked at (Config.NoRuntime) a thread can wake another one and sleep again without a stop; but
// as it does so the other is awake, and the second look finds that.
func (s *Supervisor) settled() bool {
	settled := s.quiet() && !s.network.busy() && s.quiet() && (len(s.threads) == 0 || !reported())
	if settled {
		for _, t := range s.threads {
			t.Proc.still = true
		}
	}
	return settled
}

// alarmed is called when a signal may have been sent to any process, which wakes threads that otherwise only their own can.
func (s *Supervisor) alarmed() {
	for _, t := range s.threads {
		t.Proc.still = false
	}
}

// sends says whether a call sends signals.
func sends(e *Event) bool {
	switch e.Nr {
	case unix.SYS_KILL, unix.SYS_TKILL, unix.SYS_TGKILL, unix.SYS_RT_SIGQUEUEINFO, unix.SYS_RT_TGSIGQUEUEINFO, unix.SYS_PIDFD_SEND_SIGNAL:
		return true
	}
	return false
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
		// Of a process that was still, and of which nobody has been heard since, no thread moves that only another one of it can wake.
		if !(t.Proc.still && t.inner) && !t.still() {
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
	if t.stopped && !t.held || t.call == nil && !t.parked && !t.unseen {
		return false
	}
	var buf [256]byte
	call := t.proc.readCall(t, buf[:])
	if bytes.HasPrefix(call, []byte("running")) {
		return false
	}
	if t.held || t.asleep.in(t.call, call) && !t.parked {
		// Nobody but SIGKILL gets a thread out of our hands, and then it is on the CPU, or has ended, which will be reported. And one that was
		// found asleep in this call before would be on the CPU, or have returned, if it had been woken.
		return true
	}
	state := t.proc.state(t)
	switch {
	case t.parked:
		return state == 't' || state == 'T' // else it was killed, or continued, and will report that
	case state == 'Z': // a leader that ended before its threads
		return true
	case state == 'D': // a vfork(2) that waits for its child; any other D is a disk at work
		return t.vforked
	case state == 'S':
		t.inner = t.waitsWithin(call)
		if t.proc.syscall >= 0 {
			t.asleep.note(t.call, call)
		}
		return true
	}
	return false
}

// sleeper is where a thread was found asleep: in a call or, if that is one that we do not look at, in what /proc says of it.
type sleeper struct {
	call *Event
	text [256]byte
	n    int
}

func (p *sleeper) note(call *Event, text []byte) { p.call, p.n = call, copy(p.text[:], text) }

func (p *sleeper) in(call *Event, text []byte) bool {
	return p.call == call && p.n > 0 && (call != nil || bytes.Equal(text, p.text[:p.n]))
}

// waitsWithin says whether a thread that sleeps can be woken by no other process, and by no clock: it waits for a lock of its own
// process's, as most threads of a Go program do. What /proc says of its call tells, if we do not look at that.
func (t *Thread) waitsWithin(call []byte) bool {
	var nr uint64
	var args [6]uint64
	ok := t.call != nil
	if ok {
		nr, args = t.call.Nr, t.call.Args
	} else if t.unseen {
		nr, args, ok = parseCall(call)
	}
	const private = 128 // FUTEX_PRIVATE_FLAG
	return ok && nr == unix.SYS_FUTEX && args[1]&private != 0 && args[3] == 0
}

// Unseen is the call in which a thread waits that made it by a way which is not looked at, see Config.NoRuntime; ok is false if it is in
// none.
func (t *Thread) Unseen() (nr uint64, args [6]uint64, ok bool) {
	if t.call != nil || t.stopped || !t.unseen {
		return 0, args, false
	}
	var buf [256]byte
	return parseCall(t.proc.readCall(t, buf[:]))
}

// parseCall reads what the file that tells a thread's call says, see proc_pid_syscall(5): "202 0x55d2c8 0x80 0x0 0x0 0x0 0x0 0x7ffe… 0x4860b3".
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

// state is a thread's state, see proc_pid_stat(5); 0 if there is no such thread any more. The kernel gathers a lot for it.
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

// readCall reads the file that tells a thread's call. It says whether a thread really sleeps, which its state alone does not: a thread
// that looks whether it has to wait, and finds that it need not, has that of a sleeping one, too, and can be preempted there (by us,
// most likely). For this file the kernel sees to it that the thread is off the CPU; otherwise, and if the thread could run, it says
// "running". Without such a file it's empty, and the state must do.
func (f *procFiles) readCall(t *Thread, buf []byte) []byte {
	f.openFor(t)
	return reread(f.syscall, buf)
}

// reread reads a small file from its beginning. What is in /proc does not block, so the call spares the scheduler's bookkeeping, as
// those in ptrace.go do: there are some at every moment in which nothing moves.
func reread(fd int, buf []byte) []byte {
	n, _, errno := syscall.RawSyscall6(unix.SYS_PREAD64, uintptr(fd), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)), 0, 0, 0)
	if errno != 0 {
		return nil
	}
	return buf[:n]
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
