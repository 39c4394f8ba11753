package value

import (
	"testing"

	"github.com/redsleuth/redsleuth/parse/rdb"
)

func TestEqualWhateverTheEncoding(t *testing.T) {
	for name, equal := range map[string][]string{
		"string": {
			"00 02 3132  // 12",
			"00 c0 0c    // as int8",
			"00 c1 0c00  // as int16",
		},
		"list": {
			"01 02 01 32 01 35",
			"0a 0f 0f000000 0c000000 0200 00f3 02f6 ff // ziplist",
			"12 01 02 0b 0b000000 0200 02 01 05 01 ff // quicklist with one listpack",
		},
		"set": {
			"02 02 03 333030 02 2d31              // 300, -1",
			"02 02 02 2d31 03 333030              // the other way round",
			"0b 0c 02000000 02000000 ffff 2c01    // intset",
		},
		"hash": {
			"04 01 03 666f6f 03 626172             // foo: bar",
			"09 0b 01 03 666f6f 03 00 626172 ff    // zipmap",
			"10 11 11000000 0200 83666f6f04 8362617204 ff // listpack",
		},
		"zero": {
			"05 01 01 61 0000000000000000          // 0",
			"05 01 01 61 0000000000000080          // -0, which a listpack does not keep",
			"03 01 01 61 02 2d30                   // as text",
			"11 0c 0c000000 0200 8161 02 00 01 ff  // in a listpack",
		},
		"score": {
			"05 01 01 61 9a9999999999b93f          // 0.1",
			"03 01 01 61 03 302e31                 // 0.1",
			"03 01 01 61 13 302e3130303030303030303030303030303031 // %.17g of it",
		},
	} {
		t.Run(name, func(t *testing.T) {
			first := dumped(t, equal[0])
			for _, other := range equal[1:] {
				v := dumped(t, other)
				if !Same(first, v) || digestOf(t, first) != digestOf(t, v) {
					t.Errorf("%s differs from %s", equal[0], other)
				}
			}
		})
	}
}

func TestDifferentStaysDifferent(t *testing.T) {
	for name, pair := range map[string][2]string{
		"order of a list":      {"01 02 01 61 01 62", "01 02 01 62 01 61"},
		"once and twice":       {"01 01 01 61", "01 02 01 61 01 61"},
		"where strings end":    {"01 02 01 61 02 6262", "01 02 02 6162 01 62"},
		"field and value":      {"04 01 01 61 01 62", "04 01 01 62 01 61"},
		"list and set":         {"01 01 01 61", "02 01 01 61"},
		"scores printed alike": {"05 01 01 61 9a9999999999b93f", "05 01 01 61 9b9999999999b93f"},
		"infinities":           {"05 01 01 61 000000000000f07f", "05 01 01 61 000000000000f0ff"},
		"empty and missing":    {"04 01 00 01 61", "04 01 01 61 00"},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := dumped(t, pair[0]), dumped(t, pair[1])
			if Same(a, b) || digestOf(t, a) == digestOf(t, b) {
				t.Error("taken for equal")
			}
		})
	}
}

func TestASumIsNotAnExclusiveOr(t *testing.T) {
	a, b := Hash([]byte("a")), Hash([]byte("b"))
	if a.Plus(b) != b.Plus(a) {
		t.Error("a sum depends on order")
	}
	if a.Plus(a).Plus(b) == b {
		t.Error("two equal elements cancel each other")
	}
	if (Digest{1, 1<<64 - 1}).Plus(Digest{0, 1}) != (Digest{2, 0}) {
		t.Error("the carry is lost")
	}
}

// TestWhatSameLeavesOut: expiries count for a digest, and not for Same.
func TestWhatSameLeavesOut(t *testing.T) {
	field := func(at int64) *Value {
		e := rdb.Element{Kind: rdb.ElementField, Member: []byte("f"), Value: []byte("v"), ExpireAt: at}
		return &Value{Object: rdb.ObjectHash, Elements: []rdb.Element{e}}
	}
	never, soon, later := field(rdb.NoExpiry), field(1000), field(2000)
	for name, pair := range map[string][2]*Value{"two times": {soon, later}, "one of them never": {never, soon}} {
		t.Run(name, func(t *testing.T) {
			if !Same(pair[0], pair[1]) {
				t.Error("not the same")
			}
			if digestOf(t, pair[0]) == digestOf(t, pair[1]) {
				t.Error("one digest for two expiries")
			}
		})
	}
	module := func(version int) *Value {
		return &Value{Object: rdb.ObjectModule, Module: "m", ModuleVersion: version}
	}
	if !Same(module(1), module(2)) || digestOf(t, module(1)) == digestOf(t, module(2)) {
		t.Error("the version of a module's encoding counts for digests, and for them alone")
	}
}

