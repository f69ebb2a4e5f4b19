package unwind

import (
	"encoding/binary"
	"iter"
)

// directCalls yields where in code the instructions lie that call the function at target, an offset
// from code's start: BL imm26, which counts in words from the instruction on.
func directCalls(code []byte, target uint64) iter.Seq[int] {
	return func(yield func(int) bool) {
		for off := 0; off+4 <= len(code); off += 4 {
			word := binary.LittleEndian.Uint32(code[off:])
			if rel := int32(word<<6) >> 4; word>>26 == 0x25 && uint64(off)+uint64(int64(rel)) == target && !yield(off) {
				return
			}
		}
	}
}
