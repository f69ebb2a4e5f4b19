package unwind

import (
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// self is this process.
func self(t testing.TB, images *Images) *Space {
	t.Helper()
	text, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return images.Space(ParseMaps(text), "")
}

// here returns the pcs of its caller and what the runtime says of them.
func here() (pcs []uintptr, want []runtime.Frame) {
	pcs = make([]uintptr, 50)
	pcs = pcs[:runtime.Callers(2, pcs)]
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		want = append(want, f)
		if !more {
			return pcs, want
		}
	}
}

// Spaces of one cache are used by several goroutines at once (run with -race).
func TestFramesOfThisProcess(t *testing.T) {
	images := NewImages()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s := self(t, images)
			pcs, want := here()
			var got []Frame
			for _, pc := range pcs {
				if s.at(uint64(pc)) == nil {
					t.Errorf("pc %#x is not covered", pc)
				}
				got = append(got, s.Frames(uint64(pc)-1)...)
			}
			if len(got) != len(want) {
				t.Fatalf("%d frames, the runtime has %d", len(got), len(want))
			}
			for i, w := range want {
				g := got[i]
				if g.Func != w.Function || g.File != w.File || g.Line != w.Line {
					t.Errorf("frame %d is %s %s:%d, the runtime has %s %s:%d",
						i, g.Func, g.File, g.Line, w.Function, w.File, w.Line)
				}
				if !g.Module.Main || !g.Module.Go {
					t.Errorf("frame %d is in %+v, want the Go program", i, *g.Module)
				}
			}
		})
	}
	wg.Wait()
}

func TestModules(t *testing.T) {
	program := gcc(t, "prog.c", "-O0", "-g")
	var s *Space // as it is when all libraries are mapped
	trace(t, NewImages(), program, func(stop stop) {
		if m := stop.space.Main(); m != nil && m.Path == program {
			s = stop.space
		}
	})
	got := map[string]int{}
	for _, r := range s.ranges {
		m := r.module
		switch {
		case m == s.Main():
			got["executable"]++
			if !m.Main || m.Loader || m.Static || !m.HasLines || !m.HasSymbols || m.Go || m.SONAME != "" {
				t.Errorf("executable: %+v", *m)
			}
		case m.Main:
			t.Errorf("second executable: %+v", *m)
		case m.Loader:
			got["loader"]++
			if !strings.HasPrefix(m.SONAME, "ld-linux") {
				t.Errorf("loader: %+v", *m)
			}
		case m.SONAME == "libc.so.6", m.Path == "[vdso]":
			got[m.SONAME+m.Path]++
			if r.image == nil || m.Loader {
				t.Errorf("library: %+v", *m)
			}
		}
	}
	if len(got) != 4 {
		t.Errorf("modules %v, want an executable, a loader, libc and the vdso", got)
	}
}

// The vdso is no file, but has symbols and call-frame information like one.
func TestVDSO(t *testing.T) {
	im := NewImages().open("", "[vdso]")
	if im == nil || len(im.symbols()) == 0 {
		t.Skip("this machine's vdso has no functions")
	}
	for _, sym := range im.symbols() {
		if f := im.frames(sym.addr)[0]; f.Func == "" {
			t.Errorf("no name at %#x, which is %s", sym.addr, sym.name)
		}
		if linkRegister && im.section(".eh_frame") == nil {
			continue // arm64's kernel builds it without
		}
		if r := im.rule(sym.addr); r.how != cfaRegister || r.ra.how == same != linkRegister {
			t.Errorf("%s cannot be unwound: %+v", sym.name, r)
		}
	}
}

