package inspect

import "math/bits"

// A Histogram counts values in classes.
type Histogram struct {
	// Bounds are the upper bounds of the classes, ascending and exclusive;
	// the last class has none.
	Bounds []int64
	Counts []int64 // one more than Bounds
	Total  int64
}

const (
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour
)

// ages are the classes of TTLs and idle times, in seconds.
var ages = []int64{1, minute, hour, day, 7 * day, 30 * day, 365 * day}

// frequencies are the classes of the logarithmic access counter.
var frequencies = []int64{1, 5, 10, 50, 100, 200}

func newHistogram(bounds []int64) *Histogram {
	return &Histogram{Bounds: bounds, Counts: make([]int64, len(bounds)+1)}
}

func (h *Histogram) add(v int64) {
	i := 0
	for i < len(h.Bounds) && v >= h.Bounds[i] {
		i++
	}
	h.Counts[i]++
	h.Total++
}

// sizes counts lengths by powers of two, which is quicker than classes.
type sizes [65]int64

func (s *sizes) add(n int64) { s[bits.Len64(uint64(n))]++ }

// histogram puts them into classes of powers of four, from 64 bytes on, up to
// the largest that holds anything.
func (s *sizes) histogram() *Histogram {
	const first, step, last = 6, 2, 40
	var bounds []int64
	for b := first; b <= last; b += step {
		bounds = append(bounds, 1<<b)
	}
	h, used := newHistogram(bounds), 0
	for length, n := range s {
		i := min(max(0, (length-first+step-1)/step), len(bounds))
		h.Counts[i] += n
		h.Total += n
		if n > 0 {
			used = max(used, i)
		}
	}
	if used < len(bounds) {
		bounds, h.Counts = bounds[:used+1], h.Counts[:used+2]
	}
	h.Bounds = bounds
	return h
}
