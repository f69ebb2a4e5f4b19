package unwind

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"testing"
)

// Whatever an ELF file says, reading it neither panics nor takes much more
// memory than the file is long.
func FuzzImage(f *testing.F) {
	for _, flags := range [][]string{{"-O2", "-g"}, {"-O1", "-g", "-gdwarf-4"}, {"-O0"}, {"-s"}} {
		if image := tinyC(f, flags); image != nil {
			f.Add(image)
			f.Add(image[:len(image)/2])
			f.Add(unended(image))
		}
	}
	f.Add(tinyGo(f, false))
	f.Add(tinyGo(f, true))
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		read(data)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20+1000*uint64(len(data)) {
			t.Errorf("a file of %d bytes took %d MB", len(data), used>>20)
		}
	})
}

// read asks an image everything, at pcs in all its parts.
func read(data []byte) {
	im, err := newImage(bytes.NewReader(data))
	if err != nil {
		return
	}
	pcs := []uint64{0, im.elf.Entry, ^uint64(0)}
	for _, s := range im.elf.Sections {
		if s.Flags&elf.SHF_EXECINSTR != 0 && len(pcs) < 60 {
			for off := uint64(0); off < min(s.Size, 400); off += 20 {
				pcs = append(pcs, s.Addr+off)
			}
		}
	}
	for _, pc := range pcs {
		r := im.rule(pc)
		w := walk{mem: memory{base: 0x1000, data: data[:min(len(data), 4096)]}}
		w.regs.R[regSP] = 0x1000
		w.apply(&r, true)
		im.frames(pc)
	}
	im.executable()
	im.bias(Mapping{Off: 0x1000}, 4096)
	im.end("main")
	im.end("main.main")
	im.callers("main.main")
	im.callers("g")
	im.global("runtime.sig", "wanted")
	im.wantedByCode()
	im.runtimeStubs()
}

