package unwind

import (
	"bytes"
	"encoding/binary"
	"iter"
	"sort"
	"strings"
)

// goTable is a Go program's .gopclntab: for each function its name, its stack
// deltas, files and lines by pc, and its inlined calls. The format is described
// in golang.org/s/go12symtab and, as it is now, in the runtime's symtab.go and
// symtabinl.go, internal/abi/symtab.go and cmd/link/internal/ld/pcln.go. This
// reads the versions 1.18, which Go 1.18 and 1.19 write, and 1.20, which Go 1.20
// to 1.26 write. debug/gosym is not used: it knows neither inlined calls nor
// stack deltas.
//
// The zero goTable has no functions. Offsets that lead outside of the tables
// read as 0 or "": a malformed file gives wrong names, not a panic.
type goTable struct {
	im      *image
	text    uint64 // runtime.text, which function entries count from
	gofunc  uint64 // go:func.*, which funcdata counts from; 0 if not found
	quantum uint64 // size that pc deltas count in
	count   int
	version *goVersion

	funcnametab, cutab, filetab, pctab, functab []byte
}

const (
	pclntabHeader = 72
	inlTreeIndex  = 2 // abi.PCDATA_InlTreeIndex
	inlTree       = 3 // abi.FUNCDATA_InlTree

	flagTopFrame = 1 // abi.FuncFlagTopFrame
	flagSPWrite  = 2 // abi.FuncFlagSPWrite
)

// goVersion is what differs between the versions of the table.
type goVersion struct {
	magic byte // the first one

	// In runtime._func, which has had a startLine before these since 1.20.
	flag, nfuncdata, pcdata uint64

	// In runtime.inlinedCall, which also said file and line until 1.19.
	inlinedLen, inlinedName, inlinedPC uint64

	gofunc int // the word of moduledata: there are two more before it since 1.20
}

// goVersions are by abi.Go118PCLnTabMagic and abi.Go120PCLnTabMagic.
var goVersions = []goVersion{
	{magic: 0xf0, flag: 37, nfuncdata: 39, pcdata: 40, inlinedLen: 20, inlinedName: 12, inlinedPC: 16, gofunc: 38},
	{magic: 0xf1, flag: 41, nfuncdata: 43, pcdata: 44, inlinedLen: 16, inlinedName: 4, inlinedPC: 8, gofunc: 40},
}

// version returns the version of a table that begins here, nil if none does.
func version(data []byte) *goVersion {
	if len(data) < pclntabHeader || !bytes.HasPrefix(data[1:], []byte{0xff, 0xff, 0xff, 0, 0}) || data[6] != 1 && data[6] != 4 || data[7] != 8 {
		return nil
	}
	for i := range goVersions {
		if data[0] == goVersions[i].magic {
			return &goVersions[i]
		}
	}
	return nil
}

// goTable returns the image's table, an empty one if it has none.
func (im *image) goTable() *goTable {
	if im.gotab == nil {
		im.gotab = im.readGoTable()
	}
	return im.gotab
}

func (im *image) readGoTable() *goTable {
	addr, data := im.pclntab()
	v := version(data)
	if v == nil {
		return &goTable{}
	}
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(data[8+8*i:]) }
	table := func(i int) []byte { return data[min(word(i), uint64(len(data))):] }
	t := &goTable{
		im: im, version: v, quantum: uint64(data[6]), count: int(min(word(0), uint64(len(data)/8))),
		text:        word(2), // 0 since Go 1.26
		funcnametab: table(3), cutab: table(4), filetab: table(5), pctab: table(6), functab: table(7),
	}
	if t.text == 0 {
		if s := im.elf.Section(".text"); s != nil {
			t.text = s.Addr // wrong only when C code comes first, see moduledata
		}
	}
	if m := im.moduledata(addr, addr+word(3), v); m != nil {
		t.text, t.gofunc = m.text, m.gofunc
	}
	return t
}

