package unwind

import (
	"debug/elf"
	"slices"
)

// Callers returns the places in the executable that call function fn directly: for each the logical
// frames there, innermost first, as [Space.Frames] has them. Calls through pointers (interfaces,
// function values, a library's table) are not found. Where a call was inlined, the first frame is
// the one that fn was inlined into.
//
// It is for calls that another thread carries out, so that who asked is on no stack.
func (s *Space) Callers(fn string) [][]Frame {
	if s.main == nil {
		return nil
	}
	var list [][]Frame
	for _, frames := range s.main.image.callers(fn) {
		fs := slices.Clone(frames)
		for i := range fs {
			fs[i].Module = s.main.module
		}
		list = append(list, fs)
	}
	return list
}

// callers looks through all of the code, once for each fn.
func (im *image) callers(fn string) [][]Frame {
	im.mu.Lock()
	defer im.mu.Unlock()
	list, known := im.called[fn]
	if !known {
		list = im.findCallers(fn)
		if im.called == nil {
			im.called = map[string][][]Frame{}
		}
		im.called[fn] = list
	}
	return list
}

func (im *image) findCallers(fn string) (list [][]Frame) {
	if entry, ok := im.entry(fn); ok {
		for _, sec := range im.elf.Sections {
			if sec.Type != elf.SHT_PROGBITS || sec.Flags&elf.SHF_EXECINSTR == 0 {
				continue
			}
			code, err := sec.Data()
			if err != nil {
				continue
			}
			for off := range directCalls(code, entry-sec.Addr) {
				list = append(list, slices.Clone(im.findFrames(sec.Addr+uint64(off))))
			}
		}
	}
	return append(list, im.goTable().inlinedInto(fn)...)
}

// entry is the address of a function.
func (im *image) entry(fn string) (uint64, bool) {
	if f, ok := im.goTable().named(fn); ok {
		return f.entry, true
	}
	sym, ok := im.symbols().named(fn)
	return sym.addr, ok
}

// named returns the function of this name.
func (t *goTable) named(fn string) (goFunc, bool) {
	for i := range t.count {
		if f := t.function(i); t.name(t.field(f, funcNameOff)) == fn {
			return f, true
		}
	}
	return goFunc{}, false
}

// inlinedInto returns the frames outside of fn at each place where it was inlined.
func (t *goTable) inlinedInto(fn string) (list [][]Frame) {
	for i := range t.count {
		f := t.function(i)
		seen := map[int32]bool{} // one inlined call has several stretches of code
		pc := f.entry
		for end, index := range t.rows(f, t.pcdata(f, inlTreeIndex)) {
			at := pc
			pc = end
			if index < 0 || seen[index] {
				continue
			}
			seen[index] = true
			// The innermost call is enough: each has code that is its own, or nothing
			// of it is left.
			if call := t.inlined(f, index); call.known && t.name(call.name) == fn {
				list = append(list, slices.Clone(t.frames(at)[1:]))
			}
		}
	}
	return list
}
