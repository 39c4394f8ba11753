package hashjoin

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zeebo/xxh3"
)

func numbered(n, content uint64) Entry {
	h := xxh3.Hash128(binary.LittleEndian.AppendUint64(nil, n))
	return Entry{Hash{h.Hi, h.Lo}, Hash{Lo: content}, Tag{n, content}}
}

func table(t *testing.T, budget int64, entries ...Entry) *Table {
	t.Helper()
	made := NewTable(budget)
	for _, e := range entries {
		if err := made.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if err := made.Close(); err != nil {
			t.Error(err)
		}
	})
	return made
}

// TestJoinsThroughTheDisk: tables that hold a few chunks, and joins in many
// passes, give the same pairs as those that hold all.
func TestJoinsThroughTheDisk(t *testing.T) {
	const keys = 30000
	var left, right []Entry
	want := map[string]int{}
	random := rand.New(rand.NewPCG(3, 4))
	for n := range uint64(keys) {
		l, r, content := true, true, n
		switch random.IntN(50) {
		case 0:
			r = false
			want["left alone"]++
		case 1:
			l = false
			want["right alone"]++
		case 2:
			content++
			want["differ"]++
		default:
			want["equal"]++
		}
		if l {
			left = append(left, numbered(n, n))
		}
		if r {
			right = append(right, numbered(n, content))
		}
	}
	for name, c := range map[string]struct {
		budget, memory int64
		spills         bool
	}{
		"in memory":              {1 << 30, 1 << 30, false},
		"on disk":                {4 * chunkSize, 1 << 30, true},
		"on disk, many passes":   {4 * chunkSize, 0, true},
		"in memory, many passes": {1 << 24, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			j := &Join{Left: table(t, c.budget, left...), Right: table(t, c.budget, right...), Memory: c.memory}
			got := map[string]int{}
			j.Twice = func(int, *Entry, *Entry) bool { t.Error("a key twice"); return false }
			j.Pair = func(l, r *Entry) error {
				switch {
				case r == nil:
					got["left alone"]++
				case l == nil:
					got["right alone"]++
				case l.Key != r.Key || l.Tag.A != r.Tag.A || l.Value != (Hash{Lo: l.Tag.B}):
					t.Errorf("%v meets %v", l, r)
				case l.Value != r.Value:
					got["differ"]++
				default:
					got["equal"]++
				}
				return nil
			}
			if err := j.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if spilled := j.Left.spill != nil; spilled != c.spills {
				t.Errorf("spilled: %v", spilled)
			}
			if j.Left.Len() != int64(len(left)) {
				t.Errorf("%d entries", j.Left.Len())
			}
		})
	}
}

