package unwind

import (
	"debug/elf"
	"math"
	"slices"

	"golang.org/x/arch/x86/x86asm"
)

// epilogueRule is for code that has no call-frame information and keeps no frame pointer, as musl's
// C library. Such a function still says where its return address is: it will return. So the code
// from pc on is followed, both ways at each condition, to the nearest return, and what it does to
// the stack pointer on that way is the rule. (The other way to find out, from the function's start,
// needs to know where that is; the symbols of a stripped library do not say.)
//
// next is the address of the first instruction that is still to be done. Followed are jumps, since
// a tail call returns for the function that it takes the place of; not followed are calls, which
// leave the stack as it was. A way ends where the stack pointer becomes something that cannot be
// told, at an indirect jump, and behind a call that never returns only by luck: so what the rule
// leads to has to be checked (see rule.unsure).
func (im *image) epilogueRule(next uint64) (rule, bool) {
	code := im.codeAt(next)
	if code == nil {
		return rule{}, false
	}
	return code.follow(next)
}

// follow finds the nearest return, and what stands between it and next.
func (code *text) follow(next uint64) (rule, bool) {
	const most = 4096 // instructions
	ways := []epilogue{{pc: next, base: regSP}}
	seen := map[uint64]bool{}
	for n := 0; len(ways) > 0 && n < most; n++ {
		way := ways[0]
		ways = ways[1:]
		if seen[way.pc] {
			continue
		}
		seen[way.pc] = true
		for _, to := range way.step(code) {
			if to.done {
				return to.rule(), true
			}
			ways = append(ways, to)
		}
	}
	return rule{}, false
}

// text is the code of an image around some address.
type text struct {
	addr uint64
	code []byte
}

func (im *image) codeAt(pc uint64) *text {
	for _, s := range im.elf.Sections {
		if s.Flags&elf.SHF_EXECINSTR == 0 || s.Type != elf.SHT_PROGBITS || pc < s.Addr || pc-s.Addr >= s.Size {
			continue
		}
		for _, t := range im.texts {
			if t.addr == s.Addr {
				return t
			}
		}
		code, err := s.Data()
		if err != nil {
			return nil
		}
		t := &text{s.Addr, code}
		im.texts = append(im.texts, t)
		return t
	}
	return nil
}

// epilogue is a state on a way to a return: where the stack pointer is, counted from what a
// register was at the way's beginning, and which registers were restored from where.
type epilogue struct {
	pc    uint64
	base  uint8 // the register, SP or FP
	sp    int32 // the stack pointer's distance from it
	saved []slot
	guard bool // the stack protector's word has just been compared
	done  bool
}

// step does one instruction. It returns what comes next: nothing if the way ends, two states at a
// condition. It is longer than functions here are: it is the table of instructions.
func (e epilogue) step(t *text) []epilogue {
	if e.pc < t.addr || e.pc-t.addr >= uint64(len(t.code)) {
		return nil
	}
	code := t.code[e.pc-t.addr:]
	if isEndbr(code) {
		e.pc += 4
		return []epilogue{e}
	}
	inst, err := x86asm.Decode(code, 64)
	if err != nil {
		return nil
	}
	e.pc += uint64(inst.Len)
	jump := func() (to epilogue, direct bool) {
		rel, direct := inst.Args[0].(x86asm.Rel)
		to = e
		to.saved = slices.Clone(e.saved)
		to.pc += uint64(int64(rel))
		return to, direct
	}
	guarded := e.guard
	e.guard = guards(inst)
	switch inst.Op {
	case x86asm.RET:
		e.done = true
	case x86asm.JMP:
		to, direct := jump()
		if !direct {
			return nil
		}
		e = to
	case x86asm.HLT, x86asm.UD2, x86asm.INT, x86asm.IRET, x86asm.IRETQ, x86asm.SYSRET, x86asm.LRET:
		return nil
	case x86asm.CALL, x86asm.SYSCALL, x86asm.CMP, x86asm.TEST:
	case x86asm.PUSH:
		e.sp -= 8
	case x86asm.POP:
		if reg, ok := inst.Args[0].(x86asm.Reg); ok {
			e.restore(reg, e.sp)
		}
		e.sp += 8
	case x86asm.LEAVE:
		e.base, e.sp, e.saved = regFP, 0, nil
		e.restore(x86asm.RBP, 0)
		e.sp = 8
	default:
		if to, direct := jump(); direct { // a condition
			switch { // where the word has been overwritten nobody returns
			case guarded && inst.Op == x86asm.JNE:
				return []epilogue{e}
			case guarded && inst.Op == x86asm.JE:
				return []epilogue{to}
			}
			return []epilogue{e, to}
		}
		if !e.move(inst) {
			return nil
		}
	}
	return []epilogue{e}
}

