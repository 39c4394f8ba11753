package cause

import (
	"slices"
	"testing"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay"
)

// events at offsets 0, 10, 20, …, each ten bytes long.
func events(outcomes ...replay.Outcome) []*event {
	var all []*event
	for i, o := range outcomes {
		at := int64(i) * 10
		all = append(all, &event{offset: at, end: at + 10, outcome: o, scope: command.Named})
	}
	return all
}

func offsets(events []*event) []int64 {
	all := []int64{}
	for _, e := range events {
		all = append(all, e.offset)
	}
	return all
}

const (
	applied     = replay.Applied
	dropped     = replay.Dropped
	undelivered = replay.Undelivered
)

func TestTheMastersWayHasEachCommandOnce(t *testing.T) {
	h := &history{events: events(applied, applied, undelivered, undelivered), begins: []begin{{outcome: replay.Loaded, offset: 0, path: "link"}}}
	again := events(applied, applied, applied, applied, applied)
	h.events = append(h.events, again[2:]...) // 20, 30 and 40 come on the next link
	h.spans = []span{{0, 40}, {20, 50}}
	way := h.master(50)
	if got := offsets(way.events); !slices.Equal(got, []int64{0, 10, 20, 30, 40}) || !way.complete {
		t.Errorf("%v, complete %v", got, way.complete)
	}
	if got := h.master(20); !slices.Equal(offsets(got.events), []int64{0, 10}) {
		t.Errorf("up to 20: %v", offsets(got.events))
	}
	if h.master(60).complete {
		t.Error("complete to an offset that the streams don't reach")
	}
}

// A full resync replaces what came on a link of which no offset is known, and not
// what comes after.
func TestTheMastersWayWithoutOffsets(t *testing.T) {
	h := &history{events: events(applied, applied, applied, applied)}
	for _, e := range h.events[:2] {
		e.offset, e.end = record.Unknown, record.Unknown
	}
	h.events[3].offset, h.events[3].end = record.Unknown, record.Unknown
	for name, c := range map[string]struct {
		begin begin
		want  []int64
	}{
		"a payload":      {begin{outcome: replay.Loaded, offset: 20, path: "link", at: 2}, []int64{20, -1}},
		"a dump may not": {begin{outcome: replay.Started, offset: 20, path: "dump", at: 2}, []int64{-1, -1, 20, -1}},
	} {
		t.Run(name, func(t *testing.T) {
			h.begins = []begin{c.begin}
			if got := offsets(h.master(50).events); !slices.Equal(got, c.want) {
				t.Errorf("%v", got)
			}
		})
	}
}

