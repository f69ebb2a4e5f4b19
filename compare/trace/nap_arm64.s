#include "textflag.h"

// The handler of napSignal: it does nothing.
TEXT ignore<>(SB),NOSPLIT|NOFRAME,$0-0
	RET

// What it returns to, see sigreturn(2).
TEXT restore<>(SB),NOSPLIT|NOFRAME,$0-0
	MOVD	$139, R8 // rt_sigreturn
	SVC
	BRK

// func napHandler() (handler, restorer uintptr)
TEXT ·napHandler(SB),NOSPLIT|NOFRAME,$0-16
	MOVD	$ignore<>(SB), R0
	MOVD	R0, handler+0(FP)
	MOVD	$restore<>(SB), R0
	MOVD	R0, restorer+8(FP)
	RET
