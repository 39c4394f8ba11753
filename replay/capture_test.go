package replay

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// from is a connection that a replica makes.
func from(t *testing.T, host string, port uint16) *pcaptest.Conversation {
	c := pcaptest.New(t)
	c.Hosts[pcaptest.Replica], c.Port = host, port
	return c
}

// attach asks for a resync, up to the master's answer.
func attach(c *pcaptest.Conversation, listens int, request []string, answer string) *pcaptest.Conversation {
	c.Open().Say(pcaptest.Replica, pcaptest.Command("REPLCONF", "listening-port", fmt.Sprint(listens))).Say(pcaptest.Master, "+OK\r\n")
	return c.Say(pcaptest.Replica, pcaptest.Command(request...)).Say(pcaptest.Master, answer)
}

func attachFull(c *pcaptest.Conversation, listens int, offset int64, rdb string) *pcaptest.Conversation {
	return attach(c, listens, []string{"PSYNC", "?", "-1"}, fullSync(idA, offset, rdb, ""))
}

func attachAgain(c *pcaptest.Conversation, listens int, offset int64) *pcaptest.Conversation {
	return attach(c, listens, []string{"PSYNC", idA, fmt.Sprint(offset + 1)}, "+CONTINUE "+idA+"\r\n")
}

// captureOf puts connections into one capture, by the clock.
func captureOf(t *testing.T, all ...*pcaptest.Conversation) string {
	var frames []pcaptest.Frame
	for _, c := range all {
		frames = append(frames, c.Frames...)
	}
	slices.SortStableFunc(frames, func(a, b pcaptest.Frame) int { return a.Time.Compare(b.Time) })
	return string(pcaptest.Write(t, 0, frames...))
}

// Three replicas, two of them on one host, get the same commands; the one
// that started from a dump of 4.0.2 lacks the script.
func TestReplicasInOneCapture(t *testing.T) {
	first, second := wire("SELECT 0", "EVAL "+incr+" 1 k"), wire("EVALSHA "+sha(incr)+" 1 k")
	at := int64(len(first))
	dump := rdbOf(state("4.0.2", idA, 0, "0"))
	one := attachFull(from(t, "10.0.0.2", 40000), 6380, 0, dump).Say(pcaptest.Master, first, second)
	two := attachFull(from(t, "10.0.0.2", 40001), 6381, 0, dump).Say(pcaptest.Master, first, second)
	three := attachAgain(from(t, "10.0.0.3", 40000), 6380, at).Say(pcaptest.Master, second)
	s := scenario{
		streams: []string{captureOf(t, one, two, three)}, bases: []string{rdbOf(state("4.0.2", idA, at, "0"))},
		want: []string{fmt.Sprintf("error script-missing@%d", at)},
		check: func(t *testing.T, r *Report) {
			if r.Replicas != 3 || len(r.Links) != 3 {
				t.Fatalf("%d replicas on %d links", r.Replicas, len(r.Links))
			}
			l := r.Links[r.Findings[0].Link-1]
			if !strings.HasPrefix(l.To, "10.0.0.3:") || l.Found() != "restart" || l.Base == "" {
				t.Errorf("%+v", l)
			}
			if r.Summary.Commands != 7 || r.Summary.Writes != 5 {
				t.Errorf("%+v", r.Summary)
			}
		},
	}
	s.test(t)
}

func TestStateAtTime(t *testing.T) {
	c := attachFull(from(t, "10.0.0.2", 40000), 6380, 0, rdbOf(state("4.0.2", idA, 0, "0"))).Say(pcaptest.Master, wire("SELECT 2", "EVAL "+incr+" 1 k"))
	between := c.Now.Add(time.Minute)
	c.Rest(2*time.Minute).Say(pcaptest.Master, wire("SELECT 4", "SET k v"))
	capture := captureOf(t, c)
	end := int64(len(wire("SELECT 2", "EVAL "+incr+" 1 k")))
	for _, test := range []struct {
		at      time.Time
		db      int
		scripts int
		offset  int64
		reached bool
	}{
		{c.Now.Add(-time.Hour), 0, 0, 0, true},
		{between, 2, 1, end, true},
		{c.Now.Add(time.Hour), 4, 1, end + int64(len(wire("SELECT 4", "SET k v"))), false},
	} {
		s := scenario{streams: []string{capture}, options: Options{At: &Point{Time: test.at}}}
		states := s.run(t).States
		if len(states) != 1 {
			t.Fatalf("%v: %+v", test.at, states)
		}
		got := states[0]
		if got.DB != test.db || len(got.Scripts) != test.scripts || got.Offset != test.offset || got.Reached != test.reached {
			t.Errorf("%v: %+v", test.at, got)
		}
	}
}

