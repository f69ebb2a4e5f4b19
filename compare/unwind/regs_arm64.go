package unwind

import (
	"encoding/binary"
	"syscall"
)

// DWARF register numbers, AADWARF64.
const (
	regFP = 29 // x29
	regSP = 31
	regRA = 30 // x30, the link register
)

// saved are the registers that a callee keeps.
var saved = [...]uint8{19, 20, 21, 22, 23, 24, 25, 26, 27, 28, regFP}

// linkRegister: a leaf's return address is in a register, not on the stack.
const linkRegister = true

// PtraceRegs converts what PTRACE_GETREGSET(NT_PRSTATUS) returns. (A
// *unix.PtraceRegs can be converted to a *syscall.PtraceRegs.)
func PtraceRegs(p *syscall.PtraceRegs) Regs {
	r := Regs{PC: p.Pc}
	copy(r.R[:31], p.Regs[:])
	r.R[regSP] = p.Sp
	return r
}

// goFrame returns where a Go function whose stack delta is d keeps things: the
// CFA above SP, the return address and the caller's frame pointer below the
// CFA. The prologue puts the link register at its SP and x29 one word below it, see
// cmd/internal/obj/arm64; they stay there when SP moves on to make room for a C function
// (callCgoSigaction).
func goFrame(d, prologue int32) (cfa, ra, fp int32) { return d, -prologue, -prologue - 8 }

// injectedLink is how far below the caller's SP a signal handler that injects a call keeps the
// caller's link register, which the call overwrites (runtime/signal_arm64.go).
const injectedLink = 16

// oddFrame returns the rule of a Go function that goFrame does not describe.
func oddFrame(name string, d int32, r rule) rule {
	switch name {
	case "crosscall2": // keeps both registers at the top of its frame, runtime/cgo/asm_arm64.s
		odd := rule{how: cfaRegister, reg: regSP, off: d}
		odd.set(regRA, slot{how: atCFA, off: -8})
		odd.set(regFP, slot{how: atCFA, off: -16})
		return odd
	case "runtime.asmcgocall":
		// Having switched, it has the other stack's frame pointer in x29. At SP is then the
		// goroutine's g, whose second word is the top of its stack, and above that how far
		// below the top its SP was. Where it was on that stack already, at SP is 0 and x29
		// its own.
		odd := r
		odd.how, odd.otherwise = cfaExpression, &r
		odd.exprs = [][]byte{{
			opBreg0 + regSP, 0, opDeref, opPlusUconst, 8, opDeref,
			opBreg0 + regSP, 8, opDeref, opMinus, opPlusUconst, byte(d),
		}}
		return odd
	}
	return r
}

// goFrameFromFP is the CFA's distance from the frame pointer in a Go function
// whose stack delta is d.
func goFrameFromFP(d int32) int32 { return d + 8 }

// The kernel's rt_sigframe, seen from the trampoline: SP is at a siginfo of 128
// bytes, then the ucontext (arch/arm64/include/uapi/asm/sigcontext.h). sigRegs
// are the registers from sigRegsAt on, in order; sigPC is where the
// interrupted pc goes.
const (
	sigRegsAt = 128 + 176 + 8
	sigPC     = 32
)

var sigRegs = [...]uint8{
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
	17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, regSP, sigPC,
}

// sigreturn is the code of a signal trampoline, up to and with the system
// call: mov x8, #139; svc #0. It is in the vdso.
var sigreturn = []byte{0x68, 0x11, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4}

// syscallCode is svc #0.
var syscallCode = []byte{0x01, 0x00, 0x00, 0xd4}

// isCall reports whether code, the bytes before a return address, ends with a
// bl or blr instruction.
func isCall(code []byte) bool {
	if len(code) < 4 {
		return false
	}
	i := binary.LittleEndian.Uint32(code[len(code)-4:])
	return i>>26 == 0x25 || i&0xfffffc1f == 0xd63f0000
}
