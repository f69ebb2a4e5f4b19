package trace

import (
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// wakeSignal interrupts the tracer's wait4(2). No program sends it to us: it is the last real-time
// signal but one.
const wakeSignal = syscall.Signal(63)

// A bell gets the tracer's thread out of a blocking wait4(2), so that it can look at the clock, at
// the context, or at what a script waits for. wait4 has no timeout; a poll with WNOHANG would cost
// three system calls a stop, a second thread that waits costs a wake-up across CPUs a stop, and
// this costs nothing until it rings.
//
// The signal can arrive just before wait4 is entered and be lost, so a bell rings until it was
// heard.
type bell struct {
	pid, tid int
	rung     atomic.Bool
	closed   atomic.Bool
}

var prepareWake = sync.OnceFunc(func() {
	// Go's runtime installs its handlers with SA_RESTART, and wait4 would be restarted: keep
	// the handler, drop the flag. Notify makes the runtime take the signal as wanted; nobody
	// needs to read the channel.
	signal.Notify(make(chan os.Signal, 1), wakeSignal)
	var act sigaction
	if rtSigaction(int(wakeSignal), nil, &act) == nil {
		act.flags &^= saRestart
		rtSigaction(int(wakeSignal), &act, nil)
	}
})

// hush keeps the kernel from sending us SIGCHLD at each stop: Go's runtime has a handler for it, as
// for all signals, so that every stop would run one for nothing. wait4 is woken without. Of the end
// of a child we are still told, see sigaction(2).
var hush = sync.OnceFunc(func() {
	var act sigaction
	if rtSigaction(int(unix.SIGCHLD), nil, &act) == nil && act.handler != sigIgn {
		act.flags |= saNoCldStop
		rtSigaction(int(unix.SIGCHLD), &act, nil)
	}
})

// newBell makes a bell for the calling thread, which must be locked.
func newBell() *bell {
	prepareWake()
	return &bell{pid: os.Getpid(), tid: unix.Gettid()}
}

// ring wakes the tracer. It may be called from any goroutine and returns at once.
func (b *bell) ring() {
	if b.rung.Swap(true) {
		return // somebody is ringing already
	}
	go func() {
		for b.rung.Load() && !b.closed.Load() {
			if unix.Tgkill(b.pid, b.tid, wakeSignal) != nil {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
}

// heard stops the ringing; the tracer calls it before it looks at what it may have been rung for.
func (b *bell) heard() { b.rung.Store(false) }

// close ends the bell. What rings later is not heard: by then the thread may be another
// goroutine's.
func (b *bell) close() { b.closed.Store(true) }

// sigaction is the kernel's struct sigaction; the C library's differs.
type sigaction struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

const (
	sigIgn      = 1
	saNoCldStop = 1
	saRestart   = 0x10000000
)

func rtSigaction(sig int, act, old *sigaction) error {
	_, _, errno := syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig),
		uintptr(unsafe.Pointer(act)), uintptr(unsafe.Pointer(old)), 8, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
