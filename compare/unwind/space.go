package unwind

import (
	"cmp"
	"math/bits"
	"os"
	"path"
	"slices"
	"strings"
)

// Space is one process's executable mappings, with a memo of what is known of
// each pc. It belongs to one goroutine at a time; processes with the same
// mappings (fork, until one of them executes a program) may share one.
type Space struct {
	ranges []mapped // sorted by lo, not overlapping
	main   *mapped
	rules  map[uint64]*rule
	frames map[uint64][]Frame
	none   [1]Frame // what Frames returns for unknown memory
	walk   walk
	leaf   Range // see Leaf
}

// Leaf says that a stretch of code pushes nothing, whatever its module's tables say: code that was
// put there later.
func (s *Space) Leaf(r Range) { s.leaf = r }

// mapped is an executable mapping.
type mapped struct {
	lo, hi uint64
	bias   uint64 // process address minus the file's
	image  *image // nil: module without information
	module *Module
}

// Space returns the address space that maps describes. root is put before each
// path ("/proc/PID/root"), and may be "". A file that cannot be read or parsed
// becomes a module without information: it never stops a trace.
func (c *Images) Space(maps []Mapping, root string) *Space {
	s := &Space{rules: map[uint64]*rule{}, frames: map[uint64][]Frame{}}
	s.none[0].Module = &Module{}
	modules := map[string]*Module{}
	for _, m := range maps {
		if !m.Exec {
			continue
		}
		r := mapped{lo: m.Lo, hi: m.Hi, bias: m.Lo - m.Off}
		var im *image
		if m.Path == "[vdso]" || strings.HasPrefix(m.Path, "/") {
			im = c.open(root, m.Path)
		}
		if im != nil {
			if bias, ok := im.bias(m, uint64(os.Getpagesize())); ok {
				r.bias, r.image = bias, im
			}
		}
		if modules[m.Path] == nil {
			modules[m.Path] = newModule(m.Path, im)
		}
		r.module = modules[m.Path]
		s.ranges = append(s.ranges, r)
	}
	slices.SortFunc(s.ranges, func(a, b mapped) int { return cmp.Compare(a.lo, b.lo) })
	if linkRegister { // other machines sign nothing
		s.walk.signature = signature(s.ranges)
	}
	s.findMain()
	return s
}

// signature returns the bits that no address of the sorted ranges has. How many there are depends
// on the kernel (39, 42, 47, 48 or 52 bits are addresses); the vdso is near the upper end of what
// it gives a process. PTRACE_GETREGSET(NT_ARM_PAC_MASK) would tell exactly, but only the tracer
// can ask it, and an address that has more bits is in no known mapping anyway.
func signature(sorted []mapped) uint64 {
	if len(sorted) == 0 {
		return 0
	}
	return ^uint64(0) << bits.Len64(sorted[len(sorted)-1].hi-1)
}

func newModule(path string, im *image) *Module {
	m := &Module{Path: path}
	if im != nil {
		m.SONAME, m.Build = im.soname, im.build
		m.Go, m.Rust, m.HasLines, m.HasSymbols = im.isGo, im.isRust, im.hasLines, im.hasSyms
	}
	return m
}

// findMain marks the executable and the loader that it names.
func (s *Space) findMain() {
	i := slices.IndexFunc(s.ranges, func(r mapped) bool { return r.image != nil && r.image.executable() })
	if i < 0 {
		return
	}
	s.main = &s.ranges[i]
	interp := s.main.image.interp
	s.main.module.Main, s.main.module.Static = true, interp == ""
	// The name in PT_INTERP is often a symbolic link, but its last part is
	// the loader's SONAME or its file's name. musl's loader is its C library,
	// and counts as that.
	for _, r := range s.ranges {
		m := r.module
		m.Loader = interp != "" && !strings.HasPrefix(path.Base(interp), "ld-musl") &&
			(m.SONAME == path.Base(interp) || path.Base(m.Path) == path.Base(interp))
	}
}

// at returns the mapping of pc, or nil.
func (s *Space) at(pc uint64) *mapped {
	lo, hi := 0, len(s.ranges)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		switch r := &s.ranges[mid]; {
		case pc < r.lo:
			hi = mid
		case pc >= r.hi:
			lo = mid + 1
		default:
			return r
		}
	}
	return nil
}

// Main returns the executable, or nil if no mapping looks like one.
func (s *Space) Main() *Module {
	if s.main == nil {
		return nil
	}
	return s.main.module
}

const maxFrames = 256

