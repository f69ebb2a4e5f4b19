package canon

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"paritykit/compare/trace"
	"paritykit/compare/unwind"
)

// Site is the source line that asked for a call, or what is known instead.
type Site struct {
	File   string // relative to Options.Root where it lies below; "" without line information
	Line   int
	Func   string
	Offset uint64 // of the calling instruction in Func, or in Module when Func is unknown
	Module string // base name of the executable or library
	Nobody bool   // no line asked: it's a signal that came
}

// String is "c/pipe1.c:14"; without line information "main+0x1f", without symbols "pipe1+0x1189"; "" if nobody asked.
func (s Site) String() string {
	switch {
	case s.Nobody:
		return ""
	case s.File != "":
		return fmt.Sprintf("%s:%d", s.File, s.Line)
	case s.Func != "":
		return fmt.Sprintf("%s+%#x", s.Func, s.Offset)
	case s.Module != "":
		return fmt.Sprintf("%s+%#x", s.Module, s.Offset)
	}
	return "?"
}

// asker is the answer to the question who asked for a call. It depends on the stack alone, never on the call's name.
type asker struct {
	noise   string // what kind of noise the call is; "" if the program asked for it
	site    Site
	callers []Site // the program's own lines that led to site, innermost first
	idiom   *idiom // the library function that the call is part of, where that's a story of its own
	library string // the innermost function of the C library's under the program's line, if its name is known
	ended   bool   // main has returned, and the C library or Go's runtime ends the process

	background bool // made by the runtime's sysmon
	keeps      bool // made without giving up the right to run Go code, as by syscall.RawSyscall
	main       bool // made by the thread of control that the program begins with; of C all are, for who says otherwise
	handler    bool // a signal handler is on the stack
	jumped     bool // it ended by a jump to the library, so that its own frame is gone: see Process.handling
	catches    bool // made by the goroutine of Go's runtime that knows which signals the program wants
}

// who answers for stacks, each once.
type who struct {
	root  string
	known map[*trace.Stack]*asker
}

func newWho(root string) *who { return &who{root: root, known: map[*trace.Stack]*asker{}} }

func (w *who) asked(s *trace.Stack) *asker {
	if s == nil {
		return &asker{noise: "start of the program"} // the launcher's execve
	}
	a := w.known[s]
	if a == nil {
		a = w.ask(s)
		w.known[s] = a
	}
	return a
}

// ask looks for the innermost frame of the program's own. All frames further in are plumbing that the program's line
// called; what they are says whether the call is what the line wanted or what the plumbing needed for itself.
func (w *who) ask(s *trace.Stack) *asker {
	var frames []unwind.Frame
	for _, pc := range s.PCs {
		frames = append(frames, s.Space.Frames(pc)...)
	}
	at := innermost(frames)
	// Compiled with optimisation, a handler that ends by calling a function jumps there, and leaves it its frame. What lies beyond the
	// trampoline is what was interrupted, and has asked for nothing.
	if t := slices.IndexFunc(frames, func(f unwind.Frame) bool { return f.Signal }); t > 0 && (at < 0 || at > t) && !within(frames[:t], isGo) {
		a := &asker{site: w.site(frames[t-1]), handler: true, jumped: true, library: wrapper(frames[:t])}
		a.noise, a.idiom = cPlumbing(frames[:t])
		return a
	}
	if at < 0 {
		return w.noProgram(s, frames)
	}
	a := &asker{site: w.site(frames[at]), handler: within(frames, func(f unwind.Frame) bool { return f.Signal })}
	a.callers = w.callers(frames[at+1:])
	plumbing := frames[:at]
	a.main = !isGo(frames[at]) || within(frames, named("runtime.main"))
	a.keeps = isGo(frames[at]) && !within(frames[:at], named("syscall.Syscall")) && !within(frames[:at], named("syscall.Syscall6"))
	if isGo(frames[at]) {
		a.noise, a.idiom = goPlumbing(plumbing)
	} else {
		a.noise, a.idiom = cPlumbing(plumbing)
		a.library = wrapper(plumbing)
		if !within(frames[at:], func(f unwind.Frame) bool { return f.Module.Main }) &&
			within(frames[at:], func(f unwind.Frame) bool { return f.Module.Loader }) {
			a.noise = "library start-up" // a constructor that the loader runs
		}
	}
	return a
}

// innermost is the index of the innermost frame that belongs to the program, -1 if none does.
func innermost(frames []unwind.Frame) int {
	if m := executable(frames); m != nil && m.Static && !m.HasLines && m.HasSymbols && !m.Go {
		return fromOutside(frames)
	}
	for i, f := range frames {
		if ofProgram(f) {
			return i
		}
	}
	return -1
}

