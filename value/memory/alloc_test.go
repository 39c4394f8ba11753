package memory

import (
	"testing"

	"github.com/redsleuth/redsleuth/server"
)

func TestAllocated(t *testing.T) {
	for name, test := range map[string]struct {
		allocator server.Allocator
		sizes     map[int64]int64
	}{
		"bundled": {server.BundledAllocator(), map[int64]int64{
			1: 8, 8: 8, 9: 16, 17: 24, 33: 40, 57: 64, 65: 80, 129: 160, 161: 192, 257: 320,
			14337: 16384, 16385: 20480, 70000: 81920,
		}},
		"Debian's": {server.SharedAllocator("5.3.0"), map[int64]int64{
			1: 8, 8: 8, 9: 16, 17: 32, 33: 48, 57: 64, 65: 80, 129: 160, 161: 192, 257: 320,
			14337: 16384, 16385: 20480, 70000: 81920,
		}},
		"Debian's newest": {server.SharedAllocator("5.3.1"), map[int64]int64{
			17: 32, 257: 320, 14336: 14336, 14337: 16384, 16385: 20480, 61000: 61440, 70000: 73728,
		}},
	} {
		l := layout{allocator: test.allocator}
		for n, want := range test.sizes {
			if got := l.allocated(n); got != want {
				t.Errorf("%s: %d bytes take %d, not %d", name, n, got, want)
			}
		}
	}
}

func TestSDS(t *testing.T) {
	for n, want := range map[int64]int64{
		0:  4,  // it may grow, so it has length and capacity
		1:  3,  // flags, byte, zero
		31: 33, // the last without a length
		32: 36, 255: 259, 256: 262, 65535: 65541, 65536: 65546,
	} {
		if got := sdsNeeds(n); got != want {
			t.Errorf("a string of %d bytes needs %d, not %d", n, got, want)
		}
	}
}
