// Package unwind answers, for a stopped thread, who asked: from its registers
// and its memory to return addresses, and from an address to function, file
// and line, with inlined calls expanded.
//
// It is called at every system call of a traced process, so it has two halves.
// The hot half is [Space.Stack] and [Space.Frames] on addresses that were seen
// before: one map lookup per frame, one read of the traced stack, nothing
// allocated. The cold half parses ELF files, call-frame information, Go's
// pclntab and DWARF, only as far as an address asks for it, and keeps what it
// found in [Images] so that the next process and the next run find it parsed.
//
// How a frame is unwound depends on where its pc lies, not on the program: C
// code by .eh_frame, Go code by pclntab's stack deltas, code without either by
// what the machine's calling convention suggests, and signal trampolines by
// the register set that the kernel left on the stack. Mixed stacks (cgo, a
// signal handler above a blocked call) need no further case.
//
// Not supported: 32-bit processes, separate debug files (.gnu_debuglink,
// build-id), split DWARF, Go before 1.20 (functions by symbol only). Two stacks
// of cgo programs end early. Go's own linker, which is used when the only
// packages with C code are the standard library's, drops .eh_frame: a stack
// with such C code (x_cgo_sigaction) ends there. And when a goroutine's stack
// has moved during a callback from C, that C code's stack ends at
// runtime.asmcgocall.
package unwind

import "runtime/debug"

// Regs are a thread's registers at a stop. R is indexed by DWARF register
// number: figure 3.36 of the System V psABI on amd64, AADWARF64 on arm64.
// [PtraceRegs] converts what PTRACE_GETREGS returns.
type Regs struct {
	PC uint64
	R  [33]uint64
}

// SP returns the stack pointer.
func (r *Regs) SP() uint64 { return r.R[regSP] }

// Memory reads the traced process. Read fills p from addr on and returns how
// many bytes it could read; fewer than len(p) means that what follows is not
// mapped. It must not keep p.
type Memory interface {
	Read(p []byte, addr uint64) int
}

// Frame is one logical frame at a pc.
type Frame struct {
	// Func is the linker's or the source's name: "main", "main.main",
	// "golang.org/x/sys/unix.Pipe2". It is "" when no symbol covers the pc:
	// the wrong neighbour's name would be worse.
	Func string
	// File is as the debug information has it, joined with the compilation
	// directory when relative. It is "" without line information and in
	// code that the compiler generated (wrappers, line 0).
	File string
	Line int
	// Offset of the pc from the start of Func; when Func is "", the address
	// in the ELF file (in a PIE or library: from the module's first byte). 0
	// when Inlined.
	Offset  uint64
	Module  *Module // never nil; Path is "" for unknown memory
	Inlined bool    // this call was inlined into the next frame
	// Signal: this is the trampoline to which a signal handler returns. The
	// frames further in are the handler's, the next one out was interrupted.
	Signal bool
	// Reserved says that Func's address has a name with a leading underscore
	// too, as most functions of a C library do (write, __write).
	Reserved bool
	// Own says that Func lies among the program's own objects, whatever its
	// name, and Archive that it lies among a library's: of a static program the
	// linker puts the libraries' objects behind the program's, and those behind
	// the start-up code. Of the code that it sorts otherwise (constructors, main
	// of gcc -O2) it says neither.
	Own, Archive bool
}

// Module is one mapped file of a process.
type Module struct {
	Path   string // as in /proc/PID/maps, "[vdso]", or "" for anonymous memory
	SONAME string // DT_SONAME: "libc.so.6"; "" for executables
	Main   bool   // the executable, not a shared library
	Loader bool   // the executable's PT_INTERP: ld.so
	Static bool   // an executable without PT_INTERP: the C library is inside
	Go     bool   // has Go code: a .gopclntab
	Rust   bool   // has Rust code
	// Build is what `go version -m` shows, nil if the file has none. Shared:
	// not to be modified.
	Build      *debug.BuildInfo
	HasLines   bool // DWARF line tables or Go's pclntab
	HasSymbols bool // a full .symtab, not only .dynsym
}
