// Package crc64 computes the checksum at the end of an RDB file: CRC-64 with
// the Jones polynomial 0xad93d23594c935a9, reflected, initial value and final
// xor zero (redis src/crc64.c; the comment there that names other values is
// wrong, the code is right).
//
// On amd64 with PCLMULQDQ, all processors since 2010, blocks are folded into one
// another by multiplication, at several times the speed of look-ups. Elsewhere four
// parts of a long block are summed at the same time and joined afterwards: the four
// chains of table look-ups don't depend on each other, so one core does them all in
// little more than the time of one.
//
// Stable: Poly and Update.
package crc64

import (
	"encoding/binary"
	"sync"
)

// Poly is the reflected Jones polynomial.
const Poly = 0x95ac9329ac4bc9b5

// lane is the length in bytes of each of the interleaved parts of a block.
const lane = 2048

// Update returns the sum of the bytes that sum stands for, followed by p. The
// sum of no bytes is 0.
func Update(sum uint64, p []byte) uint64 { return shared().update(sum, p) }

// shared are the tables of the whole process, made when they are first needed.
var shared = sync.OnceValue(newTables)

// tables are what update looks up (48 KiB).
type tables struct {
	slice [16][256]uint64
	// shift moves a sum over lane zero bytes, a byte of it at a time.
	shift [8][256]uint64
	// factors are those of fold, which is used if folds.
	factors [2]uint64
	folds   bool
}

func newTables() *tables {
	t := &tables{factors: foldFactors(), folds: hasCarryless()}
	for i := range 256 {
		c := uint64(i)
		for range 8 {
			if c&1 == 1 {
				c = c>>1 ^ Poly
			} else {
				c >>= 1
			}
		}
		t.slice[0][i] = c
	}
	for i := range 256 {
		c := t.slice[0][i]
		for k := 1; k < len(t.slice); k++ {
			c = t.slice[0][c&0xff] ^ c>>8
			t.slice[k][i] = c
		}
	}
	t.fillShift()
	return t
}

// fillShift uses that a CRC with no initial value is linear: the sum of lane
// zero bytes after state s is the xor of those after each bit of s.
func (t *tables) fillShift() {
	var zero [lane]byte
	for k := range t.shift {
		for bit := range 8 {
			t.shift[k][1<<bit] = t.serial(1<<(8*k+bit), zero[:])
		}
		for i := 1; i < 256; i++ {
			low := i & -i
			if i != low {
				t.shift[k][i] = t.shift[k][i^low] ^ t.shift[k][low]
			}
		}
	}
}

func (t *tables) update(sum uint64, p []byte) uint64 {
	if t.folds && len(p) >= foldFrom {
		sum, p = t.fold(sum, p)
	}
	return t.lookUp(sum, p)
}

// lookUp sums by tables alone.
func (t *tables) lookUp(sum uint64, p []byte) uint64 {
	for len(p) >= 4*lane {
		sum = t.fourLanes(sum, p[:4*lane])
		p = p[4*lane:]
	}
	return t.serial(sum, p)
}

// fourLanes sums four parts of a block of 4*lane bytes side by side.
func (t *tables) fourLanes(sum uint64, p []byte) uint64 {
	a, b, c, d := p[:lane], p[lane:2*lane], p[2*lane:3*lane], p[3*lane:4*lane]
	s0, s1, s2, s3 := sum, uint64(0), uint64(0), uint64(0)
	for i := 0; i+8 <= lane; i += 8 {
		s0 = t.word(s0 ^ binary.LittleEndian.Uint64(a[i:i+8]))
		s1 = t.word(s1 ^ binary.LittleEndian.Uint64(b[i:i+8]))
		s2 = t.word(s2 ^ binary.LittleEndian.Uint64(c[i:i+8]))
		s3 = t.word(s3 ^ binary.LittleEndian.Uint64(d[i:i+8]))
	}
	return t.over(t.over(t.over(s0)^s1)^s2) ^ s3
}

func (t *tables) word(v uint64) uint64 {
	return t.slice[7][v&0xff] ^ t.slice[6][v>>8&0xff] ^ t.slice[5][v>>16&0xff] ^ t.slice[4][v>>24&0xff] ^
		t.slice[3][v>>32&0xff] ^ t.slice[2][v>>40&0xff] ^ t.slice[1][v>>48&0xff] ^ t.slice[0][v>>56]
}

// over moves a sum over lane bytes that are still to be xored in.
func (t *tables) over(s uint64) uint64 {
	return t.shift[0][s&0xff] ^ t.shift[1][s>>8&0xff] ^ t.shift[2][s>>16&0xff] ^ t.shift[3][s>>24&0xff] ^
		t.shift[4][s>>32&0xff] ^ t.shift[5][s>>40&0xff] ^ t.shift[6][s>>48&0xff] ^ t.shift[7][s>>56]
}

func (t *tables) serial(sum uint64, p []byte) uint64 {
	for len(p) >= 16 {
		v := sum ^ binary.LittleEndian.Uint64(p)
		w := binary.LittleEndian.Uint64(p[8:16])
		sum = t.slice[15][v&0xff] ^ t.slice[14][v>>8&0xff] ^ t.slice[13][v>>16&0xff] ^ t.slice[12][v>>24&0xff] ^
			t.slice[11][v>>32&0xff] ^ t.slice[10][v>>40&0xff] ^ t.slice[9][v>>48&0xff] ^ t.slice[8][v>>56] ^
			t.word(w)
		p = p[16:]
	}
	for _, x := range p {
		sum = t.slice[0][byte(sum)^x] ^ sum>>8
	}
	return sum
}
