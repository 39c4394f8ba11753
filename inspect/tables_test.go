package inspect

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"
)

func TestDuplicates(t *testing.T) {
	d := newDuplicates(DefaultMemory)
	const keys = 100_000
	for i := range keys {
		d.add(i%3, fmt.Appendf(nil, "key:%d", i/3), int64(i+1))
	}
	d.add(1, []byte("key:7"), keys+1)
	got := d.finish()
	if len(got) != 1 || d.until != 0 || got[0].second.byte() != keys+1 || got[0].first.byte() != 23 || got[0].second.db() != 1 {
		t.Errorf("%+v", got)
	}
}

// A table that would grow too large is given up, and that is told.
func TestDuplicatesGivenUp(t *testing.T) {
	d := newDuplicates(1 << 20)
	var key [8]byte
	for i := range 200_000 {
		binary.LittleEndian.PutUint64(key[:], uint64(i))
		d.add(0, key[:], int64(i))
	}
	if got := d.finish(); d.until < 10_000 || d.until > 100_000 || len(got) != 0 {
		t.Errorf("given up after %d keys, found %d", d.until, len(got))
	}
}

func TestTop(t *testing.T) {
	for _, n := range []int{0, 1, 3, 10, 200} {
		top := newTop(n, func(v *int64) int64 { return *v })
		for i := range int64(100) {
			if v := i * 37 % 100; top.wants(v) {
				top.add(v)
			}
		}
		got := top.list()
		if len(got) != min(n, 100) {
			t.Fatalf("%d of %d", len(got), n)
		}
		for i, v := range got {
			if v != int64(99-i) {
				t.Errorf("of %d, place %d is %d", n, i, v)
			}
		}
	}
}

func TestSizes(t *testing.T) {
	var s sizes
	for _, n := range []int64{0, 1, 63, 64, 255, 256, 5000} {
		s.add(n)
	}
	h := s.histogram()
	want := []int64{3, 2, 1, 0, 1, 0}
	if fmt.Sprint(h.Counts) != fmt.Sprint(want) || h.Total != 7 || h.Bounds[0] != 64 || h.Bounds[1] != 256 {
		t.Errorf("%+v", h)
	}
	if len(h.Counts) != len(h.Bounds)+1 {
		t.Errorf("%d counts, %d bounds", len(h.Counts), len(h.Bounds))
	}
}

func TestRate(t *testing.T) {
	var r Rate
	from := time.Unix(1000, 0)
	for i := range 1000 {
		at := from.Add(time.Duration(i) * time.Second)
		r.add(at, true, 10)
		r.add(at, false, 1<<20) // a read has no part in the rate of writing
	}
	var writes int64
	for _, n := range r.Writes[:r.Steps] {
		writes += n
	}
	if writes != 1000 || r.Steps > rateSteps || time.Duration(r.Steps)*r.Step < 999*time.Second {
		t.Errorf("%d writes in %d steps of %v", writes, r.Steps, r.Step)
	}
	if c, b := r.PerSecond(); c < 0.9 || c > 1.1 || b < 9 || b > 11 {
		t.Errorf("%v writes and %v bytes a second", c, b)
	}
}