// guards reports whether an instruction compares the stack protector's word, of -fstack-protector,
// with the original at fs:0x28.
func guards(inst x86asm.Inst) bool {
	mem, ok := inst.Args[1].(x86asm.Mem)
	return ok && mem.Segment == x86asm.FS && mem.Disp == 0x28 && (inst.Op == x86asm.SUB || inst.Op == x86asm.XOR || inst.Op == x86asm.CMP)
}

// move follows what an instruction does to the stack pointer, and to the registers that a callee
// keeps.
func (e *epilogue) move(inst x86asm.Inst) bool {
	to, ok := inst.Args[0].(x86asm.Reg)
	if !ok || inst.Op == x86asm.XCHG && inst.Args[1] == x86asm.RSP {
		return inst.Op != x86asm.XCHG
	}
	mem, _ := inst.Args[1].(x86asm.Mem)
	imm, isImm := inst.Args[1].(x86asm.Imm)
	fromSP := mem.Base == x86asm.RSP && mem.Index == 0 && mem.Segment == 0 && mem.Disp == int64(int32(mem.Disp))
	switch {
	case to == x86asm.RSP && inst.Op == x86asm.ADD && isImm:
		e.sp += int32(imm)
	case to == x86asm.RSP && inst.Op == x86asm.SUB && isImm:
		e.sp -= int32(imm)
	case to == x86asm.RSP && inst.Op == x86asm.LEA && fromSP:
		e.sp += int32(mem.Disp)
	case to == x86asm.RSP && inst.Op == x86asm.MOV && inst.Args[1] == x86asm.RBP:
		e.base, e.sp, e.saved = regFP, 0, nil
	case to == x86asm.RSP, to == x86asm.ESP, to == x86asm.SP:
		return false
	case inst.Op == x86asm.MOV && fromSP:
		e.restore(to, e.sp+int32(mem.Disp))
	}
	return true
}

// restore notes that a register got back what stands at a place. What was put there on this very
// way is a value of the function's own.
func (e *epilogue) restore(reg x86asm.Reg, at int32) {
	if n, ok := dwarfNumbers[reg]; ok && at >= 0 {
		e.saved = append(slices.Clone(e.saved), slot{how: atCFA, to: n, off: at})
	}
}

// dwarfNumbers are the registers that a callee keeps.
var dwarfNumbers = map[x86asm.Reg]uint8{x86asm.RBX: 3, x86asm.RBP: regFP, x86asm.R12: 12, x86asm.R13: 13, x86asm.R14: 14, x86asm.R15: 15}

// rule is what a way that has come to its return says: the return address is at the top of the
// stack.
func (e *epilogue) rule() rule {
	cfa := e.sp + 8
	r := rule{how: cfaRegister, reg: e.base, off: cfa, unsure: true}
	r.set(regRA, slot{how: atCFA, off: -8})
	for i, s := range e.saved {
		last := !slices.ContainsFunc(e.saved[i+1:], func(later slot) bool { return later.to == s.to })
		if last && s.off < math.MaxInt32-cfa {
			r.set(uint64(s.to), slot{how: atCFA, off: s.off - cfa})
		}
	}
	return r
}

// isEndbr reports whether code begins with endbr64, which the disassembler does not know.
func isEndbr(code []byte) bool {
	return len(code) >= 4 && code[0] == 0xf3 && code[1] == 0x0f && code[2] == 0x1e && code[3] == 0xfa
}

// addressesTaken are the addresses that code at pc takes with lea, counted from where it stands, in
// their order.
func addressesTaken(code []byte, pc uint64) (list []uint64) {
	for len(code) > 0 {
		inst, err := x86asm.Decode(code, 64)
		if err != nil {
			return list
		}
		code, pc = code[inst.Len:], pc+uint64(inst.Len)
		if mem, ok := inst.Args[1].(x86asm.Mem); ok && inst.Op == x86asm.LEA && mem.Base == x86asm.RIP {
			list = append(list, pc+uint64(mem.Disp))
		}
	}
	return list
}
