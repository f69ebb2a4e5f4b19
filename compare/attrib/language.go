package attrib

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"paritykit/compare/unwind"
)

// A Language is what must be known of a programming language in order to tell a program's own code
// from that of its library and its runtime. Each stands in a file of its own; to add one is to add
// a file, and a line to languages.
type Language interface {
	// Speaks reports whether a frame is code in the language, whoever wrote it.
	Speaks(f *unwind.Frame) bool

	// Library reports whether code in the language belongs to its library, its runtime or its
	// compiler, and not to the program.
	Library(f *unwind.Frame) bool

	// Charge says what the frames inside make of a call that the frame outside[0], which is the
	// program's and in the language, has asked for: whether the library does it for itself
	// (o.Noise), or as a part of one idea (o.Idiom).
	Charge(o *Origin, inside, outside []unwind.Frame)

	// Alone says who asked if no frame of the stack is the program's: what happens before main,
	// after it, and beside it. It returns nil if another language has to say.
	Alone(s *stack) *Origin
}

// languages in the order in which they are asked. C is the last one: it has all frames that nobody
// else claims.
var languages = []Language{golang{}, rust{}, cplusplus{}, c{}}

func (w *Answers) language(f *unwind.Frame) Language {
	for _, l := range w.languages {
		if l.Speaks(f) {
			return l
		}
	}
	return c{}
}

// program reports whether a frame is the program's own.
func (w *Answers) program(f *unwind.Frame) bool { return !w.language(f).Library(f) }

// A stack is one that is looked at: its frames, inlined ones too, innermost first.
type stack struct {
	frames []unwind.Frame
	space  space
	lost   bool // there is no knowing who called the innermost frame
	w      *Answers
}

// space is what a stack needs of an unwind.Space.
type space interface {
	Main() *unwind.Module
	End(fn string) (unwind.Frame, bool)
	Callers(fn string) [][]unwind.Frame
	Find(match func(name string) bool) (fn string, ok bool)
}

func (s *stack) has(is func(*unwind.Frame) bool) bool { return index(s.frames, is) >= 0 }

// index is the place of the innermost frame of a kind, -1 if there is none.
func index(frames []unwind.Frame, is func(*unwind.Frame) bool) int {
	for i := range frames {
		if is(&frames[i]) {
			return i
		}
	}
	return -1
}

func named(names ...string) func(*unwind.Frame) bool {
	return func(f *unwind.Frame) bool { return slices.Contains(names, f.Func) }
}

// afterMain is for calls made after main has returned: the flush of stdio's buffers, the end of the
// process. Which of its returns it took is no longer to be seen, so the line on which main ends
// stands for all of them.
func (s *stack) afterMain(main string) *Origin {
	o := &Origin{}
	if f, ok := s.space.End(main); ok {
		o.Site = s.w.site(&f)
	} else if m := s.space.Main(); m != nil {
		o.Site = Site{Module: filepath.Base(m.Path)}
	}
	return o
}

// systemDirs are where the system's libraries are installed.
var systemDirs = []string{"/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/", "/usr/libexec/",
	"/nix/store/", "/gnu/store/"}

// installed reports whether a shared object stands where the system's libraries do. What stands
// elsewhere, whatever its name, is part of the program.
func installed(m *unwind.Module) bool { return !m.Main && hasPrefix(m.Path, systemDirs...) }

// headerDirs are where the header files of the system and its compilers are.
var headerDirs = []string{"/usr/include/", "/usr/lib/gcc/", "/usr/lib/llvm", "/usr/lib/clang/",
	"/usr/lib64/gcc/", "/usr/lib64/clang/"}

// header reports whether a frame's code comes from a header file of the system's: an inline
// function of the C library, a template of C++'s.
func header(f *unwind.Frame) bool {
	if !strings.HasPrefix(f.File, "/usr/") {
		return false
	}
	// clang has /usr/lib/gcc/x86_64-linux-gnu/12/../../../../include/c++/12/thread.
	return hasPrefix(path.Clean(f.File), headerDirs...)
}

func hasPrefix(s string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}
