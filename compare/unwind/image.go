package unwind

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"syscall"
)

// Images caches parsed ELF files across processes and runs. It is safe for use
// by several goroutines.
type Images struct {
	mu     sync.Mutex
	images map[imageKey]*image
	first  *Images // see Beside; may be nil
}

// imageKey changes when a file is rebuilt in place, so that a cache outlives
// the edit, build and run cycle.
type imageKey struct {
	path        string
	dev, ino    uint64
	size, mtime int64
}

// NewImages returns an empty cache. What it holds is freed with it: there is
// nothing to close.
func NewImages() *Images { return &Images{images: map[imageKey]*image{}} }

// Beside returns a cache that has what c has, now and later, and keeps what else
// it opens to itself: for many programs, each run for a short time, that all use
// the same libraries.
func (c *Images) Beside() *Images {
	beside := NewImages()
	beside.first = c
	return beside
}

// known returns an image that is in the cache.
func (c *Images) known(key imageKey) (im *image, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	im, ok = c.images[key]
	return im, ok
}

// open returns the image of a file that a process knows as path, or nil if it
// cannot be read or is not an ELF file of this machine. Failures are cached
// too. root is not part of the key: it differs from process to process.
func (c *Images) open(root, path string) *image {
	key := imageKey{path: path}
	if path != "[vdso]" {
		info, err := os.Stat(root + path)
		if err != nil || !info.Mode().IsRegular() { // opening a FIFO would block
			return nil
		}
		st := info.Sys().(*syscall.Stat_t)
		key = imageKey{path, uint64(st.Dev), st.Ino, st.Size, st.Mtim.Nano()}
	}
	if c.first != nil {
		if im, ok := c.first.known(key); ok {
			return im
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	im, ok := c.images[key]
	if !ok {
		im, _ = openImage(root, path)
		c.images[key] = im
	}
	return im
}

// openImage keeps the file open: a program that is rebuilt while it is traced
// is still read as it was. The file is closed when the image is collected.
func openImage(root, path string) (*image, error) {
	if path == "[vdso]" {
		data, err := vdso()
		if err != nil {
			return nil, err
		}
		return newImage(bytes.NewReader(data))
	}
	f, err := os.Open(root + path)
	if err != nil {
		return nil, err
	}
	return newImage(f)
}

// vdso returns the kernel's shared object, which is the same in every 64-bit
// process: so it is read from this one.
func vdso() ([]byte, error) {
	text, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return nil, err
	}
	maps := ParseMaps(text)
	i := slices.IndexFunc(maps, func(m Mapping) bool { return m.Path == "[vdso]" })
	if i < 0 {
		return nil, errors.New("/proc/self/maps: no [vdso]")
	}
	mem, err := os.Open("/proc/self/mem")
	if err != nil {
		return nil, err
	}
	defer mem.Close()
	data := make([]byte, maps[i].Hi-maps[i].Lo)
	_, err = mem.ReadAt(data, int64(maps[i].Lo))
	return data, err
}

// image is one ELF file. Addresses are the file's own (not relocated). Three
// methods are for Space and lock: rule, frames and end. What they call expects
// the lock to be held.
type image struct {
	file     io.ReaderAt
	elf      *elf.File
	soname   string
	interp   string
	build    *debug.BuildInfo
	isGo     bool
	isRust   bool
	hasLines bool
	hasSyms  bool

	mu           sync.Mutex
	globals      map[string]variablePlace // found so far, see global
	gotab        *goTable                 // this and the next four: nil until first asked for
	goroutinesAt *Goroutines
	cfi          *callFrames
	symtab       *symbols
	dwarf        *dwarfIndex
	rules        map[uint64]rule
	known        map[uint64][]Frame
	called       map[string][][]Frame // what callers has found
	ends         map[string]*Frame    // what end has found; nil: there is no such function
	stubs        map[string][]Range   // what runtimeStubs has found, by what it was to keep
	texts        []*text              // code that epilogueRule has looked at
}

// machine is the ELF machine that this package was compiled for.
var machine = map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[runtime.GOARCH]

func newImage(r io.ReaderAt) (im *image, err error) {
	defer recovered(&err)
	f, err := elf.NewFile(r)
	if err != nil {
		return nil, err
	}
	if f.Class != elf.ELFCLASS64 || f.Machine != machine {
		return nil, fmt.Errorf("ELF file for %v %v, want %v", f.Class, f.Machine, machine)
	}
	im = &image{file: r, elf: f, rules: map[uint64]rule{}, known: map[uint64][]Frame{}, ends: map[string]*Frame{}, stubs: map[string][]Range{}}
	if names, err := f.DynString(elf.DT_SONAME); err == nil && len(names) > 0 {
		im.soname = names[0]
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			path, _ := io.ReadAll(io.LimitReader(p.Open(), 4096))
			im.interp = string(bytes.TrimRight(path, "\x00"))
		}
	}
	im.isGo = im.section(".gopclntab", ".go.buildinfo") != nil
	im.hasLines = im.isGo || im.section(".debug_line", ".zdebug_line") != nil
	im.hasSyms = im.section(".symtab") != nil
	if s := im.section(".comment"); s != nil && !im.isGo { // where each compiler says which one it is
		text, _ := s.Data()
		im.isRust = bytes.Contains(text, []byte("rustc version"))
	} else if s := im.section(".rodata"); s != nil && !im.isGo && im.interp != "" {
		// Distributions strip that, too. This is a variable that Rust's library looks up.
		text, _ := s.Data()
		im.isRust = bytes.Contains(text, []byte("RUST_BACKTRACE"))
	}
	if im.isGo {
		im.build, _ = buildinfo.Read(r)
	}
	return im, nil
}

