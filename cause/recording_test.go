package cause

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/replay"

	"github.com/google/go-cmp/cmp"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/record"
)

// line splits a command at its spaces.
func line(text string) [][]byte {
	var args [][]byte
	for w := range strings.FieldsSeq(text) {
		args = append(args, []byte(w))
	}
	return args
}

// ran is the effect of a command at an offset that both ran in database 0.
func ran(offset int64, text string) *replay.Effect {
	return &replay.Effect{
		Path: "link", Outcome: replay.Applied,
		Command: &record.Command{Offset: offset, EndOffset: offset + 10, Args: line(text), Link: &record.Link{Number: 1}},
	}
}

// recorded writes effects down.
func recorded(t *testing.T, effects ...*replay.Effect) *recording {
	t.Helper()
	r, err := newRecording()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.close(); err != nil {
			t.Error(err)
		}
	})
	for _, e := range effects {
		if err := r.effect(e, false); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// commands records lines one after another, ten bytes each, from offset 0 on.
func commands(t *testing.T, lines ...string) *recording {
	t.Helper()
	var all []*replay.Effect
	for i, text := range lines {
		all = append(all, ran(int64(i)*10, text))
	}
	return recorded(t, all...)
}

func asked(keys ...string) map[string]bool {
	names := map[string]bool{}
	for _, k := range keys {
		names[k] = true
	}
	return names
}

func texts(events []*event) []string {
	all := []string{}
	for _, e := range events {
		all = append(all, string(slices.Concat(slices.Collect(func(yield func([]byte) bool) {
			for i, a := range e.args {
				if i > 0 && !yield([]byte(" ")) || !yield(a) {
					return
				}
			}
		})...)))
	}
	return all
}

// TestRecordingGivesBack: what is read is what was written.
func TestRecordingGivesBack(t *testing.T) {
	at := time.Date(2024, 5, 1, 12, 0, 0, 1000, time.UTC)
	long := strings.Repeat("x", 3*scratchReads)
	for name, e := range map[string]*replay.Effect{
		"a command": ran(100, "SET k v"),
		"a dropped one, in another database, with its time": {
			Path: "other", Outcome: replay.Dropped, ReplicaDB: 3,
			Command: &record.Command{Offset: 7, EndOffset: 9000, DB: 12, Time: at, Args: line("EVALSHA x 1 k"), Link: &record.Link{Number: 5}},
		},
		"one of which nothing is known": {
			Path: "p", Outcome: replay.Undelivered, ReplicaDB: record.Unknown,
			Command: &record.Command{Offset: record.Unknown, EndOffset: record.Unknown, DB: record.Unknown, Args: line("DEL k")},
		},
		"empty and long arguments": {
			Path: "p", Outcome: replay.Undelivered,
			Command: &record.Command{Args: [][]byte{[]byte("MSET"), {}, []byte(long), []byte("k"), {}}},
		},
		"a name that the table does not know": ran(1<<40, "no.such k v"),
	} {
		t.Run(name, func(t *testing.T) {
			r := recorded(t, ran(0, "SET before 1"), e, ran(20, "SET after 1"))
			c, err := r.collectOnce(t.Context(), asked("k"), 1<<30)
			if err != nil || len(c.events) != 1 {
				t.Fatalf("%d events, %v", len(c.events), err)
			}
			got := c.events[0]
			link := 0
			if e.Command.Link != nil {
				link = e.Command.Link.Number
			}
			want := &event{
				path: e.Path, link: link, offset: e.Command.Offset, end: e.Command.EndOffset, time: e.Command.Time,
				db: e.Command.DB, replicaDB: e.ReplicaDB, outcome: e.Outcome, args: e.Command.Args,
				scope: command.ScopeOf(e.Command.Args), seq: 1,
			}
			want.keys = keysOf(want.args, want.scope, asked("k"))
			if d := cmp.Diff(want, got, cmp.AllowUnexported(event{}, namedKey{}), cmp.Transformer("text", func(b []byte) string { return string(b) })); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestCollect(t *testing.T) {
	const computed = "EVAL return(redis.call('del',ARGV[1]..'x')) 0 k"
	for _, c := range []struct {
		name  string
		lines []string
		keys  string
		want  []string
	}{
		{"the keys asked for", []string{"SET a 1", "SET b 1", "GET a", "PING", "APPEND a 2"}, "a", []string{"SET a 1", "APPEND a 2"}},
		{"nothing", []string{"SET b 1"}, "a", []string{}},
		{"what changes every key", []string{"FLUSHDB", "SET b 1", "FLUSHALL"}, "a", []string{"FLUSHDB", "FLUSHALL"}},
		{
			"keys that it was made from, wherever they stand",
			[]string{"SET c 1", "SET a 1", "RENAME c b", "RENAME b a", "SET other 1"}, "a",
			[]string{"SET c 1", "SET a 1", "RENAME c b", "RENAME b a"},
		},
		{"an unknown command that names one", []string{"mod.set x a", "mod.set x b"}, "a", []string{"mod.set x a"}},
		{"a script that may change any", []string{computed, "EVAL return(redis.call('del',KEYS[1])) 1 b"}, "a", []string{computed}},
		{"a script whose source nothing tells", []string{"EVALSHA " + strings.Repeat("a", 40) + " 0"}, "a", []string{"EVALSHA " + strings.Repeat("a", 40) + " 0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, err := commands(t, c.lines...).collect(t.Context(), asked(c.keys), 1<<20)
			if err != nil || h.cut {
				t.Fatalf("cut %v, %v", h.cut, err)
			}
			if got := texts(h.events); !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// A history that is not whole says so.
func TestCollectIsCut(t *testing.T) {
	var chain []string
	for i := range 30 { // each is made from the one after it, which only the next reading shows
		chain = append(chain, fmt.Sprintf("COPY k%d k%d", 30-i, 29-i))
	}
	slices.Reverse(chain)
	for _, c := range []struct {
		name     string
		lines    []string
		maxBytes int64
		cut      bool
	}{
		{"memory is used up", []string{"SET k0 1", "SET k0 2"}, 300, true},
		{"it is enough", []string{"SET k0 1", "SET k0 2"}, 700, false},
		{"no end of keys", chain, 1 << 20, true},
		{"an end of them", chain[:10], 1 << 20, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, err := commands(t, c.lines...).collect(t.Context(), asked("k0"), c.maxBytes)
			if err != nil || h.cut != c.cut {
				t.Errorf("cut %v, %v", h.cut, err)
			}
		})
	}
}

// A state begins behind the commands that came before it.
func TestBeginsHaveTheirPlace(t *testing.T) {
	r := recorded(t,
		&replay.Effect{Outcome: replay.Loaded, Path: "link", Offset: 0, Link: &record.Link{Number: 2}},
		ran(0, "SET k 1"), ran(10, "SET other 1"),
		&replay.Effect{Outcome: replay.Started, Path: "link", Base: "dump", Offset: 20},
		ran(20, "SET k 2"),
	)
	c, err := r.collectOnce(t.Context(), asked("k"), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	want := []begin{
		{outcome: replay.Loaded, path: "link", link: 2},
		{outcome: replay.Started, path: "dump", offset: 20, seq: 2, at: 1},
	}
	if d := cmp.Diff(want, c.begins, cmp.AllowUnexported(begin{})); d != "" {
		t.Error(d)
	}
}

func TestScriptsAreFoundByName(t *testing.T) {
	const body = "return(redis.call('incr',KEYS[1]))"
	sha := shaOf(line("EVAL " + body + " 0"))
	for name, first := range map[string]string{"EVAL": "EVAL " + body + " 1 other", "SCRIPT LOAD": "SCRIPT LOAD " + body} {
		t.Run(name, func(t *testing.T) {
			h, err := commands(t, "EVALSHA "+sha+" 1 other", first, "EVALSHA "+strings.ToUpper(sha)+" 1 k").collect(t.Context(), asked("k"), 1<<20)
			if err != nil || string(h.bodies[sha]) != body {
				t.Errorf("%q, %v", h.bodies[sha], err)
			}
			// Before its source was seen, the script may have changed any key.
			if len(h.events) < 2 || h.events[0].offset != 0 {
				t.Errorf("%q", texts(h.events))
			}
		})
	}
}

func TestSpans(t *testing.T) {
	var s spans
	for _, at := range [][2]int64{{0, 10}, {10, 20}, {30, 40}, {15, 30}, {record.Unknown, record.Unknown}} {
		s.cover(&record.Command{Offset: at[0], EndOffset: at[1]})
	}
	for _, c := range []struct {
		from, to int64
		want     bool
	}{{0, 40, true}, {5, 25, true}, {0, 41, false}, {40, 40, true}, {50, 50, true}, {50, 60, false}} {
		if got := s.hold(c.from, c.to); got != c.want {
			t.Errorf("from %d to %d: %v", c.from, c.to, got)
		}
	}
	if last, known := s.end(); last != 40 || !known {
		t.Errorf("they end at %d, %v", last, known)
	}
	if _, known := (spans{}).end(); known {
		t.Error("no span has an end")
	}
}

func TestScratchLeavesNothingBehind(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	s, err := newScratch()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.write([]byte("abc")); err != nil {
		t.Fatal(err)
	}
	if b, err := s.readAt(1, 2); err != nil || string(b) != "bc" {
		t.Errorf("%q, %v", b, err)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind while open: %v, %v", left, err)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}

// TestSelection: of the commands that name keys, those are recorded that may
// matter to a difference.
func TestSelection(t *testing.T) {
	streams := []string{
		"SET k 1", "SET other 1", "SET src 1", "MSET alone 1 also 1", "RENAME src mid", "FLUSHDB", "mod.set x",
		"EVAL return(1) 1 other", "COPY far k DB 1", "INCR mid",
	}
	joinedOnly := append(append([]string{}, streams[:1]...), "SET src 1", "RENAME src mid", "FLUSHDB", "mod.set x",
		"EVAL return(1) 1 other", "COPY far k DB 1", "INCR mid")
	for _, c := range []struct {
		name      string
		selection *selection
		want      []string
	}{
		{"none", nil, streams},
		{"keys that may differ, and what they may be made from", newSelection(func(k []byte) bool { return string(k) == "k" }), joinedOnly},
		{"too many are joined to be told apart", &selection{mayDiffer: func([]byte) bool { return false }}, streams},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := recorded(t)
			if r.selection = c.selection; c.selection != nil {
				h := surveyor{payloadRecorder{r, "link"}, c.selection}
				for _, text := range streams {
					if err := h.Command(&record.Command{Args: line(text)}); err != nil {
						t.Fatal(err)
					}
				}
			}
			for i, text := range streams {
				if err := r.effect(ran(int64(i)*10, text), false); err != nil {
					t.Fatal(err)
				}
			}
			var got []*event
			p, err := r.play()
			for err == nil {
				var ok bool
				if ok, err = p.next(t.Context()); !ok || err != nil {
					break
				}
				var e *event
				e, err = p.event()
				got = append(got, e)
			}
			if err != nil || !slices.Equal(texts(got), c.want) {
				t.Errorf("%q, %v", texts(got), err)
			}
			if !r.spans.hold(0, int64(len(streams))*10) {
				t.Error("what is not recorded is held as well")
			}
		})
	}
}