// What cannot be read is a module without information; root is put before
// each path but is no part of its name.
func TestUnreadable(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("\x7fELF but not really"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := NewImages().Space([]Mapping{
		{Lo: 0x1000, Hi: 0x2000, Off: 0x3000, Exec: true, Path: "/does/not/exist"},
		{Lo: 0x2000, Hi: 0x3000, Exec: true, Path: text},
		{Lo: 0x3000, Hi: 0x4000, Exec: true},
		{Lo: 0x4000, Hi: 0x5000, Exec: true, Path: "/"},
		{Lo: 0x5000, Hi: 0x6000},
	}, "")
	for _, test := range []struct {
		pc, offset uint64
		path       string
		covered    bool
	}{
		{0x1004, 0x3004, "/does/not/exist", true},
		{0x2004, 4, text, true},
		{0x3004, 4, "", true},
		{0x4004, 4, "/", true},
		{0x5004, 0x5004, "", false},
		{0x6000, 0x6000, "", false},
	} {
		f := s.Frames(test.pc)
		if len(f) != 1 || f[0].Func != "" || f[0].Offset != test.offset || f[0].Module.Path != test.path {
			t.Errorf("Frames(%#x) = %+v", test.pc, f)
		}
		if got := s.at(test.pc) != nil; got != test.covered {
			t.Errorf("%#x covered: %v", test.pc, got)
		}
	}
	if s.Main() != nil {
		t.Errorf("Main() = %+v", s.Main())
	}
	if f, ok := s.End("main"); ok {
		t.Errorf("End(main) = %+v", f)
	}

	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, base := filepath.Split(exe)
	maps := []Mapping{{Lo: 0x400000, Hi: 0x10000000, Exec: true, Path: "/" + base}}
	if m := NewImages().Space(maps, strings.TrimSuffix(dir, "/")).ranges[0].module; !m.Go || m.Path != "/"+base {
		t.Errorf("module of this test under its folder as root: %+v", m)
	}
}

// What a kernel with larger pages maps begins further in front of the segment.
func TestBias(t *testing.T) {
	const at = 0x7f0000000000 // where the file's first byte is, or would be
	im := &image{elf: &elf.File{Progs: []*elf.Prog{
		{ProgHeader: elf.ProgHeader{Type: elf.PT_LOAD, Flags: elf.PF_R, Filesz: 0x13a40}},
		{ProgHeader: elf.ProgHeader{
			Type: elf.PT_LOAD, Flags: elf.PF_R | elf.PF_X, Off: 0x17a40, Vaddr: 0x27a40, Filesz: 0x9000,
		}},
	}}}
	for _, test := range []struct {
		page, off uint64
		ok        bool
	}{
		{4 << 10, 0x17000, true},
		{16 << 10, 0x14000, true},
		{64 << 10, 0x10000, true},
		{4 << 10, 0x16000, false},
		{16 << 10, 0x10000, false},
		{4 << 10, 0x20000, true}, // a part of it, split off by mprotect(2)
		{4 << 10, 0x21000, false},
	} {
		bias, ok := im.bias(Mapping{Lo: at + test.off, Off: test.off}, test.page)
		if ok != test.ok || ok && bias != at-0x10000 {
			t.Errorf("pages of %#x, offset %#x: bias %#x, %v", test.page, test.off, bias, ok)
		}
	}
}

// The bits of a signature are those above the highest address.
func TestSignature(t *testing.T) {
	for _, test := range []struct {
		highest mapped
		want    uint64
	}{
		{mapped{lo: 0x7ffffff000, hi: 1 << 39}, ^uint64(1<<39 - 1)},
		{mapped{lo: 0xfffff7fff000, hi: 0xfffff8000000}, ^uint64(1<<48 - 1)},
		{mapped{lo: 0xffffffffff600000, hi: 0xffffffffff601000}, 0}, // amd64's vsyscall page
	} {
		ranges := []mapped{{lo: 0x400000, hi: 0x401000}, test.highest}
		if got := signature(ranges); got != test.want {
			t.Errorf("up to %#x: %#x, want %#x", test.highest.hi, got, test.want)
		}
	}
	if got := signature(nil); got != 0 {
		t.Errorf("without a mapping: %#x", got)
	}
}

// A function that a signal interrupted is where it was interrupted, not before that, and it may be
// a leaf that has kept its return address nowhere.
func TestInjectedCall(t *testing.T) {
	s := self(t, NewImages())
	entry := func(fn string) uint64 {
		f, ok := s.main.image.goTable().named(fn)
		if !ok {
			t.Fatal("no " + fn)
		}
		return f.entry + s.main.bias
	}
	const sp = 0x7f0000000000
	leaf, caller := entry("paritykit/compare/unwind.here"), entry("paritykit/compare/unwind.self")+1
	r := Regs{PC: entry("runtime.sigpanic") + 1}
	r.R[regSP] = sp
	words := []uint64{leaf, caller, 0}
	if linkRegister {
		r.R[regRA] = leaf
		words = []uint64{caller, 0}
	}
	mem := memory{base: sp}
	for _, w := range words {
		mem.data = binary.LittleEndian.AppendUint64(mem.data, w)
	}
	got := s.Stack(&r, mem, nil)
	if want := []uint64{r.PC - 1, leaf, caller - 1}; len(got) < 3 || !slices.Equal(got[:3], want) {
		t.Errorf("%#x, want %#x", got, want)
	}
}

func TestEnd(t *testing.T) {
	c, g := marks(t, "prog.c")["end"], marks(t, "prog.go")["end"]
	tests := []struct {
		name    string
		program func(t *testing.T) string
		fn      string
		line    int
		static  bool
	}{
		{"C", func(t *testing.T) string { return gcc(t, "prog.c", "-O0", "-g") }, "main", c, false},
		{"C, static", func(t *testing.T) string { return gcc(t, "prog.c", "-O0", "-g", "-static") }, "main", c, true},
		{"C without lines", func(t *testing.T) string { return gcc(t, "prog.c", "-O0") }, "main", 0, false},
		{"Go", func(t *testing.T) string { return goBuild(t, "prog.go") }, "main.main", g, true},
		{"Go, stripped", func(t *testing.T) string { return goBuild(t, "prog.go", "-ldflags=-s") }, "main.main", g, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			program := test.program(t)
			s := NewImages().Space([]Mapping{{Lo: 0x10000, Hi: 0x10001, Exec: true, Path: program}}, "")
			s.ranges[0].image = NewImages().open("", program) // wherever it is mapped
			s.findMain()
			f, ok := s.End(test.fn)
			if !ok || f.Func != test.fn || f.Line != test.line || f.Offset == 0 || f.Module == nil {
				t.Errorf("End(%s) = %+v, %v; want line %d", test.fn, f, ok, test.line)
			}
			if s.Main().Static != test.static {
				t.Errorf("Static = %v", s.Main().Static)
			}
			if f, ok := s.End("nobody"); ok {
				t.Errorf("End(nobody) = %+v", f)
			}
		})
	}
}