// recovered turns a panic into an error. The readers of debug/* and delve are
// meant for files that a toolchain wrote; a traced program may be anything.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("malformed file: %v", p)
	}
}

// executable reports whether the file is a program. libc.so.6 has a PT_INTERP
// too, but also a SONAME.
func (im *image) executable() bool {
	if im.soname != "" {
		return false
	}
	flags, _ := im.elf.DynValue(elf.DT_FLAGS_1)
	pie := len(flags) > 0 && elf.DynFlag1(flags[0])&elf.DF_1_PIE != 0
	return pie || im.elf.Type == elf.ET_EXEC || im.interp != ""
}

// section returns the first of the named sections that has contents.
func (im *image) section(names ...string) *elf.Section {
	for _, name := range names {
		if s := im.elf.Section(name); s != nil && s.Type != elf.SHT_NOBITS {
			return s
		}
	}
	return nil
}

// bias returns what to subtract from a process's addresses in a mapping of
// the file at offset off to get the file's own. The kernel maps whole pages, so
// a mapping begins with the page in which its segment begins.
func (im *image) bias(m Mapping, page uint64) (uint64, bool) {
	for _, p := range im.elf.Progs {
		if p.Type == elf.PT_LOAD && p.Flags&elf.PF_X != 0 &&
			p.Off&^(page-1) <= m.Off && m.Off < p.Off+p.Filesz {
			return m.Lo - (p.Vaddr - p.Off + m.Off), true
		}
	}
	return 0, false
}

// read fills p with the loaded file's bytes at addr and reports whether all
// of them are in the file.
func (im *image) read(p []byte, addr uint64) bool {
	for _, l := range im.elf.Progs {
		if l.Type == elf.PT_LOAD && addr >= l.Vaddr && addr-l.Vaddr < l.Filesz &&
			uint64(len(p)) <= l.Filesz-(addr-l.Vaddr) {
			n, _ := im.file.ReadAt(p, int64(l.Off+addr-l.Vaddr))
			return n == len(p)
		}
	}
	return false
}

// relocated returns a section's contents with the relocations applied that
// position-independent programs have for pointers in data.
func (im *image) relocated(s *elf.Section) ([]byte, error) {
	data, err := s.Data()
	if err != nil {
		return nil, err
	}
	relative := uint64(elf.R_X86_64_RELATIVE)
	if machine == elf.EM_AARCH64 {
		relative = uint64(elf.R_AARCH64_RELATIVE)
	}
	for _, rel := range im.elf.Sections {
		if rel.Type != elf.SHT_RELA || rel.Flags&elf.SHF_ALLOC == 0 {
			continue
		}
		relas, err := rel.Data()
		if err != nil {
			return nil, err
		}
		for ; len(relas) >= 24; relas = relas[24:] {
			at := binary.LittleEndian.Uint64(relas) - s.Addr
			info := binary.LittleEndian.Uint64(relas[8:])
			if info == relative && at < uint64(len(data)) && uint64(len(data))-at >= 8 {
				copy(data[at:], relas[16:24])
			}
		}
	}
	return data, nil
}

