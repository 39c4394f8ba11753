package crc64

import "encoding/binary"

const (
	// blockSize is how many bytes are folded at a time, in eight registers.
	blockSize = 128
	// foldFrom is the length from which folding pays for its ends.
	foldFrom = 4 * blockSize
)

// foldFactors are x^(n+63) and x^(n-1) modulo the polynomial, for blocks of n
// bits. A sum is the remainder of a division, so that bytes may be replaced by
// others with the same remainder: the 128 bits a*x^64+b, which lie n bits before
// others, by a*(x^(n+64))+b*(x^n), added to those. The product of two reflected
// polynomials comes out one place too high, so that a power is one lower.
func foldFactors() [2]uint64 {
	const n = 8 * blockSize
	return [2]uint64{power(n + 63), power(n - 1)}
}

// power is x^n modulo the polynomial, reflected.
func power(n int) uint64 {
	p := uint64(1) << 63
	for range n {
		if p&1 == 1 {
			p = p>>1 ^ Poly
		} else {
			p >>= 1
		}
	}
	return p
}

// fold sums p, of at least a block, and returns the sum of what is left of p after
// the last whole block with it: its remainder stands in the last block's place.
func (t *tables) fold(sum uint64, p []byte) (uint64, []byte) {
	var acc [blockSize]byte
	copy(acc[:], p)
	first := binary.LittleEndian.Uint64(acc[:]) ^ sum
	binary.LittleEndian.PutUint64(acc[:], first)
	whole := len(p) - len(p)%blockSize
	foldBlocks(&acc, p[blockSize:whole], &t.factors)
	return t.serial(0, acc[:]), p[whole:]
}
