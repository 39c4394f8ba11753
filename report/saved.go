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

// savedAt is when the state of a dump was. Its AUX field ctime tells the second in which
// it began to be written; SAVE stops the server meanwhile, BGSAVE forks just before.
// These narrow it down:
//
//	the log     "DB saved on disk" comes after it, "Background saving started" right
//	            after the fork
//	a client    asked for SAVE or BGSAVE before it
//	the stream  a replica's holds what it was sent before it; a master's lacks what
//	            it sent after it
func (r *run) savedAt(a *Artefact) Moment {
	second := a.Inspect.RDB.CreatedAt
	if second.IsZero() {
		return Moment{}
	}
	m := Moment{second, second.Add(time.Second - time.Millisecond)}
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
	return m
}

// side is whose an artefact is.
func side(role Role) Role {
	if role == ReplicaBefore {
		return Replica
	}
	return role
}

// after and before narrow a moment down, unless that contradicts what is known: clocks
// of several hosts are seldom the same.
func (m *Moment) after(at time.Time) {
	if at.After(m.From) && !at.After(m.To) {
		m.From = at
	}
}

func (m *Moment) before(at time.Time) {
	if at.Before(m.To) && !at.Before(m.From) {
		m.To = at
	}
}

// narrowByLog: of one save alone in that second it is the one.
func (r *run) narrowByLog(a *Artefact, m *Moment) {
	const long = time.Minute // what began in that second may end in another
	saved, later := []time.Time{}, false
	for _, e := range r.logged(side(a.Role)) {
		if e.Kind == serverlog.Started && e.at.After(m.From) && len(saved) > 0 {
			break // no save outlives its process
		}
		switch {
		case e.Kind != serverlog.Saved && e.Kind != serverlog.SaveStarted || e.at.Before(m.From):
		case !e.at.After(m.To):
			saved = append(saved, e.at)
		default:
			later = later || e.Kind == serverlog.Saved && e.at.Before(m.To.Add(long))
		}
	}
	if len(saved) > 0 && !later {
		m.before(saved[len(saved)-1])
	}
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
