package lzf

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestExpand: instructions of every length and distance, at every distance from
// the end, make what they make byte by byte; what is behind the output is left
// alone.
func TestExpand(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		var packed, want []byte
		for range 1 + random.IntN(12) {
			if len(want) == 0 || random.IntN(2) == 0 {
				n := 1 + random.IntN(literalMax)
				packed = append(packed, byte(n-1))
				for range n {
					c := byte(random.IntN(256))
					packed, want = append(packed, c), append(want, c)
				}
				continue
			}
			length, back := 3+random.IntN(30), 1+random.IntN(min(len(want), 40))
			if length-2 < 7 {
				packed = append(packed, byte((length-2)<<5), byte(back-1))
			} else {
				packed = append(packed, 7<<5, byte(length-2-7), byte(back-1))
			}
			for range length {
				want = append(want, want[len(want)-back])
			}
		}
		got, err := Decompress(nil, packed, len(want))
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%x: %x, %v, want %x", packed, got, err, want)
		}
		n := random.IntN(len(want) + 1)
		if got := Prefix(nil, packed, n); !bytes.Equal(got, want[:n]) {
			t.Fatalf("%x: first %d bytes are %x, want %x", packed, n, got, want[:n])
		}
	}
}
