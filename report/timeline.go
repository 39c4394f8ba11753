package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/parse/serverlog"
)

// An Event is something that happened, at a time or an offset or both.
type Event struct {
	Time   time.Time // zero where unknown
	Offset *int64
	Kind   string // kebab case
	Text   string // for people; no bytes of the artefacts are in it
	Path   string
	// Bad: it is an error finding, or a crash.
	Bad bool
}

// timeline puts together what links, dumps, logs and findings tell.
func (r *run) timeline() {
	for _, a := range r.Artefacts {
		r.dumpEvent(a)
		r.linkEvents(a)
		r.logEvents(a)
	}
	if r.Replay != nil {
		for i := range r.Replay.Findings {
			r.findingEvent(&r.Replay.Findings[i])
		}
	}
	// What has no time comes last, by offset.
	slices.SortStableFunc(r.Timeline, func(a, b Event) int {
		if a.Time.IsZero() != b.Time.IsZero() {
			return btoi(a.Time.IsZero()) - btoi(b.Time.IsZero())
		}
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(orLess(a.Offset), orLess(b.Offset)))
	})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func orLess(o *int64) int64 {
	if o == nil {
		return -1
	}
	return *o
}

func (r *run) add(e Event) { r.Timeline = append(r.Timeline, e) }

func (r *run) dumpEvent(a *Artefact) {
	if a.Inspect == nil || a.Inspect.RDB == nil || a.Inspect.RDB.Link != 0 {
		return
	}
	e := Event{
		Time: a.Inspect.RDB.CreatedAt, Kind: "dump", Path: a.Path,
		Text: fmt.Sprintf("%s, %d keys", whose(a.Role), a.Inspect.RDB.Keys),
	}
	if a.State != nil && a.State.Placed() {
		e.Offset = &a.State.Offset
	}
	r.add(e)
}

func whose(role Role) string {
	switch role {
	case Master, Replica:
		return "dump of the " + string(role)
	case ReplicaBefore:
		return "earlier dump of the replica"
	}
	return "dump, nothing tells whose"
}

func (r *run) linkEvents(a *Artefact) {
	if a.Inspect == nil || a.Role != Link {
		return
	}
	for _, l := range a.Inspect.Links {
		e := Event{Time: l.Began, Path: a.Path, Kind: "link", Text: fmt.Sprintf("link %d begins", l.Number)}
		if l.StartOffset != record.Unknown {
			e.Offset = &l.StartOffset
		}
		switch l.Resync {
		case record.Full:
			e.Kind, e.Text = "full-sync", fmt.Sprintf("full sync, link %d", l.Number)
		case record.Partial:
			e.Kind, e.Text = "partial-sync", fmt.Sprintf("partial sync, link %d", l.Number)
		}
		r.add(e)
		for _, g := range l.Gaps {
			gap := Event{Time: g.From, Path: a.Path, Kind: "gap", Text: "hole in the recording"}
			if g.Offset != record.Unknown {
				gap.Offset = &g.Offset
			}
			r.add(gap)
		}
	}
}

// told are the lines of a log that matter.
func told(k serverlog.Kind) string {
	switch k {
	case serverlog.Started:
		return "the process starts"
	case serverlog.Stopped:
		return "the process ends"
	case serverlog.Crashed:
		return "the process crashes"
	case serverlog.Promoted:
		return "promoted to master"
	case serverlog.Demoted:
		return "made a replica"
	case serverlog.MasterLost:
		return "the link to the master breaks"
	case serverlog.ReplicaLost:
		return "the link to a replica breaks"
	case serverlog.Critical:
		return "the replica answers its master with an error"
	case serverlog.PartialRefused:
		return "a partial sync is refused"
	case serverlog.OutputBufferClosed:
		return "a replica is dropped for being too slow"
	case serverlog.ProtocolError:
		return "a protocol error from the master"
	}
	return ""
}

func (r *run) logEvents(a *Artefact) {
	if a.Log == nil {
		return
	}
	for _, e := range a.Log.Events {
		text := told(e.Kind)
		if text == "" || e.Time.IsZero() || e.Time.Year() == 0 {
			continue
		}
		event := Event{
			Time: e.Time, Kind: string(e.Kind), Path: a.Path, Text: fmt.Sprintf("%s: %s", a.Role, text),
			Bad: e.Kind == serverlog.Crashed || e.Kind == serverlog.Critical,
		}
		if e.Offset >= 0 {
			offset := e.Offset
			event.Offset = &offset
		}
		r.add(event)
	}
}

func (r *run) findingEvent(f *finding.Finding) {
	if f.Severity == finding.Info {
		return
	}
	var at time.Time
	if f.Offset != nil {
		at = r.placed[*f.Offset]
	}
	r.add(Event{
		Time: at, Offset: f.Offset, Kind: string(f.Code), Path: f.Path, Text: f.Message, Bad: f.Severity == finding.Error,
	})
}

// lacking says what other artefacts would tell.
func (r *run) lacking() {
	say := func(missing bool, text string) {
		if missing {
			r.Lacking = append(r.Lacking, text)
		}
	}
	has := func(role Role) bool {
		for _, a := range r.Artefacts {
			if a.Role == role {
				return true
			}
		}
		return false
	}
	infos := 0
	for _, a := range r.Artefacts {
		if a.Kind == KindInfo {
			infos++
		}
	}
	both := r.with(Master) != nil && r.with(Replica) != nil
	say(r.Diff == nil, "Whether the two sides are equal: a dump of the master and one of the replica, saved one "+
		"after the other (BGSAVE), would tell.")
	say(r.Diff != nil && !both, "Which dump is whose: INFO of each server beside its dump would tell, or "+
		"--master and --replica.")
	say(!has(Link), "What travelled from master to replica, and when: a capture of the replication port, or the "+
		"backlog (redsleuth collect), would tell.")
	say(infos == 0, "Roles, secondary ids and the bounds of the backlog: INFO of both servers would tell.")
	say(r.Verdict.Causes[finding.CauseUnexplained] > 0, "Why some keys differ: see the evidence of each; mostly a dump "+
		"of the replica from before, or the stream from its beginning, is missing.")
}
