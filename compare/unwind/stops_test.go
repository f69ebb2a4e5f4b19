package unwind

import (
	"fmt"
	"strings"
	"testing"
)

// In every build of the C program, each stack is what the program says it is.
func TestCStops(t *testing.T) {
	const lines, names = true, true
	vectors := map[string]string{"amd64": "-mavx2"}[target()] // other machines need no leave
	tests := []struct {
		name         string
		flags        string
		lines, names bool
	}{
		{"debug", "-O0 -g", lines, names},
		{"DWARF 4", "-O0 -g -gdwarf-4", lines, names},
		{"optimised", "-O2 -g", lines, names},
		{"not PIE", "-O2 -g -no-pie", lines, names},
		{"vector", "-O3 -g " + vectors, lines, names},
		{"debug_frame", "-O2 -g -fno-asynchronous-unwind-tables -fno-exceptions", lines, names},
		{"static", "-O2 -g -static", lines, names},
		{"static PIE", "-O2 -g -static-pie", lines, names},
		{"no debug information", "-O2", !lines, names},
		{"static, no debug information", "-O2 -static", !lines, names},
		{"stripped", "-O2 -s", !lines, !names},
		{"frame pointers only", "-O0 -fno-asynchronous-unwind-tables -fno-exceptions", !lines, names},
	}
	mark := marks(t, "prog.c")
	images := NewImages()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			program := gcc(t, "prog.c", strings.Fields(test.flags)...)
			stops, said := 0, 0
			trace(t, images, program, func(s stop) {
				stops++
				if !s.ended() {
					t.Errorf("stack of call %d does not end where a thread begins: %q", s.nr, s.names())
				}
				text := s.written()
				if !strings.Contains(text, "@") || !test.names {
					return
				}
				said++
				want, functions := expected(text, mark, test.lines)
				if got := show(only(s.frames(), functions, test.lines)); got != want {
					t.Errorf("stack\n got %s\nwant %s", got, want)
				}
			})
			if stops < 200 || test.names && said < 13 {
				t.Errorf("%d stops, %d that say their stack: the program did not do its work", stops, said)
			}
			t.Logf("%d stops", stops)
		})
	}
}

// expected translates what the program writes into what show shows. Without
// line tables there are no lines and no inlined calls.
func expected(text string, mark map[string]int, lines bool) (string, map[string]bool) {
	var want []string
	functions := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		fn, at, _ := strings.Cut(word, "@")
		functions[strings.TrimPrefix(fn, "~")] = true
		switch {
		case lines:
			want = append(want, fmt.Sprintf("%s:%d", fn, mark[at]))
		case !strings.HasPrefix(fn, "~"):
			want = append(want, fn+":0")
		}
	}
	return strings.Join(want, " "), functions
}

// only leaves the program's own frames: those with lines, or, without line
// tables, those of the functions.
func only(frames []Frame, functions map[string]bool, lines bool) []Frame {
	var own []Frame
	for _, f := range frames {
		if f.Module.Main && (lines && f.Line > 0 || !lines && functions[f.Func]) {
			own = append(own, f)
		}
	}
	return own
}

// In every build of the Go program, each stack is what the runtime says.
func TestGoStops(t *testing.T) {
	tests := []struct {
		name  string
		flags string
		slow  bool // compiles the standard library anew
	}{
		{"plain", "", false},
		{"stripped", "-ldflags=-s", false},
		{"not optimised", "-gcflags=-N", false},
		{"external linker", "-ldflags=-linkmode=external", false},
		{"not inlined", "-gcflags=all=-l", true},
		{"PIE", "-buildmode=pie", true},
		{"PIE, stripped", "-buildmode=pie -ldflags=-s", true},
		{"PIE, external linker, stripped", "-buildmode=pie -ldflags=-s -ldflags=-linkmode=external", true},
	}
	images := NewImages()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.slow && testing.Short() {
				t.Skip("compiles the standard library")
			}
			program := goBuild(t, "prog.go", strings.Fields(test.flags)...)
			stops, said := 0, 0
			trace(t, images, program, func(s stop) {
				stops++
				if !s.ended() {
					t.Errorf("stack of call %d does not end where a thread begins: %q", s.nr, s.names())
				}
				want, ok := strings.CutPrefix(s.written(), "callers\n")
				if !ok {
					return
				}
				said++
				if got := callers(s.frames()); got != want {
					t.Errorf("stack\n got:\n%s\nwant:\n%s", got, want)
				}
			})
			if stops < 200 || said < 25 {
				t.Errorf("%d stops, %d that say their stack: the program did not do its work", stops, said)
			}
			t.Logf("%d stops", stops)
		})
	}
}

// callers writes frames as the program does: from main.mark's caller on, without
// the wrappers that the compiler made and the runtime's functions, of which
// the program's side shows only some.
func callers(frames []Frame) string {
	var b strings.Builder
	marked := false
	for _, f := range frames {
		if marked && f.File != "" && !strings.HasPrefix(f.Func, "runtime.") {
			fmt.Fprintf(&b, "%s %s:%d\n", f.Func, f.File, f.Line)
		}
		marked = marked || f.Func == "main.mark"
	}
	return b.String()
}

// C and Go on one stack: from C into Go's callback, through C, to main.
func TestMixedStops(t *testing.T) {
	program := goBuild(t, "cgo")
	mixed := 0
	trace(t, NewImages(), program, func(s stop) {
		names := strings.Join(s.names(), " ")
		if !s.ended() {
			t.Errorf("stack of call %d does not end where a thread begins: %s", s.nr, names)
		}
		if s.written() != "mixed" {
			return
		}
		mixed++
		for _, fn := range []string{"os.(*File).Write ", " main.callback ", " crosscall2 ", " inC ", " main.main"} {
			before, after, ok := strings.Cut(names, fn)
			if !ok {
				t.Fatalf("%q is not where it should be in %q, which is after %q", fn, names, before)
			}
			names = " " + after
		}
	})
	if mixed != 5 {
		t.Errorf("%d writes from Go called by C, want 5", mixed)
	}
}
