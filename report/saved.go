package report

import (
	"time"

	"github.com/redsleuth/redsleuth/parse/serverlog"
)

// A Moment is when something was, as far as it is known: not before From, not after To.
// Both are zero where nothing tells.
type Moment struct{ From, To time.Time }

// IsZero reports whether nothing tells.
func (m Moment) IsZero() bool { return m.From.IsZero() }

// SecondOf is all of a second, as AUX fields tell times; zero of the zero time.
func SecondOf(second time.Time) Moment {
	if second.IsZero() {
		return Moment{}
	}
	return Moment{second, second.Add(time.Second - time.Millisecond)}
}

// savedAt is when the state of a dump was. Its AUX field ctime tells the second in which
// it began to be written; SAVE stops the server meanwhile, BGSAVE forks just before.
// These narrow it down:
//
//	the log     "DB saved on disk" comes after it, "Background saving started" right
//	            after the fork
//	a client    asked for SAVE or BGSAVE before it
//	the stream  a replica's holds what it was sent before it; a master's lacks what
//	            it sent after it
//	a promotion began the history that the dump is of, by the log
func (r *run) savedAt(a *Artefact) Moment {
	second := a.Inspect.RDB.CreatedAt
	if second.IsZero() {
		return Moment{}
	}
	whole := SecondOf(second)
	m := whole
	r.narrowByLog(a, &m)
	asked := 0
	var at time.Time
	for i := range r.Acts {
		act := &r.Acts[i]
		saves := act.Is("SAVE") || act.Is("BGSAVE") || act.Is("SHUTDOWN")
		if saves && act.Role == side(a.Role) && !act.Last.After(m.To) && act.Time.After(second.Add(-time.Second)) {
			asked, at = asked+1, act.Time
		}
	}
	if asked == 1 {
		m.after(at)
	}
	r.narrowByStream(a, &m)
	if m.To.Before(m.From) { // clocks of several hosts are seldom the same
		return whole
	}
	return m
}

// side is whose an artefact is.
func side(role Role) Role {
	if role == ReplicaBefore {
		return Replica
	}
	return role
}

// after and before narrow a moment down; contradictions leave it ending before it begins.
func (m *Moment) after(at time.Time) {
	if at.After(m.From) {
		m.From = at
	}
}

func (m *Moment) before(at time.Time) {
	if at.Before(m.To) {
		m.To = at
	}
}

// narrowByLog: it is one of the saves of that second, unless one that began in it may
// have ended in another. One from which a process started was made before that did.
func (r *run) narrowByLog(a *Artefact, m *Moment) {
	const long = time.Minute
	events := r.loggedBy(side(a.Role))
	limit := r.startedFrom(a, events)
	if !limit.IsZero() {
		m.before(limit)
	}
	for _, e := range events {
		if s := a.State; e.Kind == serverlog.SecondaryID && s != nil && s.Placed() && e.ID == s.ID {
			m.after(e.at)
		}
	}
	var last time.Time
	for _, e := range events {
		switch {
		case e.at.Before(m.From) || e.at.After(m.To.Add(long)), !limit.IsZero() && e.at.After(limit):
		case e.Kind == serverlog.Started && e.at.After(m.To):
			if !last.IsZero() {
				m.before(last)
			}
			return // no save outlives its process
		case e.Kind != serverlog.Saved && e.Kind != serverlog.SaveStarted:
		case !e.at.After(m.To):
			last = e.at
		case e.Kind == serverlog.Saved:
			return // which may be that of this dump
		}
	}
	if !last.IsZero() {
		m.before(last)
	}
}

// startedFrom is when the process of the replica started that had taken up a dump; zero
// where that is not known.
func (r *run) startedFrom(a *Artefact, events []moment) (at time.Time) {
	if r.Replay == nil || a.Role != ReplicaBefore || a.Input == nil {
		return at
	}
	for _, l := range r.Replay.Links {
		if l.Base != a.Input.Path || l.Began.IsZero() {
			continue
		}
		for _, e := range events {
			if e.Kind == serverlog.Started && !e.at.After(l.Began) {
				at = e.at
			}
		}
		return at
	}
	return at
}

// narrowByStream holds a dump's offset against the times of the stream, as far as a
// recording's samples tell them.
func (r *run) narrowByStream(a *Artefact, m *Moment) {
	s := a.State
	if s == nil || !s.Placed() {
		return
	}
	for _, from := range r.Artefacts {
		var last, before time.Time // the last it holds, and what was seen before that
		for _, x := range from.Samples.List {
			switch {
			case x.ID != s.ID:
			case x.Offset > s.Offset:
				if a.Role == Master {
					m.before(x.Time)
				}
			case x.Time.After(last):
				last, before = x.Time, last
			}
		}
		if side(a.Role) == Replica {
			m.after(last)
		} else if a.Role == Master {
			m.after(before) // it runs what it sends just before it is seen, behind what was sent before
		}
	}
}
