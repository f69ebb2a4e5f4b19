package abi

import "golang.org/x/sys/unix"

// This file has what the kernel's headers say and golang.org/x/sys/unix does not, as far as other
// packages need it.

// The kernel's own errors of a call that a signal interrupted (include/linux/errno.h). A tracer
// sees them, the program never does: the kernel makes the call again, or the error EINTR.
const (
	ERESTARTSYS           = unix.Errno(512) // again, unless a handler without SA_RESTART ran
	ERESTARTNOINTR        = unix.Errno(513) // again
	ERESTARTNOHAND        = unix.Errno(514) // again, unless a handler ran
	ERESTART_RESTARTBLOCK = unix.Errno(516) // the same, but again as restart_syscall(2)
)

// Restarts reports whether a result says that the kernel makes the call again, unless a handler of
// the program's without SA_RESTART runs first.
func Restarts(result int64) bool {
	switch unix.Errno(-result) {
	case ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK:
		return true
	}
	return false
}

// Of sigaction(2).
const (
	SIG_DFL     = 0 // the handlers that are none
	SIG_IGN     = 1
	SA_RESTORER = 0x4000000
	SA_RESTART  = 0x10000000
)

// FUTEX_PRIVATE_FLAG is the flag of a futex's operation that says that no other process uses it,
// futex(2).
const FUTEX_PRIVATE_FLAG = 128

// CSIGNAL are the bits of clone(2)'s flags that are no flags but the signal that tells of the
// child's end.
const CSIGNAL = 0xff
