package trace

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
)

// ahead is what will be asked of a stopped thread's memory in any case, read before it's asked for:
// its stack, and the first buffer that it hands to the kernel. One process_vm_readv(2) for both
// costs little more than one for either.
type ahead struct {
	refused bool // the process may not be read
	spans   [2]span
	space   [3 * page]byte
}

// span is a copied piece of memory.
type span struct {
	addr uint64
	data []byte
}

const page = 4096

// fetch reads ahead for a thread that is about to make a call: n bytes of its stack.
func (a *ahead) fetch(tid int, sp uint64, n int, e *Event) {
	local := [2]unix.Iovec{{Base: &a.space[0], Len: uint64(n)}}
	remote := [2]unix.RemoteIovec{{Base: uintptr(sp), Len: n}}
	count := 1
	if addr, size := firstBuffer(e); size > 0 {
		local[1] = unix.Iovec{Base: &a.space[2*page], Len: uint64(size)}
		remote[1] = unix.RemoteIovec{Base: uintptr(addr), Len: size}
		count = 2
	}
	got, _, errno := syscall.RawSyscall6(unix.SYS_PROCESS_VM_READV, uintptr(tid), uintptr(unsafe.Pointer(&local)),
		uintptr(count), uintptr(unsafe.Pointer(&remote)), uintptr(count), 0)
	if errno != 0 {
		got = 0
	}
	a.refused = errno == syscall.EPERM
	// What was read is the beginning of both together: the second is there only if the first is
	// whole.
	a.spans[0] = span{sp, a.space[:min(int(got), n)]}
	a.spans[1] = span{uint64(remote[1].Base), a.space[2*page:][:max(int(got)-n, 0)]}
}

// firstBuffer is the first piece of memory whose place and size the call's arguments tell, if it is
// small.
func firstBuffer(e *Event) (addr uint64, size int) {
	call := abi.Lookup(e.Nr).For(&e.Args)
	for i := range call.Args {
		a := &call.Args[i]
		if a.When&abi.In == 0 || !a.Counted() || e.Args[i] == 0 || a.Len.From == abi.ByPointer {
			continue
		}
		if n := a.Extent(&e.Args, 0, 0); n <= page {
			return e.Args[i], n
		}
		break
	}
	return 0, 0
}

// find copies what was read ahead, and reports whether all of it was.
func (a *ahead) find(p []byte, addr uint64) bool {
	for _, s := range a.spans {
		if off := addr - s.addr; len(p) <= len(s.data) && off <= uint64(len(s.data)-len(p)) { // no sum: it might overflow
			copy(p, s.data[off:])
			return true
		}
	}
	return false
}

// forget drops all: the thread goes on, and its memory changes.
func (a *ahead) forget() { a.spans = [2]span{} }
