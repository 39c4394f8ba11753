package report

import (
	"cmp"
	"strings"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/record"
)

// toldBy reports whether another recording tells more of the same connection: what is
// told of it twice reads as if it had happened twice.
func (r *run) toldBy(a *Artefact, l *inspect.Link) bool { return r.heldBy(a, l) != nil }

// heldBy is the link of another recording that tells more of the same connection; nil where
// there is none.
func (r *Report) heldBy(a *Artefact, l *inspect.Link) *inspect.Link {
	for _, other := range r.Artefacts {
		if other == a || other.Inspect == nil || other.Role != Link {
			continue
		}
		for _, m := range other.Inspect.Links {
			if sameConnection(l, m) && tellsMore(other, m, a, l) {
				return m
			}
		}
	}
	return nil
}

// sameConnection: by their endpoints, of which one has a port of its own for each; or
// by where in which history they begin, of one that tells no endpoints.
func sameConnection(l, m *inspect.Link) bool {
	if l.From != "" && m.From != "" {
		return l.From == m.From && l.To == m.To && !l.Began.After(m.Ended) && !m.Began.After(l.Ended)
	}
	if l.Resync == record.NoSync || l.Resync != m.Resync || l.ReplicationID != m.ReplicationID {
		return false
	}
	return l.StartOffset != record.Unknown && l.StartOffset == m.StartOffset
}

// tellsMore: it has times, began earlier, lost less, or else comes first.
func tellsMore(x *Artefact, m *inspect.Link, y *Artefact, l *inspect.Link) bool {
	return cmp.Or(btoi(m.Began.IsZero())-btoi(l.Began.IsZero()), m.Began.Compare(l.Began),
		len(m.Gaps)-len(l.Gaps), cmp.Compare(l.Commands, m.Commands), strings.Compare(x.Path, y.Path)) < 0
}

// Elsewhere reports whether a finding is of what one recording lacks of a connection that
// another one holds whole: then nothing is lacking.
func (r *Report) Elsewhere(f *finding.Finding) bool {
	if f.Link == 0 || f.Code != finding.OffsetGap && f.Code != finding.CaptureGap {
		return false
	}
	for _, a := range r.Artefacts {
		if a.Inspect == nil || a.Input == nil || a.Input.Path != f.Path {
			continue
		}
		for _, l := range a.Inspect.Links {
			if l.Number == f.Link {
				m := r.heldBy(a, l)
				return m != nil && len(m.Gaps) == 0
			}
		}
	}
	return false
}
