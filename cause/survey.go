package cause

import (
	"context"
	"slices"
	"time"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/server"
)

// A survey is what the streams say of the two states as a whole.
type survey struct {
	master, replica int64 // offsets of the dumps
	// between counts the commands from the lower offset to the higher, and
	// the times tell how long the master took for them.
	between     int64
	first, last time.Time
	// ran is how far the replica ran the stream, by all that is known.
	ran int64
	// ranAt is when the last command was seen that it ran.
	ranAt time.Time
	// resumed: a process of the replica started at the offset of its dump.
	resumed bool
	// partial: a connection continued where an earlier one had ended. restarts:
	// processes of the replica are known to have started from a dump.
	partial, restarts bool
	links             []*linkEnd // as they come
}

type linkKey struct {
	path string
	link int
}

// A linkEnd is a connection's history and how far it is known to have brought
// the replica.
type linkEnd struct {
	linkKey
	id          string
	start, acks int64
	named       bool // by the endpoints of a capture
	// resumed is when a partial resync began it; zero for none, or where not known.
	resumed time.Time
}

func (v *survey) effect(e *replay.Effect) error {
	v.link(e)
	v.restarts = v.restarts || e.Outcome == replay.Started && e.Base != ""
	if e.Outcome == replay.Started && e.Offset != record.Unknown && e.Offset == v.replica {
		v.resumed = true
	}
	c := e.Command
	if c == nil {
		return nil
	}
	ran := e.Outcome == replay.Applied || e.Outcome == replay.Dropped
	if ran && c.Time.After(v.ranAt) {
		v.ranAt = c.Time
	}
	if c.Offset == record.Unknown {
		return nil
	}
	if ran {
		v.ran = max(v.ran, c.EndOffset)
	}
	from, to := min(v.master, v.replica), max(v.master, v.replica)
	if from == record.Unknown || c.Offset < from || c.EndOffset > to {
		return nil
	}
	v.between++
	if !c.Time.IsZero() {
		if v.first.IsZero() {
			v.first = c.Time
		}
		v.last = c.Time
	}
	return nil
}

// resumedBlind reports whether the replica continued after a break, while
// nothing tells whether as the same process.
func (v *survey) resumedBlind() bool { return v.partial && !v.restarts }

// resumedBefore reports whether the replica had resumed at an offset by a time
// (dumps tell the second): if it went on as the same process, a dump of that time
// would tell a later one.
func (v *survey) resumedBefore(offset int64, at time.Time) bool {
	return slices.ContainsFunc(v.links, func(l *linkEnd) bool {
		return l.start == offset && !l.resumed.IsZero() && l.resumed.Add(time.Second).Before(at)
	})
}

func (v *survey) link(e *replay.Effect) {
	l := e.Link
	if e.Command != nil {
		l = e.Command.Link
	}
	if l == nil {
		return
	}
	v.partial = v.partial || l.Resync == record.Partial
	end := v.end(linkKey{e.Path, l.Number})
	end.id, end.start, end.named = l.ReplicationID, l.StartOffset, l.From != ""
	if l.Resync == record.Partial {
		end.resumed = l.Began
	}
	if l.Acks != nil {
		end.acks = l.Acks.Last
	}
}

// end finds a link, or adds it. Most often it is the one that came last.
func (v *survey) end(k linkKey) *linkEnd {
	for _, end := range slices.Backward(v.links) {
		if end.linkKey == k {
			return end
		}
	}
	end := &linkEnd{linkKey: k, acks: record.Unknown}
	v.links = append(v.links, end)
	return end
}

// refine adds to the verdict what the streams and the earlier dumps tell.
func (x *Explainer) refine(ctx context.Context) error {
	r := &x.report.Replication
	m, s := x.report.Master.State, x.report.Replica.State
	if m == nil || s == nil {
		return nil
	}
	if r.Verdict == diff.DifferentHistory {
		x.boundParting(r, m, s)
		return nil
	}
	if server.KeepsStaleOffset.Of(x.report.Replica.Version) == server.Yes {
		r.StaleOffset = x.survey.resumed || x.survey.resumedBefore(s.Offset, x.report.Replica.Created)
		for _, in := range x.Replay.Bases {
			b, err := diff.ReadState(ctx, in)
			if err != nil {
				return err
			}
			r.StaleOffset = r.StaleOffset || b != nil && b.ID == s.ID && b.Offset == s.Offset
		}
	}
	if x.survey.between > 0 {
		x.tellLag(r)
	}
	return nil
}

// tellLag says how many commands lie between the two states, and when they were sent, as
// far as no hole of the streams may hold more.
func (x *Explainer) tellLag(r *diff.Replication) {
	v := &x.survey
	from, to := min(v.master, v.replica), max(v.master, v.replica)
	holds := x.recording.spans.hold
	if holds(from, to) {
		r.LagCommands = &v.between
		if took := v.last.Sub(v.first); !v.first.IsZero() {
			r.LagTime = &took
		}
	}
	if holds(from, from+1) {
		r.LagFrom = v.first
	}
	if holds(to-1, to) {
		r.LagTo = v.last
	}
}
