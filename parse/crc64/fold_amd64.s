#include "textflag.h"

// Each of the eight registers X0 to X7 holds 16 bytes of acc: the first half is
// multiplied by k[0], the second by k[1], and the sum of both, with 16 bytes of the
// block, takes its place.
#define FOLD(at, acc) \
	MOVOU acc, X9; \
	PCLMULQDQ $0x00, X8, acc; \
	PCLMULQDQ $0x11, X8, X9; \
	MOVOU at(SI), X10; \
	PXOR X9, acc; \
	PXOR X10, acc

// func foldBlocks(acc *[blockSize]byte, p []byte, k *[2]uint64)
TEXT ·foldBlocks(SB), NOSPLIT, $0-40
	MOVQ acc+0(FP), DI
	MOVQ p_base+8(FP), SI
	MOVQ p_len+16(FP), CX
	MOVQ k+32(FP), AX
	MOVOU (AX), X8
	MOVOU 0(DI), X0
	MOVOU 16(DI), X1
	MOVOU 32(DI), X2
	MOVOU 48(DI), X3
	MOVOU 64(DI), X4
	MOVOU 80(DI), X5
	MOVOU 96(DI), X6
	MOVOU 112(DI), X7

loop:
	CMPQ CX, $128
	JLT  done
	FOLD(0, X0)
	FOLD(16, X1)
	FOLD(32, X2)
	FOLD(48, X3)
	FOLD(64, X4)
	FOLD(80, X5)
	FOLD(96, X6)
	FOLD(112, X7)
	ADDQ $128, SI
	SUBQ $128, CX
	JMP  loop

done:
	MOVOU X0, 0(DI)
	MOVOU X1, 16(DI)
	MOVOU X2, 32(DI)
	MOVOU X3, 48(DI)
	MOVOU X4, 64(DI)
	MOVOU X5, 80(DI)
	MOVOU X6, 96(DI)
	MOVOU X7, 112(DI)
	RET

// func hasCarryless() bool
TEXT ·hasCarryless(SB), NOSPLIT, $0-1
	MOVL $1, AX
	XORL CX, CX
	CPUID
	SHRL $1, CX
	ANDL $1, CX
	MOVB CX, ret+0(FP)
	RET
