package attrib

import (
	"regexp"
	"strings"

	"paritykit/compare/unwind"
)

// rust is Rust. Its standard library is compiled into each program, with lines that name the
// sources from which the compiler was built: /rustc/ and a hash. A copy of one of its generic
// functions has such lines, too; without debug information it has none, and counts as the
// program's.
type rust struct{ c }

const rustSources = "/rustc/"

func (rust) Speaks(f *unwind.Frame) bool {
	return strings.HasPrefix(f.File, rustSources) || strings.HasSuffix(f.File, ".rs") ||
		mangledRust(f.Func) || rustGlue(f)
}

// mangledRust reports whether a name is mangled as Rust does it: in the old way like C++, but with
// a hash at the end (_ZN1r4main17h086b0cfd890a8ea9E), or in the new one (_RNvCs…).
func mangledRust(fn string) bool {
	return hasPrefix(fn, "_RNv", "_RIN") || hasPrefix(fn, "_ZN") && legacyRust.MatchString(fn)
}

var legacyRust = regexp.MustCompile(`17h[0-9a-f]{16}E(\.|$)`)

// rustGlue reports whether a frame is the main that the compiler writes for C's start code to call.
func rustGlue(f *unwind.Frame) bool { return f.Func == "main" && f.File == "" && f.Module.Rust }

func (rust) Library(f *unwind.Frame) bool {
	return strings.HasPrefix(f.File, rustSources) ||
		strings.Contains(f.File, "/rustlib/src/rust/library/") || rustGlue(f)
}

// rustOwn are the parts of the standard library that make calls for their own sake: the start and
// the end of the program and of each thread, the guard of the stack, and what only builds with
// debug assertions check.
func rustOwn(f *unwind.Frame) bool {
	_, file, ok := strings.Cut(f.File, "/library/std/src/")
	return ok && (file == "rt.rs" || strings.HasSuffix(file, "/stack_overflow.rs") ||
		strings.Contains(f.Func, "debug_assert_fd_is_open"))
}

func (l rust) Charge(o *Origin, inside, outside []unwind.Frame) {
	if l.c.Charge(o, inside, outside); o.Noise == "" && index(inside, rustOwn) >= 0 {
		o.Noise, o.Idiom = "Rust runtime", nil
	}
}

// Alone: the runtime's start, that of a thread, or a closure of the program's that ended by a jump
// into the library.
func (l rust) Alone(s *stack) *Origin {
	at, begin := index(s.frames, l.Library), index(s.frames, rustBegins)
	switch {
	case at < 0 && (s.space.Main() == nil || !s.space.Main().Rust):
		return nil
	case begin >= 0:
		return l.charged(&Origin{Site: s.w.site(&s.frames[at])}, s.frames[:begin])
	case s.has(named("exit")):
		if main, ok := s.space.Find(rustMain.MatchString); ok {
			return s.afterMain(main) // and not C's, which the compiler wrote
		}
		return nil
	case at < 0:
		return nil
	case s.has(rustOwn):
		return &Origin{Noise: "Rust runtime", Site: s.w.site(&s.frames[at])}
	}
	return l.charged(&Origin{Site: s.w.site(&s.frames[at])}, s.frames)
}

func (l rust) charged(o *Origin, inside []unwind.Frame) *Origin {
	l.Charge(o, inside, nil)
	return o
}

// rustBegins reports whether a frame is the one under which the program's code begins, main and
// each thread: it is there so that backtraces end with it.
func rustBegins(f *unwind.Frame) bool {
	return strings.Contains(f.Func, "__rust_begin_short_backtrace")
}

// rustMain is the main of a crate.
var rustMain = regexp.MustCompile(`^(_ZN\d+\w+4main17h[0-9a-f]{16}E|_RNvCs[0-9A-Za-z]*_\d+\w+4main)$`)
