package unwind

import "testing"

// TestWantedSignals holds what a program's code says against what its debug information says.
func TestWantedSignals(t *testing.T) {
	for _, flags := range [][]string{nil, {"-gcflags=all=-l -N"}} {
		s := spaceOf(goBuild(t, "signals.go", flags...))
		want, size, ok := s.WantedSignals()
		if !ok || size != 12 {
			t.Errorf("%s: %d bytes at %#x, %v", flags, size, want, ok)
		}
		if got, size, ok := s.main.image.wantedByCode(); !ok || size != 12 || s.main.bias+got != want {
			t.Errorf("%s: the code says %d bytes at %#x, the debug information %#x", flags, size, s.main.bias+got, want)
		}
		if addr, size, ok := spaceOf(goBuild(t, "signals.go", append(flags, "-ldflags=-s -w")...)).WantedSignals(); !ok || size != 12 {
			t.Errorf("%s, stripped: %d bytes at %#x, %v", flags, size, addr, ok)
		}
	}
	if addr, size, ok := spaceOf(goBuild(t, "callers.go", "-ldflags=-s -w")).WantedSignals(); ok {
		t.Errorf("a program without os/signal: %d bytes at %#x", size, addr)
	}
	if addr, size, ok := spaceOf(gcc(t, "prog.c", "-g")).WantedSignals(); ok {
		t.Errorf("a C program: %d bytes at %#x", size, addr)
	}
}

// spaceOf is a program's space, wherever it is mapped.
func spaceOf(program string) *Space {
	s := NewImages().Space([]Mapping{{Lo: 0x10000, Hi: 0x10001, Exec: true, Path: program}}, "")
	s.ranges[0].image = NewImages().open("", program)
	s.findMain()
	return s
}

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
		addr, size, ok := spaceOf(test.program).Global(test.variable, test.field)
		if size != test.size || ok != (size > 0) || !ok && addr != 0 {
			t.Errorf("%s: %d bytes at %#x, %v; want %d bytes", test.name, size, addr, ok, test.size)
		}
	}
}