// FuzzSection changes one section of a sound file, which leads further into its reader than a
// change anywhere does: most of those spoil the headers.
func FuzzSection(f *testing.F) {
	var files [][]byte
	for _, flags := range [][]string{{"-O2", "-g"}, {"-O1", "-g", "-gdwarf-4"}} {
		if image := tinyC(f, flags); image != nil {
			files = append(files, image)
		}
	}
	files = append(files, tinyGo(f, false), tinyGo(f, true))
	for file, image := range files {
		sections, err := elf.NewFile(bytes.NewReader(image))
		if err != nil {
			f.Fatal(err)
		}
		for i, s := range sections.Sections {
			if data, err := s.Data(); err == nil && len(data) > 0 {
				f.Add(uint8(file), uint8(i), uint16(0), data[:min(len(data), 200)])
				f.Add(uint8(file), uint8(i), uint16(len(data)/2), []byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff"))
			}
		}
	}
	f.Fuzz(func(t *testing.T, file, section uint8, at uint16, change []byte) {
		image := bytes.Clone(files[int(file)%len(files)])
		sound, err := elf.NewFile(bytes.NewReader(image))
		if err != nil {
			t.Fatal(err)
		}
		s := sound.Sections[int(section)%len(sound.Sections)]
		if s.Type == elf.SHT_NOBITS || s.Size == 0 {
			return
		}
		from := s.Offset + uint64(at)%s.Size
		copy(image[from:s.Offset+s.Size], change)
		read(image)
	})
}

// tinyC compiles a program without a C library, nil without gcc.
func tinyC(f *testing.F, flags []string) []byte {
	dir := f.TempDir()
	source, out := filepath.Join(dir, "tiny.c"), filepath.Join(dir, "tiny")
	text := "static inline int g(int n) { return n * 3; }\nint main(int n) { return g(n) + 1; }\nvoid _start(void) { for (;;) main(2); }\n"
	if os.WriteFile(source, []byte(text), 0o600) != nil {
		return nil
	}
	args := append(flags, "-nostdlib", "-static", "-Wl,-z,noseparate-code", "-o", out, source)
	if exec.Command("gcc", args...).Run() != nil {
		return nil
	}
	image, _ := os.ReadFile(out)
	return image
}

// unended makes the last number of .debug_info one without an end: there
// debug/dwarf reads empty entries for ever.
func unended(image []byte) []byte {
	image = bytes.Clone(image)
	if f, err := elf.NewFile(bytes.NewReader(image)); err == nil {
		if s := f.Section(".debug_info"); s != nil {
			copy(image[s.Offset+s.Size-2:], "\x80\x80")
		}
	}
	return image
}

// tinyGo makes an ELF file with the pclntab of this test, cut to its first
// functions. It looks like an executable of Go 1.26, without the code.
func tinyGo(f testing.TB, old bool) []byte {
	exe, err := os.Executable()
	if err != nil {
		f.Fatal(err)
	}
	im, err := openImage("", exe)
	if err != nil {
		f.Fatal(err)
	}
	const addr = 0x400000
	t := im.goTable()
	v := goVersions[1]
	if old {
		v = goVersions[0]
	}
	table := shortTable(t, 20, old)
	funcs := t.function(20).entry - t.text
	b := elfBuilder{addr: addr}
	text := b.section(".text", make([]byte, funcs), elf.SHF_ALLOC|elf.SHF_EXECINSTR)
	pclntab := b.section(".gopclntab", table, elf.SHF_ALLOC)
	inl := make([]byte, 4096)
	im.read(inl, t.gofunc)
	if old {
		inl = nil // its records were longer
	}
	gofunc := b.section(".rodata", inl, elf.SHF_ALLOC)
	module := make([]byte, 41*8)
	binary.LittleEndian.PutUint64(module, pclntab)
	binary.LittleEndian.PutUint64(module[8:], pclntab+binary.LittleEndian.Uint64(table[8+8*3:]))
	binary.LittleEndian.PutUint64(module[8*22:], text)
	if !old {
		binary.LittleEndian.PutUint64(module[8*v.gofunc:], gofunc)
	}
	b.section(".go.module", module, elf.SHF_ALLOC|elf.SHF_WRITE)
	b.section(".go.buildinfo", make([]byte, 32), elf.SHF_ALLOC)
	image := b.bytes()

	short, err := newImage(bytes.NewReader(image))
	if err != nil {
		f.Fatal(err)
	}
	for i := range 20 {
		g := t.function(i)
		got, want := short.frames(g.entry-t.text+text), t.frames(g.entry)
		if len(want) == 0 || len(got) == 0 || got[0].Func != want[0].Func || got[0].File != want[0].File || got[0].Line != want[0].Line {
			f.Fatalf("function %d of the short table is %+v, want %+v", i, got, want)
		}
		gotRule, _ := short.goTable().rule(g.entry-t.text+text, false)
		if wantRule, _ := t.rule(g.entry, false); !reflect.DeepEqual(gotRule, wantRule) {
			f.Fatalf("function %d of the short table has the rule %+v, want %+v", i, gotRule, wantRule)
		}
	}
	return image
}

// shortTable cuts a pclntab to its first n functions, and its parts to the
// first few kilobytes, where these functions' entries are. An old one is as
// Go 1.18 and 1.19 wrote it: _func had no startLine.
func shortTable(t *goTable, n int, old bool) []byte {
	const part = 3000
	functab := bytes.Clone(t.functab[:8*n+4])
	functab = append(functab, 0, 0, 0, 0)
	for i := range n {
		fn := bytes.Clone(t.functab[t.function(i).off:t.function(i+1).off])
		if old {
			fn = slices.Delete(fn, 36, 40)
		}
		binary.LittleEndian.PutUint32(functab[8*i+4:], uint32(len(functab)))
		functab = append(functab, fn...)
	}

	table := make([]byte, pclntabHeader)
	copy(table, "\xf1\xff\xff\xff\x00\x00")
	if old {
		table[0] = 0xf0
	}
	table[6], table[7] = byte(t.quantum), 8
	binary.LittleEndian.PutUint64(table[8:], uint64(n))
	for i, p := range [][]byte{t.funcnametab[:part], t.cutab[:part], t.filetab[:part], t.pctab[:part], functab} {
		binary.LittleEndian.PutUint64(table[8+8*(3+i):], uint64(len(table)))
		table = append(table, p...)
		table = append(table, make([]byte, -len(table)&7)...)
	}
	return table
}

// elfBuilder writes an executable whose only segment is the whole file.
type elfBuilder struct {
	addr     uint64
	body     []byte // what follows the two headers
	names    []byte
	sections []elf.Section64
}

const elfHeaders = 64 + 56

func (b *elfBuilder) section(name string, data []byte, flags elf.SectionFlag) (addr uint64) {
	off := uint64(elfHeaders + len(b.body))
	b.body = append(b.body, data...)
	b.body = append(b.body, make([]byte, -len(b.body)&7)...)
	b.sections = append(b.sections, elf.Section64{
		Name: uint32(len(b.names)), Type: uint32(elf.SHT_PROGBITS), Flags: uint64(flags),
		Addr: b.addr + off, Off: off, Size: uint64(len(data)),
	})
	b.names = append(b.names, name+"\x00"...)
	return b.addr + off
}

func (b *elfBuilder) bytes() []byte {
	b.section(".shstrtab", append(b.names, ".shstrtab\x00"...), 0)
	b.sections[len(b.sections)-1].Type = uint32(elf.SHT_STRTAB)
	size := uint64(elfHeaders + len(b.body))
	h := elf.Header64{
		Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: 1, Entry: b.addr + elfHeaders,
		Phoff: 64, Phentsize: 56, Phnum: 1, Ehsize: 64,
		Shoff: size, Shentsize: 64, Shnum: uint16(len(b.sections)), Shstrndx: uint16(len(b.sections) - 1),
	}
	copy(h.Ident[:], "\x7fELF\x02\x01\x01")
	p := elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Vaddr: b.addr, Filesz: size, Memsz: size}
	var out bytes.Buffer
	for _, v := range []any{h, p, b.body, b.sections} {
		binary.Write(&out, binary.LittleEndian, v)
	}
	return out.Bytes()
}
