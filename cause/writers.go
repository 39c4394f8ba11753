package cause

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
)

// An inquiry asks what clients had to do with the differences of a batch.
type inquiry struct {
	*attribution
	writes []*clientWrite
	*joining
	whole bool // no write is missing, of those that were seen
}

// askClients names the clients whose commands made the differences of a batch,
// and holds what they wrote beside the stream against the values.
func (a *attribution) askClients(ctx context.Context) error {
	writes, whole, err := a.clients.collectWrites(ctx, a.history.names, a.MaxBytes/4)
	if err != nil || len(writes) == 0 {
		return err
	}
	q := &inquiry{a, writes, join(writes, a.history.events), whole}
	if err := q.weighOwn(ctx); err != nil {
		return err
	}
	if err := q.weighUnsent(ctx); err != nil {
		return err
	}
	for _, s := range a.batch {
		q.nameWriters(s)
	}
	return nil
}

// nameWriters names the clients whose commands made a difference.
func (q *inquiry) nameWriters(s *diff.Subject) {
	var by []*clientWrite
	switch s.Cause {
	case finding.CauseLocalWrite:
		by = q.ownWrites(s)
	case finding.CauseNotPropagated:
		by = q.unsentWrites(s)
	case finding.CauseLag:
		by = q.lagWriters(s)
	}
	if len(by) == 0 && s.Cause != finding.CauseLocalWrite {
		by = q.evident(s)
	}
	s.WrittenBy = writers(by)
}

// evident are the clients whose commands the evidence names.
func (j *joining) evident(s *diff.Subject) (by []*clientWrite) {
	for i := range s.Evidence {
		if v := &s.Evidence[i]; v.Command != nil && v.Offset != nil {
			by = append(by, j.of[*v.Offset]...)
		}
	}
	return by
}

// lagWriters are the clients of the commands that only one side has run.
func (q *inquiry) lagWriters(s *diff.Subject) (by []*clientWrite) {
	from := int64(record.Unknown)
	for i := range s.Evidence {
		if v := &s.Evidence[i]; v.Code == finding.EvidenceLag && v.Offset != nil {
			from = *v.Offset
		}
	}
	if from == record.Unknown {
		return nil
	}
	to := max(q.masterOffset, q.replicaOffset)
	for e := range q.all.on(s.DB, string(s.Key)) {
		if e.offset >= from && e.end <= to {
			by = append(by, q.of[e.offset]...)
		}
	}
	return by
}

// ownWrites are what the replica's clients wrote to a key since its state began,
// and before its dump was made.
func (q *inquiry) ownWrites(s *diff.Subject) (by []*clientWrite) {
	since := time.Time{}
	if b := q.onReplica.begin; b != nil {
		since = b.time // what was written before is gone
	}
	for _, w := range q.writes {
		if w.side == replicaSide && w.touches(s.DB, string(s.Key)) && !w.time.Before(since) &&
			mayHold(q.report.Replica, w.time) {
			by = append(by, w)
		}
	}
	return by
}

// mayHold reports whether a side may hold what was written at a time: dumps tell
// the second in which they were made.
func mayHold(s *diff.Side, at time.Time) bool {
	return s.Created.IsZero() || at.Before(s.Created.Add(time.Second))
}

// unsentWrites are what the master's clients wrote to a key that it did not
// send.
func (q *inquiry) unsentWrites(s *diff.Subject) (by []*clientWrite) {
	since := q.clients.from
	if b := q.onMaster.begin; b != nil && b.time.After(since) {
		since = b.time
	}
	for _, w := range q.joining.writes {
		if !q.came[w] && w.touches(s.DB, string(s.Key)) && !w.time.Before(since) &&
			mayHold(q.report.Master, w.time) {
			by = append(by, w)
		}
	}
	return by
}

// nameParted names who wrote to keys on either side of a parting: what the
// master's clients wrote that its replica was not sent, or after the parting, and
// what the replica's did.
func (x *Explainer) nameParted(ctx context.Context, batch []*diff.Subject, h *history) error {
	if h == nil {
		return nil
	}
	writes, _, err := x.clients.collectWrites(ctx, h.names, x.MaxBytes/4)
	if err != nil || len(writes) == 0 {
		return err
	}
	j := join(writes, h.events)
	late := map[*clientWrite]bool{}
	if at := x.report.Replication.PartedAt; at != nil {
		for offset, by := range j.of {
			for _, w := range by {
				late[w] = late[w] || offset >= *at
			}
		}
	}
	for _, s := range batch {
		var by []*clientWrite
		for _, w := range writes {
			of := x.report.Replica
			if w.side == masterSide {
				of = x.report.Master
			}
			outside := w.side == replicaSide || late[w] || !j.came[w] && !w.time.Before(x.clients.from)
			if outside && w.touches(s.DB, string(s.Key)) && mayHold(of, w.time) {
				by = append(by, w)
			}
		}
		s.WrittenBy = writers(by)
	}
	return nil
}

