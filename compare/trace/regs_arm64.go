package trace

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const auditArch = unix.AUDIT_ARCH_AARCH64

// registers are a stopped thread's, by the system-call convention of syscall(2).
type registers struct{ unix.PtraceRegs }

func (r *registers) nr() uint64 { return r.Regs[8] }

func (r *registers) args() [6]uint64 { return [6]uint64(r.Regs[:6]) }

func (r *registers) setArg(i int, v uint64) { r.Regs[i] = v }

// setNr lets the kernel see another call, at its entry. The number has a register set of its own
// here; which call is made again depends on the program's register.
func (r *registers) setNr(tid int, nr uint64) error {
	const ntArmSystemCall = 0x404
	number := int32(nr)
	iov := unix.Iovec{Base: (*byte)(unsafe.Pointer(&number)), Len: 4}
	return ptrace(unix.PTRACE_SETREGSET, tid, ntArmSystemCall, uintptr(unsafe.Pointer(&iov)))
}

func (r *registers) setResult(v int64) { r.Regs[0] = uint64(v) }

func (r *registers) sp() uint64 { return r.Sp }

// g is Go's current goroutine in code of Go's, see abi-internal.md in its sources.
func (r *registers) g() uint64 { return r.Regs[28] }

func (r *registers) setSP(v uint64) { r.Sp = v }

// skip makes the kernel leave the call out and return result instead.
func (r *registers) skip(tid int, result int64) error {
	if err := r.setNr(tid, ^uint64(0)); err != nil {
		return err
	}
	r.Regs[0] = uint64(result)
	return r.set(tid)
}

// mayFork reports whether a call creates a process or thread.
func mayFork(nr uint64) bool {
	switch nr {
	case unix.SYS_CLONE, unix.SYS_CLONE3:
		return true
	}
	return false
}
