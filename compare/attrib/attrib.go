// package attrib tells the program's own calls from those that its libraries and its runtime make
// for themselves, by asking who asked: the answer comes from the stack alone, never from the name
// of the call.
//
// attrib.go looks for the innermost frame that is the program's own: the call is charged to its
// line. c.go and golang.go know what belongs to the C library and to Go's, and what their frames
// between that line and the call make of it; idiom.go has the functions that carry out one idea by
// several calls.
package attrib

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"paritykit/compare/trace"
	"paritykit/compare/unwind"
)

// Site is the source line that asked for a call, or what is known instead.
type Site struct {
	File   string // relative to the root of Answers where it lies below; "" without line information
	Line   int
	Func   string
	Offset uint64 // of the calling instruction in Func, or in Module when Func is unknown
	Module string // base name of the executable or library
	Nobody bool   // no line asked: it's a signal that came
}

// String is "c/pipe1.c:14"; without line information "main+0x1f", without symbols "pipe1+0x1189";
// "" if nobody asked.
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

// Origin is the answer to the question who asked for a call. It depends on the stack alone, never
// on the call's name.
type Origin struct {
	Noise   string // what kind of noise the call is; "" if the program asked for it
	Site    Site
	Callers []Site // the program's own lines that led to Site, innermost first
	Idiom   *Idiom // the library function that the call is part of, where that's a story of its own
	Library string // the innermost function of the C library's under the program's line, if its name is known

	Background bool // made by the runtime's sysmon
	HoldsP     bool // made without giving up the right to run Go code, as by syscall.RawSyscall
	Main       bool // made by the thread of control that the program begins with; of C all are, for who says otherwise
	Handler    bool // a signal handler is on the stack
	Jumped     bool // the handler ended by a jump to the library, so that its own frame is gone
	Callback   bool // of StartUp: if the program has begun long ago, a function of its own has asked for it
	Lost       bool // nobody knows who called the library
	Catches    bool // made by the goroutine of Go's runtime that knows which signals the program wants
}

// Answers are the answers for the stacks of a run, each found once. They are not for several
// goroutines at a time.
type Answers struct {
	root  string
	known map[*trace.Stack]*Origin
}

// New is without answers yet. Files below root are named from there.
func New(root string) *Answers { return &Answers{root: root, known: map[*trace.Stack]*Origin{}} }

// Asked says who asked for the call that was made with a stack. The answer is shared: it must not
// be changed.
func (w *Answers) Asked(s *trace.Stack) *Origin {
	if s == nil {
		return &Origin{Noise: "start of the program"} // the launcher's execve
	}
	a := w.known[s]
	if a == nil {
		a = w.ask(s)
		w.known[s] = a
	}
	return a
}

// ask looks for the innermost frame of the program's own. All frames further in are plumbing that
// the program's line called; what they are reports whether the call is what the line wanted or what
// the plumbing needed for itself.
func (w *Answers) ask(s *trace.Stack) *Origin {
	var frames []unwind.Frame
	for _, pc := range s.PCs {
		frames = append(frames, s.Space.Frames(pc)...)
	}
	at := innermost(frames)
	// Compiled with optimisation, a handler that ends by calling a function jumps there, and
	// leaves it its frame. What lies beyond the trampoline is what was interrupted, and has
	// asked for nothing.
	if t := slices.IndexFunc(frames, func(f unwind.Frame) bool { return f.Signal }); t > 0 && (at < 0 || at > t) && !within(frames[:t], isGo) {
		a := &Origin{Site: w.site(frames[t-1]), Handler: true, Jumped: true, Library: wrapper(frames[:t])}
		a.Noise, a.Idiom = cPlumbing(frames[:t])
		return a
	}
	if at < 0 {
		return w.noProgram(s, frames)
	}
	a := &Origin{Site: w.site(frames[at]), Handler: within(frames, func(f unwind.Frame) bool { return f.Signal })}
	a.Callers = w.callers(frames[at+1:])
	plumbing := frames[:at]
	a.Main = !isGo(frames[at]) || within(frames, named("runtime.main"))
	a.HoldsP = isGo(frames[at]) && !within(frames[:at], named("syscall.Syscall")) && !within(frames[:at], named("syscall.Syscall6"))
	if isGo(frames[at]) {
		a.Noise, a.Idiom = goPlumbing(plumbing)
	} else {
		a.Noise, a.Idiom = cPlumbing(plumbing)
		a.Library = wrapper(plumbing)
		if installed(frames[at].Module) && !within(frames[at:], func(f unwind.Frame) bool { return f.Module.Main }) &&
			within(frames[at:], func(f unwind.Frame) bool { return f.Module.Loader }) {
			a.Noise = "library start-up" // a constructor that the loader runs: not one of the program's own libraries
		}
	}
	return a
}

