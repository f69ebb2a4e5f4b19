package attrib

import (
	"cmp"
	"path/filepath"
	"strings"

	"paritykit/compare/unwind"
)

// c is C, with glibc or musl. It has all code that is of no other language. Code that nothing is
// known about counts as the program's: what can't be attributed must not disappear.
type c struct{}

func (c) Speaks(*unwind.Frame) bool { return true }

// Library goes by where code comes from: by its file, if that is a header of the system's, or by
// its module. In an executable that has the C library inside (a static one) the two lie side by
// side, and the order in which the linker puts them tells them apart.
func (c) Library(f *unwind.Frame) bool {
	m := f.Module
	switch {
	case header(f), m.Loader, m.Path == "[vdso]", cLibrary(m), installed(m), sanitizer(f):
		return true
	case m.Go:
		// C inside a Go program: its own has debug information, the runtime's has none.
		// What cgo writes to get from the one to the other has a file that is nowhere.
		return f.Line == 0 || strings.HasPrefix(filepath.Base(f.File), "cgo-") ||
			strings.Contains(f.File, "/src/runtime/cgo/")
	case f.Own:
		return false
	case m.Main && m.Static && m.HasSymbols:
		return f.Archive || f.Line == 0 && (startCode[f.Func] || libraryName(f))
	case m.Main && m.Static && m.HasLines:
		return f.Line == 0 // the library was built without debug information
	case m.Main:
		return startCode[f.Func]
	}
	return false
}

// startCode is what the compiler and crt1.o put into every executable.
var startCode = map[string]bool{
	"_start": true, "_start_c": true, "_init": true, "_fini": true, "__libc_csu_init": true,
	"frame_dummy": true, "__do_global_dtors_aux": true, "register_tm_clones": true,
	"deregister_tm_clones": true,
}

// libraryName reports whether a function of a static program is named as the C library's are: with
// a leading underscore, or so that the same address has such a name too.
func libraryName(f *unwind.Frame) bool {
	return strings.HasPrefix(f.Func, "_") || f.Reserved || named("exit", "abort", "perror")(f)
}

// cLibraries are the libraries that are C's own, by the beginnings of their sonames.
var cLibraries = []string{"libc.so", "libc-", "libm.so", "libpthread.so", "libdl.so", "librt.so",
	"libresolv.so", "libutil.so", "libanl.so", "libnss_", "libgcc_s.so", "libstdc++.so", "libc++.so",
	"libc++abi.so", "ld-linux", "ld-musl", "libc.musl"}

// cLibrary reports whether a module is one of C's own libraries. musl can have been installed
// beside the system's, so that its place is where one puts software of one's own.
func cLibrary(m *unwind.Module) bool {
	if m.Main || !installed(m) && !strings.HasPrefix(m.Path, "/usr/local/") {
		return false
	}
	return hasPrefix(cmp.Or(m.SONAME, filepath.Base(m.Path)), cLibraries...)
}

// inC reports whether a frame can be the C library's: a function of another library may have the
// same name.
func inC(f *unwind.Frame) bool { return cLibrary(f.Module) || f.Module.Main }

// cOwn are the functions of the C library that make calls for their own sake, whoever calls them,
// and what to call that.
var cOwn = map[string]string{
	"malloc": "malloc", "calloc": "malloc", "realloc": "malloc", "free": "malloc",
	"memalign": "malloc", "aligned_alloc": "malloc", "posix_memalign": "malloc", "valloc": "malloc",
	"pvalloc": "malloc", "reallocarray": "malloc", "__libc_malloc": "malloc",
	"__libc_free": "malloc", "malloc_trim": "malloc",
	// It asks what kind of file it is, to choose the size of its buffer.
	"_IO_file_doallocate": "stdio",
	// They load the catalogues of a language, which differ from machine to machine, when the
	// program has only said that it minds the user's language.
	"setlocale": "locale", "newlocale": "locale", "bindtextdomain": "locale",
	"textdomain": "locale", "gettext": "locale", "dcgettext": "locale", "dgettext": "locale",
	"dcngettext": "locale", "iconv_open": "locale",
	// They look up the time zone.
	"tzset": "time zone", "localtime": "time zone", "localtime_r": "time zone",
	"mktime": "time zone", "strftime": "time zone",
}

