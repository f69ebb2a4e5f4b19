package unwind

import (
	"bytes"
	"encoding/binary"
	"iter"
)

// directCalls yields where in code the instructions lie that call the function at target, an offset
// from code's start: E8 rel32, from which on the target is counted. The same bytes within another
// instruction are not told apart: that they lead to this very function by chance is a matter of one
// in four thousand million for each E8.
func directCalls(code []byte, target uint64) iter.Seq[int] {
	return func(yield func(int) bool) {
		const call, size = 0xe8, 5
		for off := 0; ; off++ {
			i := bytes.IndexByte(code[off:], call)
			if off += i; i < 0 || off+size > len(code) {
				return
			}
			rel := int32(binary.LittleEndian.Uint32(code[off+1:]))
			if uint64(off+size)+uint64(int64(rel)) == target && !yield(off) {
				return
			}
		}
	}
}
