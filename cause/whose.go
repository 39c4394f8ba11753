package cause

import (
	"slices"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/replay/session"
)

// Streams may hold the links of several replicas. One of them is the one that is
// compared: what the others made of the stream, or were sent as payloads, tells of
// the master alone.

// fitness is how well a replica of the plan is the one that a dump is of.
type fitness uint8

const (
	contradicted fitness = iota // it can't have been at the dump's offset
	possible
	acknowledged // the dump's offset is the last that it acknowledged
	based        // one of its processes started from a dump that is told as this replica's
)

// A whose says which replica of a plan is compared.
type whose struct {
	number int // 0 is any
	// unsure: another one may as well be it.
	unsure bool
}

// whoseDump finds the replica of a plan that a side's dump is of, by its offset and
// by the dumps that its processes started from.
func whoseDump(p *session.Plan, s *diff.Side) (w whose) {
	if len(p.Replicas) < 2 {
		return w
	}
	best := contradicted
	for _, r := range p.Replicas {
		switch f := fitOf(r, s); {
		case w.number == 0 || f > best:
			w, best = whose{number: r.Number}, f
		case f == best:
			w.unsure = true
		}
	}
	w.unsure = w.unsure || best == contradicted
	return w
}

// fitOf is how well a replica is the one of a dump. One that acknowledged more
// later may be, and one that was never there is not.
func fitOf(r *session.Replica, s *diff.Side) fitness {
	if slices.ContainsFunc(r.Connections, func(c *session.Connection) bool { return c.Base != nil }) {
		return based
	}
	fit := contradicted
	for _, c := range r.Connections {
		acks := c.Link.Acks
		switch {
		case s.State == nil, c.Start == record.Unknown:
			fit = possible
		case session.Differ(c.Link.ReplicationID, s.State.ID):
			if c.Last { // after it a history of its own may have begun
				fit = possible
			}
		case c.Last && acks != nil && acks.Last == s.State.Offset:
			return acknowledged
		case s.State.Offset >= c.Start && (c.Last || s.State.Offset <= c.Link.EndOffset):
			fit = possible
		}
	}
	return fit
}

// ours reports whether the replica that is compared met an effect.
func (w whose) ours(e *replay.Effect) bool { return w.number == 0 || e.Replica == w.number }

// others makes of an effect on another replica what it tells of the master; false
// for nothing.
func others(e *replay.Effect) (replay.Effect, bool) {
	of := *e
	if of.Command != nil {
		of.Outcome = replay.Undelivered
	}
	return of, of.Outcome != replay.Started
}

// doubtWhose takes back what rests on what became of commands on the replica's way,
// where nothing tells which of several replicas it was.
func (x *Explainer) doubtWhose(batch []*diff.Subject) {
	if !x.whose.unsure {
		return
	}
	for _, s := range batch {
		switch s.Cause {
		case finding.CauseScriptMissing, finding.CauseWrongDatabase, finding.CauseReEvaluated, finding.CauseLocalWrite:
			s.Evidence, s.WrittenBy = nil, nil
			s.Unexplained(finding.EvidenceReplicaUnknown, "the streams hold the links of several replicas, and nothing "+
				"tells which of them the dump is of: what it made of the commands is not known")
		}
		if s.Confidence == finding.Proved {
			s.Confidence = finding.Likely
		}
	}
}
