package memory

import (
	"math"
	"testing"
)

func TestDictGrows(t *testing.T) {
	for name, test := range map[string]struct {
		fill func(*dict)
		want int64
	}{
		"made for its entries":           {func(d *dict) { d.expand(100); d.add(100) }, 128},
		"grown":                          {func(d *dict) { d.add(4) }, 4},
		"one more than it holds":         {func(d *dict) { d.add(5) }, 4 + 8},
		"entries moved":                  {func(d *dict) { d.add(8) }, 8},
		"no room for what it has":        {func(d *dict) { d.expand(64); d.add(60); d.expand(30) }, 64},
		"made larger, moving":            {func(d *dict) { d.expand(64); d.add(60); d.expand(200); d.add(10) }, 64 + 256},
		"made larger, moved":             {func(d *dict) { d.expand(64); d.add(60); d.expand(200); d.add(60) }, 256},
		"nothing is made while it moves": {func(d *dict) { d.add(5); d.expand(1000); d.add(20) }, 16 + 32},
	} {
		d := dict{size: firstTable}
		test.fill(&d)
		if got := d.buckets(); got != test.want {
			t.Errorf("%s: %d buckets, not %d", name, got, test.want)
		}
	}
}

// The buckets that hang on others, counted in tables that were really filled.
func TestChildBuckets(t *testing.T) {
	x := uint64(88172645463325252)
	next := func() uint64 { x ^= x << 13; x ^= x >> 7; x ^= x << 17; return x }
	for _, test := range []struct{ entries, buckets int64 }{
		{6, 1}, {20, 1}, {40, 8}, {200, 32}, {100, 32}, {400, 64}, {6000, 1024},
	} {
		const runs = 400
		total := 0.0
		for range runs {
			filled := make([]int64, test.buckets)
			for range test.entries {
				filled[next()%uint64(test.buckets)]++
			}
			for _, n := range filled {
				total += children(n)
			}
		}
		got := childBuckets(test.entries, float64(test.buckets)) * float64(test.buckets)
		if want := total / runs; math.Abs(got-want) > .05*want+.1 {
			t.Errorf("%d entries in %d buckets: %.2f more, not %.2f", test.entries, test.buckets, got, want)
		}
	}
}