func TestSameOfWhatIsNotThere(t *testing.T) {
	v, large := dumped(t, "00 01 61"), &Value{Object: rdb.ObjectString, Large: true}
	for name, c := range map[string]struct {
		a, b *Value
		same bool
	}{
		"two absent":           {nil, nil, true},
		"absent and there":     {nil, v, false},
		"itself":               {v, v, true},
		"large":                {large, large, false},
		"large and not":        {large, v, false},
		"modules of two kinds": {&Value{Object: rdb.ObjectModule, Module: "a"}, &Value{Object: rdb.ObjectModule, Module: "b"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if Same(c.a, c.b) != c.same || Same(c.b, c.a) != c.same {
				t.Errorf("want %v", c.same)
			}
		})
	}
	if _, ok := large.Digest(); ok {
		t.Error("a digest of elements that are not there")
	}
}

// TestWhatCountsOfAStream: healthy servers differ in what does not.
func TestWhatCountsOfAStream(t *testing.T) {
	group := func(change func(*rdb.Group)) *Value {
		g := &rdb.Group{
			Name: []byte("g"), LastID: rdb.StreamID{Ms: 5}, EntriesRead: 1,
			Pending:   []rdb.Pending{{ID: rdb.StreamID{Ms: 3}, DeliveredAt: 7, Deliveries: 1}},
			Consumers: []rdb.Consumer{{Name: []byte("alice"), SeenAt: 9, Pending: 1}, {Name: []byte("bob")}},
		}
		state := &rdb.StreamState{LastID: rdb.StreamID{Ms: 6}}
		change(g)
		return &Value{Object: rdb.ObjectStream, Elements: []rdb.Element{
			{Kind: rdb.ElementStream, Stream: state}, {Kind: rdb.ElementGroup, Group: g},
		}}
	}
	plain := group(func(*rdb.Group) {})
	for name, c := range map[string]struct {
		change func(*rdb.Group)
		same   bool
	}{
		"entries read":       {func(g *rdb.Group) { g.EntriesRead = 4 }, true},
		"that they are told": {func(g *rdb.Group) { g.HasEntriesRead = true }, true},
		"time of a delivery": {func(g *rdb.Group) { g.Pending[0].DeliveredAt++ }, true},
		"when last seen":     {func(g *rdb.Group) { g.Consumers[0].SeenAt++ }, true},
		"order of consumers": {func(g *rdb.Group) {
			g.Consumers[0], g.Consumers[1] = g.Consumers[1], g.Consumers[0]
			g.Pending[0].Consumer = 1
		}, true},
		"last id":              {func(g *rdb.Group) { g.LastID.Seq++ }, false},
		"number of deliveries": {func(g *rdb.Group) { g.Pending[0].Deliveries++ }, false},
		"owner":                {func(g *rdb.Group) { g.Pending[0].Consumer = 1 }, false},
		"nothing pending":      {func(g *rdb.Group) { g.Pending = nil }, false},
		"a consumer less":      {func(g *rdb.Group) { g.Consumers = g.Consumers[:1] }, false},
		"name":                 {func(g *rdb.Group) { g.Name = []byte("h") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			if Same(plain, group(c.change)) != c.same {
				t.Errorf("want %v", c.same)
			}
		})
	}
}

// TestEntriesRead: they count in a digest where the format has them, and not for
// Same, which what an engine of another version made is held against.
func TestEntriesRead(t *testing.T) {
	stream := func(read uint64, has bool) *Value {
		g := &rdb.Group{Name: []byte("g"), EntriesRead: read, HasEntriesRead: has}
		return &Value{Object: rdb.ObjectStream, Elements: []rdb.Element{{Kind: rdb.ElementGroup, Group: g}}}
	}
	for _, c := range []struct {
		name  string
		a, b  *Value
		equal bool
	}{
		{"the same", stream(3, true), stream(3, true), true},
		{"one more", stream(3, true), stream(4, true), false},
		{"unknown", stream(3, true), stream(rdb.EntriesReadUnknown, true), false},
		{"in no format that has them", stream(3, false), stream(4, false), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := digestOf(t, c.a) == digestOf(t, c.b); got != c.equal {
				t.Errorf("equal digests: %v", got)
			}
			if !Same(c.a, c.b) {
				t.Error("not the same")
			}
		})
	}
}

// TestDigestsStream: elements digested while a decoder reads give the digest
// of the value held.
func TestDigestsStream(t *testing.T) {
	for name, dump := range fixtures(t) {
		t.Run(name, func(t *testing.T) {
			held := readAll(t, dump, read)
			var c Digester
			eachKey(t, dump, func(d *rdb.Decoder, rec *rdb.Record) {
				c.Start(rec)
				if err := d.Value(c.Add); err != nil {
					t.Fatal(err)
				}
				if c.Sum() != digestOf(t, held[nameOf(rec)]) {
					t.Errorf("%q: two digests", rec.Key)
				}
			})
		})
	}
}