// rule says how to unwind at pc.
func (im *image) rule(pc uint64) rule {
	im.mu.Lock()
	defer im.mu.Unlock()
	r, ok := im.rules[pc]
	if !ok {
		r = im.findRule(pc)
		im.rules[pc] = r
	}
	return r
}

func (im *image) findRule(pc uint64) rule {
	var before [8]byte // the instruction that pc lies in, and some before it
	im.read(before[:], pc+1-uint64(len(before)))
	atSyscall := bytes.HasSuffix(before[:], syscallCode)
	r := rule{how: guessed}
	if im.hasCode(sigreturn, pc+1) { // the return address of a handler
		r = rule{how: signalFrame, exact: true}
	} else if im.hasCode(sigreturn, pc+1-uint64(len(sigreturn))) { // about to return
		r = rule{how: signalFrame}
	} else if inGo, ok := im.goTable().rule(pc, atSyscall); ok {
		r = inGo
	} else if row, err := im.cfiRule(pc); err == nil {
		r = row
	}
	r.atSyscall, r.afterCall = atSyscall, isCall(before[:])
	if r.how == guessed && (r.atSyscall || r.afterCall) {
		if way, ok := im.epilogueRule(pc + 1); ok {
			way.atSyscall, way.afterCall = r.atSyscall, r.afterCall
			r = way
		}
	} else if r.how == guessed { // pc is where a signal came: that instruction is still to be done
		if way, ok := im.epilogueRule(pc); ok {
			r = way
		}
	}
	return r
}

func (im *image) hasCode(code []byte, addr uint64) bool {
	got := make([]byte, len(code))
	return im.read(got, addr) && bytes.Equal(got, code)
}

// frames returns the logical frames at pc, without modules.
func (im *image) frames(pc uint64) []Frame {
	im.mu.Lock()
	defer im.mu.Unlock()
	fs, ok := im.known[pc]
	if !ok {
		fs = im.findFrames(pc)
		im.known[pc] = fs
	}
	return fs
}

// findFrames asks Go's table first, because it answers for all Go code, also
// in stripped files, without decompressing DWARF; then DWARF, then the symbols.
func (im *image) findFrames(pc uint64) []Frame {
	if fs := im.goTable().frames(pc); fs != nil {
		fs[len(fs)-1].Signal = im.hasCode(sigreturn, pc)
		return fs
	}
	sym, hasSym := im.symbol(pc)
	fs := im.dwarfIndex().frames(pc)
	if fs == nil {
		fs = []Frame{{}}
	}
	outer := &fs[len(fs)-1]
	outer.Signal = im.hasCode(sigreturn, pc)
	switch {
	case hasSym:
		outer.Offset = pc - sym.addr
		outer.Reserved = sym.reserved
		outer.Own, outer.Archive = im.symbols().place(sym)
		if outer.Func == "" {
			outer.Func = sym.name
		}
	case outer.Func == "":
		outer.Offset = pc
	}
	return fs
}

// end returns the last line of a function, see [Space.End].
func (im *image) end(fn string) (Frame, bool) {
	im.mu.Lock()
	defer im.mu.Unlock()
	f, known := im.ends[fn]
	if !known {
		if found, ok := im.findEnd(fn); ok {
			f = &found
		}
		im.ends[fn] = f
	}
	if f == nil {
		return Frame{}, false
	}
	return *f, true
}

func (im *image) findEnd(fn string) (Frame, bool) {
	if f, ok := im.goTable().end(fn); ok {
		return f, true
	}
	sym, ok := im.symbols().named(fn)
	if !ok {
		return Frame{}, false
	}
	if f, ok := im.dwarfIndex().end(fn, sym.addr); ok {
		return f, true
	}
	return Frame{Func: fn, Offset: max(sym.size, 1) - 1}, true
}
