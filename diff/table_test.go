package diff

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/redsleuth/redsleuth/value"
)

func numbered(n, content uint64) entry {
	return entry{id: value.Hash(binary.LittleEndian.AppendUint64(nil, n)), value: value.Digest{Lo: content}, place: n<<8 | 1}
}

// TestJoinsThroughTheDisk: a table that holds a few chunks gives the same
// pairs as one that holds all.
func TestJoinsThroughTheDisk(t *testing.T) {
	const keys = 30000
	for _, budget := range []int64{4 * chunkSize, 1 << 30} {
		master, replica := newTable(budget), newTable(budget)
		random := rand.New(rand.NewPCG(3, 4))
		missing, extra, changed := 0, 0, 0
		for n := range uint64(keys) {
			m, r := true, true
			content := n
			switch random.IntN(50) {
			case 0:
				r = false
				missing++
			case 1:
				m = false
				extra++
			case 2:
				content++
				changed++
			}
			if m {
				add(t, master, numbered(n, n))
			}
			if r {
				add(t, replica, numbered(n, content))
			}
		}
		var got [3]int
		j := &joiner{
			master: master, replica: replica, memory: 1 << 16,
			duplicate: func(int, *entry) { t.Error("a duplicate") },
			pair: func(m, r *entry) error {
				switch {
				case r == nil:
					got[0]++
				case m == nil:
					got[1]++
				case m.value != r.value:
					got[2]++
				}
				return nil
			},
		}
		if err := j.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want := [3]int{missing, extra, changed}; got != want {
			t.Errorf("budget %d: %v, want %v", budget, got, want)
		}
		if spilled := master.spill != nil; spilled != (budget < 1<<20) {
			t.Errorf("budget %d: spilled %v", budget, spilled)
		}
		if err := master.close(); err != nil {
			t.Error(err)
		}
		if err := replica.close(); err != nil {
			t.Error(err)
		}
	}
}

func add(t *testing.T, table *table, e entry) {
	t.Helper()
	if err := table.add(e); err != nil {
		t.Fatal(err)
	}
}

func TestTheLastDuplicateCounts(t *testing.T) {
	master, replica := newTable(1<<20), newTable(1<<20)
	for value := range uint64(3) {
		add(t, master, numbered(7, value))
	}
	add(t, replica, numbered(7, 2))
	replaced := 0
	j := &joiner{
		master: master, replica: replica, memory: 1 << 20,
		duplicate: func(int, *entry) { replaced++ },
		pair: func(m, r *entry) error {
			if m == nil || r == nil || m.value != r.value {
				t.Errorf("%v and %v", m, r)
			}
			return nil
		},
	}
	if err := j.run(t.Context()); err != nil || replaced != 2 {
		t.Errorf("%d replaced, %v", replaced, err)
	}
}

func TestPairsThroughTheDisk(t *testing.T) {
	list := newPairs(1)
	defer list.close()
	const n = 5*pairsBlock + 17
	for i := range int64(n) {
		if err := list.add(pair{spot{uint64(i + 1), i}, spot{}}); err != nil {
			t.Fatal(err)
		}
	}
	next := int64(0)
	err := list.each(func(block []pair) error {
		for _, p := range block {
			if p != (pair{spot{uint64(next + 1), next}, spot{}}) {
				t.Fatalf("pair %d is %+v", next, p)
			}
			next++
		}
		return nil
	})
	if err != nil || next != n || list.spill == nil {
		t.Errorf("%d pairs, %v, spilled %v", next, err, list.spill != nil)
	}
}
