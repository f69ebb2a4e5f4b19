package unwind

import (
	"fmt"
	"slices"
	"testing"
)

func TestCallers(t *testing.T) {
	g, c := marks(t, "callers.go"), marks(t, "prog.c")
	direct := fmt.Sprintf("main.main:%d", g["direct"])
	inlined := fmt.Sprintf("~main.inlined:%d main.main:%d", g["inlined"], g["around"])
	around := fmt.Sprintf("main.main:%d", g["around"])
	goProgram, stripped := goBuild(t, "callers.go"), goBuild(t, "callers.go", "-ldflags=-s")
	cProgram := gcc(t, "prog.c", "-O1", "-g")
	for _, test := range []struct {
		program, fn string
		want        []string
	}{
		{goProgram, "main.target", []string{direct, inlined}},
		{goProgram, "main.inlined", []string{around}}, // there is no call, only what was inlined
		{goProgram, "main.nobody", nil},
		{stripped, "main.target", []string{direct, inlined}},
		{cProgram, "dynamic", []string{fmt.Sprintf("main:%d", c["calldynamic"])}},
		{cProgram, "main", nil}, // the start code has its address
	} {
		s := NewImages().Space([]Mapping{{Lo: 0x10000, Hi: 0x10001, Exec: true, Path: test.program}}, "")
		s.ranges[0].image = NewImages().open("", test.program) // wherever it is mapped
		s.findMain()
		var got []string
		for _, fs := range s.Callers(test.fn) {
			got = append(got, show(fs))
			if fs[0].Module != s.Main() {
				t.Errorf("%s: %+v is not in the executable", test.fn, fs[0])
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("callers of %s: %q, want %q", test.fn, got, test.want)
		}
	}
}
