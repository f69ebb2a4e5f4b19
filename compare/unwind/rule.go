package unwind

import "slices"

// rule says how to get from a frame, stopped at one pc, to its caller: a row of
// the table that call-frame information describes (DWARF 5, section 6.4.1), or
// what serves as one for code that has none. It is found once per pc and then
// applied at every stop.
type rule struct {
	how how
	reg uint8 // for cfaRegister: the canonical frame address is reg + off
	off int32
	// exprs are the DWARF expressions of the rule: the CFA's, if it is a
	// cfaExpression, is the first.
	exprs [][]byte
	// switches: the caller's frame may be on another stack, at a lower
	// address. Otherwise a CFA that does not grow means a broken stack.
	switches bool
	// otherwise is what to try where this leads nowhere; only where it switches.
	otherwise *rule
	// exact: pc, one byte before a return address, is not in the code that
	// the frame belongs to; the return address is.
	exact bool
	// unsure: found by looking at the code alone. Where it leads has to be
	// behind a call.
	unsure bool
	// injected: not the caller made this call, but a signal handler, which let it look so. The
	// caller was interrupted anywhere, as if it had a signalFrame above it.
	injected bool
	// atSyscall: pc is the last byte of a syscall instruction. afterCall:
	// of a call instruction, as it should be for a return address.
	atSyscall, afterCall bool

	ra    slot // how to restore the return address
	count uint8
	slots [len(saved)]slot // how to restore other registers: the first count

	// callerPC and caller are where this frame led to last time. A place is
	// mostly called from the same place, so this saves the lookup. Used by
	// Space only.
	callerPC uint64
	caller   *rule

	// depth is how much of the stack the last walk that began here went
	// through, 0 if that is not known. Used by Space only.
	depth uint64
}

type how uint8

const (
	unknown       how = iota // not in a known mapping
	outermost                // there is no caller
	cfaRegister              // CFA = register + offset
	cfaExpression            // CFA = DWARF expression
	signalFrame              // the kernel stored all registers at SP
	guessed                  // no information: what the calling convention suggests
)

// slot says where the caller's value of register to is.
type slot struct {
	how slotHow
	to  uint8
	reg uint8
	off int32
}

type slotHow uint8

const (
	same         slotHow = iota // as in this frame
	atCFA                       // in memory at CFA + off
	isCFA                       // is CFA + off
	inRegister                  // in register reg
	atExpression                // in memory at what exprs[off] computes
	isExpression                // is what exprs[off] computes
)

// set sets how reg is restored. Registers that a callee need not keep are
// ignored, and what is not set is the same as in this frame.
func (r *rule) set(reg uint64, s slot) {
	s.to = uint8(reg)
	switch {
	case reg == regRA:
		r.ra = s
	case s.how != same && slices.Contains(saved[:], s.to) && int(r.count) < len(r.slots):
		r.slots[r.count] = s
		r.count++
	}
}

// leafRule is for a function that has pushed nothing, pointerRule for one that
// keeps a frame pointer: the two guesses about code without information.
var leafRule, pointerRule = func() (leaf, pointer rule) {
	leaf = rule{how: cfaRegister, reg: regSP}
	if !linkRegister {
		leaf.off = 8
		leaf.set(regRA, slot{how: atCFA, off: -8})
	}
	pointer = rule{how: cfaRegister, reg: regFP, off: 16}
	pointer.set(regRA, slot{how: atCFA, off: -8})
	pointer.set(regFP, slot{how: atCFA, off: -16})
	return leaf, pointer
}()
