package value

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redsleuth/redsleuth/parse/rdb"
)

// words joins the arguments of commands, a command a line.
func words(commands [][][]byte) string {
	var b strings.Builder
	for _, args := range commands {
		for i, arg := range args {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.Write(arg)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func element(kind rdb.ElementKind, change func(*rdb.Element)) rdb.Element {
	e := rdb.Element{Kind: kind, ExpireAt: rdb.NoExpiry}
	change(&e)
	return e
}

func member(s string) rdb.Element {
	return element(rdb.ElementBytes, func(e *rdb.Element) { e.Member = []byte(s) })
}

func field(name, content string, at int64) rdb.Element {
	return element(rdb.ElementField, func(e *rdb.Element) {
		e.Member, e.Value, e.ExpireAt = []byte(name), []byte(content), at
	})
}

func score(name string, f float64) rdb.Element {
	return element(rdb.ElementScore, func(e *rdb.Element) { e.Member, e.Score = []byte(name), f })
}

func entry(ms uint64, fields ...string) rdb.Element {
	return element(rdb.ElementEntry, func(e *rdb.Element) {
		e.ID.Ms = ms
		for _, f := range fields {
			e.Fields = append(e.Fields, []byte(f))
		}
	})
}

func state(s rdb.StreamState) rdb.Element {
	return element(rdb.ElementStream, func(e *rdb.Element) { e.Stream = &s })
}

func group(g rdb.Group) rdb.Element {
	return element(rdb.ElementGroup, func(e *rdb.Element) { e.Group = &g })
}

// slot and insertAt are parts of an array.
func slot(index uint64, content string) rdb.Element {
	return element(rdb.ElementIndex, func(e *rdb.Element) { e.Index, e.Value = index, []byte(content) })
}

func insertAt(index uint64) rdb.Element {
	return element(rdb.ElementArray, func(e *rdb.Element) { e.Array.HasInsert, e.Array.InsertIndex = true, index })
}

func TestCommands(t *testing.T) {
	alice := rdb.Group{
		Name: []byte("g"), LastID: rdb.StreamID{Ms: 5, Seq: 1}, HasEntriesRead: true, EntriesRead: rdb.EntriesReadUnknown,
		Consumers: []rdb.Consumer{{Name: []byte("alice"), Pending: 1}, {Name: []byte("bob")}},
		Pending:   []rdb.Pending{{ID: rdb.StreamID{Ms: 5}, DeliveredAt: 77, Deliveries: 2}},
	}
	deleted, released, ownerless := alice, alice, alice
	deleted.Pending = []rdb.Pending{{ID: rdb.StreamID{Ms: 4}}}
	released.Released = []rdb.StreamID{{Ms: 5}}
	ownerless.Pending = []rdb.Pending{{ID: rdb.StreamID{Ms: 5}, Consumer: -1}}
	meta := rdb.StreamState{Entries: 1, LastID: rdb.StreamID{Ms: 5}, HasMeta: true, EntriesAdded: 9, MaxDeletedID: rdb.StreamID{Ms: 4}}
	for name, c := range map[string]struct {
		object   rdb.Object
		elements []rdb.Element
		version  int
		want     string
		loss     Loss
	}{
		"string":             {rdb.ObjectString, []rdb.Element{member("a")}, 1, "SET k a", Whole},
		"list":               {rdb.ObjectList, []rdb.Element{member("a"), member("b")}, 1, "RPUSH k a b", Whole},
		"set":                {rdb.ObjectSet, []rdb.Element{member("a")}, 1, "SADD k a", Whole},
		"scores":             {rdb.ObjectZSet, []rdb.Element{score("a", 0.1), score("b", math.Inf(-1))}, 1, "ZADD k 0.1 a -Inf b", Whole},
		"a hash before 4.0":  {rdb.ObjectHash, []rdb.Element{field("f", "v", rdb.NoExpiry)}, 7, "HMSET k f v", Whole},
		"a hash from 4.0 on": {rdb.ObjectHash, []rdb.Element{field("f", "v", rdb.NoExpiry)}, 8, "HSET k f v", Whole},
		"an empty hash":      {rdb.ObjectHash, nil, 8, "", Whole},
		"fields that expire": {rdb.ObjectHash, []rdb.Element{field("f", "v", 55), field("g", "w", rdb.NoExpiry)}, 12,
			"HSET k f v g w\nHPEXPIREAT k 55 FIELDS 1 f", Whole},
		"array": {rdb.ObjectArray, []rdb.Element{insertAt(3), slot(7, "x")}, 14, "ARMSET k 7 x\nARSEEK k 4", Whole},
		"stream before 7.0": {rdb.ObjectStream, []rdb.Element{entry(5, "f", "v"), state(meta), group(alice)}, 9,
			"XADD k 5-0 f v\nXSETID k 5-0\nXGROUP CREATE k g 5-1\nXGROUP CREATECONSUMER k g bob\n" +
				"XCLAIM k g alice 0 5-0 TIME 77 RETRYCOUNT 2 JUSTID FORCE", Whole},
		"stream from 7.0 on": {rdb.ObjectStream, []rdb.Element{entry(5, "f", "v"), state(meta), group(alice)}, 10,
			"XADD k 5-0 f v\nXSETID k 5-0 ENTRIESADDED 9 MAXDELETEDID 4-0\nXGROUP CREATE k g 5-1 ENTRIESREAD -1\n" +
				"XGROUP CREATECONSUMER k g alice\nXGROUP CREATECONSUMER k g bob\n" +
				"XCLAIM k g alice 0 5-0 TIME 77 RETRYCOUNT 2 JUSTID FORCE", Whole},
		"a stream that 5.0 wrote": {rdb.ObjectStream, []rdb.Element{entry(5, "f", "v"), state(rdb.StreamState{Entries: 1, LastID: rdb.StreamID{Ms: 6}})}, 10,
			"XADD k 5-0 f v\nXSETID k 6-0", Whole},
		"an empty stream": {rdb.ObjectStream, []rdb.Element{state(rdb.StreamState{})}, 9,
			"XADD k MAXLEN 0 0-1 x y\nXSETID k 0-0", Whole},
		"pending and deleted": {rdb.ObjectStream, []rdb.Element{entry(5, "f", "v"), state(meta), group(deleted)}, 9,
			"XADD k 5-0 f v\nXSETID k 5-0\nXGROUP CREATE k g 5-1\nXGROUP CREATECONSUMER k g bob\n" +
				"XCLAIM k g alice 0 4-0 TIME 0 RETRYCOUNT 0 JUSTID FORCE", LosesContent},
		"given back": {rdb.ObjectStream, []rdb.Element{entry(5, "f", "v"), state(meta), group(released)}, 9,
			"XADD k 5-0 f v\nXSETID k 5-0\nXGROUP CREATE k g 5-1\nXGROUP CREATECONSUMER k g bob\n" +
				"XCLAIM k g alice 0 5-0 TIME 77 RETRYCOUNT 2 JUSTID FORCE", LosesContent},
		"pending and nobody's": {rdb.ObjectStream, []rdb.Element{entry(5, "f", "v"), state(meta), group(ownerless)}, 9,
			"XADD k 5-0 f v\nXSETID k 5-0\nXGROUP CREATE k g 5-1\nXGROUP CREATECONSUMER k g bob", LosesContent},
		"a producer": {rdb.ObjectStream, []rdb.Element{element(rdb.ElementProducer, func(*rdb.Element) {})}, 13, "", LosesAside},
		"no producers yet": {rdb.ObjectStream,
			[]rdb.Element{element(rdb.ElementIdempotence, func(e *rdb.Element) { e.Idempotence = &rdb.IdempotenceState{} })}, 13, "", Whole},
		"producers forgotten": {rdb.ObjectStream,
			[]rdb.Element{element(rdb.ElementIdempotence, func(e *rdb.Element) { e.Idempotence = &rdb.IdempotenceState{IDsAdded: 1} })}, 13, "", LosesAside},
		"vector set": {rdb.ObjectVectorSet, nil, 14, "", LosesContent},
		"module":     {rdb.ObjectModule, nil, 14, "", LosesContent},
	} {
		t.Run(name, func(t *testing.T) {
			v := &Value{Object: c.object, Elements: c.elements}
			commands, loss := v.Commands([]byte("k"), c.version)
			if diff := cmp.Diff(strings.TrimSpace(c.want), strings.TrimSpace(words(commands))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if loss != c.loss {
				t.Errorf("loss %d, want %d", loss, c.loss)
			}
		})
	}
}

func TestCommandsOfAKey(t *testing.T) {
	v := &Value{Object: rdb.ObjectString, Elements: []rdb.Element{member("a")}, HasExpire: true, ExpireAt: 99}
	commands, _ := v.Commands([]byte("k"), 9)
	if got := words(commands); got != "SET k a\nPEXPIREAT k 99\n" {
		t.Errorf("got %s", got)
	}
	if commands, loss := (&Value{Object: rdb.ObjectSet, Large: true}).Commands([]byte("k"), 9); commands != nil || loss != LosesContent {
		t.Errorf("a large value: %v, %d", commands, loss)
	}
}

// TestCommandsAreBounded: a large value comes in many commands, which add all
// of it, in order.
func TestCommandsAreBounded(t *testing.T) {
	for name, size := range map[string]int{"many": 1, "long": 5000} {
		t.Run(name, func(t *testing.T) {
			v := &Value{Object: rdb.ObjectList}
			for i := range 1000 {
				v.Elements = append(v.Elements, member(fmt.Sprintf("%0*d", size, i)))
			}
			commands, _ := v.Commands([]byte("k"), 9)
			n := 0
			for _, args := range commands {
				bytes := 0
				for _, arg := range args[2:] {
					if want := v.Elements[n].Member; string(arg) != string(want) {
						t.Fatalf("element %d is %.10s", n, arg)
					}
					bytes += len(arg)
					n++
				}
				if len(args) > 2+batchMost || bytes > batchMostSize+size {
					t.Errorf("a command of %d arguments and %d bytes", len(args), bytes)
				}
			}
			if n != len(v.Elements) {
				t.Errorf("%d elements of %d", n, len(v.Elements))
			}
		})
	}
}

// TestABuilderForgets the key before: its elements, its losses, its pending
// entries.
func TestABuilderForgets(t *testing.T) {
	b := &Builder{Version: 9}
	g := group(rdb.Group{Name: []byte("g"), Consumers: []rdb.Consumer{{}}, Pending: []rdb.Pending{{}}, Released: []rdb.StreamID{{}}})
	b.Start([]byte("k"), rdb.ObjectStream)
	b.Add(nil, &g)
	half := member("left over")
	b.Start([]byte("j"), rdb.ObjectList)
	b.Add(nil, &half)
	b.Start([]byte("i"), rdb.ObjectList)
	last := member("a")
	if out := b.End(b.Add(nil, &last)); string(out) != "*3\r\n$5\r\nRPUSH\r\n$1\r\ni\r\n$1\r\na\r\n" {
		t.Errorf("wrote %q", out)
	}
	if b.Loss() != Whole || len(b.Pending()) != 0 {
		t.Errorf("loss %d, pending %v", b.Loss(), b.Pending())
	}
}

// TestPendingInOrder: of all groups, each once.
func TestPendingInOrder(t *testing.T) {
	b := &Builder{Version: 9}
	b.Start([]byte("k"), rdb.ObjectStream)
	for _, ids := range [][]uint64{{3, 9}, {1, 3}} {
		g := rdb.Group{Consumers: []rdb.Consumer{{}}}
		for _, ms := range ids {
			g.Pending = append(g.Pending, rdb.Pending{ID: rdb.StreamID{Ms: ms}})
		}
		e := group(g)
		b.Add(nil, &e)
	}
	if diff := cmp.Diff([]rdb.StreamID{{Ms: 1}, {Ms: 3}, {Ms: 9}}, b.Pending()); diff != "" {
		t.Error(diff)
	}
}