func TestTheReplicasWay(t *testing.T) {
	for name, c := range map[string]struct {
		begins []begin
		events []*event
		want   []int64
	}{
		"what never arrived is left out": {
			begins: []begin{{outcome: replay.Loaded, path: "link"}},
			events: events(applied, dropped, undelivered),
			want:   []int64{0, 10},
		},
		"a restart from an older dump undoes": {
			begins: []begin{{outcome: replay.Loaded, path: "link"}, {outcome: replay.Started, offset: 10, path: "dump", at: 3}},
			events: append(events(applied, applied, applied), events(applied, applied)[1]),
			want:   []int64{0, 10},
		},
		"a full resync replaces": {
			begins: []begin{{outcome: replay.Loaded, path: "link"}, {outcome: replay.Loaded, offset: 20, path: "link", at: 2}},
			events: events(applied, applied, applied),
			want:   []int64{20},
		},
		"what came after the dump is left out": {
			begins: []begin{{outcome: replay.Loaded, path: "link"}, {outcome: replay.Loaded, offset: 90, path: "link", at: 3}},
			events: events(applied, applied, applied, applied, applied, applied),
			want:   []int64{0, 10, 20, 30},
		},
	} {
		h := &history{events: c.events, begins: c.begins}
		if got := offsets(h.replica(40).events); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// A dump that the replica saved itself has in it what came before: nothing of that is
// applied to it. Of histories that part it is no beginning, where the stream tells what
// came before it: what differed by then is not told by it.
func TestTheReplicasOwnDump(t *testing.T) {
	saved := begin{outcome: replay.Started, offset: 20, path: "dump", at: 2}
	for name, c := range map[string]struct {
		parted                  bool
		first                   int64 // offset of the stream's first byte
		replica, earlier, other []int64
		dump                    bool
	}{
		"one history":                      {false, 0, []int64{20, 30}, []int64{0, 10}, []int64{20, 30}, true},
		"histories that part":              {true, 0, []int64{0, 10, 20, 30}, []int64{}, []int64{0, 10, 20, 30}, false},
		"nothing is known of before then":  {true, 20, []int64{20, 30}, []int64{}, []int64{20, 30}, true},
		"nor of one history, which is one": {false, 20, []int64{20, 30}, []int64{}, []int64{20, 30}, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := &history{parted: c.parted, spans: spans{{c.first, 40}}, blank: &begin{blank: true}, begins: []begin{saved}}
			for _, e := range events(applied, applied, applied, applied) {
				if e.offset >= c.first {
					h.events = append(h.events, e)
				}
			}
			h.begins[0].at = len(h.events) - 2
			way, other := h.replica(40), h.master(40)
			if !slices.Equal(offsets(way.events), c.replica) || !slices.Equal(offsets(way.earlier), c.earlier) {
				t.Errorf("the replica's is %v after %v", offsets(way.events), offsets(way.earlier))
			}
			if !slices.Equal(offsets(other.events), c.other) {
				t.Errorf("the master's is %v", offsets(other.events))
			}
			if (way.begin == &h.begins[0]) != c.dump || (other.begin == &h.begins[0]) != c.dump || way.begin.blank == c.dump {
				t.Errorf("they begin at %+v and %+v", way.begin, other.begin)
			}
		})
	}
}

func TestTaintIsInherited(t *testing.T) {
	wrong := &event{outcome: applied, scope: command.Named, db: 7, replicaDB: 0, keys: []namedKey{{"a", true}}}
	copied := &event{outcome: applied, scope: command.Named, keys: []namedKey{{"b", true}, {"a", false}}}
	healthy := &event{outcome: applied, scope: command.Named, keys: []namedKey{{"c", true}}}
	tainted := taintKeys([]*event{wrong, copied, healthy})
	if m := tainted["a"]; m == nil || m.inherited {
		t.Errorf("a: %+v", m)
	}
	if m := tainted["b"]; m == nil || !m.inherited || m.event != wrong {
		t.Errorf("b: %+v", m)
	}
	if tainted["c"] != nil {
		t.Error("c was marked")
	}
}

// What a hole may have changed is only known where all commands have their place.
func TestTraced(t *testing.T) {
	x := &Explainer{report: &diff.Report{
		Master: &diff.Side{State: &repl.State{Offset: 30}}, Replica: &diff.Side{State: &repl.State{Offset: 30}},
	}}
	for _, c := range []struct {
		name  string
		spans spans
		begin begin
		lost  int // of the events, the one that has no offset
		want  bool
	}{
		{"nothing is missing", spans{{0, 30}}, begin{path: "link", outcome: replay.Loaded}, -1, true},
		{"a hole whose place is known", spans{{0, 10}, {20, 30}}, begin{path: "link", outcome: replay.Loaded}, -1, true},
		{"a command that may lie anywhere", spans{{0, 10}, {20, 30}}, begin{path: "link", outcome: replay.Loaded}, 1, false},
		{"a stream without offsets", nil, begin{path: "link", outcome: replay.Loaded}, -1, false},
		{"a state that has none", spans{{0, 30}}, begin{path: "link", outcome: replay.Loaded, offset: record.Unknown}, -1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := &history{events: events(applied, applied, applied), begins: []begin{c.begin}, spans: c.spans}
			if c.lost >= 0 {
				h.events[c.lost].offset, h.events[c.lost].end = record.Unknown, record.Unknown
			}
			if got := (lacking{newAttribution(x, h, nil)}).traced(); got != c.want {
				t.Error(got)
			}
		})
	}
}

func TestTimelinesAreSplit(t *testing.T) {
	way := timeline{events: events(applied, applied, applied)}
	for _, c := range []struct {
		at            int64
		before, after []int64
	}{
		{0, []int64{}, []int64{0, 10, 20}},
		{10, []int64{0}, []int64{10, 20}},
		{15, []int64{0, 10}, []int64{20}},
		{30, []int64{0, 10, 20}, []int64{}},
	} {
		before, after := way.until(c.at)
		if !slices.Equal(offsets(before), c.before) || !slices.Equal(offsets(after), c.after) {
			t.Errorf("at %d: %v and %v", c.at, offsets(before), offsets(after))
		}
	}
}

// The index of a key has what names it to change it, and then what changes all.
func TestIndex(t *testing.T) {
	var all []*event
	for i, text := range []string{"SET k 1", "FLUSHALL", "SINTERSTORE other k", "SET other 1", "APPEND k 2", "FLUSHDB"} {
		args := line(text)
		scope := command.ScopeOf(args)
		e := &event{offset: int64(i) * 10, args: args, scope: scope, keys: keysOf(args, scope, nil)}
		if text == "FLUSHDB" {
			e.db, e.replicaDB = 4, 4
		}
		all = append(all, e)
	}
	x := newIndex(all)
	for _, c := range []struct {
		name string
		db   int
		want []string
	}{
		{"database 0", 0, []string{"SET k 1", "APPEND k 2", "FLUSHALL"}},
		{"database 4", 4, []string{"FLUSHALL", "FLUSHDB"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := texts(slices.Collect(x.on(c.db, "k"))); !slices.Equal(got, c.want) {
				t.Errorf("%q", got)
			}
		})
	}
}
