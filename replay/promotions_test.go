package replay

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/repl"
)

// What a replica wrote while it was a master is told where a full resync threw it away,
// and the stream before it ran to where the two part.
func TestWritesDiscarded(t *testing.T) {
	const at = "7:S 23 Nov 2026 17:11:08.650 * "
	stream := wire("SELECT 0", "SET a 1")
	shared := int64(len(stream))
	streams := []string{
		fullSync(idA, 0, rdbOf(), stream+wire("SET b 2")),
		fullSync(idA, 500, rdbOf(), wire("SELECT 0", "SET c 3")),
	}
	head := at + "Full resync from master: " + idA + ":0\n"
	promoted := at + "Setting secondary replication ID to " + idA + ", valid up to offset: " + strconv.FormatInt(shared+1, 10) +
		". New replication ID is " + idB + "\n" + at + "MASTER MODE enabled\n"
	back := at + "MASTER <-> REPLICA sync started\n"
	tried := at + "Trying a partial resynchronization (request " + idB + ":"
	full := at + "Full resync from master: " + idA + ":500\n"
	for _, c := range []struct {
		name, log string
		bytes     int64 // 0 for no finding
		ran       int64
	}{
		{"it wrote", head + promoted + back + tried + strconv.FormatInt(shared+78, 10) + ").\n" + full, 77, shared},
		{"it wrote nothing", head + promoted + back + tried + strconv.FormatInt(shared+1, 10) + ").\n" + full, 0, shared},
		{"it was another process", head + promoted + at + "Server started, Redis version 7.0.15\n" + back + full, 0, shared},
		{"it was never a master", head + back + full, 0, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := scenario{streams: streams}
			if err := s.options.Facts.ReadLog(strings.NewReader(c.log)); err != nil {
				t.Fatal(err)
			}
			r := s.run(t)
			f := findingOf(r, finding.WritesDiscarded)
			switch {
			case c.bytes == 0 && f != nil:
				t.Errorf("%+v", f)
			case c.bytes > 0 && (f == nil || f.Bytes != c.bytes || f.Link != 1 || *f.Offset != shared || f.Severity != finding.Warning):
				t.Errorf("%+v", f)
			}
			if got := r.Links[0].RanTo; got != c.ran {
				t.Errorf("ran to %d, not %d", got, c.ran)
			}
			if r.Verdict == LosesWrites {
				t.Error("it ran what it was sent")
			}
		})
	}
	// Without the bytes, and with no client seen, nothing tells that it wrote.
	s := scenario{streams: streams}
	s.options.Facts.Terms = []repl.Term{{ID: idB, From: idA, Shared: shared, Reached: repl.Unknown, Rejoined: true, Process: 1}}
	s.options.Facts.Resyncs = []repl.LoggedResync{{ID: idA, Full: true, Process: 1}, {ID: idA, Offset: 500, Full: true, Process: 1}}
	if f := findingOf(s.run(t), finding.WritesDiscarded); f != nil {
		t.Errorf("%+v", f)
	}
}

// A term that ended on another day is told with it.
func TestBetweenTimes(t *testing.T) {
	from := time.Date(2026, 11, 23, 13, 51, 29, 813e6, time.UTC)
	for _, c := range []struct {
		to   time.Time
		want string
	}{
		{from.Add(4 * time.Minute), " from 2026-11-23T13:51:29.813Z to 13:55:29.813Z"},
		{from.Add(72 * time.Hour), " from 2026-11-23T13:51:29.813Z to 2026-11-26T13:51:29.813Z"},
		{time.Time{}, ""},
	} {
		if got := betweenTimes(from, c.to); got != c.want {
			t.Errorf("%q, not %q", got, c.want)
		}
	}
}
