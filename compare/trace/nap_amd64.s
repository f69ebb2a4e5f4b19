#include "textflag.h"

// The handler of napSignal: it does nothing.
TEXT ignore<>(SB),NOSPLIT|NOFRAME,$0-0
	RET

// What it returns to, see sigreturn(2).
TEXT restore<>(SB),NOSPLIT|NOFRAME,$0-0
	MOVL	$15, AX // rt_sigreturn
	SYSCALL
	INT	$3

// func napHandler() (handler, restorer uintptr)
TEXT ·napHandler(SB),NOSPLIT|NOFRAME,$0-16
	LEAQ	ignore<>(SB), AX
	MOVQ	AX, handler+0(FP)
	LEAQ	restore<>(SB), AX
	MOVQ	AX, restorer+8(FP)
	RET
