package damage

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"

	"github.com/redsleuth/redsleuth/parse/crc64"
)

// A Wreck is a seed that was broken.
type Wreck struct {
	Seed   *Seed
	Ways   []string // what was done to it
	Data   []byte
	Mended bool // the checksum at the end was made right again
}

// ways break bytes, and return them. They may use what they are given.
var ways = []struct {
	name string
	do   func(r *rand.Rand, b, other []byte) []byte
}{
	{"flip", func(r *rand.Rand, b, _ []byte) []byte {
		b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		return b
	}},
	{"set", func(r *rand.Rand, b, _ []byte) []byte {
		b[r.IntN(len(b))] = []byte{0, 1, 127, 128, 129, 253, 254, 255, byte(r.IntN(256))}[r.IntN(9)]
		return b
	}},
	{"swap", func(r *rand.Rand, b, _ []byte) []byte {
		i, j := r.IntN(len(b)), r.IntN(len(b))
		b[i], b[j] = b[j], b[i]
		return b
	}},
	{"cut", func(r *rand.Rand, b, _ []byte) []byte { return b[:r.IntN(len(b))] }},
	{"behead", func(r *rand.Rand, b, _ []byte) []byte { return b[r.IntN(len(b)):] }},
	{"zeros", func(r *rand.Rand, b, _ []byte) []byte {
		from, to := stretch(r, len(b))
		clear(b[from:to])
		return b
	}},
	{"noise", func(r *rand.Rand, b, _ []byte) []byte {
		from, to := stretch(r, len(b))
		for i := from; i < to; i++ {
			b[i] = byte(r.IntN(256))
		}
		return b
	}},
	{"remove", func(r *rand.Rand, b, _ []byte) []byte {
		from, to := stretch(r, len(b))
		return slices.Delete(b, from, to)
	}},
	{"repeat", func(r *rand.Rand, b, _ []byte) []byte {
		from, to := stretch(r, len(b))
		return slices.Insert(b, to, bytes.Clone(b[from:to])...)
	}},
	{"splice", func(r *rand.Rand, b, other []byte) []byte {
		return append(b[:r.IntN(len(b))], other[r.IntN(len(other)):]...)
	}},
	{"insert", func(r *rand.Rand, b, other []byte) []byte {
		from, to := stretch(r, len(other))
		return slices.Insert(b, r.IntN(len(b)), other[from:to]...)
	}},
	{"length", func(r *rand.Rand, b, _ []byte) []byte {
		at := r.IntN(len(b))
		switch digit := bytes.IndexAny(b[at:], "0123456789"); r.IntN(4) {
		case 0: // of RDB, 32 bits
			return slices.Replace(b, at, at+1, 0x80, byte(r.IntN(256)), byte(r.IntN(256)), 255, 255)
		case 1: // of RDB, 64 bits
			length := []byte{0x81, byte(r.IntN(256)), 255, 255, 255, 255, 255, 255, byte(r.IntN(256))}
			return slices.Replace(b, at, at+1, length...)
		case 2: // of a blob
			b[at] = byte(r.IntN(256))
		default: // of RESP
			if digit >= 0 {
				b[at+digit] = byte('0' + r.IntN(10))
			}
		}
		return b
	}},
	{"newlines", func(r *rand.Rand, b, _ []byte) []byte { // as a transfer in text mode
		return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	}},
}

// Ways names what is done to artefacts.
func Ways() (names []string) {
	for _, w := range ways {
		names = append(names, w.name)
	}
	return names
}

// stretch is a part of n bytes, mostly a short one.
func stretch(r *rand.Rand, n int) (from, to int) {
	length := 1 + r.IntN(16)
	switch r.IntN(6) {
	case 0:
		length = 1 + r.IntN(n)
	case 1:
		length = 512 << r.IntN(4)
	}
	from = r.IntN(n)
	if length >= 512 && r.IntN(2) == 0 {
		from &^= 511 // blocks begin there
	}
	return from, min(n, from+length)
}

// wreck breaks one of the seeds.
func wreck(r *rand.Rand, seeds []Seed) Wreck {
	s := &seeds[r.IntN(len(seeds))]
	other := seeds[r.IntN(len(seeds))].Data
	w := Wreck{Seed: s, Data: bytes.Clone(s.Data)}
	times := 1
	if r.IntN(4) == 0 {
		times += r.IntN(3)
	}
	for range times {
		if len(w.Data) == 0 || len(other) == 0 {
			break
		}
		way := ways[r.IntN(len(ways))]
		w.Ways = append(w.Ways, way.name)
		w.Data = way.do(r, w.Data, other)
	}
	if s.summed() && r.IntN(2) == 0 && len(w.Data) > 17 {
		n := len(w.Data) - 8
		binary.LittleEndian.PutUint64(w.Data[n:], crc64.Update(0, w.Data[:n]))
		w.Mended = true
	}
	return w
}
