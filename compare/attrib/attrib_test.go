package attrib

import (
	"fmt"
	"strings"
	"testing"

	"paritykit/compare/unwind"
)

// Modules of a picture, by the name behind the @ of a frame.
var (
	libc    = &unwind.Module{Path: "/usr/lib/x86_64-linux-gnu/libc.so.6", SONAME: "libc.so.6", HasSymbols: true}
	loader  = &unwind.Module{Path: "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", SONAME: "ld-linux-x86-64.so.2", Loader: true}
	modules = map[string]*unwind.Module{
		"libc": libc, "ld": loader,
		"prog":   {Path: "/home/me/prog", Main: true, HasLines: true, HasSymbols: true},
		"bare":   {Path: "/home/me/bare", Main: true, HasSymbols: true},
		"static": {Path: "/home/me/static", Main: true, Static: true, HasSymbols: true},
		"go":     {Path: "/home/me/port", Main: true, Static: true, Go: true, HasLines: true, HasSymbols: true},
		"rust":   {Path: "/home/me/rusty", Main: true, Rust: true, HasLines: true, HasSymbols: true},
		"libz":   {Path: "/usr/lib/x86_64-linux-gnu/libz.so.1", SONAME: "libz.so.1"},
		"libown": {Path: "/home/me/libown.so", SONAME: "libown.so"},
		"fake":   {Path: "/home/me/lib/libc.so.6", SONAME: "libc.so.6"}, // named like the system's
		"musl":   {Path: "/usr/lib/x86_64-linux-musl/libc.so", SONAME: "libc.so"},
		"asan":   {Path: "/usr/lib/x86_64-linux-gnu/libasan.so.8.0.0", SONAME: "libasan.so.8"},
	}
)

// picture reads a stack: frames from the innermost on, "function@module file:line flags", of which
// "-" stands for no function. Flags are O (Frame.Own), A (Archive), R (Reserved) and S (Signal).
func picture(t *testing.T, text string) *stack {
	t.Helper()
	s := &stack{space: testSpace{}}
	for _, one := range strings.Split(text, ";") {
		words := strings.Fields(one)
		fn, module, _ := strings.Cut(words[0], "@")
		f := unwind.Frame{Func: strings.TrimPrefix(fn, "-"), Module: modules[module]}
		if f.Module == nil {
			t.Fatalf("no module %q", module)
		}
		for _, word := range words[1:] {
			if file, line, ok := strings.Cut(word, ":"); ok {
				f.File = file
				fmt.Sscan(line, &f.Line)
				continue
			}
			f.Own, f.Archive = strings.Contains(word, "O"), strings.Contains(word, "A")
			f.Reserved, f.Signal = strings.Contains(word, "R"), strings.Contains(word, "S")
		}
		s.frames = append(s.frames, f)
		if f.Module.Main {
			s.space = testSpace{f.Module}
		}
	}
	return s
}

// testSpace is a program in which each function ends on line 99 of its file.
type testSpace struct{ main *unwind.Module }

func (s testSpace) Main() *unwind.Module { return s.main }

func (s testSpace) End(fn string) (unwind.Frame, bool) {
	return unwind.Frame{Func: fn, File: "end.c", Line: 99, Module: s.main}, s.main != nil
}

func (testSpace) Callers(string) [][]unwind.Frame { return nil }

func (testSpace) Find(match func(string) bool) (string, bool) {
	const main = "_ZN5rusty4main17h086b0cfd890a8ea9E"
	return main, match(main)
}

// said is an origin in a line: who made the call, and where.
func said(o *Origin) string {
	who := "program"
	switch {
	case o.Noise != "":
		who = o.Noise
	case o.Idiom != nil:
		who = "part of " + o.Idiom.Name
	}
	return who + " " + o.Site.String()
}

const main = "main@prog a.c:10; -@libc; __libc_start_main@libc R; _start@prog"

