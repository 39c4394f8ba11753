package memory

import (
	"maps"
	"slices"

	"github.com/redsleuth/redsleuth/parse/rdb"
)

// The set that Valkey 9 has of a hash's fields that expire (vset.c): nothing
// beside the one, a vector of up to 127, and then a radix tree of windows of
// time, each with a field, a vector, or a table.
const (
	mostInVector = 127
	vectorHead   = 8
	window       = 8192 // milliseconds
	// mostWindows are told apart; what is beyond is taken to be like them.
	mostWindows = 1 << 16
)

// expiries measures that set.
type expiries struct {
	n, seen int64 // seen are in windows
	windows map[int64]int64
	tree    tree
}

func (x *expiries) reset() {
	clear(x.windows)
	x.n, x.seen = 0, 0
}

func (x *expiries) add(at int64) {
	x.n++
	w := at / window
	if x.windows[w] == 0 && len(x.windows) == mostWindows {
		return
	}
	if x.windows == nil {
		x.windows = map[int64]int64{}
	}
	x.windows[w]++
	x.seen++
}

func (x *expiries) cost(l *layout) float64 {
	switch {
	case x.n <= 1:
		return 0
	case x.n <= mostInVector:
		return float64(vectorOf(l, x.n))
	}
	x.tree.reset(l)
	x.tree.width = 8
	held := 0.0
	for _, w := range slices.Sorted(maps.Keys(x.windows)) {
		x.tree.add(rdb.StreamID{Ms: uint64((w + 1) * window)})
		switch n := x.windows[w]; {
		case n > mostInVector:
			held += hashtableHead9 + hashtable(n)
		case n > 1:
			held += float64(vectorOf(l, n))
		}
	}
	x.tree.finish()
	return treeHead + (float64(x.tree.bytes)+held)*float64(x.n)/float64(x.seen)
}

// vectorOf is a vector of n fields. It is made for two, and then grows.
func vectorOf(l *layout, n int64) int64 {
	if n == 2 {
		return vectorHead + 2*8
	}
	return l.allocated(vectorHead + 8*n)
}
