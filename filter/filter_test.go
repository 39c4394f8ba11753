package filter

import (
	"errors"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

func TestKey(t *testing.T) {
	key := rdb.Record{Kind: rdb.KindKey, DB: 1, Key: []byte("user:{7}:cart"), Object: rdb.ObjectHash,
		HasExpire: true, ExpireAt: 1000}
	globs := func(all ...string) (out [][]byte) {
		for _, g := range all {
			out = append(out, []byte(g))
		}
		return out
	}
	for _, c := range []struct {
		name   string
		filter Filter
		want   bool
	}{
		{"none", Filter{}, true},
		{"its database", Filter{DBs: []int{0, 1}}, true},
		{"another database", Filter{DBs: []int{0}}, false},
		{"its type", Filter{Types: []string{"hash"}}, true},
		{"another type", Filter{Types: []string{"string"}}, false},
		{"one of two globs", Filter{Match: globs("x", "user:*")}, true},
		{"no glob", Filter{Match: globs("x")}, false},
		{"excluded, though it matches", Filter{Match: globs("user:*"), Exclude: globs("*cart")}, false},
		{"without an expiry", Filter{NoTTL: true}, false},
		{"its slot", Filter{Slots: []Slots{{0, 0}, {1716, 1716}}}, true}, // of "7"
		{"the slot next to it", Filter{Slots: []Slots{{1717, 16383}}}, false},
		{"what only commands have", Filter{Commands: []string{"set"}}, true},
	} {
		if got := c.filter.Key(&key, false); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	for _, expired := range []bool{false, true} {
		if got := (&Filter{Expired: true}).Key(&key, expired); got != expired {
			t.Errorf("expired %v: %v", expired, got)
		}
	}
}

func TestSize(t *testing.T) {
	for _, c := range []struct {
		name          string
		filter        Filter
		bytes, memory int64
		known, want   bool
	}{
		{"none", Filter{}, 0, 0, false, true},
		{"just so", Filter{MinSize: 9}, 9, 0, false, true},
		{"just missed", Filter{MinSize: 9}, 8, 0, false, false},
		{"memory", Filter{MinMemory: 100}, 1, 100, true, true},
		{"too little memory", Filter{MinMemory: 100}, 1, 99, true, false},
		{"memory that nothing tells", Filter{MinMemory: 100}, 1000, 0, false, false},
	} {
		if got := c.filter.Size(c.bytes, c.memory, c.known); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestFilterOfCommands(t *testing.T) {
	at := time.Date(2017, 11, 30, 12, 0, 0, 0, time.UTC)
	set := record.Command{
		Args: [][]byte{[]byte("SET"), []byte("k"), []byte("v")},
		DB:   2, Offset: 100, EndOffset: 127, Bytes: 27, Time: at,
	}
	offset := func(n int64) *Position { return &Position{Offset: n} }
	clock := func(d time.Duration) *Position { return &Position{Time: at.Add(d)} }
	for _, c := range []struct {
		name   string
		filter Filter
		want   bool
	}{
		{"none", Filter{}, true},
		{"its name, in other case", Filter{Commands: []string{"set"}}, true},
		{"another name", Filter{Commands: []string{"get"}}, false},
		{"its key", Filter{Match: [][]byte{[]byte("k")}}, true},
		{"its value is no key", Filter{Match: [][]byte{[]byte("v")}}, false},
		{"its key is excluded", Filter{Exclude: [][]byte{[]byte("k*")}}, false},
		{"another is", Filter{Exclude: [][]byte{[]byte("v")}}, true},
		{"without expiry", Filter{NoTTL: true}, false},
		{"its database", Filter{DBs: []int{2}}, true},
		{"another database", Filter{DBs: []int{0}}, false},
		{"what only keys have", Filter{Types: []string{"string"}}, false},
		{"its size", Filter{MinSize: 27}, true},
		{"a larger size", Filter{MinSize: 28}, false},
		{"from its first byte", Filter{From: offset(100)}, true},
		{"from its last byte", Filter{From: offset(126)}, true},
		{"from behind it", Filter{From: offset(127)}, false},
		{"to its first byte", Filter{To: offset(100)}, false},
		{"to its second byte", Filter{To: offset(101)}, true},
		{"from its time", Filter{From: clock(0)}, true},
		{"from later", Filter{From: clock(time.Millisecond)}, false},
		{"to its time", Filter{To: clock(0)}, true},
		{"to earlier", Filter{To: clock(-time.Millisecond)}, false},
	} {
		if got, err := c.filter.Command(&set); got != c.want || err != nil {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
	unplaced := set
	unplaced.Offset, unplaced.Time = record.Unknown, time.Time{}
	for _, f := range []Filter{{From: offset(1)}, {To: offset(1)}} {
		if _, err := f.Command(&unplaced); !errors.Is(err, errNoOffsets) {
			t.Errorf("no offset is known: %v", err)
		}
	}
	for _, f := range []Filter{{From: clock(0)}, {To: clock(0)}} {
		if _, err := f.Command(&unplaced); !errors.Is(err, errNoTimes) {
			t.Errorf("no time is known: %v", err)
		}
	}
}