// TestTheLastOfOneKeyCounts, and the others are told in their order, whether
// on disk or in memory.
func TestTheLastOfOneKeyCounts(t *testing.T) {
	for name, budget := range map[string]int64{"in memory": 1 << 20, "on disk": 2 * chunkSize} {
		t.Run(name, func(t *testing.T) {
			left := []Entry{numbered(7, 0)}
			for n := range uint64(2000) {
				left = append(left, numbered(1000+n, 0)) // fill what is between
			}
			left = append(left, numbered(7, 1), numbered(7, 2))
			var replaced []uint64
			j := &Join{Left: table(t, budget, left...), Right: table(t, budget, numbered(7, 2)), Memory: 1 << 30}
			j.Twice = func(side int, e, second *Entry) bool {
				if side != 0 {
					t.Errorf("side %d", side)
				}
				replaced = append(replaced, e.Tag.B)
				return false
			}
			met := 0
			j.Pair = func(l, r *Entry) error {
				if r == nil {
					return nil
				}
				met++
				if l == nil || l.Value != r.Value {
					t.Errorf("%v meets %v", l, r)
				}
				return nil
			}
			if err := j.Run(t.Context()); err != nil || met != 1 {
				t.Fatalf("met %d, %v", met, err)
			}
			if diff := cmp.Diff([]uint64{0, 1}, replaced); diff != "" {
				t.Error(diff)
			}
			j.Twice = nil // need not be there
			if err := j.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestAJoinStops(t *testing.T) {
	failed := errors.New("enough")
	entries := []Entry{numbered(1, 1), numbered(2, 2), numbered(3, 3)}
	for name, c := range map[string]struct{ left, right []Entry }{"at a left one": {entries, nil}, "at a right one": {nil, entries}} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			j := &Join{Left: table(t, 1<<20, c.left...), Right: table(t, 1<<20, c.right...), Memory: 1 << 20}
			j.Pair = func(*Entry, *Entry) error {
				calls++
				return failed
			}
			if err := j.Run(t.Context()); !errors.Is(err, failed) || calls != 1 {
				t.Errorf("%v after %d calls", err, calls)
			}
		})
	}
	t.Run("when it is cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		j := &Join{Left: table(t, 1<<20), Right: table(t, 1<<20), Memory: 1 << 20}
		if err := j.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	t.Run("before tables of two sizes", func(t *testing.T) {
		j := &Join{Left: table(t, 1<<20), Right: table(t, 1<<10), Memory: 1 << 20}
		if err := j.Run(t.Context()); err == nil {
			t.Error("joined")
		}
	})
}

// TestPairsThroughTheDisk: the order of Add is kept, and what is on disk can be
// gone over again and added to.
func TestPairsThroughTheDisk(t *testing.T) {
	list := NewPairs(1)
	defer list.Close()
	const n = 5*pairsBlock + 17
	pair := func(i uint64) Pair { return Pair{Tag{i + 1, i}, Tag{i, 2 * i}} }
	added := uint64(0)
	for range 2 {
		for range n {
			if err := list.Add(pair(added)); err != nil {
				t.Fatal(err)
			}
			added++
		}
		next := uint64(0)
		err := list.Each(func(block []Pair) error {
			for _, p := range block {
				if p != pair(next) {
					t.Fatalf("pair %d is %+v", next, p)
				}
				next++
			}
			return nil
		})
		if err != nil || next != added || list.Len() != int64(added) || list.spill == nil {
			t.Errorf("%d pairs of %d, %v, spilled %v", next, added, err, list.spill != nil)
		}
	}
}

func TestPairsStop(t *testing.T) {
	failed := errors.New("enough")
	for name, n := range map[string]int{"in memory": 1, "on disk": 3 * pairsBlock} {
		t.Run(name, func(t *testing.T) {
			list := NewPairs(1)
			defer list.Close()
			for range n {
				if err := list.Add(Pair{}); err != nil {
					t.Fatal(err)
				}
			}
			calls := 0
			err := list.Each(func([]Pair) error {
				calls++
				return failed
			})
			if !errors.Is(err, failed) || calls != 1 {
				t.Errorf("%v after %d calls", err, calls)
			}
		})
	}
}

// TestLeavesNothingBehind: the file has no name as soon as it is there.
func TestLeavesNothingBehind(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	made := NewTable(2 * chunkSize)
	for n := range uint64(4000) {
		if err := made.Add(numbered(n, n)); err != nil {
			t.Fatal(err)
		}
	}
	if made.spill == nil {
		t.Fatal("nothing went to disk")
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
	if err := made.Close(); err != nil {
		t.Error(err)
	}
}

// TestNoRoomForAFile: without a place for temporary files, adding fails rather
// than taking more memory.
func TestNoRoomForAFile(t *testing.T) {
	t.Setenv("TMPDIR", "/nonexistent/redsleuth")
	made := NewTable(2 * chunkSize)
	for n := range uint64(4000) {
		if err := made.Add(numbered(n, n)); err != nil {
			return
		}
	}
	t.Error("4000 entries in two chunks")
}

func BenchmarkJoin(b *testing.B) {
	const keys = 1 << 18
	for b.Loop() {
		j := &Join{Left: NewTable(1 << 26), Right: NewTable(1 << 26), Memory: 1 << 24}
		j.Pair = func(*Entry, *Entry) error { return nil }
		for n := range uint64(keys) {
			e := numbered(n, n)
			if err := errors.Join(j.Left.Add(e), j.Right.Add(e)); err != nil {
				b.Fatal(err)
			}
		}
		if err := j.Run(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/keys, "ns/key")
}