// Between two connections the process is that of the first.
func TestStateBetweenConnections(t *testing.T) {
	stream := wire("SELECT 2", "SET k v", "SET a b", "SET c d", "SET e f")
	one := attachFull(from(t, "10.0.0.2", 40000), 6380, 0, rdbOf(state("4.0.2", idA, 0, "0"))).Say(pcaptest.Master, stream).Ack(len(stream))
	two := from(t, "10.0.0.2", 40001)
	two.Now = one.Now.Add(time.Hour)
	attachAgain(two, 6380, 0).Say(pcaptest.Master, stream)
	capture := captureOf(t, one, two)
	for at, want := range map[time.Time]struct{ process, link, db int }{
		one.Now.Add(time.Minute): {1, 1, 2},
		two.Now.Add(time.Minute): {2, 2, 2},
	} {
		s := scenario{streams: []string{capture}, options: Options{At: &Point{Time: at}}}
		got := s.run(t).States[0]
		if got.Process != want.process || got.Link != want.link || got.DB != want.db || got.Offset != int64(len(stream)) {
			t.Errorf("%v: %+v", at, got)
		}
	}
}

// A 4.0.1 replica resumed from a dump, saved another with the same offset, and
// starts from that: what it had run by then runs again.
func TestStaleOffset(t *testing.T) {
	stream := wire("SELECT 0", "INCR n", "INCR n", "INCR n")
	one := from(t, "10.0.0.2", 40000)
	began := one.Now
	attachAgain(one, 6380, 100).Say(pcaptest.Master, stream).Ack(100 + len(stream))
	saved := one.Now.Add(time.Minute)
	two := from(t, "10.0.0.2", 40001)
	two.Now = saved.Add(time.Minute)
	attachAgain(two, 6380, 100).Say(pcaptest.Master, stream, wire("INCR n"))
	dump := func(version string, created time.Time) string {
		return rdbOf(state(version, idA, 100, "0"), aux("ctime", fmt.Sprint(created.Unix())))
	}
	for version, want := range map[string][]string{"4.0.1": {"warning offset-stale@100"}, "4.0.14": nil} {
		s := scenario{
			streams: []string{captureOf(t, one, two)}, bases: []string{dump(version, began.Add(-time.Hour)), dump(version, saved)},
			versions: version, want: want,
		}
		s.test(t)
	}
}

// An EVALSHA may touch keys that it does not name, if the script's text does
// not rule it out.
func TestHistoryWithComputedKeys(t *testing.T) {
	const computed = "redis.call('set','a:'..ARGV[1],'v')"
	stream := wire("SELECT 0", "EVAL "+incr+" 1 other", "EVAL "+computed+" 0 1", "EVALSHA "+sha(computed)+" 0 2", "EVALSHA "+sha(incr)+" 1 other")
	s := scenario{
		streams: []string{fullSync(idA, 0, rdbOf(state("4.0.14", idA, 0, "0")), stream)},
		options: Options{Key: func(k []byte) bool { return strings.HasPrefix(string(k), "a:") }},
		check: func(t *testing.T, r *Report) {
			var got []string
			for _, c := range r.Touches {
				got = append(got, fmt.Sprintf("%s %q computed %v", c.Command, c.Key, c.Computed))
			}
			if want := ` "" computed false|EVAL "" computed true|EVALSHA "" computed true`; strings.Join(got, "|") != want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), want)
			}
		},
	}
	s.test(t)
	if findingOf(s.run(t), finding.ScriptMissing) != nil {
		t.Error("a script is missing")
	}
}

// A drain is a handler that reads all there is, as who writes documents does.
type drain struct{ keys int }

func (d *drain) RDB(_ *record.Link, from *rdb.Decoder) error {
	for r, err := range from.Records() {
		if err != nil {
			return err
		}
		if r.Kind == rdb.KindKey {
			d.keys++
		}
	}
	return nil
}

func (d *drain) LinkStart(*record.Link) error  { return nil }
func (d *drain) Command(*record.Command) error { return nil }
func (d *drain) Note(*record.Note) error       { return nil }
func (d *drain) LinkEnd(*record.Link) error    { return nil }

// A capture is read twice, also where a document wants what payloads hold.
func TestCaptureIsReadTwice(t *testing.T) {
	stream := strings.Repeat(wire("SET k "+strings.Repeat("x", 900)), 2000)
	dump := rdbOf(state("4.0.2", idA, 0, "0"), "\x00"+str("key")+str("value"))
	l := &life{t: t}
	first := l.full(0, dump, "")
	for rest := stream; rest != ""; rest = rest[min(len(rest), 1000):] {
		first.Say(pcaptest.Master, rest[:min(len(rest), 1000)])
	}
	first.Ack(len(stream))
	l.partial(int64(len(stream)), wire("SET a b"))
	path := filepath.Join(t.TempDir(), "capture")
	if err := os.WriteFile(path, []byte(l.capture()), 0o600); err != nil {
		t.Fatal(err)
	}
	var read atomic.Int64
	in, err := input.Open(path, input.Options{Progress: func(n int) { read.Add(int64(n)) }})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	d := &drain{}
	r, err := Run(t.Context(), Options{
		Streams: []*input.Input{in}, Beside: func(int, *input.Input) record.Handler { return d },
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Links) != 2 || r.Links[0].PayloadVersion != "4.0.2" || d.keys != 1 {
		t.Errorf("%d links, %d keys beside", len(r.Links), d.keys)
	}
	if times := float64(read.Load()) / float64(in.Size); times > 2.2 {
		t.Errorf("read %.1f times", times)
	}
}
