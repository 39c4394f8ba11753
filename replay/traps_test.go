package replay

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/parse/input"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A life is the connections of one replica, a minute apart, in a capture.
type life struct {
	t     *testing.T
	conns []*pcaptest.Conversation
}

func (l *life) next() *pcaptest.Conversation {
	c := from(l.t, "10.0.0.2", uint16(40000+len(l.conns)))
	c.Now = c.Now.Add(time.Duration(len(l.conns)) * time.Minute)
	l.conns = append(l.conns, c)
	return c
}

// full is a full resync. What the replica acknowledges is up to the caller.
func (l *life) full(offset int64, rdb, stream string) *pcaptest.Conversation {
	return attachFull(l.next(), 6380, offset, rdb).Say(pcaptest.Master, stream)
}

// partial goes on from an offset, and acknowledges all.
func (l *life) partial(offset int64, stream string) *pcaptest.Conversation {
	return attachAgain(l.next(), 6380, offset).Say(pcaptest.Master, stream).Ack(int(offset) + len(stream))
}

func (l *life) capture() string { return captureOf(l.t, l.conns...) }

// A payload that is never acknowledged, and a replica that then asks for
// everything: a 4.0.4 that knows a script of the payload has died of it.
func TestDeathThatAsksForAll(t *testing.T) {
	stream := wire("SELECT 0", "EVAL "+incr+" 1 k")
	at := int64(len(stream))
	for _, behind := range []string{"", wire("SELECT 0", "SET k v")} {
		l := &life{t: t}
		l.full(0, rdbOf(state("4.0.4", idA, 0, "0")), stream).Ack(len(stream))
		refused := []string{"PSYNC", idA, fmt.Sprint(at + 1)}
		attach(l.next(), 6380, refused, fullSync(idA, at, rdbOf(state("4.0.4", idA, at, "0"), lua(incr)), "")).Say(pcaptest.Master, behind)
		again := at + int64(len(behind))
		l.full(again, rdbOf(state("4.0.4", idA, again, "0"), lua(incr)), stream).Ack(int(again) + len(stream))
		for version, want := range map[string][]string{"4.0.4": {fmt.Sprintf("error script-duplicate-on-load@%d", at)}, "4.0.6": nil} {
			s := scenario{streams: []string{l.capture()}, versions: version, want: want, check: func(t *testing.T, r *Report) {
				if f := findingOf(r, finding.ScriptDuplicateOnLoad); f == nil || len(want) > 0 && f.Link != 2 {
					t.Errorf("%+v", r.Findings)
				}
			}}
			s.test(t)
		}
	}
}

// A process that starts from an older dump has what the stream had made known
// by then, whatever became of it later.
func TestBackInTime(t *testing.T) {
	first := wire("SELECT 0", "EVAL "+incr+" 1 k")
	saved := int64(len(first))
	rest := wire("EVALSHA "+sha(incr)+" 1 k", "SCRIPT FLUSH", "EVAL "+incr+" 1 k", "PING", "PING", "PING", "PING", "PING", "PING", "PING")
	empty := rdbOf(state("4.0.6", idA, 0, "0"))
	end := saved + int64(len(rest))

	flushed := &life{t: t}
	flushed.full(0, empty, first+rest).Ack(int(end))
	flushed.partial(saved, rest)
	s := scenario{streams: []string{flushed.capture()}}
	s.test(t)
	s = scenario{streams: []string{flushed.capture()}, bases: []string{rdbOf(state("4.0.2", idA, saved, "0"))}, versions: "4.0.2,4.0.6"}
	if r := s.run(t); r.Versions[0].OwnDump.Summary.Errors != 1 || r.Versions[1].OwnDump.Summary.Errors != 0 {
		t.Errorf("%+v", r.Versions)
	}

	synced := &life{t: t}
	synced.full(0, empty, first+rest).Ack(int(end))
	synced.full(end, rdbOf(state("4.0.6", idA, end, "0")), wire("SELECT 0", "SET k v")).Ack(int(end) + len(wire("SELECT 0", "SET k v")))
	synced.partial(saved, rest)
	s = scenario{streams: []string{synced.capture()}}
	s.test(t)

	libraries := &life{t: t}
	head, tail := wire("SELECT 0"), wire("FUNCTION LOAD "+myLibrary, "FCALL MYFUNC 0", "PING", "PING", "PING", "PING", "PING", "PING", "PING")
	libraries.full(0, rdbOf(state("7.0.15", idA, 0, "0")), head+tail).Ack(len(head + tail))
	libraries.partial(int64(len(head)), tail)
	s = scenario{streams: []string{libraries.capture()}}
	s.test(t)
}

