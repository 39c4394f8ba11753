package cluster

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redsleuth/redsleuth/command"
)

// divide makes the layout of keys that at says the dumps of.
func divide(dumps, keys int, at func(key string, slot int) []int) *Layout {
	m := New()
	for d := range dumps {
		for i := range keys {
			key := fmt.Sprintf("key:%d", i)
			if slices.Contains(at(key, command.Slot([]byte(key))), d) {
				m.Count(m.See([]byte(key), int64(i+1)), 10)
			}
		}
		m.EndDump()
	}
	return m.Layout()
}

// third is the shard of a cluster of three.
func third(slot int) int { return min(slot/5461, 2) }

// TestLayout: which dump slots belong to, and what lies elsewhere.
func TestLayout(t *testing.T) {
	random, stays := rand.New(rand.NewPCG(1, 2)), "" // a key
	for _, c := range []struct {
		name        string
		dumps, keys int
		at          func(key string, slot int) []int
		divided     bool
		strays      []int64 // of each dump
	}{
		{"a cluster", 3, 5000, func(_ string, slot int) []int { return []int{third(slot)} }, true,
			[]int64{0, 0, 0}},
		{"with more keys than slots", 3, 100_000, func(_ string, slot int) []int { return []int{third(slot)} },
			true, []int64{0, 0, 0}},
		{"few keys", 3, 40, func(_ string, slot int) []int { return []int{third(slot)} }, true,
			[]int64{0, 0, 0}},
		{"slots moved one range at a time", 4, 20_000, func(_ string, slot int) []int {
			if slot%5461 < 1365 {
				return []int{3}
			}
			return []int{third(slot)}
		}, true, []int64{0, 0, 0, 0}},
		{"every other slot is another's, which may well be", 2, 20_000, func(_ string, slot int) []int {
			return []int{slot % 2}
		}, true, []int64{0, 0}},
		{"keys beside others of their slots", 3, 100_000, func(key string, slot int) []int {
			if strings.HasSuffix(key, "7000") { // ten of them
				return []int{(third(slot) + 1) % 3}
			}
			return []int{third(slot)}
		}, true, []int64{4, 2, 4}},
		{"keys alone in their slots", 3, 2000, func(key string, slot int) []int {
			if key == "key:500" || key == "key:501" {
				return []int{(third(slot) + 1) % 3}
			}
			return []int{third(slot)}
		}, true, []int64{0, 1, 1}},
		{"a key in both", 3, 2000, func(key string, slot int) []int {
			if key == "key:500" {
				return []int{0, 1, 2}
			}
			return []int{third(slot)}
		}, true, []int64{0, 1, 1}},
		{"a slot that more of its keys have left than stay", 2, 200_000, func(key string, slot int) []int {
			if slot == 3000 && (stays == "" || key == stays) {
				stays = key
			} else if slot == 3000 {
				return []int{1}
			}
			return []int{slot / 8192}
		}, true, []int64{0, 11}},
		{"a master and its replica", 2, 5000, func(string, int) []int { return []int{0, 1} }, false,
			[]int64{0, 0}},
		{"another rule", 3, 50_000, func(string, int) []int { return []int{random.IntN(3), random.IntN(3)} }, false,
			[]int64{0, 0, 0}},
		{"another rule, of few keys", 3, 2000, func(string, int) []int { return []int{random.IntN(3), random.IntN(3)} },
			false, []int64{0, 0, 0}},
		{"one dump", 1, 5000, func(string, int) []int { return []int{0} }, false, []int64{0}},
		{"no keys", 2, 0, nil, true, []int64{0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := divide(c.dumps, c.keys, c.at)
			if l.Divided != c.divided {
				t.Fatalf("divided: %v; %d of %d slots are shared", l.Divided, l.Shared, l.Used)
			}
			var strays []int64
			for _, s := range l.Shards {
				strays = append(strays, s.Strays)
				if int64(len(s.StrayPlaces)) > s.Strays || s.Strays > 0 && len(s.StrayPlaces) == 0 {
					t.Errorf("%d places of %d strays", len(s.StrayPlaces), s.Strays)
				}
				if !c.divided && s.Ranges != nil {
					t.Errorf("ranges %v of what is not divided", s.Ranges)
				}
			}
			if diff := cmp.Diff(c.strays, strays); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestOwner: the slots of a range belong to its dump, those with strays too.
func TestOwner(t *testing.T) {
	l := divide(3, 20_000, func(key string, slot int) []int {
		if key == "key:77" {
			return []int{0, 1, 2}
		}
		return []int{third(slot)}
	})
	for i := range 20_000 {
		slot := command.Slot(fmt.Appendf(nil, "key:%d", i))
		if owner, known := l.Owner(slot); !known || owner != third(slot) {
			t.Fatalf("slot %d belongs to %d, %v", slot, owner, known)
		}
	}
	if want := []Range{{1, 5460}}; !cmp.Equal(l.Shards[0].Ranges, want) {
		t.Errorf("%v, want %v", l.Shards[0].Ranges, want)
	}
	if n := Common([]Range{{0, 10}, {20, 30}}, []Range{{5, 24}}); n != 11 {
		t.Errorf("%d slots in common, want 11", n)
	}
}

// TestUneven: a shard is told that is fuller than chance makes it, with the slot that
// makes it so.
func TestUneven(t *testing.T) {
	build := func(keys, tagged int) *Layout {
		m := New()
		for d := range 3 {
			for i := range keys {
				if key := fmt.Appendf(nil, "key:%d", i); third(command.Slot(key)) == d {
					m.Count(m.See(key, 1), 10)
				}
			}
			for range tagged {
				if key := []byte("{foo}"); third(command.Slot(key)) == d {
					m.Count(m.See(key, 1), 10)
				}
			}
			m.EndDump()
		}
		return m.Layout()
	}
	for _, c := range []struct {
		name         string
		keys, tagged int
		message      string
	}{
		{"even", 9000, 0, ""},
		{"few keys", 100, 100, ""},
		{"a heavy slot", 9000, 3000, "this shard holds 1.5 times the bytes of the mean of 3; slot 12182 alone has 50% of them, " +
			"and no slot can be divided"},
	} {
		t.Run(c.name, func(t *testing.T) {
			message := ""
			for shard, found := range build(c.keys, c.tagged).Findings() {
				for _, f := range found {
					message = f.Message
					if shard != 2 {
						t.Errorf("told of shard %d", shard)
					}
				}
			}
			if message != c.message {
				t.Errorf("%q, want %q", message, c.message)
			}
		})
	}
}
