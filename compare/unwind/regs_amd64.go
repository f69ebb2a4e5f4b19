package unwind

import "syscall"

// DWARF register numbers, System V psABI for x86-64, figure 3.36.
const (
	regFP = 6  // rbp
	regSP = 7  // rsp
	regRA = 16 // the return address column, no register of its own
)

// saved are the registers that a callee keeps.
var saved = [...]uint8{3, regFP, 12, 13, 14, 15}

// linkRegister: a leaf's return address is in a register, not on the stack.
const linkRegister = false

// PtraceRegs converts what PTRACE_GETREGS returns. (A *unix.PtraceRegs can be
// converted to a *syscall.PtraceRegs.)
func PtraceRegs(p *syscall.PtraceRegs) Regs {
	return Regs{PC: p.Rip, R: [33]uint64{
		p.Rax, p.Rdx, p.Rcx, p.Rbx, p.Rsi, p.Rdi, p.Rbp, p.Rsp,
		p.R8, p.R9, p.R10, p.R11, p.R12, p.R13, p.R14, p.R15, p.Rip,
	}}
}

// goFrame returns where a Go function whose stack delta is d keeps things: the
// CFA above SP, the return address and the caller's frame pointer below the
// CFA. Functions with a frame push rbp first, runtime/stubs_amd64.go and
// cmd/internal/obj/x86.
func goFrame(d, prologue int32) (cfa, ra, fp int32) { return d + 8, -8, -16 }

// injectedLink is 0: a signal handler that injects a call pushes the return address alone.
const injectedLink = 0

// oddFrame returns the rule of a Go function that goFrame does not describe. There is none.
func oddFrame(name string, d int32, r rule) rule { return r }

// goFrameFromFP is the CFA's distance from the frame pointer in a Go function
// whose stack delta is d.
func goFrameFromFP(d int32) int32 { return 16 }

// The kernel's rt_sigframe, seen from the trampoline: SP is at the ucontext
// (arch/x86/include/uapi/asm/sigcontext.h). sigRegs are the registers from
// sigRegsAt on, in order; sigPC is where the interrupted pc goes.
const (
	sigRegsAt = 40
	sigPC     = regRA
)

var sigRegs = [...]uint8{8, 9, 10, 11, 12, 13, 14, 15, 5, 4, 6, 3, 1, 0, 2, 7, sigPC}

// sigreturn is the code of a signal trampoline, up to and with the syscall: mov
// $15, %rax; syscall. It is the same in glibc, musl and Go, and libgcc and gdb
// know it by its bytes too.
var sigreturn = []byte{0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05}

var syscallCode = []byte{0x0f, 0x05}

// isCall reports whether code, the bytes before a return address, ends with a
// call: E8 rel32, or FF /2 (near, indirect), which is 2 to 7 bytes long. That
// its length fits its operands is not checked.
func isCall(code []byte) bool {
	n := len(code)
	if n >= 5 && code[n-5] == 0xe8 {
		return true
	}
	for size := 2; size <= min(n, 7); size++ {
		if code[n-size] == 0xff && code[n-size+1]>>3&7 == 2 {
			return true
		}
	}
	return false
}
