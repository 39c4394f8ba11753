package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/finding"
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
	found := finding.Finding{Code: finding.CommandRefused, Severity: finding.Error, Command: []byte("SET"), Offset: &first, Message: "by finding"}
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