// executable is the module of the outermost frame that lies in the executable, nil if none does.
func executable(frames []unwind.Frame) *unwind.Module {
	for _, f := range slices.Backward(frames) {
		if f.Module.Main {
			return f.Module
		}
	}
	return nil
}

// fromOutside is innermost for a static program without debug information, whose functions and the C library's lie side by
// side. Its own are those from where the library hands over (to main, to a thread's function, to a signal handler) to the first
// one that is the library's: from there on the names of the library's inner functions say nothing. (A call from a callback,
// such as qsort's, is charged to the line that called qsort.)
func fromOutside(frames []unwind.Frame) int {
	at, handed := -1, true
	for i, f := range slices.Backward(frames) {
		switch {
		case handsOver[f.Func]:
			at, handed = -1, true
		case f.Func != "" && !libcName(f):
			if handed {
				at = i
			}
		default:
			handed = false
		}
	}
	return at
}

// handsOver are the C library's functions that call the program's: their callees are the program's own.
var handsOver = map[string]bool{"_start": true, "__libc_start_main": true, "__libc_start_main_impl": true,
	"__libc_start_call_main": true, "start_thread": true, "clone": true, "clone3": true, "__restore_rt": true}

// ofProgram says whether a frame is the program's own, and not a system-call stub, the standard library's or libc's.
// Code that nothing is known about counts as the program's: what can't be attributed must not disappear.
func ofProgram(f unwind.Frame) bool {
	if isGo(f) {
		return !goLibrary(f)
	}
	m := f.Module
	switch {
	case m.Loader, m.Path == "[vdso]", cLibrary(m):
		return false
	case m.Go:
		return f.Line > 0 // C inside a Go program: its own has debug information, cgo's and the runtime's has none
	case m.Main && m.Static && m.HasLines:
		return f.Line > 0 // the library in a static program was built without debug information
	case m.Main:
		return !startCode[f.Func]
	}
	return true
}

func within(frames []unwind.Frame, is func(unwind.Frame) bool) bool {
	for _, f := range frames {
		if is(f) {
			return true
		}
	}
	return false
}

func named(name string) func(unwind.Frame) bool {
	return func(f unwind.Frame) bool { return f.Func == name }
}

// wrapper is the C library's function that made the call, "?" if it has no name, "" if the program's own code did.
func wrapper(plumbing []unwind.Frame) string {
	if len(plumbing) == 0 {
		return ""
	}
	return cmp.Or(plumbing[0].Func, "?")
}

// noProgram is for stacks without a frame of the program's: what happens before main, after it, and beside it.
func (w *who) noProgram(s *trace.Stack, frames []unwind.Frame) *asker {
	a := &asker{}
	if len(frames) > 0 {
		a.site = w.site(frames[0])
	}
	switch {
	case within(frames, isGo):
		if within(frames, named("runtime.main")) && within(frames, named("runtime.exit")) {
			return w.afterMain(s, "main.main")
		}
		a.noise, a.background = goAlone(frames), within(frames, named("runtime.sysmon"))
		if a.noise == "" {
			a.site = w.site(librarian(frames))
		}
		// Directly: it also starts a thread, for which the runtime blocks all signals for a moment.
		own := slices.IndexFunc(frames, func(f unwind.Frame) bool { return !strings.HasSuffix(f.Func, "sigprocmask") })
		if own >= 0 && frames[own].Func == "runtime.ensureSigM.func1" {
			a.catches, a.site = true, w.notifier(s.Space, frames[own])
		}
	case lost(s):
		// A library without unwind tables (musl's libc). Whether the program called it nobody knows, so the call must not disappear.
	case within(frames, func(f unwind.Frame) bool { return f.Module.Loader }):
		a.noise = "loader"
	case within(frames, named("exit")):
		a = w.afterMain(s, "main")
		a.noise, _ = cPlumbing(frames)
	default:
		a.noise = startUp
	}
	return a
}

// lost says whether a stack tells nothing, because there is no knowing who called the innermost frame. (glibc's loader begins with a
// few instructions that no table covers, but what makes its calls is covered.)
func lost(s *trace.Stack) bool {
	n := len(s.PCs)
	return n > 0 && s.Space.Lost(s.PCs[0]) && s.Space.Lost(s.PCs[n-1])
}

// notifier is the line that wants signals, on whose behalf a goroutine of Go's runtime acts: the only one in the program
// that calls signal.Notify. If there are several, or none that can be found, the runtime's own line must do.
func (w *who) notifier(space *unwind.Space, own unwind.Frame) Site {
	sites := map[Site]bool{}
	for _, fn := range []string{"os/signal.Notify", "os/signal.NotifyContext"} {
		for _, frames := range space.Callers(fn) {
			if i := slices.IndexFunc(frames, ofProgram); i >= 0 {
				site := w.site(frames[i])
				site.Offset = 0 // two calls on one line are one site
				sites[site] = true
			}
		}
	}
	if len(sites) != 1 {
		return w.site(own)
	}
	return slices.Collect(maps.Keys(sites))[0]
}