func (c) Charge(o *Origin, inside, outside []unwind.Frame) {
	o.Main = true
	if pythonStarts(outside) {
		o.Idiom = pythonStart
		return
	}
	if len(inside) == 0 {
		return // the line made the call itself
	}
	o.Library = cmp.Or(inside[0].Func, "?")
	if sanitizes(inside) {
		o.Noise = "sanitizer"
		return
	}
	ran := false     // by the loader: a constructor or a destructor
	unnamed := false // a function of musl's
	for i := range inside {
		f := &inside[i]
		switch {
		case f.Module.Loader && !ran && (i == 0 || !callback(&inside[i-1])):
			if o.Idiom = loads(inside[i:]); o.Idiom == nil {
				o.Noise = "loader"
			}
			return
		case f.Module.Loader:
			ran = true
			continue
		case !inC(f):
			ran = true
			continue
		}
		unnamed = unnamed || f.Func == "" && isMusl(f.Module)
		if kind := cOwn[f.Func]; kind != "" {
			o.Noise = kind
			return
		}
		if found := idioms[f.Func]; found != nil {
			o.Idiom = found.in(f.Module)
		}
	}
	if o.Idiom == nil && unnamed {
		o.Idiom = allocation // malloc jumps to a function without a name
	}
}

// loads is the idiom of a program that has called for a library, nil if the loader is there for
// another reason: another library wants it (iconv(3), nss(5)), or the program begins.
func loads(inside []unwind.Frame) *Idiom {
	if len(inside) == 0 {
		return nil
	}
	if f := &inside[len(inside)-1]; inC(f) || f.Module.Loader { // what the program called
		if i := idioms[f.Func]; i == loading {
			return i
		}
	}
	return nil
}

func isMusl(m *unwind.Module) bool {
	name := cmp.Or(m.SONAME, filepath.Base(m.Path))
	return cLibrary(m) && name != "libc.so.6" && hasPrefix(name, "libc.so", "libc.musl", "ld-musl")
}

// Alone: before main, after it, and beside it.
func (l c) Alone(s *stack) *Origin {
	frames := s.frames
	switch inExit := s.has(named("exit")); {
	case sanitizes(frames):
		return &Origin{Noise: "sanitizer", Site: s.w.site(&frames[0])}
	case fromStart(s) && !inExit:
		// In a program that is linked dynamically the C library makes no call of its own
		// between the start code and main. So main, or a constructor, ended by a jump into
		// the library.
		return l.charged(s.afterMain("main"), frames)
	case jumpedFrom(frames) > 0:
		return l.jumped(s, jumpedFrom(frames))
	case s.lost:
		// A library without unwind tables (musl's libc). Whether the program called it
		// nobody knows, so the call must not disappear.
		o := &Origin{Library: cmp.Or(frames[0].Func, "?"), orphan: untabled}
		o.Site = s.w.site(&frames[0])
		return o
	case s.has(isLoader):
		return &Origin{Noise: l.loading(frames), Site: s.w.site(&frames[0])}
	case inExit:
		o := l.charged(s.afterMain("main"), frames)
		o.Idiom, o.Library, o.Main = nil, "", false
		return o
	}
	if main := s.space.Main(); main != nil && main.Go && !s.has(nameless) {
		// It is runtime/cgo's or the race detector's.
		return &Origin{Noise: startUp, orphan: startOnly}
	}
	o := &Origin{}
	if len(frames) > 0 {
		o.Site = s.w.site(&frames[0])
	}
	if l.Charge(o, frames, nil); o.Noise == "" { // else it's memory, whoever needs it
		o.Idiom, o.Main, o.orphan = startingUp, false, starting
	}
	return o
}

func (l c) charged(o *Origin, frames []unwind.Frame) *Origin {
	l.Charge(o, frames, nil)
	return o
}

