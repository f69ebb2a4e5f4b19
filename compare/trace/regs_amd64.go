package trace

import (
	"golang.org/x/sys/unix"
)

const auditArch = unix.AUDIT_ARCH_X86_64

// registers are a stopped thread's, by the system-call convention of syscall(2).
type registers struct{ unix.PtraceRegs }

func (r *registers) nr() uint64 { return r.Orig_rax }

func (r *registers) args() [6]uint64 { return [6]uint64{r.Rdi, r.Rsi, r.Rdx, r.R10, r.R8, r.R9} }

func (r *registers) setArg(i int, v uint64) {
	*[...]*uint64{&r.Rdi, &r.Rsi, &r.Rdx, &r.R10, &r.R8, &r.R9}[i] = v
}

// setNr lets the kernel see another call, at its entry; at its exit it says which one is made
// again, if one is.
func (r *registers) setNr(tid int, nr uint64) error {
	r.Orig_rax = nr
	return r.set(tid)
}

func (r *registers) setResult(v int64) { r.Rax = uint64(v) }

func (r *registers) sp() uint64 { return r.Rsp }

// g is Go's current goroutine in code of Go's, see abi-internal.md in its sources.
func (r *registers) g() uint64 { return r.R14 }

func (r *registers) setSP(v uint64) { r.Rsp = v }

// skip makes the kernel leave the call out and return result instead.
func (r *registers) skip(tid int, result int64) error {
	r.Orig_rax = ^uint64(0)
	r.Rax = uint64(result)
	return r.set(tid)
}

// mayFork reports whether a call creates a process or thread.
func mayFork(nr uint64) bool {
	switch nr {
	case unix.SYS_CLONE, unix.SYS_CLONE3, unix.SYS_FORK, unix.SYS_VFORK:
		return true
	}
	return false
}
