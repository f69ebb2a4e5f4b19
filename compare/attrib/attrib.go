// Package attrib tells the program's own calls from those that its libraries and its runtime make
// for themselves, by asking who asked: the answer comes from the stack and, where nothing of the
// program's is on that, from what its process is doing; never from the name of the call.
//
// attrib.go looks for the innermost frame that is the program's own: the call is charged to its
// line. language.go says what must be known of a language for that; c.go, cplusplus.go, rust.go and
// golang.go know it of four. sanitizer.go has what compilers add to a program to check it,
// python.go what an interpreter does before it runs a program, and idiom.go the functions that
// carry out one idea by several calls.
package attrib

import (
	"fmt"
	"path/filepath"

	"paritykit/compare/trace"
	"paritykit/compare/unwind"
)

// Site is the source line that asked for a call, or what is known instead.
type Site struct {
	File   string // relative to the root of Answers if it lies below; "" without line information
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

// Origin is the answer to the question who asked for a call: the program, a library, or a runtime.
type Origin struct {
	Noise   string // which library or runtime made the call for itself; "" if the program asked
	Site    Site
	Callers []Site // the program's own lines that led to Site, innermost first
	Idiom   *Idiom // the library function that the call is part of, if that makes several
	Library string // the innermost function of the C library's under the line, "?" without a name

	Background bool // made by the runtime's sysmon
	HoldsP     bool // made without giving up the right to run Go code, as by syscall.RawSyscall
	Main       bool // made by the thread of control that the program begins with; all of C are
	Clock      bool // made by package time, which reads the clock for the program
	Handler    bool // a signal handler is on the stack
	Catches    bool // made by the goroutine of Go's runtime that knows which signals are wanted

	orphan orphan // what the stack leaves open
	jumped bool   // the handler ended by a jump to the library, so that its own frame is gone
}

// OnStack reports whether somebody of the program's is on the stack, and asked.
func (o *Origin) OnStack() bool { return o.orphan == known && o.Noise == "" }

// orphan says what is known of a call with nothing on its stack that can have asked for it. What
// the process is doing decides.
type orphan uint8

const (
	known     orphan = iota // somebody on the stack has asked
	starting                // the library's start-up, unless the program has begun long ago
	untabled                // a library without unwind tables, whoever called it
	startOnly               // the library's start-up in any case
)

// State is what a process is doing when a call arrives, as far as stacks do not show it.
type State struct {
	Running bool    // the program has made a call, so that the library's start-up is over
	Beside  bool    // the call is made by another thread than the first one
	Spawner *Origin // of a child that runs on its parent's memory: who made it, see Spawned
	Handler uint64  // address of the signal handler that runs in the thread, 0 if there is none
}

// Answers are the answers for the stacks of a run, each found once. They are not for several
// goroutines at a time.
type Answers struct {
	root      string
	languages []Language
	known     map[*trace.Stack]*Origin
	beside    map[*Origin]*Origin
	handlers  map[handler]*Origin
	forks     map[goPart]bool // packages that were looked at, see nameForks
}

// handler is a function that the origin of a call leaves open, see Answers.handler.
type handler struct {
	origin   *Origin
	function uint64
}

// New is without answers yet. Files below root are named from there.
func New(root string) *Answers {
	return &Answers{root: root, languages: languages, known: map[*trace.Stack]*Origin{},
		beside: map[*Origin]*Origin{}, handlers: map[handler]*Origin{}, forks: map[goPart]bool{}}
}

// Asked says who asked for the call that was made with a stack, in a process in this state. The
// answer is shared: it must not be changed.
func (w *Answers) Asked(s *trace.Stack, state State) *Origin {
	o := w.known[s]
	if o == nil {
		o = w.onStack(s)
		w.known[s] = o
	}
	if o.jumped && state.Handler != 0 {
		return w.handler(o, s.Space, state.Handler)
	}
	return w.resolve(o, state)
}

// resolve decides what the stack leaves open.
func (w *Answers) resolve(o *Origin, state State) *Origin {
	switch {
	case o.orphan == known:
		return o
	case state.Spawner != nil:
		return state.Spawner
	case state.Beside && o.orphan != startOnly, state.Running && o.orphan == starting:
		return w.callback(o)
	}
	return o
}

// Spawned is who asks for the calls of a child that was made with a stack and runs in the library,
// on its parent's memory, until it executes a program.
func (w *Answers) Spawned(s *trace.Stack) *Origin {
	return &Origin{Site: w.Asked(s, State{}).Site, Idiom: spawned}
}

// callback is for what a program that began long ago does with nothing of its own on the stack: a
// thread's function, a coroutine or a destructor ended by a jump into the library. What the library
// itself does there is known; all else the program asked for.
func (w *Answers) callback(o *Origin) *Origin {
	if w.beside[o] == nil {
		beside := *o
		beside.Noise, beside.Idiom = "", aroundThread
		w.beside[o] = &beside
	}
	return w.beside[o]
}

// handler is o with the line on which a function begins, if that is the program's own: it is where
// a call is charged to that a signal handler made whose frame is gone.
func (w *Answers) handler(o *Origin, space *unwind.Space, function uint64) *Origin {
	key := handler{o, function}
	if w.handlers[key] == nil {
		w.handlers[key] = o
		f := &space.Frames(function + 1)[0] // inside of its first instruction
		if f.Module != nil && w.program(f) {
			begins := *o
			begins.Site = w.site(f)
			w.handlers[key] = &begins
		}
	}
	return w.handlers[key]
}

// onStack is who asked as far as the stack tells.
func (w *Answers) onStack(s *trace.Stack) *Origin {
	if s == nil {
		return &Origin{Noise: "start of the program"} // the launcher's execve
	}
	st := &stack{space: s.Space, w: w}
	for _, pc := range s.PCs {
		st.frames = append(st.frames, s.Space.Frames(pc)...)
	}
	w.nameForks(st)
	// Both ends must be uncovered: glibc's loader begins with a few instructions that no table
	// covers, but what makes its calls is covered.
	n := len(s.PCs)
	st.lost = n > 0 && s.Space.Lost(s.PCs[0]) && s.Space.Lost(s.PCs[n-1])
	return w.ask(st)
}

// ask looks for the innermost frame of the program's own. All frames further in are plumbing that
// the program's line called; what they are reports whether the call is what the line wanted or what
// the plumbing needed for itself.
func (w *Answers) ask(s *stack) *Origin {
	at := index(s.frames, w.program)
	t := index(s.frames, isTrampoline)
	if t > 0 && (at < 0 || at > t) && index(s.frames[:t], isGo) < 0 {
		// Compiled with optimisation, a handler that ends by calling a function jumps
		// there, and leaves it its frame. What lies beyond the trampoline is what was
		// interrupted, and has asked for nothing.
		o := &Origin{Site: w.site(&s.frames[t-1]), Handler: true, jumped: true}
		c{}.Charge(o, s.frames[:t], nil)
		o.Main = false
		return o
	}
	if at < 0 {
		return w.alone(s)
	}
	o := &Origin{Site: w.site(&s.frames[at]), Handler: s.has(isTrampoline)}
	// A call in a helper (fail, a Write method) is made for a line further out, and a reader
	// who knows the program by its parts looks for it there.
	for i := at + 1; i < len(s.frames); i++ {
		if f := &s.frames[i]; w.program(f) {
			o.Callers = append(o.Callers, w.site(f))
		}
	}
	w.language(&s.frames[at]).Charge(o, s.frames[:at], s.frames[at:])
	return o
}

func isTrampoline(f *unwind.Frame) bool { return f.Signal }

func (w *Answers) alone(s *stack) *Origin {
	for _, l := range w.languages {
		if o := l.Alone(s); o != nil {
			return o
		}
	}
	return &Origin{}
}

func (w *Answers) site(f *unwind.Frame) Site {
	return Site{File: Relative(w.root, f.File), Line: f.Line, Func: f.Func, Offset: f.Offset,
		Module: filepath.Base(f.Module.Path)}
}

// Relative is a path from root if it lies below that, and as it is if not. Without a root all are
// as they are.
func Relative(root, path string) string {
	if rel, err := filepath.Rel(root, path); root != "" && err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}
