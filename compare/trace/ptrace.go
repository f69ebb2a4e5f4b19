package trace

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The requests below are raw system calls and not x/sys wrappers, because none of them blocks: a
// raw call spares the scheduler's bookkeeping around it, and there are four or more at every stop.
// All must be made by the one thread that seized the process; the kernel answers ESRCH to any
// other.

func ptrace(request, tid int, addr, data uintptr) error {
	_, _, errno := syscall.RawSyscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), addr, data, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

const seizeOptions = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK |
	unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEEXEC | unix.PTRACE_O_TRACESECCOMP | unix.PTRACE_O_EXITKILL

func seize(tid int, options uintptr) error { return ptrace(unix.PTRACE_SEIZE, tid, 0, options) }

// eventMsg is what the last PTRACE_EVENT stop was about: a new process's id, or the id a thread had
// before execve.
func eventMsg(tid int) (int, error) {
	var msg uint
	err := ptrace(unix.PTRACE_GETEVENTMSG, tid, 0, uintptr(unsafe.Pointer(&msg)))
	return int(msg), err
}

func (r *registers) get(tid int) error { return r.transfer(unix.PTRACE_GETREGSET, tid) }
func (r *registers) set(tid int) error { return r.transfer(unix.PTRACE_SETREGSET, tid) }

func (r *registers) transfer(request, tid int) error {
	const ntPrstatus = 1 // elf.h
	iov := unix.Iovec{Base: (*byte)(unsafe.Pointer(&r.PtraceRegs)), Len: uint64(unsafe.Sizeof(r.PtraceRegs))}
	err := ptrace(request, tid, ntPrstatus, uintptr(unsafe.Pointer(&iov)))
	if err == nil && iov.Len != uint64(unsafe.Sizeof(r.PtraceRegs)) {
		return syscall.EINVAL // a 32-bit program's, which see Supervisor.signal
	}
	return err
}

// syscallInfo is the kernel's struct ptrace_syscall_info, ptrace(2).
type syscallInfo struct {
	op   uint8 // which stop it is
	_    [23]byte
	rval int64 // at the exit
	_    [56]byte
}

// get asks what kind of syscall-stop a thread is in. At an exit it is a third of what reading all
// registers costs.
func (i *syscallInfo) get(tid int) error {
	return ptrace(unix.PTRACE_GET_SYSCALL_INFO, tid, unsafe.Sizeof(*i), uintptr(unsafe.Pointer(i)))
}

// atEntry reports whether a thread in a syscall-stop is about to make its call.
func atEntry(tid int) bool {
	var info syscallInfo
	return info.get(tid) == nil && info.op == unix.PTRACE_SYSCALL_INFO_ENTRY
}

// siginfo is the head of the kernel's siginfo_t, see sigaction(2).
type siginfo struct {
	signo, errno, code, _ int32
	pid, _, _             int32  // pid: of signals that a process sent
	arch                  uint32 // of SIGSYS
	_                     [96]byte
}

// Codes of siginfo_t.
const (
	siUser     = 0    // kill(2)
	siKernel   = 0x80 // a timer, a terminal
	sysSeccomp = 1    // of a SIGSYS that a seccomp filter caused
)

func getSiginfo(tid int) (si siginfo, err error) {
	err = ptrace(unix.PTRACE_GETSIGINFO, tid, 0, uintptr(unsafe.Pointer(&si)))
	return si, err
}

// sender is the process that sent the signal or, of SIGCHLD, that it is about; 0 if nobody did.
func (si *siginfo) sender() int {
	const user, queue, mesgq, tkill = 0, -1, -3, -6 // SI_USER …
	switch si.code {
	case user, queue, mesgq, tkill:
		return int(si.pid)
	}
	if syscall.Signal(si.signo) == unix.SIGCHLD && si.code > 0 {
		return int(si.pid)
	}
	return 0
}

// wait4 waits for the next stop or end of a process that this very thread traces or started.
// __WNOTHREAD keeps it from the children that other parts of the tool may have; __WALL includes
// threads and children without an exit signal.
func wait4(flags int) (tid int, ws syscall.WaitStatus, errno syscall.Errno) {
	var status int32
	trap := syscall.Syscall6
	if flags&unix.WNOHANG != 0 {
		trap = syscall.RawSyscall6
	}
	r, _, errno := trap(unix.SYS_WAIT4, ^uintptr(0), uintptr(unsafe.Pointer(&status)),
		uintptr(flags|unix.WALL|unix.WNOTHREAD), 0, 0, 0)
	return int(r), syscall.WaitStatus(status), errno
}

// memory reads a traced process with process_vm_readv(2): one call for any size, where
// PTRACE_PEEKDATA takes one a word.
type memory struct {
	tid   int    // of any thread that lives: the first one may have ended before the others
	ahead *ahead // what was read already, or nil
}

// Read fills p from addr on as far as memory is mapped and says how much that was.
func (m memory) Read(p []byte, addr uint64) int {
	if len(p) == 0 {
		return 0
	}
	if m.ahead != nil && m.ahead.find(p, addr) {
		return len(p)
	}
	local := unix.Iovec{Base: &p[0], Len: uint64(len(p))}
	remote := unix.RemoteIovec{Base: uintptr(addr), Len: len(p)}
	n, _, errno := syscall.RawSyscall6(unix.SYS_PROCESS_VM_READV, uintptr(m.tid),
		uintptr(unsafe.Pointer(&local)), 1, uintptr(unsafe.Pointer(&remote)), 1, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

// write changes a traced process's memory.
func (m memory) write(p []byte, addr uint64) bool {
	local := unix.Iovec{Base: &p[0], Len: uint64(len(p))}
	remote := unix.RemoteIovec{Base: uintptr(addr), Len: len(p)}
	n, _, errno := syscall.RawSyscall6(unix.SYS_PROCESS_VM_WRITEV, uintptr(m.tid),
		uintptr(unsafe.Pointer(&local)), 1, uintptr(unsafe.Pointer(&remote)), 1, 0)
	return errno == 0 && int(n) == len(p)
}