func isLoader(f *unwind.Frame) bool { return f.Module.Loader }

// nameless reports whether a frame is code of the executable of which not even the name is known: C
// of a Go program that was stripped can be the program's.
func nameless(f *unwind.Frame) bool { return f.Module.Main && f.Func == "" && f.File == "" }

// loading is who makes a call under the loader: itself, or a constructor of a library that is
// installed.
func (c) loading(frames []unwind.Frame) string {
	for i := 0; !frames[i].Module.Loader; i++ {
		if m := frames[i].Module; installed(m) && !cLibrary(m) {
			return "library start-up"
		}
	}
	return "loader"
}

// jumped is for a callback of the program's (a thread's function, a constructor, a coroutine, a
// destructor) that ended by a jump into the library, so that nothing of the program's is on the
// stack. What the library itself does there is known; all else the program asked for. caller is the
// place of the function that called back.
func (l c) jumped(s *stack, caller int) *Origin {
	o := &Origin{Site: s.w.site(&s.frames[caller-1])}
	main := s.frames[caller].Func == "__libc_start_call_main"
	if main {
		o = s.afterMain("main")
	}
	l.Charge(o, s.frames[:caller], nil)
	if o.Idiom == nil && !main {
		o.Idiom = aroundThread
	}
	return o
}

// fromStart reports whether a stack leads out to the start code of an executable that is linked
// dynamically.
func fromStart(s *stack) bool {
	return s.has(func(f *unwind.Frame) bool {
		return f.Module.Main && !f.Module.Static && startCode[f.Func]
	})
}

// callsBack are the functions of the C library that call a function of the program's as the last
// thing that concerns the program, and what they call besides for themselves: the beginnings of
// names.
var callsBack = map[string][]string{
	"start_thread": {"__nptl_", "__call_tls_dtors", "__libc_thread_freeres", "__free_tcb",
		"__rseq", "advise_stack_range", "___pthread_", "exit_thread"},
	"__start_context":         {"__setcontext", "setcontext", "exit"},
	"__nptl_deallocate_tsd":   {"free", "__libc_free"},
	"__libc_start_call_main":  {"exit", "__GI_exit", "__nptl_", "_setjmp", "__sigsetjmp"},
	"call_init":               {"_dl_", "__libc_", "_init"},
	"call_fini":               {"_"},
	"__libc_start_main":       {"_", "call_init", "exit"}, // of a static program: it has call_init inlined
	"libc_start_init":         {"_"},                      // musl's two
	"libc_exit_fini":          {"_"},
	"timer_sigev_thread":      {"free", "pthread_", "__libc_free"},
	"notification_function":   {"free", "pthread_"},
	"thread_start":            {"free"},
	"__run_postfork_handlers": {"free"},
	"__run_fork_handlers":     {"free"},
	"__run_prefork_handlers":  {"free"},
	"_IO_cookie_write":        nil,
	"_IO_cookie_read":         nil,
	"_IO_cookie_seek":         nil,
	"_IO_cookie_close":        nil,
}

// jumpedFrom is the place of the frame that called back, 0 if there is none, or if it is the
// library that calls for itself there.
func jumpedFrom(frames []unwind.Frame) int {
	for i := range frames {
		own, calls := callsBack[frames[i].Func]
		switch {
		case i > 0 && frames[i].Module.Loader && callback(&frames[i-1]):
			return i // a constructor or a destructor
		case !calls:
			continue
		case i == 0:
			return 0
		}
		f := &frames[i-1]
		if f.Module.Loader || f.Func == "" && !f.Module.Main || hasPrefix(f.Func, own...) {
			return 0
		}
		return i
	}
	return 0
}

// callback reports whether what the loader has called in the C library is for the program: a
// function of its interface, and not for memory, because the loader itself calls no other.
func callback(f *unwind.Frame) bool {
	return cLibrary(f.Module) && !f.Module.Loader &&
		f.Func != "" && !strings.HasPrefix(f.Func, "_") && cOwn[f.Func] == ""
}