// A stripped library has symbols for what it exports only: in between, no name.
func TestSymbolGaps(t *testing.T) {
	lib := gcc(t, "gaps.c", "-shared", "-fPIC", "-O1")
	f, err := elf.Open(lib)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	syms, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	addr := map[string]uint64{}
	for _, s := range syms {
		addr[s.Name] = s.Value
	}
	if out, err := exec.Command("strip", lib).CombinedOutput(); err != nil {
		t.Skipf("strip: %v %s", err, out)
	}
	im := NewImages().open("", lib)
	for fn, want := range map[string]Frame{
		"before":   {Func: "before"},
		"hidden":   {},
		"after":    {Func: "after"},
		"sizeless": {Func: "sizeless"}, "sizeless_end": {},
		"__aliased":                   {Func: "aliased", Reserved: true},
		"_aliased_with_a_longer_name": {Func: "aliased", Reserved: true},
	} {
		if addr[fn] == 0 {
			t.Fatalf("no symbol %s", fn)
		}
		want.Offset = 1
		if want.Func == "" {
			want.Offset += addr[fn]
		}
		if got := im.frames(addr[fn] + 1); len(got) != 1 || got[0] != want {
			t.Errorf("frames at %s+1: %+v, want %+v", fn, got, want)
		}
	}
}

// Any registers and memory give at most maxFrames pcs, and all but the last
// are in known mappings.
func FuzzStack(f *testing.F) {
	s := self(f, NewImages())
	const stack = 0x7f0000000000
	words := []uint64{0, 1, stack, stack + 8, stack + 64, stack + 512, stack + 1<<20, ^uint64(0)}
	pcs, _ := here()
	for _, pc := range pcs {
		words = append(words, uint64(pc))
	}
	for _, fn := range []string{"runtime.systemstack", "runtime.asmcgocall", "runtime.sigreturn__sigaction", "runtime.mcall", "runtime.goexit"} {
		for i := range s.main.image.goTable().count {
			t := s.main.image.gotab
			if g := t.function(i); t.name(t.field(g, funcNameOff)) == fn {
				words = append(words, g.entry+s.main.bias, g.entry+s.main.bias+60)
			}
		}
	}
	f.Add([]byte{9, 8, 2, 10, 2, 3, 4, 11})
	f.Add([]byte{20, 18, 18, 18, 18, 2, 2, 2, 2, 2})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		mem := memory{base: stack}
		for _, b := range data {
			mem.data = binary.LittleEndian.AppendUint64(mem.data, words[int(b)%len(words)])
		}
		r := Regs{PC: words[int(data[0])%len(words)]}
		for i := range r.R {
			r.R[i] = words[int(data[i%len(data)])%len(words)]
		}
		r.R[regSP] = stack
		got := s.Stack(&r, mem, nil)
		if len(got) > maxFrames {
			t.Fatalf("%d frames", len(got))
		}
		for _, pc := range got[:len(got)-1] {
			if s.at(pc) == nil {
				t.Errorf("%#x has a caller but is not in a mapping", pc)
			}
			if len(s.Frames(pc)) == 0 {
				t.Errorf("no frames at %#x", pc)
			}
		}
	})
}

// TestBeside: a cache beside another one opens nothing twice, and keeps to itself what only it has
// opened.
func TestBeside(t *testing.T) {
	first := NewImages()
	beside := first.Beside()
	exe, own := first.open("", "/proc/self/exe"), beside.open("", "/bin/sh")
	if exe == nil || own == nil || beside.open("", "/proc/self/exe") != exe || beside.open("", "/bin/sh") != own {
		t.Error("opened twice, or not at all")
	}
	if len(first.images) != 1 || len(beside.images) != 1 {
		t.Errorf("%d images in the first, %d beside it, want 1 each", len(first.images), len(beside.images))
	}
}
