package unwind

import "testing"

func TestGlobal(t *testing.T) {
	for _, test := range []struct {
		name, program, variable, field string
		size                           int
	}{
		{"a field", goBuild(t, "prog.go"), "runtime.sig", "wanted", 12}, // a bit for each of 65 signals, in words of 32
		{"no such field", goBuild(t, "prog.go"), "runtime.sig", "nothing", 0},
		{"no such variable", goBuild(t, "prog.go"), "runtime.nothing", "wanted", 0},
		{"no structure", goBuild(t, "prog.go"), "runtime.ncpu", "wanted", 0},
		{"without debug information", goBuild(t, "prog.go", "-ldflags=-s"), "runtime.sig", "wanted", 0},
		{"C", gcc(t, "prog.c", "-g"), "runtime.sig", "wanted", 0},
	} {
		s := NewImages().Space([]Mapping{{Lo: 0x10000, Hi: 0x10001, Exec: true, Path: test.program}}, "")
		s.ranges[0].image = NewImages().open("", test.program) // wherever it is mapped
		s.findMain()
		addr, size, ok := s.Global(test.variable, test.field)
		if size != test.size || ok != (size > 0) || !ok && addr != 0 {
			t.Errorf("%s: %d bytes at %#x, %v; want %d bytes", test.name, size, addr, ok, test.size)
		}
	}
}
