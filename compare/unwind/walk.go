package unwind

import "encoding/binary"

// A walk is the state of one unwinding: the registers of the current frame and
// a window of the thread's stack.
type walk struct {
	regs   Regs
	mem    Memory
	window [2 * pageSize]byte
	base   uint64 // address of the window
	n      uint64 // how much of it holds memory
	// signature are the bits of a return address that may be its signature (AArch64's pointer
	// authentication) and are no part of the address.
	signature uint64
}

const pageSize = 4096

// word reads one word of memory, from the window if it is there. Unwinding goes
// up the stack, so the window moves up; it starts a little below the word that
// was missed because a frame's registers lie below its return address.
func (w *walk) word(addr uint64) (uint64, bool) {
	if v, ok := w.peek(addr); ok {
		return v, true
	}
	if w.load(addr-128, window(addr-128, 0)); w.n < 128+8 {
		w.load(addr, window(addr, 0))
	}
	return w.peek(addr)
}

func (w *walk) peek(addr uint64) (uint64, bool) {
	off := addr - w.base
	if off >= w.n || w.n-off < 8 {
		return 0, false
	}
	return binary.LittleEndian.Uint64(w.window[off:]), true
}

// window is how much to read at addr. What a process_vm_readv(2) costs is above
// all the pages it touches, so it should be no more than is needed: as deep as
// the last walk from the same place went. If that is not known it ends where a
// page ends: one usually holds the stack of a system call, and if little of it
// is left, the next is read too.
func window(addr, depth uint64) int {
	if depth > 0 {
		return int(depth)
	}
	n := pageSize - addr%pageSize
	if n < pageSize/2 {
		n += pageSize
	}
	return int(n)
}

// load moves the window to addr.
func (w *walk) load(addr uint64, n int) {
	w.base = addr
	w.n = uint64(max(w.mem.Read(w.window[:n], addr), 0))
	if left := pageSize - int(addr%pageSize); w.n == 0 && n > left { // the next page is not mapped
		w.n = uint64(max(w.mem.Read(w.window[:left], addr), 0))
	}
}

// apply goes to the caller's frame. It returns false if the rule cannot be
// applied to the frame. A leaf, the innermost frame or one that a signal
// interrupted, may have pushed nothing.
func (w *walk) apply(r *rule, leaf bool) bool {
	if r.how == signalFrame {
		return w.sigreturn()
	}
	var cfa uint64
	switch r.how {
	case cfaRegister:
		cfa = w.regs.R[r.reg] + uint64(int64(r.off))
	case cfaExpression:
		v, ok := w.eval(r.exprs[0], 0)
		if !ok {
			return false
		}
		cfa = v
	default:
		return false
	}
	sp := w.regs.SP()
	if cfa == sp && !leaf || cfa < sp && !r.switches {
		return false
	}
	return w.restore(r, cfa)
}

// restore sets the registers to what they are in the caller. A register
// whose value cannot be read keeps its value: most are never asked for.
func (w *walk) restore(r *rule, cfa uint64) bool {
	ra, ok := w.value(r, r.ra, cfa)
	if !ok {
		return false
	}
	for _, s := range r.slots[:r.count] {
		if v, ok := w.value(r, s, cfa); ok {
			w.regs.R[s.to] = v
		}
	}
	ra &^= w.signature
	w.regs.R[regRA] = ra
	if r.injected && injectedLink > 0 {
		if link, ok := w.word(cfa - injectedLink); ok {
			w.regs.R[regRA] = link &^ w.signature
		}
	}
	w.regs.R[regSP] = cfa
	w.regs.PC = ra
	return true
}

// value returns what a slot says.
func (w *walk) value(r *rule, s slot, cfa uint64) (uint64, bool) {
	switch s.how {
	case atCFA:
		return w.word(cfa + uint64(int64(s.off)))
	case isCFA:
		return cfa + uint64(int64(s.off)), true
	case same: // only asked of the return address: the link register
		return w.regs.R[regRA], true
	case inRegister:
		return w.regs.R[s.reg], true
	}
	v, ok := w.eval(r.exprs[s.off], cfa)
	if !ok || s.how == isExpression {
		return v, ok
	}
	return w.word(v)
}

// sigreturn does what the system call of this name will do: it takes all
// registers from the frame that the kernel made for the handler.
func (w *walk) sigreturn() bool {
	at := w.regs.SP() + sigRegsAt
	for i, reg := range sigRegs {
		v, ok := w.word(at + 8*uint64(i))
		if !ok {
			return false
		}
		w.regs.R[reg] = v
	}
	w.regs.PC = w.regs.R[sigPC]
	return true
}
