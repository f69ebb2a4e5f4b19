package trace

import (
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// napSignal ends a nap. Its handler does nothing, and is not Go's, which would wake other threads
// to pass it on.
const napSignal = 62

// alarmClock interrupts the calling thread's wait4(2) after a while, so that it can look at what
// has stopped moving without a stop. To sleep for a while and look then does as well, but is late
// for all stops.
type alarmClock struct{ timer int32 }

// napHandler is a signal handler that does nothing, and what it returns to. (The value of a Go
// function is not its code's address, but that of code which calls it.)
func napHandler() (handler, restorer uintptr)

// newAlarmClock makes one for the calling thread, which must be locked. It is nil if there can't be
// one: the kernel counts a user's timers and pending signals together (RLIMIT_SIGPENDING), and
// somebody else may have them all.
func newAlarmClock() *alarmClock {
	const saOnStack, saRestorer = 0x08000000, 0x04000000
	handler, restorer := napHandler()
	act := sigaction{handler: handler, flags: saOnStack | saRestorer, restorer: restorer}
	if rtSigaction(napSignal, &act, nil) != nil {
		return nil
	}
	// Whoever started the tool may have left it blocked. (The thread is given back to Go with
	// this one signal unblocked, which nobody sends but a timer.)
	var nap unix.Sigset_t
	nap.Val[0] = 1 << (napSignal - 1)
	if unix.PthreadSigmask(unix.SIG_UNBLOCK, &nap, nil) != nil {
		return nil
	}
	const sigevThreadID = 4
	event := struct { // struct sigevent
		value         uint64
		signo, notify int32
		tid           int32
		_             [44]byte
	}{signo: napSignal, notify: sigevThreadID, tid: int32(unix.Gettid())}
	c := &alarmClock{}
	_, _, errno := syscall.RawSyscall(unix.SYS_TIMER_CREATE, unix.CLOCK_MONOTONIC, uintptr(unsafe.Pointer(&event)), uintptr(unsafe.Pointer(&c.timer)))
	if errno != 0 {
		return nil
	}
	return c
}

// set lets it ring after d, and each millisecond after that: a ring just before the wait is lost. 0
// turns it off. It reports whether there is a clock.
func (c *alarmClock) set(d time.Duration) bool {
	if c == nil {
		return false
	}
	spec := [2]unix.Timespec{unix.NsecToTimespec(int64(time.Millisecond)), unix.NsecToTimespec(int64(d))}
	_, _, errno := syscall.RawSyscall6(unix.SYS_TIMER_SETTIME, uintptr(c.timer), 0, uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
	return errno == 0
}

func (c *alarmClock) close() {
	if c == nil {
		return
	}
	syscall.RawSyscall(unix.SYS_TIMER_DELETE, uintptr(c.timer), 0, 0)
}
