package unwind

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// memory is a piece of a process's memory.
type memory struct {
	base uint64
	data []byte
}

func (m memory) Read(p []byte, addr uint64) int {
	if addr < m.base || addr-m.base > uint64(len(m.data)) {
		return 0
	}
	return copy(p, m.data[addr-m.base:])
}

func TestEval(t *testing.T) {
	var fifth = uint8(opBreg0 + 5)
	tests := []struct {
		text string
		expr []byte
		want string
	}{
		{"start", nil, "100"},
		{"lit9", []byte{opLit0 + 9}, "9"},
		{"breg5 3", []byte{fifth, 3}, "5003"},
		{"breg5 -8", []byte{fifth, 0x78}, "4992"},
		{"breg5 -128", []byte{fifth, 0x80, 0x7f}, "4872"},
		{"breg5 0, deref", []byte{fifth, 0, opDeref}, "77"},
		{"plus_uconst 200", []byte{opPlusUconst, 200, 1}, "300"},
		{"lit9, minus", []byte{opLit0 + 9, opMinus}, "91"},
		{"lit9, lit4, plus, plus", []byte{opLit0 + 9, opLit0 + 4, opPlus, opPlus}, "113"},
		// What the linker writes for a PLT: CFA = rsp+8, and 8 more if rip is
		// far enough into the entry. Here registers 5 and 6 play the two.
		{"PLT, first part", []byte{fifth, 8, opBreg0 + 6, 0, opLit0 + 15, opAnd, opLit0 + 11, opGe, opLit0 + 3, opShl, opPlus}, "5008"},
		{"PLT, second part", []byte{fifth, 8, opBreg0 + 6, 4, opLit0 + 15, opAnd, opLit0 + 11, opGe, opLit0 + 3, opShl, opPlus}, "5016"},
		{"deref of what is not mapped", []byte{opLit0, opDeref}, "none"},
		{"plus of one operand", []byte{opPlus}, "none"},
		{"unknown operation", []byte{opLit0, 0xff}, "none"},
		{"too deep", make([]byte, 40), "none"},
	}
	for i := range tests[len(tests)-1].expr {
		tests[len(tests)-1].expr[i] = opLit0
	}
	for _, test := range tests {
		w := walk{mem: memory{5000, []byte{77, 0, 0, 0, 0, 0, 0, 0}}}
		w.regs.R[5], w.regs.R[6] = 5000, 0x1007
		got := "none"
		if v, ok := w.eval(test.expr, 100); ok {
			got = fmt.Sprint(v)
		}
		if got != test.want {
			t.Errorf("eval(%s) = %s, want %s", test.text, got, test.want)
		}
	}
}

// reads counts how often memory is read.
type reads struct {
	memory
	n *int
}

func (r reads) Read(p []byte, addr uint64) int {
	*r.n++
	return r.memory.Read(p, addr)
}

// Words are read through a window that moves up the stack; below it and at the
// edges of what is mapped, words are still read right.
func TestWindow(t *testing.T) {
	const base = 0x7000
	data := make([]byte, 5*pageSize)
	for i := 0; i < len(data); i += 8 {
		binary.LittleEndian.PutUint64(data[i:], base+uint64(i))
	}
	tests := []struct {
		sp    uint64
		words []uint64
		reads int
	}{
		{base, []uint64{base, base + 8, base + pageSize - 8}, 1},
		{base + pageSize - 16, []uint64{base + pageSize - 16, base + pageSize, base + 2*pageSize - 8}, 1},
		{base, []uint64{base, base + 3*pageSize, base + 3*pageSize - 64}, 2},
		{base + 4*pageSize, []uint64{base + 5*pageSize - 8, base + 4*pageSize - 8}, 2},
		{base + 5*pageSize - 8, []uint64{base + 5*pageSize - 8}, 1},
	}
	for _, test := range tests {
		n := 0
		w := walk{mem: reads{memory{base, data}, &n}}
		w.load(test.sp, window(test.sp, 0))
		for _, addr := range test.words {
			if v, ok := w.word(addr); !ok || v != addr {
				t.Errorf("sp %#x: word(%#x) = %#x, %v", test.sp, addr, v, ok)
			}
		}
		if n != test.reads {
			t.Errorf("sp %#x: %d reads, want %d", test.sp, n, test.reads)
		}
		for _, addr := range []uint64{0, base - 8, base + 5*pageSize - 4, base + 5*pageSize, ^uint64(0)} {
			if v, ok := w.word(addr); ok {
				t.Errorf("sp %#x: word(%#x) = %#x, but it is not mapped", test.sp, addr, v)
			}
		}
	}
}

// Where a walk has been before, it reads what it went through then, in one piece and no more; and
// if it must go deeper, it does.
func TestAhead(t *testing.T) {
	var at stop
	var mem memory
	trace(t, NewImages(), gcc(t, "prog.c", "-O2", "-g"), func(s stop) {
		if mem.data == nil && strings.Contains(s.written(), "compare@") {
			at = s
			mem = memory{base: s.regs.SP(), data: make([]byte, 64<<10)}
			mem.data = mem.data[:vm(s.tid).Read(mem.data, mem.base)]
		}
	})
	at.space.rules = map[uint64]*rule{} // as if it had not been here
	first := at.space.Stack(&at.regs, mem, nil)
	depth := at.space.Ahead(&at.regs)
	if end := at.space.walk.regs.SP(); uint64(depth) != end-mem.base || depth >= pageSize/2 {
		t.Errorf("%d bytes ahead, but the stack lies from %#x to %#x", depth, mem.base, end)
	}
	for _, known := range []int{depth, 64} {
		n := 0
		at.space.rule(at.regs.PC - 1).depth = uint64(known)
		again := at.space.Stack(&at.regs, reads{mem, &n}, nil)
		if !slices.Equal(first, again) {
			t.Errorf("%d bytes ahead: %#x, the first time %#x", known, again, first)
		}
		if (n == 1) != (known == depth) {
			t.Errorf("%d bytes ahead: %d reads", known, n)
		}
		if got := at.space.Ahead(&at.regs); got != depth {
			t.Errorf("after a walk with %d bytes ahead: %d, not %d", known, got, depth)
		}
	}
}

// A return address on the stack or in a register leads to the code that it means, signed or not.
func TestSignedReturnAddress(t *testing.T) {
	const sp, address, signed = 0x7000, 0xaaaa_0000_1234, 0x002b_aaaa_0000_1234
	onStack := rule{how: cfaRegister, reg: regSP, off: 16}
	onStack.set(regRA, slot{how: atCFA, off: -8})
	inLink := rule{how: cfaRegister, reg: regSP}
	for _, test := range []struct {
		name             string
		rule             rule
		signature        uint64
		word, link, want uint64
	}{
		{"on the stack", onStack, ^uint64(1<<48 - 1), signed, 1, address},
		{"in the link register", inLink, ^uint64(1<<48 - 1), 1, signed, address},
		{"not signed", onStack, ^uint64(1<<48 - 1), address, 1, address},
		{"on a machine without", onStack, 0, signed, 1, signed},
	} {
		mem := memory{sp, binary.LittleEndian.AppendUint64(make([]byte, 8), test.word)}
		w := walk{mem: mem, signature: test.signature}
		w.regs.R[regSP], w.regs.R[regRA] = sp, test.link
		if !w.apply(&test.rule, true) || w.regs.PC != test.want || w.regs.R[regRA] != test.want {
			t.Errorf("%s: pc %#x, link %#x, want %#x", test.name, w.regs.PC, w.regs.R[regRA], test.want)
		}
	}
}
