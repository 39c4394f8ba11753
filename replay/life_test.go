package replay

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/crc64"
	"github.com/redsleuth/redsleuth/repl"
)

const myLibrary = "#!lua^name=mylib~redis.register_function('myfunc',function(k)^return^1^end)"

func TestFunctions(t *testing.T) {
	payload := func(sources ...string) string {
		records := []string{state("7.2.6", idA, 0, "0")}
		for _, s := range sources {
			records = append(records, "\xf5"+str(text(s)))
		}
		return rdbOf(records...)
	}
	libraries := func(want ...string) func(*testing.T, *Report) {
		return func(t *testing.T, r *Report) {
			if got := strings.Join(r.States[0].Libraries, ","); got != strings.Join(want, ",") {
				t.Errorf("libraries %q, want %q", got, want)
			}
		}
	}
	last := Options{At: &Point{Offset: 1 << 40}}
	// dumped is what FUNCTION DUMP replies.
	dumped := func(source string) string {
		body := "\xf5" + str(text(source)) + "\x0a\x00"
		sum := binary.LittleEndian.AppendUint64(nil, crc64.Update(0, []byte(body)))
		return body + string(sum)
	}
	restore := func(payload, policy string) string {
		return fmt.Sprintf("*4\r\n$8\r\nFUNCTION\r\n$7\r\nRESTORE\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", len(payload), payload, len(policy), policy)
	}
	for _, s := range []scenario{
		{name: "from the payload", options: last, streams: []string{fullSync(idA, 0, payload(myLibrary), wire("SELECT 0", "FCALL myfunc 1 k"))}, check: libraries("mylib")},
		{name: "loaded in the stream", options: last, streams: []string{fullSync(idA, 0, payload(), wire("SELECT 0", "FUNCTION LOAD REPLACE "+myLibrary, "fcall myfunc 1 k"))},
			check: libraries("mylib")},
		{name: "unknown function", streams: []string{fullSync(idA, 0, payload(myLibrary), wire("SELECT 0", "FCALL other 1 k"))}, want: []string{"error function-missing@23"}},
		{name: "flushed", options: last, streams: []string{fullSync(idA, 0, payload(myLibrary), wire("SELECT 0", "FUNCTION FLUSH", "FCALL myfunc 1 k"))},
			want: []string{"error function-missing@52"}, info: []string{"function-flush"}, check: libraries()},
		{name: "deleted twice", options: last, streams: []string{fullSync(idA, 0, payload(myLibrary), wire("SELECT 0", "FUNCTION DELETE mylib", "FUNCTION DELETE mylib"))},
			want: []string{"warning function-missing@64"}, check: libraries()},
		{name: "loaded again without REPLACE", options: last, streams: []string{fullSync(idA, 0, payload(myLibrary), wire("SELECT 0", "FUNCTION LOAD "+myLibrary))},
			want: []string{"warning function-duplicate@23"}, check: libraries("mylib")},
		{name: "a restart brings back those of the dump", options: last,
			streams: []string{goOn(idA, wire("SET k v"))}, bases: []string{payload(myLibrary)}, check: libraries("mylib")},
		{name: "a full resync replaces them all", options: last, streams: []string{
			fullSync(idA, 0, payload(myLibrary), wire("SELECT 0")), fullSync(idA, 100, payload(), wire("SELECT 0", "FCALL myfunc 0")),
		}, want: []string{"error function-missing@123"}, check: libraries()},
		{name: "restored", options: last, streams: []string{fullSync(idA, 0, payload(), wire("SELECT 0")+restore(dumped(myLibrary), "APPEND")+wire("FCALL myfunc 0"))},
			check: libraries("mylib")},
		{name: "restored although it is there", options: last,
			streams: []string{fullSync(idA, 0, payload(myLibrary), wire("SELECT 0")+restore(dumped(myLibrary), "APPEND"))},
			want:    []string{"warning function-duplicate@23"}, check: libraries("mylib")},
		{name: "restored in place", options: last,
			streams: []string{fullSync(idA, 0, payload(myLibrary), wire("SELECT 0")+restore(dumped(myLibrary), "REPLACE"))}, check: libraries("mylib")},
		{name: "restored after a flush", options: last,
			streams: []string{fullSync(idA, 0, payload("#!lua^name=other~redis.register_function('o',function(k)^return^1^end)"),
				wire("SELECT 0")+restore(dumped(myLibrary), "FLUSH")+wire("FCALL o 0"))},
			want: []string{fmt.Sprintf("error function-missing@%d", 23+len(restore(dumped(myLibrary), "FLUSH")))}, check: libraries("mylib")},
		{name: "a recording that begins later may lack them", streams: []string{goOn(idA, wire("FCALL myfunc 1 k"))}},
	} {
		t.Run(s.name, s.test)
	}
}

