package memory

import (
	"math/bits"

	"github.com/redsleuth/redsleuth/server"
)

// A layout is how the servers of a version lay out keys, and what allocates.
type layout struct {
	server.MemoryLayout
	allocator server.Allocator
}

// allocated is what jemalloc 5 gives for n bytes on 64 bits: four sizes between
// any two powers of two, in steps of at least a quantum; 8 for the smallest.
// Servers of Debian's newest suites have one that gives large sizes by pages.
func (l *layout) allocated(n int64) int64 {
	if n <= smallest {
		return smallest
	}
	step := max(int64(l.allocator.Quantum), int64(1)<<(bits.Len64(uint64(n-1))-3))
	if l.allocator.Pages && n > largeMin {
		step = page
	}
	return (n + step - 1) &^ (step - 1)
}

const (
	page     = 4 << 10
	largeMin = 14 << 10 // the largest small size (jemalloc, SC_SMALL_MAXCLASS)
)

const smallest = 8

// sdsHeader is the header of a string of n bytes (sds.h): flags alone below
// 32, then length, capacity and flags.
func sdsHeader(n int64) int64 {
	switch {
	case n < 1<<5:
		return 1
	case n < 1<<8:
		return sds8
	case n < 1<<16:
		return 5
	case n < 1<<32:
		return 9
	}
	return 17
}

// sds8 is the header of a string that may grow to 255 bytes.
const sds8 = 3

// sdsNeeds is what a new string of n bytes asks the allocator for: header,
// bytes, and a zero. One of no bytes may grow, so it has the next header.
func sdsNeeds(n int64) int64 {
	if n == 0 {
		return sds8 + 1
	}
	return sdsHeader(n) + n + 1
}

// sds is what a string of n bytes takes.
func (l *layout) sds(n int64) int64 { return l.allocated(sdsNeeds(n)) }
