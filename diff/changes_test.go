package diff

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/value"
)

func element(kind rdb.ElementKind, change func(*rdb.Element)) rdb.Element {
	e := rdb.Element{Kind: kind, ExpireAt: rdb.NoExpiry}
	change(&e)
	return e
}

func members(words ...string) (all []rdb.Element) {
	for _, w := range words {
		all = append(all, element(rdb.ElementBytes, func(e *rdb.Element) { e.Member = []byte(w) }))
	}
	return all
}

// field is a hash field; at 0 it never expires.
func field(name, content string, at int64) rdb.Element {
	return element(rdb.ElementField, func(e *rdb.Element) {
		e.Member, e.Value = []byte(name), []byte(content)
		if at != 0 {
			e.ExpireAt = at
		}
	})
}

func score(name string, f float64) rdb.Element {
	return element(rdb.ElementScore, func(e *rdb.Element) { e.Member, e.Score = []byte(name), f })
}

func slot(index uint64, content string) rdb.Element {
	return element(rdb.ElementIndex, func(e *rdb.Element) { e.Index, e.Value = index, []byte(content) })
}

func entry(ms uint64, content string) rdb.Element {
	return element(rdb.ElementEntry, func(e *rdb.Element) {
		e.ID, e.Fields = rdb.StreamID{Ms: ms}, [][]byte{[]byte("f"), []byte(content)}
	})
}

func lastID(ms uint64) rdb.Element {
	return element(rdb.ElementStream, func(e *rdb.Element) { e.Stream = &rdb.StreamState{LastID: rdb.StreamID{Ms: ms}} })
}

func insertIndex(i uint64) rdb.Element {
	return element(rdb.ElementArray, func(e *rdb.Element) { e.Array.HasInsert, e.Array.InsertIndex = i > 0, i })
}

func vectors(dimension uint64) rdb.Element {
	return element(rdb.ElementVectors, func(e *rdb.Element) { e.Vectors = &rdb.VectorsState{Dimension: dimension} })
}

func vector(name string, raw ...byte) rdb.Element {
	return element(rdb.ElementVector, func(e *rdb.Element) {
		e.Member, e.Vector = []byte(name), &rdb.Vector{Raw: raw, L2: 2}
	})
}

func item(op, n uint64) rdb.Element {
	return element(rdb.ElementModule, func(e *rdb.Element) { e.Module = rdb.ModuleItem{Op: op, Int: n} })
}

// group is a consumer group whose one consumer has the entries pending, with
// one delivery each.
func group(name, consumer string, last uint64, pending ...uint64) rdb.Element {
	g := &rdb.Group{Name: []byte(name), LastID: rdb.StreamID{Ms: last}, Consumers: []rdb.Consumer{{Name: []byte(consumer)}}}
	for _, ms := range pending {
		g.Pending = append(g.Pending, rdb.Pending{ID: rdb.StreamID{Ms: ms}, Deliveries: 1})
	}
	return element(rdb.ElementGroup, func(e *rdb.Element) { e.Group = g })
}

// said is a change in words: what has to be done where, and what the sides hold.
func said(c *Change) string {
	var b strings.Builder
	fmt.Fprint(&b, c.Op)
	if c.At != nil {
		fmt.Fprintf(&b, " at %d", *c.At)
	}
	if c.ID != nil {
		fmt.Fprintf(&b, " id %s", c.ID)
	}
	for _, part := range []struct{ name, is string }{
		{"field", string(c.Field)}, {"member", string(c.Member)}, {"part", c.Part}, {"group", string(c.Group)},
		{"master", held(c.Master)}, {"replica", held(c.Replica)},
	} {
		if part.is != "" {
			fmt.Fprintf(&b, " %s %s", part.name, part.is)
		}
	}
	return b.String()
}

