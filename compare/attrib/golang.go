package attrib

import (
	"maps"
	"path"
	"slices"
	"strings"

	"paritykit/compare/unwind"
)

// golang is Go, with the runtime that is part of each of its programs.
type golang struct{}

func (golang) Speaks(f *unwind.Frame) bool { return isGo(f) }

func (golang) Library(f *unwind.Frame) bool {
	return path.Base(f.File) == "_cgo_gotypes.go" || goLibrary(f) // the former is what cgo writes
}

// Charge also says how the runtime lets other goroutines run while the call waits.
func (golang) Charge(o *Origin, inside, outside []unwind.Frame) {
	o.Main = index(outside, named("runtime.main")) >= 0
	o.HoldsP = index(inside, named("syscall.Syscall", "syscall.Syscall6")) < 0
	if n := calledC(inside); n > 0 {
		main := o.Main
		c{}.Charge(o, inside[:n], nil)
		o.Main = main
		return
	}
	o.Clock = index(inside, func(f *unwind.Frame) bool { return goPackage(f.Func) == "time" }) >= 0
	o.Noise, o.Idiom = goPlumbing(inside)
}

// calledC is how many of the frames are C that the program's line called, 0 if it did not. (The
// runtime calls C for itself by another way: to start a thread, to handle a signal.)
func calledC(frames []unwind.Frame) int {
	n := index(frames, named("runtime.asmcgocall"))
	if n <= 0 || index(frames[:n], isGo) >= 0 || index(frames[n:], named("runtime.cgocall")) < 0 {
		return 0
	}
	return n
}

// Alone: the runtime, or a goroutine that the library has started.
func (golang) Alone(s *stack) *Origin {
	switch {
	case !s.has(func(f *unwind.Frame) bool { return isGo(f) }):
		return nil
	case s.has(named("runtime.main")) && s.has(named("runtime.exit")):
		return s.afterMain("main.main")
	}
	o := &Origin{Noise: goAlone(s.frames), Background: s.has(named("runtime.sysmon"))}
	if o.Noise == "" {
		o.Site = s.w.site(librarian(s.frames))
		if s.has(polls) {
			o.Idiom = Polling
		}
	} else {
		o.Site = s.w.site(&s.frames[0])
	}
	// Directly: it also starts a thread, for which the runtime blocks all signals for a moment.
	masks := func(f *unwind.Frame) bool { return strings.HasSuffix(f.Func, "sigprocmask") }
	own := index(s.frames, func(f *unwind.Frame) bool { return !masks(f) })
	if own >= 0 && s.frames[own].Func == "runtime.ensureSigM.func1" {
		o.Catches, o.Site = true, notifier(s, &s.frames[own])
	}
	return o
}

// notifier is the line that wants signals, on whose behalf a goroutine of Go's runtime acts: the
// only one in the program that calls signal.Notify. If there are several, or none that can be
// found, the runtime's own line must do.
func notifier(s *stack, own *unwind.Frame) Site {
	sites := map[Site]bool{}
	for _, fn := range []string{"os/signal.Notify", "os/signal.NotifyContext"} {
		for _, frames := range s.space.Callers(fn) {
			if i := index(frames, s.w.program); i >= 0 {
				site := s.w.site(&frames[i])
				site.Offset = 0 // two calls on one line are one site
				sites[site] = true
			}
		}
	}
	if len(sites) != 1 {
		return s.w.site(own)
	}
	return slices.Collect(maps.Keys(sites))[0]
}

// isGo reports whether a frame is Go code. The functions that assembly keeps to its file have no
// package in their names.
func isGo(f *unwind.Frame) bool {
	return f.Module.Go && (strings.Contains(f.Func, ".") || strings.HasSuffix(f.File, ".s"))
}

// goPackage is the import path in a function's name: "golang.org/x/sys/unix" of
// golang.org/x/sys/unix.Pipe2.
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

// goStubs are packages outside the standard library whose calls belong to the line that called
// them: the bare system-call wrappers, and this kit's fork.
var goStubs = []string{"golang.org/x/sys", goFork}

// goFork is this kit's fork; a copy of it under another path goes by this name, see nameForks.
const goFork = "paritykit/go/fork"

// goPart is a package of a program.
type goPart struct {
	module *unwind.Module
	path   string // as functions are named
}

// nameForks gives the functions of a copy of go/fork the names that the original's have. It is a
// copy if it does what the original does, by the functions that do it: a program that brings its
// own fork may have it anywhere. In package main its functions could not be told from the
// program's.
func (w *Answers) nameForks(s *stack) {
	for i := range s.frames {
		f := &s.frames[i]
		slash := strings.LastIndexByte(f.Func, '/') + 1
		dot := strings.IndexByte(f.Func[slash:], '.')
		if !f.Module.Go || slash == 0 || dot < 0 || f.Func[:slash+dot] == goFork {
			continue
		}
		part := goPart{f.Module, f.Func[:slash+dot]}
		copied, known := w.forks[part]
		if !known {
			copied = !slices.ContainsFunc([]string{".Start", ".Main", ".reexec", ".receive", ".order.send", ".order.obey", ".descriptors", ".restore"},
				func(fn string) bool {
					_, ok := s.space.End(part.path + fn)
					return !ok
				})
			w.forks[part] = copied
		}
		if copied {
			f.Func = goFork + f.Func[slash+dot:]
		}
	}
}

