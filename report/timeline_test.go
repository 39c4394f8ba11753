package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/serverlog"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay"
)

// What has bounds alone has its place at the later one: nothing before it can have come
// after it.
func TestOrder(t *testing.T) {
	at := func(ms int64) time.Time { return time.UnixMilli(1_700_000_000_000 + ms) }
	exact, bound := Event{Time: at(500)}, Event{Time: at(0), By: at(700)}
	if exact.Order() != at(500) || bound.Order() != at(700) {
		t.Errorf("%v, %v", exact.Order(), bound.Order())
	}
}

// Each line of the log on a refused command has the offset of its own, where the log
// shows one; then no finding says the same again.
func TestRefusedInTimeline(t *testing.T) {
	const oom = "-OOM command not allowed"
	first, second := int64(100), int64(200)
	set := repl.RefusedCommand{Name: "set", Why: repl.NoMemory}
	place := func(before string, offset *int64) replay.RefusedPlace {
		return replay.RefusedPlace{RefusedPlace: &repl.RefusedPlace{RefusedCommand: set, Before: []byte(before)}, Place: finding.Place{Offset: offset}}
	}
	places := []replay.RefusedPlace{place("before 0", &first), place("before 1", &second)}
	found := finding.Finding{Code: finding.CommandRefused, Severity: finding.Error, Command: []byte("SET"), Offset: &first, Message: "by finding",
		Places: []finding.Place{{Offset: &first}, {Offset: &second}}}
	for _, c := range []struct {
		name   string
		places []replay.RefusedPlace
		want   string
	}{
		{"each has one", places, "100 refuses; 200 refuses; - drops"},
		{"the second alone has one", places[1:], "- refuses; 200 refuses; - drops"},
		{"of another place", []replay.RefusedPlace{place("other", &first)}, "- refuses; - refuses; - drops"},
		{"none has", nil, "- refuses; - refuses; - drops; 100 by finding"},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := logOf(Replica)
			for i, reason := range []string{oom, oom, "-EXECABORT Transaction discarded"} {
				log.Log.Events = append(log.Log.Events, serverlog.Event{Kind: serverlog.Critical, Command: "set", Reason: reason,
					Line: serverlog.Line{Time: time.Unix(int64(i+1), 0), HasYear: true}, Offset: -1},
					serverlog.Event{Kind: serverlog.LatestBacklog, Backlog: fmt.Appendf(nil, "before %d", i)})
			}
			r := &run{}
			r.Artefacts = []*Artefact{log}
			r.Replay = &replay.Report{ReplicaVersion: "7.0.15", Refused: c.places,
				Result: replay.Result{Findings: []finding.Finding{found}}}
			r.timeline()
			var got []string
			for _, e := range r.Timeline {
				offset := "-"
				if e.Offset != nil {
					offset = fmt.Sprint(*e.Offset)
				}
				text := strings.TrimPrefix(e.Text, "replica: ")
				for _, word := range []string{"refuses", "drops"} {
					if strings.HasPrefix(text, word) {
						text = word
					}
				}
				got = append(got, offset+" "+text)
			}
			if g := strings.Join(got, "; "); g != c.want {
				t.Errorf("%s, want %s", g, c.want)
			}
		})
	}
}

// The timeline says when keys began to differ for each reason; not of what has events of
// its own, nor where nothing tells when.
func TestReasonsInTimeline(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	local := &diff.Difference{Key: []byte("k"), Cause: finding.CauseLocalWrite, WrittenBy: []diff.Writer{{Side: "replica", Time: at}}}
	lag := &diff.Difference{Key: []byte("l"), Cause: finding.CauseLag, Evidence: []finding.Evidence{{Time: at.Add(time.Second), Command: []byte("SET")}}}
	refused := &diff.Difference{Key: []byte("m"), Cause: finding.CauseReEvaluated,
		Evidence: []finding.Evidence{{Code: finding.EvidenceCommandRefused, Time: at, Command: []byte("SET")}}}
	undated := &diff.Difference{Key: []byte("n"), Cause: finding.CauseNotPropagated}
	r := &run{}
	for _, d := range []*diff.Difference{local, local, lag, refused, undated} {
		r.Tally.Count(d)
	}
	r.timeline()
	var got []string
	for _, e := range r.Timeline {
		got = append(got, fmt.Sprintf("%d %v %s", e.Time.Unix()-at.Unix(), e.Bad, e.Text))
	}
	want := []string{
		"0 true the first known write to one of 2 keys that differ because of: something changed the replica itself (local-write)",
		"1 false the first known write to the one key that differs because of: the replica had not run the commands yet (lag)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// What a full resync threw away has the time of that, and not of the offset up to which
// the histories were one.
func TestDiscardedInTimeline(t *testing.T) {
	link := capturedLink(idA, "10.0.0.1:6379", "10.0.0.2:51000", 6380)
	l := link.Inspect.Links[0]
	l.ReplicationID, l.Began = idA, after(500)
	link.Input = &input.Input{Path: link.Path}
	link.Samples.List = []Sample{{after(100), 40, idA}, {after(900), 90, idA}}
	r := &run{}
	r.Artefacts = []*Artefact{link}
	offset := int64(40)
	for code, want := range map[finding.Code]int{finding.WritesDiscarded: 500, finding.SelectLost: 100} {
		f := &finding.Finding{Code: code, Path: link.Path, Link: l.Number, Offset: &offset}
		if got := r.sentAt(f); !got.Equal(after(want)) {
			t.Errorf("%s: %v, not %v", code, got, after(want))
		}
	}
}
