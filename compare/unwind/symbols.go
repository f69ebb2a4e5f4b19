package unwind

import (
	"cmp"
	"debug/elf"
	"slices"
	"sort"
	"strings"
)

// symbols are an image's functions by address, aliases included, the
// preferred name of each address first.
type symbols []symbol

type symbol struct {
	addr, size uint64
	name       string
	reserved   bool // one of the names for addr begins with an underscore
}

// symbols returns .symtab's functions, or .dynsym's if there is no other.
func (im *image) symbols() symbols {
	if im.symtab == nil {
		syms, _ := im.readSymbols()
		im.symtab = &syms
	}
	return *im.symtab
}

func (im *image) readSymbols() (syms symbols, err error) {
	defer recovered(&err)
	for _, read := range []func() ([]elf.Symbol, error){im.elf.Symbols, im.elf.DynamicSymbols} {
		all, _ := read()
		for _, s := range all {
			typ := elf.ST_TYPE(s.Info)
			if (typ == elf.STT_FUNC || typ == elf.STT_GNU_IFUNC) && s.Section != elf.SHN_UNDEF && s.Name != "" {
				syms = append(syms, symbol{addr: s.Value, size: s.Size, name: s.Name})
			}
		}
		if len(syms) > 0 {
			break
		}
	}
	slices.SortFunc(syms, func(a, b symbol) int {
		return cmp.Or(cmp.Compare(a.addr, b.addr), compareNames(a.name, b.name))
	})
	return syms, nil
}

// compareNames orders aliases: first those that a program would write (write
// before __write), then the short ones, then by letter, small letters first
// (_exit before _Exit), so that the choice is the same in every build.
func compareNames(a, b string) int {
	underscores := func(s string) int { return len(s) - len(strings.TrimLeft(s, "_")) }
	return cmp.Or(cmp.Compare(underscores(a), underscores(b)), cmp.Compare(len(a), len(b)), strings.Compare(b, a))
}

// symbol returns the function that pc is in. A library that exports a few
// of its functions has gaps between their symbols: a symbol's size says where
// it ends, and one without size (assembly) must start in the same
// call-frame entry as pc, or, without entries, lie before the next symbol.
func (im *image) symbol(pc uint64) (symbol, bool) {
	const overlapping = 16 // how many symbols may start between a function's start and pc
	syms := im.symbols()
	next := sort.Search(len(syms), func(i int) bool { return syms[i].addr > pc })
	for i := next - 1; i >= max(next-overlapping, 0); i-- {
		if pc-syms[i].addr < syms[i].size {
			return syms.first(i), true
		}
	}
	if next == 0 || syms[next-1].size != 0 {
		return symbol{}, false
	}
	if fde := im.fde(pc); fde != nil && !fde.Cover(syms[next-1].addr) {
		return symbol{}, false
	}
	return syms.first(next - 1), true
}

// first returns the preferred alias of the symbol at i.
func (syms symbols) first(i int) symbol {
	for i > 0 && syms[i-1].addr == syms[i].addr {
		i--
	}
	s := syms[i]
	for ; i < len(syms) && syms[i].addr == s.addr; i++ {
		s.reserved = s.reserved || strings.HasPrefix(syms[i].name, "_")
	}
	return s
}

// named returns the function of this name.
func (syms symbols) named(name string) (symbol, bool) {
	i := slices.IndexFunc(syms, func(s symbol) bool { return s.name == name })
	if i < 0 {
		return symbol{}, false
	}
	return syms[i], true
}

// place says where a function lies in a static program: among the program's own objects, among a
// library's, or neither is certain. The program's lie between the compiler's start-up code and the
// first function whose name only a C library gives; but a template of the C++ library of which the
// program's object has a copy is not its own. A name that a program could well give (__foo) ends
// what is certainly its own, and is no sign of the library yet.
func (syms symbols) place(s symbol) (own, archive bool) {
	start, ok := syms.named("frame_dummy")
	if !ok {
		if start, ok = syms.named("_start"); !ok {
			return false, false
		}
	}
	if base, _, cold := strings.Cut(s.name, ".cold"); cold {
		if s, ok = syms.named(base); !ok { // the linker has put it elsewhere
			return false, false
		}
	}
	if s.addr <= start.addr {
		return false, false
	}
	own = !hasPrefix(s.name, "_ZNSt", "_ZSt", "_ZNKSt", "_ZN9__gnu_cxx", "_ZNK9__gnu_cxx")
	first := sort.Search(len(syms), func(i int) bool { return syms[i].addr > start.addr })
	for _, l := range syms[first:] {
		switch {
		case l.addr > s.addr:
			return own, false
		case hasPrefix(l.name, "__libc_", "_IO_", "_dl_", "_nl_", "__pthread_", "__nptl_", "__init_libc",
			"__stdio_", "__cxa_", "__gxx_", "_Unwind_", "_itoa"):
			return false, true
		case hasPrefix(l.name, "__"):
			own = false
		}
	}
	return own, false
}

func hasPrefix(s string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

// find returns a function whose name matches.
func (syms symbols) find(match func(string) bool) (string, bool) {
	i := slices.IndexFunc(syms, func(s symbol) bool { return match(s.name) })
	if i < 0 {
		return "", false
	}
	return syms[i].name, true
}