func below(pkg, path string) bool {
	return path != "" && (pkg == path || strings.HasPrefix(pkg, path+"/"))
}

// goLibrary reports whether a Go function is the standard library's, or a stub's.
func goLibrary(f *unwind.Frame) bool {
	pkg := goPackage(f.Func)
	for _, stub := range goStubs {
		if below(pkg, stub) {
			return true
		}
	}
	if pkg == "main" || pkg == "command-line-arguments" {
		return false
	}
	// A build without modules (Debian's) does not say which are whose.
	if b := f.Module.Build; b != nil && b.Main.Path != "" {
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

// goStub reports whether a function only makes the call that another function asked for.
func goStub(fn string) bool {
	name := fn[strings.LastIndexByte(fn, '.')+1:]
	switch pkg := goPackage(fn); {
	case below(pkg, "internal/runtime/syscall"),
		below(pkg, "runtime/internal/syscall"): // so called until Go 1.23
		return true
	case pkg == "syscall" || pkg == "golang.org/x/sys/unix":
		lower := strings.ToLower(name)
		return strings.HasPrefix(lower, "syscall") || strings.HasPrefix(lower, "rawsyscall") ||
			strings.HasPrefix(lower, "rawvforksyscall")
	}
	return false
}

// goName is the name of a function with its package, also where it has none because it's kept to
// its file: the race detector is called by runtime.racecall.
func goName(f *unwind.Frame) string {
	if strings.Contains(f.Func, ".") {
		return f.Func
	}
	dir := path.Dir(f.File)
	if _, below, ok := strings.Cut(dir, "/src/"); ok {
		dir = below
	}
	return dir + "." + f.Func
}

// heapDump writes all of the heap to a file.
const heapDump = "runtime/debug.WriteHeapDump"

func ofRuntime(fn string) bool {
	pkg := goPackage(fn)
	return pkg == "runtime" || below(pkg, "internal/runtime") || below(pkg, "runtime")
}

// goSpeaks are the runtime's functions that do what the program, or its user, wants: print and the
// message of a panic, the end of the process, a heap dump, and of what is in os/signal that which
// makes a call.
var goSpeaks = map[string]bool{"runtime.writeErr": true, "runtime.writeErrData": true,
	"runtime.exit": true, heapDump: true, "os/signal.signal_ignore": true}

// goPlumbing says what the frames between a call and the program's line make of the call. If the
// first one that is more than a stub is the runtime's, then the runtime asked: for memory, for a
// thread, to wake one.
func goPlumbing(frames []unwind.Frame) (noise string, i *Idiom) {
	asking, inC := "", false
	for k := range frames {
		f := &frames[k]
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
		return GoRuntime, nil
	}
	return "", idiomOf(frames)
}

// idiomOf is the outermost idiom among the frames: fork.Start is more than the syscall.ForkExec
// within it.
func idiomOf(frames []unwind.Frame) (i *Idiom) {
	for _, f := range frames {
		if found := idioms[f.Func]; found != nil {
			i = found
		}
	}
	if i == nil && index(frames, polls) >= 0 {
		i = Polling
	}
	return i
}

// polls reports whether a frame is of the package that lets a goroutine wait for a descriptor.
func polls(f *unwind.Frame) bool { return strings.HasPrefix(f.Func, "internal/poll.(*FD).") }

// GoRuntime is the noise of Go's runtime, which it makes for itself.
const GoRuntime = "Go runtime"

// goAlone names the noise of a Go stack without a frame of the program's; "" if a goroutine of the
// library's does its work.
func goAlone(frames []unwind.Frame) string {
	for k := range frames {
		f := &frames[k]
		if !isGo(f) || goStub(f.Func) {
			continue
		}
		if ofRuntime(goName(f)) {
			return GoRuntime
		}
		break
	}
	for _, f := range frames {
		name := f.Func[strings.LastIndexByte(f.Func, '.')+1:]
		if name == "init" || f.Func == "runtime.doInit1" || f.Func == "runtime.doInit" { // until Go 1.20
			return "Go package start-up"
		}
	}
	return ""
}

// librarian is the innermost frame that is more than a stub: of a goroutine that the library
// started to do the program's work, such as os/exec's copying of a child's output. Which line
// wanted it is not on its stack; the library's own line must do.
func librarian(frames []unwind.Frame) *unwind.Frame {
	return &frames[max(index(frames, func(f *unwind.Frame) bool { return !goStub(f.Func) }), 0)]
}