const startUp = "libc start-up"

// afterMain is for calls made after main has returned: the flush of stdio's buffers, the end of the process. Which of its
// returns it took is no longer to be seen, so the line on which main ends stands for all of them.
func (w *who) afterMain(s *trace.Stack, main string) *asker {
	a := &asker{ended: true}
	if f, ok := s.Space.End(main); ok {
		a.site = w.site(f)
	} else if m := s.Space.Main(); m != nil {
		a.site = Site{Module: filepath.Base(m.Path)}
	}
	return a
}

func (w *who) site(f unwind.Frame) Site {
	s := Site{File: f.File, Line: f.Line, Func: f.Func, Offset: f.Offset, Module: filepath.Base(f.Module.Path)}
	if rel, err := filepath.Rel(w.root, f.File); w.root != "" && err == nil && filepath.IsLocal(rel) {
		s.File = rel
	}
	return s
}

// C.

// startCode is what the compiler and crt1.o put into every executable.
var startCode = map[string]bool{
	"_start": true, "_init": true, "_fini": true, "__libc_csu_init": true, "frame_dummy": true,
	"__do_global_dtors_aux": true, "register_tm_clones": true, "deregister_tm_clones": true, "": false,
}

// cLibraries are the libraries that are C's own (and C++'s): a call made in them was asked for by the line that called
// them. All other libraries count as parts of the program.
var cLibraries = []string{"libc.so", "libc-", "libm.so", "libpthread.so", "libdl.so", "librt.so", "libresolv.so", "libutil.so",
	"libanl.so", "libnss_", "libgcc_s.so", "libstdc++.so", "libc++.so", "libc++abi.so", "ld-linux", "ld-musl", "libc.musl"}