// Offsets of one history say nothing about those of another.
func TestBackInTimeOfAnotherHistory(t *testing.T) {
	stream := wire("SELECT 0", "FUNCTION LOAD "+myLibrary, "PING", "PING", "PING", "PING", "PING", "PING", "PING")
	other := wire("SELECT 0", "PING", "PING", "PING", "PING", "PING", "PING", "PING", "PING", "PING", "PING", "PING", "PING", "PING", "PING", "PING", "PING", "PING", "PING")
	l := &life{t: t}
	l.full(0, rdbOf(state("7.0.15", idA, 0, "0")), stream).Ack(len(stream))
	attach(l.next(), 6380, []string{"PSYNC", idA, fmt.Sprint(len(stream) + 1)}, fullSync(idB, 0, rdbOf(state("7.0.15", idB, 0, "0")), other)).Ack(len(other))
	back := int64(len(other) - 10*len(wire("PING")))
	attach(l.next(), 6380, []string{"PSYNC", idB, fmt.Sprint(back + 1)}, "+CONTINUE "+idB+"\r\n").Say(pcaptest.Master, other[back:]).Ack(len(other))
	s := scenario{streams: []string{l.capture()}, options: Options{At: &Point{Offset: 1 << 40}}}
	if got := s.run(t).States[0]; got.Process != 2 || len(got.Libraries) > 0 || back < int64(len(wire("SELECT 0", "FUNCTION LOAD "+myLibrary))) {
		t.Errorf("%+v, back to %d", got, back)
	}
}

// The database that the stream had selected at an offset stays known, over a
// full resync too, and a wrong one lasts until the next SELECT.
func TestDatabaseBackInTime(t *testing.T) {
	first, rest := wire("SELECT 3", "SET a 1"), wire("SET b 1", "SET c 1", "PING", "PING", "PING", "PING", "PING", "PING", "PING")
	saved, end := int64(len(first)), int64(len(first+rest))
	l := &life{t: t}
	l.full(0, rdbOf(state("4.0.1", idA, 0, "")), first+rest).Ack(int(end))
	l.full(end, rdbOf(state("4.0.1", idA, end, "")), wire("SELECT 3", "SET d 1")).Ack(int(end) + len(wire("SELECT 3", "SET d 1")))
	l.partial(saved, rest)
	for _, bases := range [][]string{nil, {rdbOf(state("4.0.1", idA, saved, ""), "\xfe\x03\x00\x01a\x011")}} {
		s := scenario{streams: []string{l.capture()}, bases: bases, versions: "4.0.1", want: []string{fmt.Sprintf("error select-lost@%d", saved)},
			check: func(t *testing.T, r *Report) {
				if f := findingOf(r, finding.SelectLost); *f.ExpectedDB != 3 || f.Commands != 2 {
					t.Errorf("%+v", f)
				}
			}}
		s.test(t)
	}

	base := rdbOf(state("4.0.1", idA, 50, ""), "\xfe\x03\x00\x01a\x011")
	on := &life{t: t}
	on.partial(50, first[len(wire("SELECT 3")):])
	next := 50 + int64(len(first)-len(wire("SELECT 3")))
	on.partial(next, rest)
	s := scenario{streams: []string{on.capture()}, bases: []string{base}, want: []string{"warning select-lost@50", fmt.Sprintf("warning select-lost@%d", next)}}
	s.test(t)
	s = scenario{streams: []string{goOn(idA, wire("SET a 1"))}, bases: []string{rdbOf(state("4.0.1", idA, 50, ""))}, want: []string{"warning select-lost@50"}}
	s.test(t)
}

