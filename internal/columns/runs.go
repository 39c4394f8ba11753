package columns

import (
	"encoding/binary"
	"math/bits"
)

// runs are numbers as the RLE/bit-packing hybrid has them.
type runs struct {
	values []uint32 // of each run
	counts []int32
	n      int
}

func (r *runs) add(v uint32, count int) {
	if count == 0 {
		return
	}
	r.n += count
	if last := len(r.values) - 1; last >= 0 && r.values[last] == v {
		r.counts[last] += int32(count)
		return
	}
	r.values, r.counts = append(r.values, v), append(r.counts, int32(count))
}

func (r *runs) reset() { r.values, r.counts, r.n = r.values[:0], r.counts[:0], 0 }

// width is how many bits a number up to most takes.
func width(most int) int { return bits.Len(uint(most)) }

// appendTo appends them with so many bits each: as runs, or, if that is shorter,
// all as bits, in groups of eight.
func (r *runs) appendTo(dst []byte, bitsEach int) []byte {
	bytesEach := (bitsEach + 7) / 8
	if len(r.values)*(2+bytesEach) > r.n*bitsEach/8 {
		return r.packed(dst, bitsEach)
	}
	for i, v := range r.values {
		dst = binary.AppendUvarint(dst, uint64(r.counts[i])<<1)
		for k := range bytesEach {
			dst = append(dst, byte(v>>(8*k)))
		}
	}
	return dst
}

func (r *runs) packed(dst []byte, bitsEach int) []byte {
	groups := (r.n + 7) / 8
	dst = binary.AppendUvarint(dst, uint64(groups)<<1|1)
	end := len(dst) + groups*bitsEach
	var acc uint64
	held := 0
	for i, v := range r.values {
		for range r.counts[i] {
			acc |= uint64(v) << held
			for held += bitsEach; held >= 8; held -= 8 {
				dst = append(dst, byte(acc))
				acc >>= 8
			}
		}
	}
	if held > 0 {
		dst = append(dst, byte(acc))
	}
	for len(dst) < end {
		dst = append(dst, 0)
	}
	return dst
}
