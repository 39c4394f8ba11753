package cause

import (
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/replay"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/server"
)

// surveyed is what effects tell of a master and a replica at these offsets.
func surveyed(t *testing.T, master, replica int64, effects ...*replay.Effect) *survey {
	t.Helper()
	v := &survey{master: master, replica: replica}
	for _, e := range effects {
		if err := v.effect(e); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

// on gives an effect a link.
func on(l *record.Link, e *replay.Effect) *replay.Effect {
	e.Link = l
	if e.Command != nil {
		e.Command.Link = l
	}
	return e
}

func TestSurveyCountsTheLag(t *testing.T) {
	at := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	var all []*replay.Effect
	for i := range int64(6) {
		e := ran(i*10, "SET k 1")
		e.Command.Time = at.Add(time.Duration(i) * time.Second)
		all = append(all, e)
	}
	all[5].Outcome = replay.Undelivered
	for _, c := range []struct {
		name            string
		master, replica int64
		between         int64
		took            time.Duration
	}{
		{"behind", 60, 20, 4, 3 * time.Second},
		{"ahead", 20, 40, 2, time.Second},
		{"at the same offset", 40, 40, 0, 0},
		{"an offset is not known", 40, record.Unknown, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := surveyed(t, c.master, c.replica, all...)
			if v.between != c.between || v.last.Sub(v.first) != c.took {
				t.Errorf("%d commands in %v", v.between, v.last.Sub(v.first))
			}
			if v.ran != 50 {
				t.Errorf("the replica ran to %d", v.ran)
			}
		})
	}
}

// A process that may have been another one is known by a partial resync, and
// by no dump that it started from.
func TestResumedBlind(t *testing.T) {
	started := &replay.Effect{Outcome: replay.Started, Base: "dump", Offset: 10}
	for _, c := range []struct {
		name    string
		effects []*replay.Effect
		want    bool
	}{
		{"a full resync", []*replay.Effect{on(&record.Link{Number: 1, Resync: record.Full}, ran(0, "PING"))}, false},
		{"a partial one", []*replay.Effect{on(&record.Link{Number: 2, Resync: record.Partial}, ran(10, "PING"))}, true},
		{"from a dump that is known", []*replay.Effect{started, on(&record.Link{Number: 2, Resync: record.Partial}, ran(10, "PING"))}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := surveyed(t, 20, 20, c.effects...).resumedBlind(); got != c.want {
				t.Error(got)
			}
		})
	}
}

// Histories part after what a link of either is known to have brought.
func TestBoundParting(t *testing.T) {
	const id, other = "a", "b"
	known := func(l *record.Link) *record.Link {
		l.Number, l.StartOffset = 1, max(l.StartOffset, 0)
		return l
	}
	for _, c := range []struct {
		name string
		link *record.Link
		want *[2]int64
	}{
		{"where the link began", &record.Link{ReplicationID: id, StartOffset: 30}, &[2]int64{30, 80}},
		{
			"what the replica acknowledged",
			&record.Link{ReplicationID: other, StartOffset: 30, Acks: &record.Acks{First: 30, Last: 60}}, &[2]int64{60, 80},
		},
		{
			"it acknowledged more since",
			&record.Link{ReplicationID: other, StartOffset: 30, Acks: &record.Acks{First: 30, Last: 90}}, &[2]int64{30, 80},
		},
		{"a third history", &record.Link{ReplicationID: "c", StartOffset: 30}, nil},
		{"it began after both", &record.Link{ReplicationID: id, StartOffset: 90}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := &Explainer{survey: *surveyed(t, 100, 80, on(known(c.link), ran(30, "PING")))}
			var r diff.Replication
			x.boundParting(&r, &repl.State{ID: id, Offset: 100}, &repl.State{ID: other, Offset: 80})
			got := r.PartedBetween
			if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

// A replica of 4.0.0 or 4.0.1 reports the offset that it started from.
func TestStaleOffset(t *testing.T) {
	started := &replay.Effect{Outcome: replay.Started, Offset: 40}
	for _, c := range []struct {
		name, version string
		effects       []*replay.Effect
		want          bool
	}{
		{"started at its dump's offset", "4.0.1", []*replay.Effect{started}, true},
		{"it did not", "4.0.1", []*replay.Effect{{Outcome: replay.Started, Offset: 30}}, false},
		{"mended since", "4.0.2", []*replay.Effect{started}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := server.Parse(c.version)
			if err != nil {
				t.Fatal(err)
			}
			report := &diff.Report{
				Master:  &diff.Side{State: &repl.State{ID: "a", Offset: 100}},
				Replica: &diff.Side{State: &repl.State{ID: "a", Offset: 40}, Origin: repl.Origin{Version: v}},
			}
			x := &Explainer{report: report, survey: *surveyed(t, 100, 40, c.effects...)}
			if err := x.refine(t.Context()); err != nil || report.Replication.StaleOffset != c.want {
				t.Errorf("%v, %v", report.Replication.StaleOffset, err)
			}
		})
	}
}

// A dump that tells the offset at which the replica had resumed some time before
// tells it of a restart; one of the moment may have been made there.
func TestResumedBefore(t *testing.T) {
	at := time.Unix(1700000000, 0)
	for _, c := range []struct {
		name   string
		link   linkEnd
		offset int64
		want   bool
	}{
		{"resumed there a minute before", linkEnd{start: 100, resumed: at.Add(-time.Minute)}, 100, true},
		{"in the same second", linkEnd{start: 100, resumed: at.Add(-time.Second / 2)}, 100, false},
		{"at another offset", linkEnd{start: 100, resumed: at.Add(-time.Minute)}, 200, false},
		{"a full resync, or no time", linkEnd{start: 100}, 100, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := survey{links: []*linkEnd{&c.link}}
			if got := v.resumedBefore(c.offset, at); got != c.want {
				t.Errorf("%v", got)
			}
		})
	}
}

// How many commands a lag is, and when they were sent, is told where no hole may hold more.
func TestTellLag(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(1700000000+s, 0) }
	for _, c := range []struct {
		name           string
		spans          spans
		commands       bool
		from, to, took bool
	}{
		{"all is here", spans{{0, 200}}, true, true, true, true},
		{"in two recordings", spans{{0, 60}, {60, 100}}, true, true, true, true},
		{"a hole in the middle", spans{{0, 60}, {70, 100}}, false, true, true, false},
		{"a hole at the front", spans{{50, 100}}, false, false, true, false},
		{"a hole at the end", spans{{0, 90}}, false, true, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := &Explainer{recording: &recording{spans: c.spans},
				survey: survey{master: 100, replica: 40, between: 3, first: at(1), last: at(4)}}
			var r diff.Replication
			x.tellLag(&r)
			if (r.LagCommands != nil) != c.commands || (r.LagTime != nil) != c.took || !r.LagFrom.IsZero() != c.from || !r.LagTo.IsZero() != c.to {
				t.Errorf("%+v", r)
			}
		})
	}
}