// Recordings of the master's bytes alone.
func TestRawRecordings(t *testing.T) {
	first := wire("SELECT 3", "SET a 1", "SET b 1")
	at := int64(len(first))
	link1 := fullSync(idA, 0, rdbOf(state("4.0.1", idA, 0, "")), first)
	base := rdbOf(state("4.0.1", idA, at, ""), "\xfe\x03\x00\x01a\x011")
	starts := func(want ...int64) func(t *testing.T, r *Report) {
		return func(t *testing.T, r *Report) {
			var got []int64
			for _, l := range r.Links {
				got = append(got, l.StartOffset)
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("links start at %v, want %v", got, want)
			}
		}
	}
	lost := []string{fmt.Sprintf("error select-lost@%d", at)}
	again := wire("SET b 1", "SELECT 5", "SET c 1")
	later := rdbOf(state("4.0.6", idA, at+int64(len(wire("SELECT 5", "SET c 1"))), "5"))
	long := ""
	for i := range 3000 {
		long += wire(fmt.Sprintf("SET k%d v", i))
	}
	for _, s := range []scenario{
		{name: "without a handshake", streams: []string{link1, wire("SET c 1")}, bases: []string{base}, want: lost, check: starts(0, at)},
		{name: "in the wrong order", streams: []string{goOn(idA, wire("SET c 1")), link1}, bases: []string{base}, want: lost, check: starts(0, at)},
		{name: "bytes sent again before the dump was saved", check: starts(0, at-int64(len(wire("SET b 1"))), at+int64(len(wire("SELECT 5", "SET c 1")))),
			streams: []string{fullSync(idA, 0, rdbOf(state("4.0.6", idA, 0, "0")), first+wire("SELECT 5", "SET c 1")), goOn(idA, again), goOn(idA, wire("SET d 1"))},
			bases:   []string{later}},
		{name: "bytes that begin and end alike", streams: []string{fullSync(idA, 0, rdbOf(), first+wire("SELECT 5", "SET a 1", "SET b 1", "SELECT 5")),
			goOn(idA, wire("SELECT 5", "SET a 1", "SET b 1", "SELECT 5", "SET z 1"))}, check: starts(0, at)},
		{name: "many bytes sent again", streams: []string{fullSync(idA, 0, rdbOf(), first+long), goOn(idA, long+wire("SET z 1"))}, check: starts(0, at)},
		{name: "a dump behind a gap", streams: []string{link1, goOn(idA, wire("SELECT 5", "SET d 1"))},
			bases: []string{rdbOf(state("4.0.6", idA, at+1000, "3"))}, check: starts(0, at+1000)},
		{name: "an offset for the first alone", streams: []string{goOn(idA, first), goOn(idA, wire("SET z 1"))}, options: Options{Offset: 501}, check: starts(500, 500+at)},
		{name: "typed commands", streams: []string{fullSync(idA, 0, rdbOf(), first+"PING\r\n")}, want: []string{fmt.Sprintf("warning stream-text@%d", at)}},
	} {
		t.Run(s.name, s.test)
	}
	twice := goOn(idA, "")
	s := scenario{streams: []string{link1, twice, link1, twice}}
	if r := s.run(t); len(r.Links) != 2 || r.Summary.Commands != 3 {
		t.Errorf("%d links, %+v", len(r.Links), r.Summary)
	}
}

// Two links in the bytes of one file keep the offsets that two files have.
func TestConcatenatedLinks(t *testing.T) {
	first, second := wire("SELECT 0", "SET a 1"), wire("SET b 1")
	at := int64(len(first))
	s := scenario{
		streams: []string{fullSync(idA, 0, rdbOf(state("5.0.14", idA, 0, "0")), first) + goOn(idA, second)},
		bases:   []string{rdbOf(state("5.0.14", idA, at, "0"))},
	}
	if l := s.run(t).Links[1]; l.StartOffset != at || l.EndOffset != at+int64(len(second)) || l.Base == "" {
		t.Errorf("%+v", l)
	}
}