func TestTransactions(t *testing.T) {
	start := wire("SELECT 0", "SET k v")
	open := wire("MULTI", "SET a 1")
	at := int64(len(start))
	for _, s := range []scenario{
		{name: "nothing after it", streams: []string{fullSync(idA, 0, rdbOf(), start+open)}, want: []string{fmt.Sprintf("warning transaction-open@%d", at)}},
		{name: "sent again", streams: []string{fullSync(idA, 0, rdbOf(), start+open), goOn(idA, open+wire("EXEC", "SET b 1"))}, info: []string{"transaction-open"}},
		{name: "cut", streams: []string{fullSync(idA, 0, rdbOf(), start+open+"*1\r\n$4\r\nEX")}, want: []string{fmt.Sprintf("warning transaction-open@%d", at)}, info: []string{"truncated"}},
		{name: "within another", streams: []string{fullSync(idA, 0, rdbOf(), start+open+wire("MULTI", "SET b 1", "EXEC"))}, info: []string{"transaction-stray"}},
		{name: "EXEC alone", streams: []string{fullSync(idA, 0, rdbOf(), start+wire("EXEC"))}, info: []string{"transaction-stray"}},
		{name: "EXEC behind damage", streams: []string{fullSync(idA, 0, rdbOf(), start+open+"*1\r\n$3\r\nwide\r\n"+wire("EXEC", "SET b 1"))},
			want: []string{fmt.Sprintf("error damaged@%d", len(start+open))},
			check: func(t *testing.T, r *Report) {
				if f := findingOf(r, finding.TransactionStray); f != nil {
					t.Errorf("%+v", f)
				}
			}},
		{name: "replaced", streams: []string{fullSync(idA, 0, rdbOf(), start+open), fullSync(idA, 900, rdbOf(), start)}, info: []string{"transaction-open"}},
	} {
		t.Run(s.name, s.test)
	}
}

func TestHistories(t *testing.T) {
	start := fullSync(idA, 0, rdbOf(state("7.2.6", idA, 0, "0")), wire("SELECT 0", "SET k v"))
	at := int64(len(wire("SELECT 0", "SET k v")))
	promoted := goOn(idB, wire("SELECT 0", "SET b 1"))
	warning := []string{fmt.Sprintf("warning history-changed@%d", at)}
	facts := func(former string, limit int64) Options {
		return Options{Facts: repl.Facts{Servers: []repl.Server{{ID: idB, SecondaryID: former, SecondaryOffset: limit, SecondaryKnown: true}}}}
	}
	for _, s := range []scenario{
		{name: "a promoted master goes on", streams: []string{start, promoted}, info: []string{"history-changed"}},
		{name: "within the limit", streams: []string{start, promoted}, options: facts(idA, at+1), info: []string{"history-changed"}},
		{name: "beyond the limit", streams: []string{start, promoted}, options: facts(idA, at), want: warning},
		{name: "promoted from another history", streams: []string{start, promoted}, options: facts(strings.Repeat("c", 40), at+1), want: warning},
		{name: "a full resync from another master", streams: []string{start, fullSync(idB, 9000, rdbOf(), wire("SELECT 0", "SET b 1"))}, info: []string{"history-changed"}},
	} {
		t.Run(s.name, s.test)
	}
}

func TestOrder(t *testing.T) {
	first := fullSync(idA, 0, rdbOf(), wire("SELECT 0", "SET k v"))
	second := fullSync(idA, 5000, rdbOf(), wire("SELECT 0", "SET k v"))
	s := scenario{streams: []string{second, first}}
	r := s.run(t)
	if r.Links[0].StartOffset != 0 || r.Links[1].StartOffset != 5000 {
		t.Errorf("first %d, then %d", r.Links[0].StartOffset, r.Links[1].StartOffset)
	}
}

// A link that stalled: what was sent and not received comes again.
func TestSentTwiceRunOnce(t *testing.T) {
	head := wire("SELECT 3", "SET a 1")
	lost := wire("SELECT 5", "INCR n", "INCR m", "SET b 1")
	again := lost + wire("SET c 1")
	counts := map[Outcome]map[string]int{}
	var databases []string
	s := scenario{
		streams: []string{fullSync(idA, 0, rdbOf(state("6.2.16", idA, 0, "0")), head+lost), goOn(idA, again)},
		options: Options{Effect: func(e *Effect) error {
			if counts[e.Outcome] == nil {
				counts[e.Outcome] = map[string]int{}
			}
			if e.Command == nil {
				counts[e.Outcome][e.Base]++
				return nil
			}
			counts[e.Outcome][string(e.Command.Args[0])]++
			if e.Outcome == Applied {
				databases = append(databases, fmt.Sprint(e.Command.DB))
			}
			return nil
		}},
		info: []string{"offset-gap"},
	}
	s.test(t)
	if counts[Applied]["INCR"] != 2 || counts[Undelivered]["INCR"] != 2 || counts[Loaded][""] != 1 {
		t.Errorf("outcomes %v", counts)
	}
	if got := strings.Join(databases, " "); got != "3 3 5 5 5 5 5" {
		t.Errorf("databases %s", got)
	}
}

