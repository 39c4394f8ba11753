package parse

import (
	"errors"
	"testing"
)

func TestZeroRun(t *testing.T) {
	for _, c := range []struct {
		name     string
		pieces   []string
		from, to int64
		long     bool
	}{
		{"none", []string{"abc"}, 0, 0, false},
		{"two", []string{"a\x00\x00b"}, 101, 103, false},
		{"three", []string{"a\x00\x00\x00b"}, 101, 104, true},
		{"over pieces", []string{"a\x00", "\x00\x00", "\x00b"}, 101, 105, true},
		{"the longest", []string{"\x00\x00\x00a\x00\x00\x00\x00b\x00\x00\x00"}, 104, 108, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			z := ZeroRun{At: 100}
			for _, p := range c.pieces {
				z.See([]byte(p))
			}
			if z.From != c.from || z.To != c.to {
				if c.to > 0 || z.To > 0 {
					t.Errorf("%d to %d", z.From, z.To)
				}
			}
			if z.Long() != c.long || z.Holds(c.from+1) != c.long || z.Holds(c.to) {
				t.Errorf("%v %v %v", z.Long(), z.Holds(c.from+1), z.Holds(c.to))
			}
		})
	}
	z := ZeroRun{At: 7}
	z.See(make([]byte, 4))
	placed, ok := AsDamage(z.Placed(Zeros("x")))
	if !ok || placed.ByteOffset != 7 || placed.Bytes != 4 || !errors.Is(placed, ErrZeros) {
		t.Errorf("%+v", placed)
	}
}