// pclntab finds the table and its address. It has a section of its own, but
// until Go 1.25 the C linker merged that of a PIE program into .data.rel.ro.
func (im *image) pclntab() (uint64, []byte) {
	if !im.isGo {
		return 0, nil
	}
	for _, name := range []string{".gopclntab", ".data.rel.ro.gopclntab", ".data.rel.ro"} {
		sec := im.section(name)
		if sec == nil {
			continue
		}
		data, err := sec.Data()
		if err != nil {
			continue
		}
		for i := 0; i+pclntabHeader <= len(data); i += 8 {
			if version(data[i:]) != nil {
				return sec.Addr + uint64(i), data[i:]
			}
		}
	}
	return 0, nil
}

// moduledata are the words of runtime.firstmoduledata that pclntab lacks.
type moduledata struct{ text, gofunc uint64 }

// moduledata finds runtime.firstmoduledata: a section of its own since Go 1.26,
// before that somewhere in the data. It starts with pointers to pclntab's
// header and to its first table, which together stand nowhere else. This way
// needs no symbols, so it works in stripped files.
func (im *image) moduledata(pclntab, funcnametab uint64, v *goVersion) *moduledata {
	const textWord = 22
	var start [16]byte
	binary.LittleEndian.PutUint64(start[:], pclntab)
	binary.LittleEndian.PutUint64(start[8:], funcnametab)
	for _, name := range []string{".go.module", ".noptrdata", ".data", ".data.rel.ro"} {
		sec := im.section(name)
		if sec == nil {
			continue
		}
		data, err := im.relocated(sec)
		if err != nil {
			continue
		}
		if i := bytes.Index(data, start[:]); i >= 0 && len(data)-i >= 8*(v.gofunc+1) {
			return &moduledata{
				text:   binary.LittleEndian.Uint64(data[i+8*textWord:]),
				gofunc: binary.LittleEndian.Uint64(data[i+8*v.gofunc:]),
			}
		}
	}
	return nil
}

// goFunc is one function: the words of runtime._func and where it lies.
type goFunc struct {
	entry, end uint64
	off        uint64 // of its _func in functab
}

// The fields of runtime._func.
const (
	funcNameOff = 4
	funcPCSP    = 16
	funcPCFile  = 20
	funcPCLine  = 24
	funcNPCData = 28
	funcCUOff   = 32
)

func (t *goTable) function(i int) goFunc {
	at := uint64(i) * 8
	return goFunc{
		entry: t.text + uint64(le32(t.functab, at)),
		end:   t.text + uint64(le32(t.functab, at+8)),
		off:   uint64(le32(t.functab, at+4)),
	}
}

// find returns the function at pc.
func (t *goTable) find(pc uint64) (goFunc, bool) {
	i := sort.Search(t.count, func(i int) bool { return t.function(i).entry > pc }) - 1
	if i < 0 {
		return goFunc{}, false
	}
	f := t.function(i)
	return f, pc < f.end
}

// name returns a function's name as the runtime shows it: generic functions
// have no name for each instance, but "main.Map[...]".
func (t *goTable) name(off uint32) string {
	name := cString(t.funcnametab, uint64(off))
	open, end := strings.IndexByte(name, '['), strings.LastIndexByte(name, ']')
	if open < 0 || end < open {
		return name
	}
	return name[:open] + "[...]" + name[end+1:]
}

func (t *goTable) field(f goFunc, field uint64) uint32 { return le32(t.functab, f.off+field) }

func (t *goTable) byteField(f goFunc, field uint64) byte {
	if at := f.off + field; at < uint64(len(t.functab)) {
		return t.functab[at]
	}
	return 0
}

// pcdata returns the offset in pctab of one of the function's pcdata tables.
func (t *goTable) pcdata(f goFunc, table uint32) uint32 {
	if table >= t.field(f, funcNPCData) {
		return 0
	}
	return t.field(f, t.version.pcdata+4*uint64(table))
}

