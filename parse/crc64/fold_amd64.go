package crc64

// hasCarryless asks the processor whether it multiplies polynomials over two
// elements (PCLMULQDQ).
func hasCarryless() bool

// foldBlocks puts each block of p into acc: acc is shifted up over a block, which
// is a multiplication by k, and the block added. The length of p is a multiple of
// blockSize.
//
//go:noescape
func foldBlocks(acc *[blockSize]byte, p []byte, k *[2]uint64)
