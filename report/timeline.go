package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/inspect"
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
	// Detail is what the artefact says in its own words: a line of a log.
	// Untrusted; nil for none.
	Detail []byte
	// Until is when it was over; zero where it took no time, or nothing tells.
	Until time.Time
	// By is the last moment at which it can have been, where Time is the first; zero
	// where Time is known.
	By time.Time
	// Bad: it is an error finding, or a crash.
	Bad bool
}

// timeline puts together what links, dumps, logs and findings tell.
func (r *run) timeline() {
	places := r.refusedPlaces()
	for _, a := range r.Artefacts {
		r.dumpEvent(a)
		r.linkEvents(a)
		r.logEvents(a, places)
	}
	if r.Replay != nil {
		for i := range r.Replay.Findings {
			r.findingEvent(&r.Replay.Findings[i], places)
		}
	}
	r.reasonEvents()
	// What has no time comes last, by offset.
	slices.SortStableFunc(r.Timeline, func(a, b Event) int {
		if a.Time.IsZero() != b.Time.IsZero() {
			return btoi(a.Time.IsZero()) - btoi(b.Time.IsZero())
		}
		return cmp.Or(a.Order().Compare(b.Order()), cmp.Compare(orLess(a.Offset), orLess(b.Offset)))
	})
}

// Order is the time by which an event has its place in the line: of what has bounds
// alone the later one, behind all that may have been before it.
func (e *Event) Order() time.Time {
	if e.By.IsZero() {
		return e.Time
	}
	return e.By
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
	when := r.savedAt(a)
	a.Saved = when
	e := Event{
		Time: when.From, By: when.To, Kind: "dump", Path: a.Path,
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
		placed := !l.Began.IsZero() || l.StartOffset != record.Unknown
		if !placed || r.counted(a, l) || r.toldBy(a, l) {
			continue
		}
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
		if a.ofCollect() {
			e.Kind, e.Text = "collect", fmt.Sprintf("redsleuth collect asks for the stream, link %d", l.Number)
		}
		r.add(e)
		if e.Time = l.Ended; !e.Time.IsZero() {
			e.Kind, e.Text, e.Offset = "link-end", r.endText(l), nil
			if l.EndOffset != record.Unknown {
				e.Offset = &l.EndOffset
			}
			r.add(e)
		}
		r.scripts(a, l)
		r.bursts(a, l)
		for _, g := range l.Gaps {
			gap := Event{Time: g.From, Until: g.To, Path: a.Path, Kind: "gap", Text: "hole in the recording"}
			if g.Offset != record.Unknown {
				gap.Offset = &g.Offset
			}
			r.add(gap)
		}
	}
}

// counted reports whether another artefact holds the same connection, and tells
// the times of it.
func (r *run) counted(a *Artefact, l *inspect.Link) bool {
	if r.Replay == nil || !l.Began.IsZero() {
		return false
	}
	for _, other := range r.Replay.Links {
		if other.Path == a.Input.Path && other.Number == l.Number {
			return false
		}
	}
	return true
}

// endText says that a link ends, or its recording alone, as far as logs tell which.
func (r *run) endText(l *inspect.Link) string {
	known := false
	for _, a := range r.Artefacts {
		known = known || a.Log != nil
	}
	for _, m := range slices.Concat(r.logged(Master), r.logged(Replica)) {
		near := m.at.Sub(l.Ended).Abs() <= sameMoment
		lost, _ := linkLost(m.Kind)
		if stopped, _ := ended(m.Kind); near && (lost || stopped) {
			return fmt.Sprintf("link %d ends", l.Number)
		}
	}
	if known {
		return fmt.Sprintf("the recording of link %d ends", l.Number)
	}
	return fmt.Sprintf("link %d ends, or its recording does", l.Number)
}

// scripts tells when scripts came over a link.
func (r *run) scripts(a *Artefact, l *inspect.Link) {
	if len(l.Scripts) == 0 {
		return
	}
	first := l.Scripts[0]
	for _, s := range l.Scripts {
		if s.Offset != record.Unknown && (first.Offset == record.Unknown || s.Offset < first.Offset) {
			first = s
		}
	}
	more := ""
	if r.Bare && len(l.Scripts) >= mostDistinct {
		more = " or more"
	}
	e := Event{Path: a.Path, Kind: "scripts", Text: fmt.Sprintf(
		"the first of %d%s scripts is sent, link %d", len(l.Scripts), more, l.Number)}
	if first.Offset != record.Unknown {
		e.Offset, e.Time = &first.Offset, a.Samples.at(first.Offset+1, l.ReplicationID)
	}
	r.add(e)
}

// burst is how many times the average a step of the rate has to be to be told.
const burst = 4

// fewWrites is less than anybody would call a burst.
const fewWrites = 50