// rows returns one of f's tables as pairs of the pc at which a value stops to
// hold and the value. It is stored as pairs of varints: the value's zig-zag
// difference to the one before, and for how long it holds.
func (t *goTable) rows(f goFunc, table uint32) iter.Seq2[uint64, int32] {
	return func(yield func(uint64, int32) bool) {
		if table == 0 || uint64(table) >= uint64(len(t.pctab)) {
			return
		}
		p := t.pctab[table:]
		pc, value := f.entry, int32(-1)
		for first := true; pc < f.end; first = false {
			delta, n := binary.Uvarint(p)
			if n <= 0 || delta == 0 && !first {
				return
			}
			length, m := binary.Uvarint(p[n:])
			if m <= 0 {
				return
			}
			p = p[n+m:]
			value += int32(delta>>1) ^ -int32(delta&1)
			pc += length * t.quantum
			if !yield(pc, value) {
				return
			}
		}
	}
}

// value looks pc up in one of f's tables. Like the runtime it returns -1 if
// there is no value.
func (t *goTable) value(f goFunc, table uint32, pc uint64) int32 {
	for end, v := range t.rows(f, table) {
		if pc < end {
			return v
		}
	}
	return -1
}

// rule says how to unwind at pc if it is in a Go function.
//
// The stack deltas are exact also in assembly stubs that keep no frame pointer
// (most of those that make system calls), which is why they are preferred to
// the frame-pointer chain. They fail in functions that switch stacks (flag
// SPWrite: systemstack, asmcgocall, the vdso calls): these keep rbp in the old
// stack's frame for exactly this purpose. One that keeps no frame (clone,
// morestack) is the end of its stack, unless it is just making the system call
// and has not switched yet. clone has the flag on amd64 only: on arm64 the kernel
// writes SP, for the child, and no instruction does. mcall is the end of its stack,
// too: what it calls does not work for the goroutine that called it, and rbp is
// cleared (before Go 1.25 it is stale).
func (t *goTable) rule(pc uint64, atSyscall bool) (rule, bool) {
	f, ok := t.find(pc)
	if !ok {
		return rule{}, false
	}
	pcsp := t.field(f, funcPCSP)
	if pcsp == 0 { // C code linked by Go's own linker, which drops .eh_frame
		return rule{}, false
	}
	d := t.value(f, pcsp, pc)
	name := t.name(t.field(f, funcNameOff))
	flag := t.byteField(f, t.version.flag)
	switches := flag&flagSPWrite != 0 || name == "runtime.clone"
	injected := name == "runtime.sigpanic" || name == "runtime.asyncPreempt"
	cfa, ra, fp := goFrame(d, t.prologue(f))
	if injected {
		cfa, ra, fp = cfa+injectedLink, ra-injectedLink, fp-injectedLink
	}
	r := rule{how: cfaRegister, reg: regSP, off: cfa, injected: injected}
	switch {
	case flag&flagTopFrame != 0, name == "runtime.mcall":
		return rule{how: outermost}, true
	case switches && d != 0:
		r.reg, r.off, r.switches = regFP, goFrameFromFP(d), true
	case switches && (!atSyscall || t.switched(f, pc)):
		return rule{how: outermost}, true
	}
	if d != 0 || !linkRegister {
		r.set(regRA, slot{how: atCFA, off: ra})
	}
	if d > 0 {
		r.set(regFP, slot{how: atCFA, off: fp})
		r = oddFrame(name, d, r)
	}
	return r, true
}

// prologue returns the stack delta that f's prologue makes, 0 if it has none.
func (t *goTable) prologue(f goFunc) int32 {
	for _, d := range t.rows(f, t.field(f, funcPCSP)) {
		if d > 0 {
			return d
		}
	}
	return 0
}

// switched reports whether another system call comes before the one at pc. In
// runtime.clone all but the first are made by the child, on a stack that has
// nothing on it yet.
func (t *goTable) switched(f goFunc, pc uint64) bool {
	code := make([]byte, min(pc+1-f.entry, 4096))
	return t.im.read(code, f.entry) && bytes.Count(code, syscallCode) > 1
}