func TestState(t *testing.T) {
	stream := wire("SELECT 2", "EVAL "+incr+" 1 k", "SELECT 4", "SET k v")
	at := int64(len(wire("SELECT 2", "EVAL "+incr+" 1 k")))
	for _, test := range []struct {
		offset  int64
		db      int
		scripts int
		reached bool
	}{
		{0, 0, 0, true},
		{at - 1, 2, 0, true},
		{at, 2, 1, true},
		{1 << 40, 4, 1, false},
	} {
		s := scenario{streams: []string{fullSync(idA, 0, rdbOf(), stream)}, options: Options{At: &Point{Offset: test.offset}}}
		got := s.run(t).States[0]
		if got.DB != test.db || len(got.Scripts) != test.scripts || got.Reached != test.reached || got.ReplicationID != idA {
			t.Errorf("at %d: %+v", test.offset, got)
		}
	}
}

// historyOf is what a replay tells of the keys that begin with "a:".
func (s *scenario) historyOf(t *testing.T) string {
	s.options.Key = func(k []byte) bool { return strings.HasPrefix(string(k), "a:") }
	var got []string
	for _, c := range s.run(t).Touches {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s%s %s %d %s", c.Type, c.Command, c.Key, c.DB, c.Outcome)))
	}
	return strings.Join(got, "|")
}

func TestHistoryOfKeys(t *testing.T) {
	stream := wire("SELECT 2", "SET a:1 x", "SET b x", "DEL b a:2 a:1", "EVAL "+incr+" 1 a:3", "EVALSHA "+sha(push)+" 1 a:1 x", "FLUSHALL")
	s := scenario{streams: []string{fullSync(idA, 0, rdbOf("\xfe\x02\x00\x03a:1\x01v\x00\x01b\x01v"), stream)}}
	want := "-1 loaded|string a:1 2 loaded|SET a:1 2 applied|DEL a:2 2 applied|DEL a:1 2 applied|EVAL a:3 2 applied|EVALSHA a:1 2 dropped|FLUSHALL  2 applied"
	if got := s.historyOf(t); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A command is one row for a key however often it names it.
func TestHistoryOfKeyNamedTwice(t *testing.T) {
	stream := wire("SELECT 0", "RPUSH a:1 x y", "RPOPLPUSH a:1 a:1", "SUNIONSTORE a:2 a:2 a:3 a:2")
	s := scenario{streams: []string{fullSync(idA, 0, rdbOf(), stream)}}
	want := "-1 loaded|RPUSH a:1 0 applied|RPOPLPUSH a:1 0 applied|SUNIONSTORE a:2 0 applied|SUNIONSTORE a:3 0 applied"
	if got := s.historyOf(t); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A restart brings back what the dump holds.
func TestHistoryAcrossRestart(t *testing.T) {
	first := wire("SELECT 0", "SET a:1 x", "DEL a:1")
	saved := rdbOf(state("5.0.14", idA, int64(len(wire("SELECT 0", "SET a:1 x"))), "0"), "\xfe\x00\x00\x03a:1\x01x")
	s := scenario{
		streams: []string{fullSync(idA, 0, rdbOf(state("5.0.14", idA, 0, "0")), first), goOn(idA, wire("DEL a:1", "SET a:2 x"))},
		bases:   []string{saved},
	}
	want := "-1 loaded|SET a:1 0 applied|DEL a:1 0 undelivered|-1 started|string a:1 0 loaded|DEL a:1 0 applied|SET a:2 0 applied"
	if got := s.historyOf(t); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTooManyScripts(t *testing.T) {
	s := scenario{
		streams: []string{fullSync(idA, 0, rdbOf(), wire("SELECT 0", "SCRIPT LOAD return^1", "SCRIPT LOAD return^2", "EVALSHA "+sha("return^2")+" 0"))},
		options: Options{MaxScripts: 1},
		want:    []string{"warning script-unseen@101"},
	}
	r := s.run(t)
	checkTotals(t, r)
	if !finding.HasProblems(r.Findings) || !strings.Contains(r.Findings[0].Message, "--max-memory") {
		t.Errorf("%+v", r.Findings)
	}
}