// callers are the program's own lines among the frames outside the one that asked. A call in a
// helper (fail, a Write method) is made for a line further out, and a reader who knows the program
// by its parts looks for it there.
func (w *Answers) callers(outside []unwind.Frame) (sites []Site) {
	for _, f := range outside {
		if ofProgram(f) {
			sites = append(sites, w.site(f))
		}
	}
	return sites
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

// fromOutside is innermost for a static program without debug information, whose functions and the
// C library's lie side by side. Its own are those from where the library hands over (to main, to a
// thread's function, to a signal handler) to the first one that is the library's: from there on the
// names of the library's inner functions say nothing. (A call from a callback, such as qsort's, is
// charged to the line that called qsort.)
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

// handsOver are the C library's functions that call the program's: their callees are the program's
// own.
var handsOver = map[string]bool{"_start": true, "__libc_start_main": true, "__libc_start_main_impl": true,
	"__libc_start_call_main": true, "start_thread": true, "clone": true, "clone3": true, "__restore_rt": true}

// ofProgram reports whether a frame is the program's own, and not a system-call stub, the standard
// library's or libc's. Code that nothing is known about counts as the program's: what can't be
// attributed must not disappear.
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

// wrapper is the C library's function that made the call, "?" if it has no name, "" if the
// program's own code did.
func wrapper(plumbing []unwind.Frame) string {
	if len(plumbing) == 0 {
		return ""
	}
	return cmp.Or(plumbing[0].Func, "?")
}

// noProgram is for stacks without a frame of the program's: what happens before main, after it, and
// beside it.
func (w *Answers) noProgram(s *trace.Stack, frames []unwind.Frame) *Origin {
	a := &Origin{}
	if len(frames) > 0 {
		a.Site = w.site(frames[0])
	}
	switch {
	case within(frames, isGo):
		if within(frames, named("runtime.main")) && within(frames, named("runtime.exit")) {
			return w.afterMain(s, "main.main")
		}
		a.Noise, a.Background = goAlone(frames), within(frames, named("runtime.sysmon"))
		if a.Noise == "" {
			a.Site = w.site(librarian(frames))
		}
		// Directly: it also starts a thread, for which the runtime blocks all signals for a
		// moment.
		own := slices.IndexFunc(frames, func(f unwind.Frame) bool { return !strings.HasSuffix(f.Func, "sigprocmask") })
		if own >= 0 && frames[own].Func == "runtime.ensureSigM.func1" {
			a.Catches, a.Site = true, w.notifier(s.Space, frames[own])
		}
	case fromStart(frames) && !within(frames, named("exit")):
		// In a program that is linked dynamically the C library makes no call of its own
		// between the start code and main. So main, or a constructor, ended by a jump into
		// the library.
		a = w.afterMain(s, "main")
		a.Noise, a.Idiom = cPlumbing(frames)
		a.Library, a.Main = wrapper(frames), true
	case jumpedFrom(frames) > 0:
		// A callback of the program's (a thread's function, a constructor, a coroutine, a
		// destructor) ended by a jump into the library, so that nothing of the program's is
		// on the stack. What the library itself does there is known; all else the program
		// asked for.
		h := jumpedFrom(frames)
		a.Site = w.site(frames[h-1])
		a.Noise, a.Idiom = cPlumbing(frames[:h])
		if a.Idiom == nil {
			a.Idiom = Beside
		}
		if frames[h].Func == "__libc_start_call_main" {
			a = w.afterMain(s, "main")
			a.Noise, a.Idiom = cPlumbing(frames[:h])
		}
		a.Library = wrapper(frames[:h])
		a.Main = true
	case lost(s):
		// A library without unwind tables (musl's libc). Whether the program called it
		// nobody knows, so the call must not disappear.
		a.Lost, a.Library = true, wrapper(frames)
	case within(frames, func(f unwind.Frame) bool { return f.Module.Loader }):
		a.Noise = "loader"
	case within(frames, named("exit")):
		a = w.afterMain(s, "main")
		a.Noise, _ = cPlumbing(frames)
	default:
		a.Noise, a.Library = StartUp, wrapper(frames)
		main := s.Space.Main()
		a.Callback = main == nil || !main.Go // in a Go program it is the race detector
	}
	return a
}

// fromStart reports whether a stack leads out to the start code of an executable that is linked
// dynamically.
func fromStart(frames []unwind.Frame) bool {
	return within(frames, func(f unwind.Frame) bool { return f.Module.Main && !f.Module.Static && startCode[f.Func] })
}

// callsBack are the functions of the C library that call a function of the program's as the last
// thing that concerns the program, and what they call besides for themselves.
var callsBack = map[string][]string{
	"start_thread":            {"__nptl_", "__call_tls_dtors", "__libc_thread_freeres", "__free_tcb", "__rseq", "advise_stack_range", "___pthread_", "exit_thread"},
	"__start_context":         {"__setcontext", "setcontext", "exit"},
	"__nptl_deallocate_tsd":   {"free", "__libc_free"},
	"__libc_start_call_main":  {"exit", "__GI_exit", "__nptl_", "_setjmp", "__sigsetjmp"},
	"call_init":               {"_dl_", "__libc_", "_init"},
	"timer_sigev_thread":      {"free", "pthread_", "__libc_free"},
	"notification_function":   {"free", "pthread_"},
	"thread_start":            {"free"},
	"__run_postfork_handlers": {"free"},
	"__run_fork_handlers":     {"free"},
	"__run_prefork_handlers":  {"free"},
	"_IO_cookie_write":        nil, "_IO_cookie_read": nil, "_IO_cookie_seek": nil, "_IO_cookie_close": nil,
}

// jumpedFrom is the index of the frame that called back, 0 if there is none, or if it is the
// library that calls for itself there.
func jumpedFrom(frames []unwind.Frame) int {
	for i, f := range frames {
		own, calls := callsBack[f.Func]
		if !calls {
			continue
		}
		if i == 0 || frames[i-1].Module.Loader || frames[i-1].Func == "" {
			return 0
		}
		for _, prefix := range own {
			if strings.HasPrefix(frames[i-1].Func, prefix) {
				return 0
			}
		}
		return i
	}
	return 0
}

// lost reports whether a stack tells nothing, because there is no knowing who called the innermost
// frame. (glibc's loader begins with a few instructions that no table covers, but what makes its
// calls is covered.)
func lost(s *trace.Stack) bool {
	n := len(s.PCs)
	return n > 0 && s.Space.Lost(s.PCs[0]) && s.Space.Lost(s.PCs[n-1])
}

// notifier is the line that wants signals, on whose behalf a goroutine of Go's runtime acts: the
// only one in the program that calls signal.Notify. If there are several, or none that can be
// found, the runtime's own line must do.
func (w *Answers) notifier(space *unwind.Space, own unwind.Frame) Site {
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

// StartUp is the noise before main, which nobody on the stack has asked for.
const StartUp = "libc start-up"

// afterMain is for calls made after main has returned: the flush of stdio's buffers, the end of the
// process. Which of its returns it took is no longer to be seen, so the line on which main ends
// stands for all of them.
func (w *Answers) afterMain(s *trace.Stack, main string) *Origin {
	a := &Origin{}
	if f, ok := s.Space.End(main); ok {
		a.Site = w.site(f)
	} else if m := s.Space.Main(); m != nil {
		a.Site = Site{Module: filepath.Base(m.Path)}
	}
	return a
}

// In is a with the line on which the function at an address begins, if that is the program's own:
// it is where a call is charged to that a signal handler made whose frame is gone.
func (w *Answers) In(a *Origin, space *unwind.Space, function uint64) *Origin {
	if f := space.Frames(function + 1)[0]; f.Module != nil && ofProgram(f) { // inside of its first instruction
		begins := *a
		begins.Site = w.site(f)
		return &begins
	}
	return a
}

func (w *Answers) site(f unwind.Frame) Site {
	s := Site{File: f.File, Line: f.Line, Func: f.Func, Offset: f.Offset, Module: filepath.Base(f.Module.Path)}
	if rel, err := filepath.Rel(w.root, f.File); w.root != "" && err == nil && filepath.IsLocal(rel) {
		s.File = rel
	}
	return s
}