// frames returns the logical frames at pc, innermost first, nil if pc is not
// in a Go function. PCDATA_InlTreeIndex says which inlined call a pc belongs
// to, FUNCDATA_InlTree who that is and at which pc its caller's line is found.
func (t *goTable) frames(pc uint64) []Frame {
	f, ok := t.find(pc)
	if !ok {
		return nil
	}
	var fs []Frame
	outer := t.name(t.field(f, funcNameOff))
	for at := pc; len(fs) < maxInlined; {
		call, inlined := t.inlinedAt(f, at)
		fr := Frame{Func: outer, Inlined: inlined && call.known}
		if fr.Inlined {
			fr.Func = t.name(call.name)
		}
		if !inlined || call.known { // else the line is not in this function
			fr.File, fr.Line = t.fileLine(f, at)
		}
		fs = append(fs, fr)
		if !fr.Inlined {
			break
		}
		at = f.entry + uint64(call.parentPC)
	}
	fs[len(fs)-1].Offset = pc - f.entry
	return fs
}

// maxInlined bounds the depth of inlining, against cycles in malformed files.
const maxInlined = 100

// inlinedCall is what runtime.inlinedCall says of one call. known is false
// when the table of inlined calls was not found.
type inlinedCall struct {
	known          bool
	name, parentPC uint32
}

func (t *goTable) inlinedAt(f goFunc, pc uint64) (inlinedCall, bool) {
	i := t.value(f, t.pcdata(f, inlTreeIndex), pc)
	if i < 0 {
		return inlinedCall{}, false
	}
	return t.inlined(f, i), true
}

// inlined is the call of this index in f's tree of inlined calls.
func (t *goTable) inlined(f goFunc, i int32) inlinedCall {
	off := uint32(0xffffffff)
	if t.byteField(f, t.version.nfuncdata) > inlTree {
		off = t.field(f, t.version.pcdata+4*uint64(t.field(f, funcNPCData))+4*inlTree)
	}
	v := t.version
	call := make([]byte, v.inlinedLen)
	if t.gofunc == 0 || off == 0xffffffff || !t.im.read(call, t.gofunc+uint64(off)+uint64(i)*v.inlinedLen) {
		return inlinedCall{}
	}
	return inlinedCall{known: true, name: le32(call, v.inlinedName), parentPC: le32(call, v.inlinedPC)}
}

// fileLine returns the source position of pc, "" and 0 for generated code.
func (t *goTable) fileLine(f goFunc, pc uint64) (string, int) {
	file := t.value(f, t.field(f, funcPCFile), pc)
	line := t.value(f, t.field(f, funcPCLine), pc)
	if file < 0 || line <= 0 {
		return "", 0
	}
	cu := uint64(t.field(f, funcCUOff)) + uint64(file)
	name := cString(t.filetab, uint64(le32(t.cutab, 4*cu)))
	if name == "" || name == "<autogenerated>" {
		return "", 0
	}
	return name, int(line)
}

// end returns the last line of the function of this name.
func (t *goTable) end(fn string) (Frame, bool) {
	f, ok := t.named(fn)
	if !ok {
		return Frame{}, false
	}
	last := Frame{Func: fn, Offset: f.end - f.entry - 1}
	own := t.value(f, t.field(f, funcPCFile), f.entry)
	pc := f.entry
	for end, line := range t.rows(f, t.field(f, funcPCLine)) {
		_, inlined := t.inlinedAt(f, pc)
		if !inlined && int(line) > last.Line && t.value(f, t.field(f, funcPCFile), pc) == own {
			last.File, last.Line = t.fileLine(f, pc)
			last.Offset = pc - f.entry
		}
		pc = end
	}
	return last, true
}

func le32(b []byte, off uint64) uint32 {
	if off > uint64(len(b)) || uint64(len(b))-off < 4 {
		return 0
	}
	return binary.LittleEndian.Uint32(b[off:])
}

// cString returns the string at off up to its NUL.
func cString(b []byte, off uint64) string {
	if off >= uint64(len(b)) {
		return ""
	}
	s, _, _ := bytes.Cut(b[off:], []byte{0})
	return string(s)
}