// writers are the clients of writes, each with its last one, in the order of
// these.
func writers(by []*clientWrite) (named []diff.Writer) {
	slices.SortStableFunc(by, func(a, b *clientWrite) int { return a.time.Compare(b.time) })
	last := map[client]int{}
	for i, w := range by {
		last[w.client] = i
	}
	for i, w := range by {
		if last[w.client] == i {
			named = append(named, w.writer())
		}
	}
	return named
}

// weighOwn holds what the replica's clients wrote against its values: where the
// stream with them leads there, and without them does not, they did it.
func (q *inquiry) weighOwn(ctx context.Context) error {
	own := map[*diff.Subject][]*clientWrite{}
	events := slices.Clone(q.onReplica.events)
	for i, s := range q.batch {
		led := &q.states[i]
		if s.Cause != finding.CauseLocalWrite && s.Cause != finding.CauseUnexplained ||
			led.replica.is(s.ReplicaValue) {
			continue
		}
		if own[s] = q.ownWrites(s); len(own[s]) > 0 {
			events = insert(events, own[s])
		} else {
			delete(own, s)
		}
	}
	if len(own) == 0 || q.onReplica.begin == nil {
		return nil
	}
	err := q.simulateBeside(ctx, q.onReplica.begin, stage{events, replicaDB,
		func(s *states) *state { return &s.own }})
	for i, s := range q.batch {
		led := &q.states[i]
		if own[s] == nil || !led.own.is(s.ReplicaValue) {
			continue
		}
		q.seen(s, finding.CauseLocalWrite, own[s], led.own.unsure || !led.master.is(s.MasterValue),
			"a client of the replica ran it there; with it the stream leads to what the replica holds")
	}
	return err
}

// weighUnsent is weighOwn for the master: of its clients' commands that are in
// no stream.
func (q *inquiry) weighUnsent(ctx context.Context) error {
	complete := q.onMaster.complete && q.onReplica.complete && q.whole
	unsent := map[*diff.Subject][]*clientWrite{}
	events := slices.Clone(q.onMaster.events)
	for i, s := range q.batch {
		if !complete || s.Cause != finding.CauseNotPropagated && s.Cause != finding.CauseUnexplained ||
			q.states[i].master.is(s.MasterValue) || !q.states[i].replica.is(s.ReplicaValue) {
			continue
		}
		if by := q.unsentWrites(s); len(by) > 0 {
			unsent[s] = by
			events = insert(events, by)
		}
	}
	if len(unsent) == 0 {
		return nil
	}
	err := q.simulateBeside(ctx, q.onMaster.begin, stage{events, masterDB,
		func(s *states) *state { return &s.unsent }})
	for i, s := range q.batch {
		led := &q.states[i]
		by := unsent[s]
		_, _, made := populates(by)
		if by == nil || !led.unsent.is(s.MasterValue) && !(made && s.Kind == diff.MissingOnReplica) {
			continue
		}
		q.seen(s, finding.CauseNotPropagated, by, led.unsent.unsure,
			"a client ran it on the master, and it is in no stream")
	}
	return err
}

// populates: the last of the writes is a DEBUG POPULATE.
func populates(by []*clientWrite) (prefix []byte, count int64, ok bool) {
	if len(by) == 0 {
		return nil, 0, false
	}
	return command.Populates(by[len(by)-1].args)
}

// seen: the writes that led to a value were seen. That proves it where they were
// accepted and whole, and nothing else is unsure.
func (q *inquiry) seen(s *diff.Subject, c finding.Cause, by []*clientWrite, unsure bool, why string) {
	confidence := finding.Proved
	if unsure || q.inferred || slices.ContainsFunc(by, func(w *clientWrite) bool { return !w.accepted || w.cut }) {
		confidence = finding.Likely
	}
	if s.Cause != c {
		s.Evidence = nil
	}
	w := by[len(by)-1]
	s.Explain(c, confidence, finding.Evidence{Code: finding.EvidenceClientWrote, Path: w.path,
		Time: w.time, Command: w.args[0], Message: why})
}

// insert puts writes into events by their time; those of a stream that tells no
// times come first.
func insert(events []*event, writes []*clientWrite) []*event {
	for _, w := range writes {
		if slices.Contains(events, w.event) {
			continue
		}
		at, _ := slices.BinarySearchFunc(events, w.time, func(e *event, t time.Time) int {
			return cmp.Or(e.time.Compare(t), -1)
		})
		events = slices.Insert(events, at, w.event)
	}
	return events
}

// simulateBeside runs a timeline once more, with what clients wrote in it.
func (q *inquiry) simulateBeside(ctx context.Context, from *begin, st stage) error {
	values, err := q.valuesAt(ctx, from, q.history.names)
	if err != nil {
		return err
	}
	beside := *q.attribution
	beside.sent, beside.run = newIndex(st.events), newIndex(st.events)
	return beside.simulate(ctx, values, []stage{st})
}