// bursts tells when much more was written than else.
func (r *run) bursts(a *Artefact, l *inspect.Link) {
	if l.Rate == nil || l.Rate.Steps < 8 {
		return
	}
	rate, all := l.Rate, int64(0)
	for _, n := range rate.Writes[:rate.Steps] {
		all += n
	}
	high := max(fewWrites, burst*all/int64(rate.Steps))
	for i := 0; i < rate.Steps; i++ {
		first, writes := i, int64(0)
		for ; i < rate.Steps && rate.Writes[i] >= high; i++ {
			writes += rate.Writes[i]
		}
		if writes > 0 {
			from, took := rate.From.Add(time.Duration(first)*rate.Step), time.Duration(i-first)*rate.Step
			r.add(Event{Time: from, Until: from.Add(took), Path: a.Path, Kind: "burst",
				Text: fmt.Sprintf("burst of %d writes within %v, link %d", writes, took, l.Number)})
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
		return "answers its master with an error"
	case serverlog.MemoryLimit:
		return "maxmemory is set to less than the data takes"
	case serverlog.PartialRefused:
		return "a partial sync is refused"
	case serverlog.OutputBufferClosed:
		return "a replica is dropped for being too slow"
	case serverlog.ProtocolError:
		return "a protocol error from the master"
	}
	return ""
}

func (r *run) logEvents(a *Artefact, places refusedPlaces) {
	if a.Log == nil {
		return
	}
	for i, e := range a.Log.Events {
		text := told(e.Kind)
		at := r.withYear(e.Line)
		if text == "" || at.IsZero() {
			continue
		}
		if e.Kind == serverlog.Critical {
			text = r.refusalText(&e, text)
		}
		event := Event{
			Time: at, Kind: string(e.Kind), Path: a.Path, Text: r.whoseLog(a) + text,
			Bad:    e.Kind == serverlog.Crashed || e.Kind == serverlog.Critical,
			Detail: []byte(e.Line.Text),
		}
		if e.Offset >= 0 {
			offset := e.Offset
			if e.Kind == serverlog.PartialRefused {
				offset-- // it names the first byte that was asked for
			}
			event.Offset = &offset
		}
		if offset := places.of(a.Log.Events[i:]); offset != nil {
			event.Offset = offset
		}
		r.add(event)
	}
}

// whoseLog is the server of a log, in front of what it did; "" where that is not known.
func (r *run) whoseLog(a *Artefact) string {
	if side := r.logSide(a); side != Unknown {
		return string(side) + ": "
	}
	return ""
}

// withYear is the time of a line of a log, in the year of the dumps where its
// version wrote none; zero where nothing tells.
func (r *run) withYear(l serverlog.Line) time.Time {
	if l.Time.IsZero() && !l.HasYear || l.HasYear {
		return l.Time
	}
	for _, a := range r.Artefacts {
		if a.Inspect == nil || a.Inspect.RDB == nil || a.Inspect.RDB.CreatedAt.IsZero() {
			continue
		}
		saved := a.Inspect.RDB.CreatedAt
		at := l.Time.AddDate(saved.Year()-l.Time.Year(), 0, 0)
		const half = 183 * 24 * time.Hour
		if apart := at.Sub(saved); apart > half {
			at = at.AddDate(-1, 0, 0)
		} else if apart < -half {
			at = at.AddDate(1, 0, 0)
		}
		return at
	}
	return time.Time{}
}

func (r *run) findingEvent(f *finding.Finding, places refusedPlaces) {
	if f.Severity == finding.Info && f.Code != finding.ScriptFlush || r.Elsewhere(f) || places.tell(f) {
		return
	}
	at := r.times[placeOf(f)]
	if at.IsZero() && f.Offset == nil {
		return // of what a log tells, the line itself has its place
	}
	if at.IsZero() {
		at = r.sentAt(f)
	}
	r.add(Event{
		Time: at, Offset: f.Offset, Kind: string(f.Code), Path: f.Path, Text: f.Message, Bad: f.Severity == finding.Error,
	})
}

// reasonEvents tell when keys began to differ for each reason, but for those that events
// of their own tell: what was refused, and where the histories part.
func (r *run) reasonEvents() {
	for _, c := range r.Tally.Reasons() {
		e, ok := finding.Explain(string(c.Cause))
		if !ok || c.Since.IsZero() || c.Cause == finding.CauseDifferentHistory || c.Way == string(finding.CommandRefused) {
			continue
		}
		text := "the first known write to the one key that differs because of"
		if c.Keys > 1 {
			text = fmt.Sprintf("the first known write to one of %d keys that differ because of", c.Keys)
		}
		r.add(Event{Time: c.Since, Kind: "differs", Bad: c.Cause != finding.CauseLag, Text: text + ": " + e.Title + " (" + string(c.Cause) + ")"})
	}
}

// sentAt is about when the stream had come to the place of a finding, or, of what a full
// resync threw away, when that began; zero where nothing tells.
func (r *run) sentAt(f *finding.Finding) time.Time {
	for _, a := range r.Artefacts {
		if a.Input == nil || a.Input.Path != f.Path || a.Inspect == nil || a.Role != Link {
			continue
		}
		for _, l := range a.Inspect.Links {
			switch {
			case l.Number != f.Link:
			case f.Code == finding.WritesDiscarded:
				return l.Began
			default:
				return a.Samples.at(*f.Offset, l.ReplicationID)
			}
		}
	}
	return time.Time{}
}