// What the replica's log tells of raw recordings.
func TestRequestsFromLog(t *testing.T) {
	one, two := wire("SELECT 0", "SET a 1"), wire("SET b 1", "SELECT 1")
	const head = "1:S 23 Nov 2026 17:11:08.650 * "
	log := fmt.Sprintf(head+"Trying a partial resynchronization (request %s:501).\n"+head+"Successful partial resynchronization with master.\n"+
		head+"Trying a partial resynchronization (request %[1]s:551).\n"+head+"Successful partial resynchronization with master.\n", idA)
	read := func(log string) Options {
		var o Options
		if err := o.Facts.ReadLog(strings.NewReader(log)); err != nil {
			t.Fatal(err)
		}
		return o
	}
	s := scenario{streams: []string{goOn(idA, one), goOn(idA, two)}, options: read(log)}
	r := s.run(t)
	if r.Links[0].StartOffset != 500 || r.Links[1].StartOffset != 550 || len(r.Findings) > 0 {
		t.Errorf("%+v\n%+v", r.Links[0].Link, r.Links[1].Link)
	}
	// A log that leaves a gap, or has one entry more, may be another server's, or
	// lack nothing that the recordings have.
	more := log + fmt.Sprintf(head+"Trying a partial resynchronization (request %s:601).\n", idA)
	for _, other := range []string{strings.ReplaceAll(log, ":551)", ":901)"), more} {
		s = scenario{streams: []string{goOn(idA, one), goOn(idA, two)}, options: read(other)}
		if r := s.run(t); r.Links[0].StartOffset != record.Unknown || len(r.Findings) > 0 {
			t.Errorf("%+v, %+v", r.Links[0].Link, r.Findings)
		}
	}
	// Two entries for one recording: which is it?
	s = scenario{streams: []string{goOn(idA, one)}, options: read(log)}
	if l := s.run(t).Links[0]; l.StartOffset != -1 {
		t.Errorf("%+v", l.Link)
	}

	o := read(log + strings.Repeat(head+"== CRITICAL == This replica is sending an error to its master: 'DB index is out of range' after processing the command 'select'\n", 2))
	s = scenario{streams: []string{goOn(idA, one), goOn(idA, two)}, options: o}
	f := findingOf(s.run(t), finding.ReplicaError)
	if f == nil || f.Severity != finding.Warning || f.Count != 2 || string(f.Command) != "select" {
		t.Errorf("%+v", f)
	}
}

// Dumps and connections that nothing is made of are named.
func TestUnused(t *testing.T) {
	stream := fullSync(idA, 0, rdbOf(state("5.0.14", idA, 0, "0")), wire("SELECT 0", "SET a 1"))
	s := scenario{streams: []string{stream, stream}, bases: []string{rdbOf(state("4.0.2", idB, 70, "0"))}, info: []string{"base-unused", "duplicate-link"},
		check: func(t *testing.T, r *Report) {
			if r.ReplicaVersion != "5.0.14" {
				t.Errorf("version %s", r.ReplicaVersion)
			}
		}}
	s.test(t)
	s = scenario{streams: []string{"+PONG\r\n-NOMASTERLINK Can't SYNC while not connected with my master\r\n", stream}, info: []string{"resync-refused"}}
	s.test(t)
}

// What made a reader of this package fall.
func TestOddInputs(t *testing.T) {
	for _, bytes := range []string{"+CONTINUE", "+PONG\r\n+O", "+PONG\r\n+FULLRESYNC abc", "+PONG\r\n-ERR", "+PONG\r\n$"} {
		path := filepath.Join(t.TempDir(), "link")
		if err := os.WriteFile(path, []byte(bytes), 0o600); err != nil {
			t.Fatal(err)
		}
		in, err := input.Open(path, input.Options{As: input.KindPSYNC})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Run(t.Context(), Options{Streams: []*input.Input{in}}); err != nil && !errors.Is(err, ErrNoStream) {
			t.Errorf("%q: %v", bytes, err)
		}
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	}

	everything := Options{Key: func([]byte) bool { return true }}
	s := scenario{streams: []string{goOn(idA, wire("SET k v"))}, bases: []string{rdbOf(state("5.0.14", idA, 7, "0"), "\xfe\x00\x00\x00\x01v")}, options: everything}
	if touches := s.run(t).Touches; len(touches) != 3 || touches[1].Key == nil || len(touches[1].Key) != 0 {
		t.Errorf("%+v", touches)
	}

	l := &life{t: t}
	attach(l.next(), 6380, []string{"PSYNC", idA, "101"}, fullSync(idA, 500, rdbOf(state("4.0.5", idA, 500, "0"), lua(incr)), "")).
		Say(pcaptest.Master, wire("SELECT 0")).Ack(523)
	s = scenario{streams: []string{l.capture()}, bases: []string{rdbOf(state("4.0.5", idA, 100, "0"), lua(incr))}}
	s.test(t)

	s = scenario{streams: []string{goOn(idA, wire("SET k v"))}, bases: []string{rdbOf(state("5.0.14", idA, 1<<62, "0"))}}
	if l := s.run(t).Links[0]; l.StartOffset != record.Unknown {
		t.Errorf("%+v", l.Link)
	}
}

