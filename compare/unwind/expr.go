package unwind

import "encoding/binary"

// The operations of DWARF expressions (DWARF 5, section 7.7.1) that gcc, the
// linker and glibc write into call-frame information: for realigned stacks, for
// PLT entries, in hand-written assembly. Another one ends the stack there.
const (
	opDeref      = 0x06
	opAnd        = 0x1a
	opMinus      = 0x1c
	opPlus       = 0x22
	opPlusUconst = 0x23 // ULEB128
	opShl        = 0x24
	opGe         = 0x2a
	opLit0       = 0x30 // to opLit0 + 31
	opBreg0      = 0x70 // to opBreg0 + 31, SLEB128: register plus offset
)

// eval evaluates a DWARF expression in the current frame, starting with start
// on the stack. There are no jumps, so it ends.
func (w *walk) eval(expr []byte, start uint64) (uint64, bool) {
	var stack [16]uint64
	stack[0] = start
	top := 0
	for len(expr) > 0 {
		op := expr[0]
		expr = expr[1:]
		switch {
		case (op >= opLit0 && op < opLit0+32 || op >= opBreg0 && op < opBreg0+32) && top+1 < len(stack):
			top++
			if op < opBreg0 {
				stack[top] = uint64(op - opLit0)
			} else {
				stack[top] = w.regs.R[op-opBreg0] + uint64(sleb128(&expr))
			}
		case op == opPlusUconst:
			stack[top] += uleb128(&expr)
		case op == opDeref:
			v, ok := w.word(stack[top])
			if !ok {
				return 0, false
			}
			stack[top] = v
		case top >= 1:
			v, ok := operate(op, stack[top-1], stack[top])
			if !ok {
				return 0, false
			}
			top--
			stack[top] = v
		default:
			return 0, false
		}
	}
	return stack[top], true
}

// operate does the operations with two operands; b was on top of the stack.
func operate(op byte, a, b uint64) (uint64, bool) {
	switch op {
	case opAnd:
		return a & b, true
	case opMinus:
		return a - b, true
	case opPlus:
		return a + b, true
	case opShl:
		return a << b, true
	case opGe:
		if int64(a) >= int64(b) {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// uleb128 and sleb128 take a number from the start of an expression. A
// malformed one reads as 0 and takes nothing.
func uleb128(expr *[]byte) uint64 {
	v, n := binary.Uvarint(*expr)
	*expr = (*expr)[max(n, 0):]
	return v
}

func sleb128(expr *[]byte) int64 {
	v, n := binary.Uvarint(*expr)
	*expr = (*expr)[max(n, 0):]
	if bits := 7 * n; n > 0 && bits < 64 && v>>(bits-1) != 0 {
		v |= ^uint64(0) << bits
	}
	return int64(v)
}
