package columns

import (
	"encoding/binary"
	"math/bits"
)

// Numbers as DELTA_BINARY_PACKED has them: the first one, then the steps from one to
// the next in blocks, of each block the least step, and by how much the others are
// more, in as few bits as the largest of a quarter of the block takes.
const (
	deltaBlock    = 128
	deltaQuarters = 4
	deltaQuarter  = deltaBlock / deltaQuarters
)

// appendDeltas appends numbers, of which there is one. Steps wrap at 64 bits, or, if
// they are small, at 32, as readers have it.
func appendDeltas(dst []byte, numbers []int64, small bool) []byte {
	dst = appendDeltaHead(dst, len(numbers), numbers[0])
	for last, rest := numbers[0], numbers[1:]; len(rest) > 0; {
		n := min(len(rest), deltaBlock)
		dst = appendDeltaBlock(dst, last, rest[:n], small)
		last, rest = rest[n-1], rest[n:]
	}
	return dst
}

// appendSame appends n times the same number.
func appendSame(dst []byte, n int, number int64) []byte {
	dst = appendDeltaHead(dst, n, number)
	for left := n - 1; left > 0; left -= deltaBlock {
		dst = append(dst, 0, 0, 0, 0, 0) // no step, and none is more
	}
	return dst
}

func appendDeltaHead(dst []byte, n int, first int64) []byte {
	dst = append(binary.AppendUvarint(dst, deltaBlock), deltaQuarters)
	return binary.AppendVarint(binary.AppendUvarint(dst, uint64(n)), first)
}

func appendDeltaBlock(dst []byte, last int64, numbers []int64, small bool) []byte {
	var steps [deltaBlock]uint64
	least := int64(1<<63 - 1)
	for i, n := range numbers {
		step := n - last
		if small {
			step = int64(int32(step))
		}
		steps[i], last = uint64(step), n
		least = min(least, step)
	}
	mask := ^uint64(0)
	if small {
		mask = 1<<32 - 1
	}
	for i := range numbers {
		steps[i] = (steps[i] - uint64(least)) & mask
	}
	dst = binary.AppendVarint(dst, least)
	widths := len(dst)
	dst = append(dst, make([]byte, deltaQuarters)...)
	for q := 0; q*deltaQuarter < len(numbers); q++ {
		part := (*[deltaQuarter]uint64)(steps[q*deltaQuarter:])
		all := uint64(0)
		for _, s := range part {
			all |= s
		}
		width := bits.Len64(all)
		dst[widths+q] = byte(width)
		dst = appendBits(dst, part, width)
	}
	return dst
}

// appendBits appends numbers with so many bits each, the lowest first.
func appendBits(dst []byte, numbers *[deltaQuarter]uint64, width int) []byte {
	if width == 0 {
		return dst
	}
	acc, held := uint64(0), 0
	for _, n := range numbers {
		acc |= n << held
		if held += width; held >= 64 {
			dst = binary.LittleEndian.AppendUint64(dst, acc)
			held -= 64
			acc = n >> (width - held)
		}
	}
	if held > 0 { // of an odd width, half a word
		dst = binary.LittleEndian.AppendUint32(dst, uint32(acc))
	}
	return dst
}
