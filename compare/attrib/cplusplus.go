package attrib

import (
	"strings"

	"paritykit/compare/unwind"
)

// cplusplus is C++. Its library is header files and a shared object, which C's rules see; what is
// left are the copies of templates and the constructors of globals in a static program, whose names
// all begin with the underscore that C's library has.
type cplusplus struct{ c }

func (cplusplus) Speaks(f *unwind.Frame) bool {
	return hasPrefix(f.Func, "_Z", "_GLOBAL__sub_I_") && !mangledRust(f.Func)
}

func (l cplusplus) Library(f *unwind.Frame) bool {
	m := f.Module
	if !m.Main || !m.Static || m.Go || f.Own || f.Archive || f.Line > 0 {
		return l.c.Library(f)
	}
	return standard(f.Func)
}

// standard reports whether a mangled name is in namespace std, or in those behind it.
func standard(fn string) bool {
	fn = strings.TrimPrefix(fn, "_GLOBAL__sub_I_")
	return hasPrefix(fn, "_ZNSt", "_ZSt", "_ZNKSt", "_ZN9__gnu_cxx", "_ZNK9__gnu_cxx", "_ZN10__cxxabiv1")
}

// Alone leaves all to C: the two share a start and an end.
func (cplusplus) Alone(*stack) *Origin { return nil }