// A dump of another history is no start, wherever it stands.
func TestForeignBase(t *testing.T) {
	foreign, good := rdbOf(state("4.0.2", idB, 70, "0")), rdbOf(state("5.0.14", idA, 90, "0"))
	one := goOn(idA, wire("EVALSHA "+sha(incr)+" 1 k"))
	for _, s := range []scenario{
		{name: "alone", streams: []string{one}, bases: []string{foreign}, info: []string{"base-unused", "script-unseen"}},
		{name: "before another", streams: []string{one}, bases: []string{foreign, good}, info: []string{"base-unused"}, want: []string{"error script-missing@90"}},
		{name: "behind another", streams: []string{one}, bases: []string{good, foreign}, info: []string{"base-unused"}, want: []string{"error script-missing@90"}},
		{name: "for two links in one file", streams: []string{one + goOn(idA, wire("SET k v"))}, bases: []string{foreign}, info: []string{"base-unused"},
			check: func(t *testing.T, r *Report) {
				if r.ReplicaVersion != "" {
					t.Errorf("version %s", r.ReplicaVersion)
				}
			}},
	} {
		t.Run(s.name, s.test)
	}
}

// A log in two files tells of two processes, like one in one.
func TestLogInTwoFiles(t *testing.T) {
	const head = "1:S 23 Nov 2017 17:11:08.650 * "
	start := "1:C 23 Nov 2017 17:11:08.000 # Redis version=4.0.2, bits=64, commit=00000000, modified=0, pid=1, just started\n"
	first := wire("SELECT 0", "EVAL "+incr+" 1 k")
	at := len(first)
	logs := []string{
		start + head + "Full resync from master: " + idA + ":0\n",
		start + head + fmt.Sprintf("Trying a partial resynchronization (request %s:%d).\n", idA, at+1) + head + "Successful partial resynchronization with master.\n",
	}
	for _, files := range [][]string{logs, {strings.Join(logs, "")}} {
		var o Options
		for _, log := range files {
			if err := o.Facts.ReadLog(strings.NewReader(log)); err != nil {
				t.Fatal(err)
			}
		}
		s := scenario{
			streams: []string{fullSync(idA, 0, rdbOf(state("4.0.2", idA, 0, "0")), first), goOn(idA, wire("EVALSHA "+sha(incr)+" 1 k"))},
			options: o, want: []string{fmt.Sprintf("error script-missing@%d", at)},
		}
		s.test(t)
	}
}

// What a payload held that the recording cut is not known.
func TestCutPayload(t *testing.T) {
	payload := fullSync(idA, 0, rdbOf(state("4.0.6", idA, 0, "0"), lua(incr)), "")
	for _, cut := range []int{60, len(payload) - 40} {
		s := scenario{streams: []string{payload[:cut], goOn(idA, wire("SELECT 0", "EVALSHA "+sha(incr)+" 1 k"))}, info: []string{"script-unseen"}}
		s.test(t)
	}
}

// Findings and histories of large keys are counted once they take too much.
func TestLargeKeys(t *testing.T) {
	key := strings.Repeat("k", 100_000)
	stream := wire("SELECT 0") + strings.Repeat(wire("EVALSHA "+sha(incr)+" 1 "+key), 300)
	s := scenario{streams: []string{fullSync(idA, 0, rdbOf(), stream)}, options: Options{Key: func([]byte) bool { return true }}}
	r := s.run(t)
	listed := int64(0)
	for _, f := range r.Findings {
		if f.Code == finding.ScriptMissing {
			listed += max(f.Count, 1)
		}
	}
	if r.Summary.Errors != 300 || listed != 300 || len(r.Findings) > 200 || int64(len(r.Touches))+r.TouchesLeftOut != 301 || len(r.Touches) > 200 {
		t.Errorf("%d errors, %d in %d findings, %d touches and %d more", r.Summary.Errors, listed, len(r.Findings), len(r.Touches), r.TouchesLeftOut)
	}
}
