package trace

import (
	"fmt"
	"os"
	"slices"
	"syscall"

	"paritykit/compare/unwind"
)

// stacks interns call stacks, so that a loop that makes the same call a million times keeps one of
// them.
type stacks struct {
	images *unwind.Images
	known  map[uint64][]*Stack
	pcs    []uint64
	regs   unwind.Regs
	mem    memory // here and not in at, where an unwind.Memory made of it would be allocated for each call
}

// at unwinds a stopped thread; ahead is what was read of its memory at the entry of a call, nil
// elsewhere. Nothing that goes wrong here stops a trace: a stack may be short, or empty.
func (s *stacks) at(t *Thread, ahead *ahead) *Stack {
	p := t.Proc
	if p.space == nil || p.dirty {
		s.remap(t)
	}
	s.regs = unwind.PtraceRegs((*syscall.PtraceRegs)(&t.regs.PtraceRegs))
	if ahead == nil { // not at a call: the pc is the instruction's own, and not the one behind it
		s.regs.PC++
	}
	s.mem = memory{t.TID, ahead}
	s.pcs = p.space.Stack(&s.regs, &s.mem, s.pcs[:0])
	return s.intern(p.space, s.pcs)
}

// wantedStack is how much of its stack, from the stack pointer on, at will ask for first of a
// thread at a call.
func (s *Supervisor) wantedStack(t *Thread) int {
	p := t.Proc
	if s.cfg.NoStack || p.space == nil || p.dirty {
		return 0 // not at all, or not before its memory map has been read
	}
	s.stacks.regs = unwind.PtraceRegs((*syscall.PtraceRegs)(&t.regs.PtraceRegs))
	return p.space.Ahead(&s.stacks.regs)
}

// remap reads the memory map of a process again. It's needed after execve(2) and after code was
// mapped: fork(2) copies the map, so a child shares its parent's.
func (s *stacks) remap(t *Thread) {
	p := t.Proc
	p.dirty = false
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", t.TID)) // the process's own is empty when its first thread has ended
	if err != nil && p.space != nil {
		return // the process is dying: its old map is the better one
	}
	p.space = s.images.Space(unwind.ParseMaps(text), "")
	p.space.Leaf(p.leaf)
}

func (s *stacks) intern(space *unwind.Space, pcs []uint64) *Stack {
	const prime = 1099511628211 // FNV-1a, a word at a time
	h := uint64(14695981039346656037)
	for _, pc := range pcs {
		h = (h ^ pc) * prime
	}
	for _, k := range s.known[h] {
		if k.Space == space && slices.Equal(k.PCs, pcs) {
			return k
		}
	}
	k := &Stack{PCs: slices.Clone(pcs), Space: space}
	s.known[h] = append(s.known[h], k)
	return k
}
