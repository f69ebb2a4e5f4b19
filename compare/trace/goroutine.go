package trace

import "encoding/binary"

// goroutine is the id of the goroutine that makes a call: its number in the order of creation,
// 0 if it can't be told, or if Go's scheduler makes the call for itself.
//
// The register that holds the current runtime.g leads there. Where the id stands in it differs
// between versions of Go, and only debug information would say; but it has always come right after
// the status and the lock of its stack, and while a goroutine makes a call its status is one of
// two. The bounds of its stack, with which a g begins, tell whether the register holds one.
func (s *Supervisor) goroutine(t *Thread) uint64 {
	if !s.isGo(t) {
		return 0
	}
	var g [24]uint64
	var b [8 * len(g)]byte
	if t.mem().Read(b[:], t.regs.g()) != len(b) {
		return 0
	}
	for i := range g {
		g[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	if low, high := g[0], g[1]; t.regs.sp() < low || t.regs.sp() >= high {
		return 0
	}
	const (
		fixed   = 7 // the words up to where versions differ
		running = 2 // runtime._Grunning
		syscall = 3 // runtime._Gsyscall
		scanned = 0x1000
	)
	for i := fixed; i+1 < len(g); i++ {
		if status := g[i] &^ scanned; status == running || status == syscall {
			return g[i+1]
		}
	}
	return 0
}