func held(d *Datum) string {
	if d == nil {
		return ""
	}
	words := []string{}
	if len(d.Bytes) > 0 {
		words = append(words, string(d.Bytes))
	}
	if d.IsScore {
		words = append(words, fmt.Sprint(d.Score))
	}
	for _, f := range d.Fields {
		words = append(words, string(f))
	}
	if d.IsVector {
		words = append(words, fmt.Sprint(d.Vector))
	}
	if d.ExpireAt != rdb.NoExpiry {
		words = append(words, fmt.Sprint("until ", d.ExpireAt))
	}
	if d.Text != "" {
		words = append(words, d.Text)
	}
	return "(" + strings.Join(words, " ") + ")"
}

type sides struct{ master, replica []rdb.Element }

func TestChanges(t *testing.T) {
	for name, c := range map[string]struct {
		object rdb.Object
		sides  sides
		want   []string
	}{
		"string": {rdb.ObjectString, sides{members("abcd"), members("abxd")},
			[]string{"change at 2 master (abcd) replica (abxd)"}},
		"string that goes on": {rdb.ObjectString, sides{members("ab"), members("abc")},
			[]string{"change at 2 master (ab) replica (abc)"}},
		"strings alike": {rdb.ObjectString, sides{members("ab"), members("ab")}, nil},
		"list": {rdb.ObjectList, sides{members("a", "b", "c"), members("b", "x", "d")}, []string{
			"add at 0 master (a)", "remove at 1 replica (x)", "change at 2 master (c) replica (d)",
		}},
		"set": {rdb.ObjectSet, sides{members("a", "b"), members("c", "b")},
			[]string{"add member a master (a)", "remove member c replica (c)"}},
		"hash": {rdb.ObjectHash, sides{
			[]rdb.Element{field("f", "1", 0), field("g", "2", 0), field("same", "s", 0)},
			[]rdb.Element{field("same", "s", 0), field("g", "3", 0), field("h", "4", 0)},
		}, []string{"add field f master (1)", "change field g master (2) replica (3)", "remove field h replica (4)"}},
		"sorted set": {rdb.ObjectZSet, sides{
			[]rdb.Element{score("a", 1), score("b", 2)}, []rdb.Element{score("b", 2.5), score("a", 1)},
		}, []string{"change member b master (2) replica (2.5)"}},
		"zeros of two signs": {rdb.ObjectZSet, sides{[]rdb.Element{score("a", 0)}, []rdb.Element{score("a", -1/inf)}}, nil},
		"array": {rdb.ObjectArray, sides{
			[]rdb.Element{insertIndex(4), slot(3, "x")}, []rdb.Element{insertIndex(0), slot(3, "y"), slot(4, "z")},
		}, []string{
			"change part insert-index master (4) replica (none)", "change at 3 master (x) replica (y)", "remove at 4 replica (z)",
		}},
		"stream": {rdb.ObjectStream, sides{
			[]rdb.Element{entry(1, "a"), entry(2, "b"), lastID(2)}, []rdb.Element{entry(1, "c"), lastID(3)},
		}, []string{
			"change id 1-0 master (f a) replica (f c)", "add id 2-0 master (f b)", "change part last-id master (2-0) replica (3-0)",
		}},
		"a group more": {rdb.ObjectStream, sides{[]rdb.Element{group("g", "alice", 5, 3)}, nil},
			[]string{"add part group group g master (last id 5-0, 1 consumers, 1 pending)"}},
		"a group less": {rdb.ObjectStream, sides{nil, []rdb.Element{group("g", "alice", 5)}},
			[]string{"remove part group group g replica (last id 5-0, 1 consumers, 0 pending)"}},
		"within a group": {rdb.ObjectStream, sides{
			[]rdb.Element{group("g", "alice", 5, 3, 4)}, []rdb.Element{group("g", "bob", 6, 3)},
		}, []string{
			"change part group-last-id group g master (5-0) replica (6-0)",
			"add member alice part consumer group g master (alice)", "remove member bob part consumer group g replica (bob)",
			"change id 3-0 part pending group g master (alice 1 delivery) replica (bob 1 delivery)",
			"add id 4-0 part pending group g master (alice 1 delivery)",
		}},
		"producers": {rdb.ObjectStream, sides{
			[]rdb.Element{element(rdb.ElementProducer, func(e *rdb.Element) { e.Producer = &rdb.Producer{} })}, nil,
		}, nil},
		"vectors": {rdb.ObjectVectorSet, sides{
			[]rdb.Element{vectors(1), vector("a", 0, 0, 128, 63)}, []rdb.Element{vectors(1), vector("a", 0, 0, 0, 63)},
		}, []string{"change member a master ([2]) replica ([1])"}},
		"dimensions": {rdb.ObjectVectorSet, sides{[]rdb.Element{vectors(1)}, []rdb.Element{vectors(2)}},
			[]string{"change part vectors master (1 dimensions, none) replica (2 dimensions, none)"}},
		"module": {rdb.ObjectModule, sides{[]rdb.Element{item(2, 7), item(1, 1)}, []rdb.Element{item(2, 8), item(1, 1)}},
			[]string{"change at 0 master (7) replica (8)"}},
	} {
		t.Run(name, func(t *testing.T) {
			changer := &changer{limit: 100, skew: time.Second}
			changer.compare(&value.Value{Object: c.object, Elements: c.sides.master}, &value.Value{Object: c.object, Elements: c.sides.replica})
			var got []string
			for i := range changer.changes {
				got = append(got, said(&changer.changes[i]))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if changer.total != int64(len(c.want)) {
				t.Errorf("%d in all", changer.total)
			}
		})
	}
}

var inf = 1 / zero

var zero float64

// TestChangesAreCounted past their limit, and a field past its time on one side
// alone is a change that does not count as alive.
func TestChangesAreCounted(t *testing.T) {
	const clock = 1000
	for name, c := range map[string]struct {
		master, replica    []rdb.Element
		shown              int
		total, alive, skew int64
	}{
		"past the limit":               {members("a", "b", "c"), nil, 2, 3, 3, 0},
		"expired and gone":             {[]rdb.Element{field("f", "v", clock-1)}, nil, 1, 1, 0, 0},
		"about to expire and gone":     {[]rdb.Element{field("f", "v", clock)}, nil, 1, 1, 1, 0},
		"expired, not gone, another":   {[]rdb.Element{field("f", "v", clock-1)}, []rdb.Element{field("f", "w", clock-1)}, 1, 1, 1, 0},
		"expiries within skew":         {[]rdb.Element{field("f", "v", 5000)}, []rdb.Element{field("f", "v", 7000)}, 0, 0, 0, 2000},
		"expiries past skew":           {[]rdb.Element{field("f", "v", 5000)}, []rdb.Element{field("f", "v", 7001)}, 1, 1, 1, 0},
		"one that never expires":       {[]rdb.Element{field("f", "v", 5000)}, []rdb.Element{field("f", "v", 0)}, 1, 1, 1, 0},
		"other values within skew":     {[]rdb.Element{field("f", "v", 5000)}, []rdb.Element{field("f", "w", 5001)}, 1, 1, 1, 0},
		"expired and alive both gone":  {[]rdb.Element{field("f", "v", 1), field("g", "v", 0)}, nil, 2, 2, 1, 0},
		"extra and expired on replica": {nil, []rdb.Element{field("f", "v", 1)}, 1, 1, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got := &changer{limit: 2, skew: 2 * time.Second, expiredBefore: clock}
			got.members(c.master, c.replica)
			if len(got.changes) != c.shown || got.total != c.total || got.alive != c.alive || got.skewed != c.skew {
				t.Errorf("%d shown of %d, %d alive, skewed by %d", len(got.changes), got.total, got.alive, got.skewed)
			}
		})
	}
}

func TestDistanceDoesNotOverflow(t *testing.T) {
	const most, least = 1<<63 - 1, -1 << 63
	for _, c := range []struct{ a, b, want int64 }{{5, 3, 2}, {3, 5, 2}, {most, -1, most}, {least, most, most}, {0, 0, 0}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%d and %d are %d apart, want %d", c.a, c.b, got, c.want)
		}
	}
}