func cLibrary(m *unwind.Module) bool {
	name := m.SONAME
	if name == "" && !m.Main {
		name = filepath.Base(m.Path)
	}
	for _, prefix := range cLibraries {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// libcName says whether a function of a static program without debug information is the C library's. Its functions have
// names that are reserved (a leading underscore) or that stand for the same address as a reserved name, but for a few.
func libcName(f unwind.Frame) bool {
	return strings.HasPrefix(f.Func, "_") || f.Reserved || f.Func == "exit" || f.Func == "perror"
}

// cOwn are the functions of the C library that make calls for their own sake, whoever calls them, and what to call that.
var cOwn = map[string]string{
	"malloc": "malloc", "calloc": "malloc", "realloc": "malloc", "free": "malloc", "memalign": "malloc",
	"aligned_alloc": "malloc", "posix_memalign": "malloc", "valloc": "malloc", "pvalloc": "malloc", "reallocarray": "malloc",
	"__libc_malloc": "malloc", "__libc_free": "malloc", "malloc_trim": "malloc",
	"_IO_file_doallocate": "stdio", // asks what kind of file it is, to choose the size of its buffer
	// They load the catalogues of a language, which differ from machine to machine, when the program has only said that it
	// minds the user's language.
	"setlocale": "locale", "newlocale": "locale", "bindtextdomain": "locale", "textdomain": "locale", "gettext": "locale",
	"dcgettext": "locale", "dgettext": "locale", "dcngettext": "locale", "iconv_open": "locale",
	// They look up the time zone.
	"tzset": "time zone", "localtime": "time zone", "localtime_r": "time zone", "mktime": "time zone", "strftime": "time zone",
}

// cPlumbing says what the C library's frames between a call and the program's line make of the call.
func cPlumbing(frames []unwind.Frame) (noise string, i *idiom) {
	for _, f := range frames {
		if f.Module.Loader {
			return "loader", nil
		}
		if kind := cOwn[f.Func]; kind != "" {
			return kind, nil
		}
		if found := idioms[f.Func]; found != nil {
			i = found
		}
	}
	return "", i
}

// Go.

// isGo says whether a frame is Go code. The functions that assembly keeps to its file have no package in their names.
func isGo(f unwind.Frame) bool {
	return f.Module.Go && (strings.Contains(f.Func, ".") || strings.HasSuffix(f.File, ".s"))
}

// goPackage is the import path in a function's name: "golang.org/x/sys/unix" of golang.org/x/sys/unix.Pipe2.
func goPackage(fn string) string {
	slash := strings.LastIndexByte(fn, '/') + 1
	if generic := strings.IndexByte(fn, '['); generic >= 0 && generic < slash {
		slash = strings.LastIndexByte(fn[:generic], '/') + 1
	}
	if dot := strings.IndexByte(fn[slash:], '.'); dot >= 0 {
		return strings.ReplaceAll(fn[:slash+dot], "%2e", ".")
	}
	return ""
}

// goStubs are packages outside the standard library whose calls belong to the line that called them: the bare
// system-call wrappers, and this kit's fork.
var goStubs = []string{"golang.org/x/sys", "paritykit/go/internal/fork"}

func below(pkg, path string) bool {
	return path != "" && (pkg == path || strings.HasPrefix(pkg, path+"/"))
}

// goLibrary says whether a Go function is the standard library's, or a stub's.
func goLibrary(f unwind.Frame) bool {
	pkg := goPackage(f.Func)
	for _, stub := range goStubs {
		if below(pkg, stub) {
			return true
		}
	}
	if pkg == "main" || pkg == "command-line-arguments" {
		return false
	}
	if b := f.Module.Build; b != nil && b.Main.Path != "" { // a build without modules (Debian's) does not say which are whose
		if below(pkg, b.Main.Path) {
			return false
		}
		for _, dep := range b.Deps {
			if below(pkg, dep.Path) {
				return false
			}
		}
		return true
	}
	first, _, _ := strings.Cut(pkg, "/")
	return !strings.Contains(first, ".")
}

// goStub says whether a function only makes the call that another function asked for.
func goStub(fn string) bool {
	name := fn[strings.LastIndexByte(fn, '.')+1:]
	switch pkg := goPackage(fn); {
	case below(pkg, "internal/runtime/syscall"), below(pkg, "runtime/internal/syscall"): // so called until Go 1.23
		return true
	case pkg == "syscall" || pkg == "golang.org/x/sys/unix":
		lower := strings.ToLower(name)
		return strings.HasPrefix(lower, "syscall") || strings.HasPrefix(lower, "rawsyscall") ||
			strings.HasPrefix(lower, "rawvforksyscall")
	}
	return false
}

// goName is the name of a function with its package, also where it has none because it's kept to its file: the race detector is
// called by runtime.racecall.
func goName(f unwind.Frame) string {
	if strings.Contains(f.Func, ".") {
		return f.Func
	}
	dir := path.Dir(f.File)
	if _, below, ok := strings.Cut(dir, "/src/"); ok {
		dir = below
	}
	return dir + "." + f.Func
}

func ofRuntime(fn string) bool {
	pkg := goPackage(fn)
	return pkg == "runtime" || below(pkg, "internal/runtime") || below(pkg, "runtime")
}

// goSpeaks are the runtime's functions that do what the program, or its user, wants: print and the message of a panic,
// and the end of the process.
var goSpeaks = map[string]bool{"runtime.writeErr": true, "runtime.writeErrData": true, "runtime.exit": true}

// goPlumbing says what the frames between a call and the program's line make of the call. If the first one that is
// more than a stub is the runtime's, then the runtime asked: for memory, for a thread, to wake one.
func goPlumbing(frames []unwind.Frame) (noise string, i *idiom) {
	asking, inC := "", false
	for _, f := range frames {
		if goSpeaks[f.Func] {
			return "", idiomOf(frames)
		}
		switch {
		case asking != "" || goStub(f.Func):
		case !isGo(f): // C: of a program with cgo, or of the race detector
			inC = true
		case inC && f.Func == "runtime.asmcgocall":
			asking = "C"
		default:
			asking = goName(f)
		}
	}
	if asking != "" && ofRuntime(asking) {
		return "Go runtime", nil
	}
	return "", idiomOf(frames)
}

// idiomOf is the outermost idiom among the frames: fork.Start is more than the syscall.ForkExec within it.
func idiomOf(frames []unwind.Frame) (i *idiom) {
	for _, f := range frames {
		if found := idioms[f.Func]; found != nil {
			i = found
		}
	}
	return i
}

// goAlone names the noise of a Go stack without a frame of the program's; "" if a goroutine of the library's does its work.
func goAlone(frames []unwind.Frame) string {
	for _, f := range frames {
		if !isGo(f) || goStub(f.Func) {
			continue
		}
		if ofRuntime(goName(f)) {
			return "Go runtime"
		}
		break
	}
	for _, f := range frames {
		if name := f.Func[strings.LastIndexByte(f.Func, '.')+1:]; name == "init" || f.Func == "runtime.doInit1" || f.Func == "runtime.doInit" { // the latter until Go 1.20
			return "Go package start-up"
		}
	}
	return ""
}

// librarian is the innermost frame that is more than a stub: of a goroutine that the library started to do the program's work, such
// as os/exec's copying of a child's output. Which line wanted it is not on its stack; the library's own line must do.
func librarian(frames []unwind.Frame) unwind.Frame {
	for _, f := range frames {
		if !goStub(f.Func) {
			return f
		}
	}
	return frames[0]
}