// Stack appends the pcs of the thread's frames to buf, innermost first.
//
// r must be from a stop at a system call: PC lies behind the syscall
// instruction. Each pc returned lies *in* the instruction that called (or made
// the system call), that is, one byte before the return address, so that each
// can be looked up with [Space.Frames] as it is: for the innermost frame too,
// because the syscall may be the last instruction of a function (exit). At a
// stop elsewhere pass PC+1. The exceptions are code interrupted by a signal
// handler, and the signal trampoline itself, whose pcs are exact.
//
// The stack ends at the outermost frame, at the 256th, where a frame
// cannot be unwound, or with a pc that lies in no known mapping: the
// process has mapped more code since (dlopen), and needs a new Space.
func (s *Space) Stack(r *Regs, mem Memory, buf []uint64) []uint64 {
	w := &s.walk
	w.regs, w.mem, w.n = *r, mem, 0
	pc := r.PC - 1
	rl := s.rule(pc)
	begin, sp := rl, r.SP()
	w.load(sp, window(sp, rl.depth))
	leaf := true // the frame may have pushed nothing
	for n := 1; ; n++ {
		if rl.exact {
			pc++
		}
		buf = append(buf, pc)
		if n == maxFrames || !s.caller(rl, leaf) || w.regs.PC == 0 {
			break
		}
		pc = w.regs.PC
		if leaf = rl.how == signalFrame || rl.injected; !leaf {
			pc--
		}
		if rl.callerPC != pc || rl.caller == nil {
			rl.callerPC, rl.caller = pc, s.rule(pc)
		}
		rl = rl.caller
	}
	w.mem = nil
	begin.depth = 0
	if depth := w.regs.SP() - sp; depth <= uint64(len(w.window)) { // else the frames lie on two stacks
		begin.depth = depth
	}
	return buf
}

// Ahead is how much of its memory, from the stack pointer on, Stack will ask
// for first: who must read something else as well can read both at once.
func (s *Space) Ahead(r *Regs) int { return window(r.SP(), s.rule(r.PC-1).depth) }

// Lost reports whether a stack that ends with pc ends there because nothing tells how to unwind
// that code, and not at the outermost frame.
func (s *Space) Lost(pc uint64) bool { return s.rule(pc).how == guessed }

// caller goes to the caller's frame.
func (s *Space) caller(rl *rule, leaf bool) bool {
	w := &s.walk
	switch {
	case rl.unsure:
		before := w.regs
		if w.apply(rl, leaf) && s.afterCall(w.regs.PC) {
			return true
		}
		w.regs = before
		return s.caller(&guess, leaf)
	case rl.how == guessed:
		// A stub that makes a system call (glibc's clone) has usually pushed
		// nothing; other code may keep a frame pointer. Where return addresses come in
		// a register, what a signal interrupted has likely kept it there: arm64's vdso
		// is such code, and calls nothing.
		before := w.regs
		if (rl.atSyscall || leaf && linkRegister) && w.apply(&leafRule, true) && s.afterCall(w.regs.PC) {
			return true
		}
		w.regs = before
		return w.apply(&pointerRule, leaf) && s.afterCall(w.regs.PC)
	case rl.switches:
		// The frame pointer that leads to the goroutine's stack is stale
		// when that stack has grown during a callback from C.
		before := w.regs
		if w.apply(rl, leaf) && s.afterCall(w.regs.PC) {
			return true
		}
		if rl.otherwise == nil {
			return false
		}
		w.regs = before
		return s.caller(rl.otherwise, leaf)
	}
	return w.apply(rl, leaf)
}

// guess is for code about which nothing is known.
var guess = rule{how: guessed}

// afterCall reports whether ra looks like a return address, from a call or from
// a signal handler: what a guess has to lead to.
func (s *Space) afterCall(ra uint64) bool {
	r := s.rule(ra - 1)
	return r.afterCall || r.how == signalFrame
}

// rule returns how to unwind at pc. What is in no mapping is not remembered:
// it may be any number.
func (s *Space) rule(pc uint64) *rule {
	if r := s.rules[pc]; r != nil {
		return r
	}
	m := s.at(pc)
	if m == nil {
		return &rule{}
	}
	r := &rule{how: guessed}
	if s.leaf.Low <= pc && pc < s.leaf.High {
		*r = leafRule
	} else if m.image != nil {
		*r = m.image.rule(pc - m.bias)
	}
	s.rules[pc] = r
	return r
}

// Frames returns the logical frames at pc, innermost first; there is at least
// one. The slice belongs to the Space and must not be modified; it stays valid,
// except that of a pc in no known mapping, which the next call changes.
func (s *Space) Frames(pc uint64) []Frame {
	if fs := s.frames[pc]; fs != nil {
		return fs
	}
	m := s.at(pc)
	if m == nil {
		s.none[0].Offset = pc
		return s.none[:]
	}
	fs := []Frame{{Offset: pc - m.bias}}
	if m.image != nil {
		fs = slices.Clone(m.image.frames(pc - m.bias))
	}
	for i := range fs {
		fs[i].Module = m.module
	}
	s.frames[pc] = fs
	return fs
}

// Find returns the name of a function of the executable that matches.
func (s *Space) Find(match func(name string) bool) (fn string, ok bool) {
	if s.main == nil {
		return "", false
	}
	im := s.main.image
	im.mu.Lock()
	defer im.mu.Unlock()
	return im.symbols().find(match)
}

// End returns the last line of function fn of the executable: the largest
// line of its own, not inlined, code, which for gcc -O0 and Go is the closing
// brace. Without lines it is the function's last byte.
func (s *Space) End(fn string) (Frame, bool) {
	if s.main == nil {
		return Frame{}, false
	}
	f, ok := s.main.image.end(fn)
	f.Module = s.main.module
	return f, ok
}