// TestOrigin has stacks of each kind, and who asked.
func TestOrigin(t *testing.T) {
	for _, c := range []struct{ name, stack, want string }{
		{"a line of C", "write@libc R;" + main, "program a.c:10"},
		{"malloc", "brk@libc; -@libc; malloc@libc;" + main, "malloc a.c:10"},
		{"printf", "write@libc R; -@libc; printf@libc;" + main, "part of stdio a.c:10"},
		{"a header's inline function", "read@libc; read@prog /usr/include/x86_64-linux-gnu/bits/unistd.h:38;" + main, "program a.c:10"},
		{"a header by another way", "read@libc; read@prog /usr/lib/gcc/x86_64-linux-gnu/12/../../../../include/c++/12/thread:5;" + main, "program a.c:10"},
		{"a header of the program's own", "read@libc; get@prog include/get.h:3;" + main, "program include/get.h:3"},
		{"an installed library", "read@libc; gzread@libz;" + main, "program a.c:10"},
		{"a library of the program's own", "read@libc; get@libown get.c:7;" + main, "program get.c:7"},
		{"a library with a borrowed name", "read@fake;" + main, "program read+0x0"},
		{"a function that is only named malloc", "read@libc; malloc@libown m.c:3;" + main, "program m.c:3"},
		{"the loader", "openat@ld; -@ld; dlopen@libc;" + main, "part of loader a.c:10"},
		{"the loader for a library", "openat@ld; -@ld; -@libc; getpwnam@libc;" + main, "loader a.c:10"},
		{"a destructor that jumped", "unlink@libc; -@ld; -@libc; exit@libc;" + main, "program a.c:10"},
		{"the loader's malloc", "mmap@libc; malloc@libc; -@ld; dlopen@libc;" + main, "malloc a.c:10"},

		{"main that jumped", "write@libc R; -@libc; __libc_start_main@libc R; _start@prog", "program end.c:99"},
		{"the end of main", "write@libc; -@libc; exit@libc; -@libc; __libc_start_main@libc R; _start@prog", "program end.c:99"},
		{"a thread's function that jumped", "close@libc; start_thread@libc", "part of thread close+0x0"},
		{"the end of a thread", "munmap@libc; __nptl_free_tcb@libc; start_thread@libc", "part of libc start-up munmap+0x0"},
		{"a destructor that jumped, after main", "unlink@libc; -@ld; -@libc; exit@libc; -@libc; __libc_start_main@libc R; _start@prog", "part of thread unlink+0x0"},
		{"the loader, before main", "mmap@ld; -@ld", "loader mmap+0x0"},
		{"a constructor of an installed library", "getpid@libc; start@libz; -@ld", "library start-up getpid+0x0"},
		{"a constructor of the program's library", "getpid@libc; start@libown own.c:2; -@ld", "program own.c:2"},
		{"a constructor under musl", "getuid@musl; -@musl; -@musl", "part of libc start-up getuid+0x0"},

		{"static: main", "read@static A; main@static O; __libc_start_call_main@static AR", "program main+0x0"},
		{"static: a constructor sorted first", "getuid@static A; begin@static; __libc_start_main@static AR", "program begin+0x0"},
		{"static: a constructor that jumped", "getuid@static A; __libc_start_main@static AR; _start@static R", "part of thread getuid+0x0"},
		{"static: the library's start", "brk@static A; __libc_setup_tls@static AR; __libc_start_main@static AR; _start@static R", "part of libc start-up brk+0x0"},
		{"static: a callback with an odd name", "write@static A; _mine@static O; qsort@static A; main@static O", "program _mine+0x0"},
		{"static: a function without an underscore", "gettid@static A; raise@static A; main@static O", "part of raise main+0x0"},
		{"static: the constructor of a global in C++", "getuid@static A; _GLOBAL__sub_I_g@static; __libc_start_main@static AR", "program _GLOBAL__sub_I_g+0x0"},
		{"static: the library of C++", "write@static A; _ZNSo5flushEv@static A; _ZSt4endlIcSt11char_traitsIcEERSt13basic_ostreamIT_T0_ES6_@static; main@static O", "program main+0x0"},

		{"a handler", "write@libc; handler@prog a.c:3; -@libc S; pause@libc;" + main, "program a.c:3"},
		{"a handler that jumped", "write@libc; -@libc S; pause@libc;" + main, "program write+0x0"},

		{"Go", "syscall.Syscall@go asm.s:1; syscall.write@go; os.(*File).Write@go; main.main@go main.go:5; runtime.main@go; runtime.goexit@go", "program main.go:5"},
		{"Go's memory", "runtime.mmap@go; runtime.sysAlloc@go; main.main@go main.go:5; runtime.main@go", "Go runtime main.go:5"},
		{"Go's sysmon", "runtime.usleep@go; runtime.sysmon@go; runtime.mstart@go", "Go runtime runtime.usleep+0x0"},
		{"Go's exit", "runtime.exit@go; runtime.main@go", "program end.c:99"},
		{"C of a Go program", "write@libc; say@go say.c:4; runtime.asmcgocall@go; main.main@go main.go:5", "program say.c:4"},
		{"cgo's own", "write@libc; _cgo_x_Cfunc_write@go cgo-gcc-prolog:49; runtime.asmcgocall@go; runtime.cgocall@go; main.main@go main.go:5", "program main.go:5"},
		{"memory of C in a Go program", "mmap@libc; malloc@libc; say@go say.c:4; runtime.asmcgocall@go; runtime.cgocall@go; main.main@go main.go:5", "malloc say.c:4"},
		{"C without a name in a Go program", "write@libc; -@go; runtime.asmcgocall@go asm.s:1; runtime.cgocall@go; main._Cfunc_say@go _cgo_gotypes.go:8; main.main@go main.go:5", "program main.go:5"},
		{"its thread", "rmdir@libc; -@go; -@libc", "part of libc start-up rmdir+0x0"},
		{"a thread of runtime/cgo", "rt_sigprocmask@libc; threadentry@go; -@libc", "libc start-up ?"},

		{"Rust", "write@libc; write@rust /rustc/5980/library/std/src/sys/fd/unix.rs:346; main@rust src/main.rs:7; __rust_begin_short_backtrace@rust /rustc/5980/library/std/src/sys/backtrace.rs:1; main@rust",
			"program src/main.rs:7"},
		{"Rust's start", "poll@libc; init@rust /rustc/5980/library/std/src/sys/pal/unix/mod.rs:101; init@rust /rustc/5980/library/std/src/rt.rs:118; main@rust", "Rust runtime /rustc/5980/library/std/src/sys/pal/unix/mod.rs:101"},
		{"a closure in Rust that jumped", "unlink@libc; unlink@rust /rustc/5980/library/std/src/sys/fs/unix.rs:9; f@rust /rustc/5980/library/std/src/sys/backtrace.rs:1; start_thread@libc",
			"program /rustc/5980/library/std/src/sys/fs/unix.rs:9"},
		{"Rust's check of a descriptor", "fcntl@libc; debug_assert_fd_is_open@rust /rustc/5980/library/std/src/sys/fs/unix.rs:995; main@rust src/main.rs:7", "Rust runtime src/main.rs:7"},
		{"the end of main in Rust", "write@libc; exit@libc; -@libc; _start@rust", "program end.c:99"},

		{"Python's start", "openat@libc; _Py_wfopen@bare; -@bare; PyEval_EvalCode@bare; Py_InitializeFromConfig@bare; Py_BytesMain@bare; _start@bare", "part of Python start-up _Py_wfopen+0x0"},
		{"a function that is only named so", "openat@libc; Py_InitializeFromConfig@prog a.c:3;" + main, "program a.c:3"},
		{"Python looks for its program", "readlink@libc; _Py_wreadlink@bare; Py_RunMain@bare; Py_BytesMain@bare; _start@bare", "part of Python start-up _Py_wreadlink+0x0"},
		{"a program in Python", "write@libc; _Py_write@bare; -@bare; PyEval_EvalCode@bare; Py_RunMain@bare; Py_BytesMain@bare; _start@bare", "program _Py_write+0x0"},
		{"a program in Python that asks for a link", "readlink@libc; _Py_wreadlink@bare; -@bare; PyEval_EvalCode@bare; Py_RunMain@bare; Py_BytesMain@bare; _start@bare", "program _Py_wreadlink+0x0"},
		{"what it has printed last", "write@libc; _Py_write@bare; Py_FinalizeEx@bare; Py_RunMain@bare; Py_BytesMain@bare; _start@bare", "program _Py_write+0x0"},

		{"a sanitizer's interceptor", "read@libc; __interceptor_read@asan;" + main, "program a.c:10"},
		{"a sanitizer for itself", "internal_mmap@asan; asan_malloc@asan; __interceptor_malloc@asan;" + main, "sanitizer a.c:10"},
		{"a sanitizer that calls its interceptor", "sigaltstack@libc; __interceptor_sigaltstack@asan; SetAlternateSignalStack@asan;" + main, "sanitizer a.c:10"},
		{"a thread under a sanitizer that jumped", "close@libc; __interceptor_close@asan; asan_thread_start@asan; start_thread@libc", "part of thread asan_thread_start+0x0"},
	} {
		w := New("")
		s := picture(t, c.stack)
		s.w = w
		if got := said(w.ask(s)); strings.TrimSuffix(got, " ") != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// prefixed is a language that somebody made up. Its library's functions begin with "std_", and its
// runtime, for which "rt_" stands, collects garbage.
type prefixed struct{ c }

func (prefixed) Speaks(f *unwind.Frame) bool { return strings.HasSuffix(f.File, ".pre") }

func (prefixed) Library(f *unwind.Frame) bool { return hasPrefix(f.Func, "std_", "rt_") }

func (prefixed) Charge(o *Origin, inside, _ []unwind.Frame) {
	if index(inside, named("rt_collect")) >= 0 {
		o.Noise = "garbage collector"
	}
}

func (l prefixed) Alone(s *stack) *Origin {
	if index(s.frames, l.Speaks) < 0 {
		return nil
	}
	return &Origin{Noise: "runtime of prefixed"}
}

// TestLanguage: a language is one type, and a place in the list.
func TestLanguage(t *testing.T) {
	for _, c := range []struct{ name, stack, want string }{
		{"a line", "write@libc; std_say@prog std.pre:4; hello@prog hello.pre:2; main@prog rt.pre:1", "program hello.pre:2"},
		{"its runtime", "mmap@libc; rt_collect@prog rt.pre:8; std_new@prog std.pre:9; hello@prog hello.pre:2", "garbage collector hello.pre:2"},
		{"nobody", "futex@libc; rt_wait@prog rt.pre:3", "runtime of prefixed "},
		{"C beside it", "write@libc;" + main, "program a.c:10"},
	} {
		w := New("")
		w.languages = append([]Language{prefixed{}}, w.languages...)
		s := picture(t, c.stack)
		s.w = w
		if got := said(w.ask(s)); strings.TrimSuffix(got, "?") != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestState: what the stack leaves open the state of the process decides.
func TestState(t *testing.T) {
	spawner := &Origin{Idiom: spawned}
	for _, c := range []struct {
		name, stack string
		state       State
		want        string
	}{
		{"before main", "brk@musl; -@musl", State{}, "part of libc start-up brk+0x0"},
		{"of a program that runs", "unlink@musl; -@musl", State{Running: true}, "part of thread unlink+0x0"},
		{"of another thread", "unlink@musl; -@musl", State{Beside: true}, "part of thread unlink+0x0"},
		{"of a child that its parent spawns", "dup2@musl; -@musl", State{Spawner: spawner}, "part of fork+exec ?"},
		{"of the program's line", "unlink@libc;" + main, State{Running: true, Beside: true, Spawner: spawner}, "program a.c:10"},
	} {
		w := New("")
		s := picture(t, c.stack)
		s.w = w
		if got := said(w.resolve(w.ask(s), c.state)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestGoPackage(t *testing.T) {
	for fn, want := range map[string]string{
		"main.main":                                "main",
		"main.(*server).serve.func1":               "main",
		"golang.org/x/sys/unix.Pipe2":              "golang.org/x/sys/unix",
		"gopkg.in/yaml%2ev3.Unmarshal":             "gopkg.in/yaml.v3",
		"internal/runtime/syscall/linux.Syscall6":  "internal/runtime/syscall/linux",
		"slices.SortFunc[go.shape.[]a/b.T]":        "slices",
		"example.com/x.Map[go.shape.int,a/b.Kind]": "example.com/x",
		"_start": "",
	} {
		if got := goPackage(fn); got != want {
			t.Errorf("%s is of %q, want %q", fn, got, want)
		}
	}
}

func TestGoStub(t *testing.T) {
	for fn, want := range map[string]bool{
		"internal/runtime/syscall/linux.Syscall6":    true,
		"runtime/internal/syscall.Syscall6":          true, // Go 1.19 to 1.23
		"syscall.RawSyscall6":                        true,
		"golang.org/x/sys/unix.Syscall":              true,
		"runtime/internal/atomic.Load":               false,
		"runtime.futex":                              false,
		"syscall.openat":                             false,
		"example.com/runtime/internal/syscall.Mine6": false,
	} {
		if got := goStub(fn); got != want {
			t.Errorf("%s is a stub: %v, want %v", fn, got, want)
		}
	}
}
