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

func TestPrefixes(t *testing.T) {
	p := newPrefixCounter(":.")
	for i := range 10 {
		p.add(fmt.Appendf(nil, "user:profile:%d", i), 100)
	}
	p.add([]byte("user:list.1"), 10)
	p.add([]byte("alone"), 1)
	got := ""
	for _, x := range p.report(10).List {
		got += fmt.Sprintf("%s %d %d, ", x.Name, x.Keys, x.Bytes)
	}
	if want := "user: 11 1010, user:profile: 10 1000, user:list. 1 10, "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Frequent prefixes survive any number of rare ones, and what the counts may
// lack is told.
func TestPrefixesBounded(t *testing.T) {
	p := newPrefixCounter(":")
	const n = 5 * prefixMost
	for i := range n {
		p.add(fmt.Appendf(nil, "rare%d:x", i), 1)
		p.add([]byte("common:x"), 1)
	}
	r := p.report(1)
	if len(p.counts) > prefixMost || r.Missed == 0 {
		t.Errorf("%d prefixes held, missed %d", len(p.counts), r.Missed)
	}
	if x := r.List[0]; string(x.Name) != "common:" || x.Keys+r.Missed < n || x.Keys > n {
		t.Errorf("%s %d, want %d", x.Name, x.Keys, n)
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
