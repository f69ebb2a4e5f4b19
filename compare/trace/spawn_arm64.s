#include "textflag.h"

// func spawn(flags uintptr, steps *step) int
//
// The child keeps its place among the steps in R19. The kernel leaves it alone there, as it does with all registers but R0.
TEXT ·spawn(SB),NOSPLIT|NOFRAME,$0-24
	MOVD	flags+0(FP), R0
	MOVD	steps+8(FP), R19
	MOVD	$0, R1 // the parent's stack, which the child does not touch
	MOVD	$0, R2
	MOVD	$0, R3
	MOVD	$0, R4
	MOVD	$220, R8 // clone
	SVC
	CBZ	R0, next
	MOVD	R0, ret+16(FP)
	RET

next:
	MOVD	0(R19), R8
	MOVD	8(R19), R0
	MOVD	16(R19), R1
	MOVD	24(R19), R2
	MOVD	32(R19), R3
	MOVD	40(R19), R4
	MOVD	48(R19), R5
	SVC
	MOVD	R0, 56(R19) // result
	MOVD	72(R19), R1 // want
	CMP	R0, R1
	BEQ	good
	MOVD	80(R19), R1 // otherwise
	CBZ	R1, good
	MOVD	R1, R19
	B	next

good:
	ADD	$88, R19
	B	next
