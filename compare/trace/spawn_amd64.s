#include "textflag.h"

// func spawn(flags uintptr, steps *step) int
//
// The child keeps its place among the steps in R12. The kernel leaves it alone there, as it does with all registers but RAX, RCX and R11.
TEXT ·spawn(SB),NOSPLIT|NOFRAME,$0-24
	MOVQ	flags+0(FP), DI
	MOVQ	steps+8(FP), R12
	XORL	SI, SI // the parent's stack, which the child does not touch
	XORL	DX, DX
	XORL	R10, R10
	XORL	R8, R8
	MOVL	$56, AX // clone
	SYSCALL
	TESTQ	AX, AX
	JEQ	next
	MOVQ	AX, ret+16(FP)
	RET

next:
	MOVQ	0(R12), AX
	MOVQ	8(R12), DI
	MOVQ	16(R12), SI
	MOVQ	24(R12), DX
	MOVQ	32(R12), R10
	MOVQ	40(R12), R8
	MOVQ	48(R12), R9
	SYSCALL
	MOVQ	AX, 56(R12) // result
	CMPQ	AX, 72(R12) // want
	JEQ	good
	MOVQ	80(R12), AX // otherwise
	TESTQ	AX, AX
	JEQ	good
	MOVQ	AX, R12
	JMP	next

good:
	ADDQ	$88, R12
	JMP	next
