package cause

import (
	"context"
	"maps"
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
	// own and unsent are what clients wrote to a key beside the stream, on the
	// replica and on the master.
	own, unsent map[*diff.Subject][]*clientWrite
	// behind are those that a client wrote to after the histories had parted.
	behind map[*diff.Subject]bool
	whole  bool // no write is missing, of those that were seen
}

// askClients names the clients whose commands made the differences of a batch,
// and holds what they wrote beside the stream against the values.
func (a *attribution) askClients(ctx context.Context) error {
	q := &inquiry{a, map[*diff.Subject][]*clientWrite{}, map[*diff.Subject][]*clientWrite{}, map[*diff.Subject]bool{}, true}
	err := a.eachWrites(ctx, a.batch, func(part []*diff.Subject, names map[string]bool, writes []*clientWrite, whole bool) {
		q.whole = q.whole && whole
		j := join(writes, namedEvents(a.history.events, names))
		for _, s := range part {
			q.take(s, j)
		}
	})
	if err != nil {
		return err
	}
	q.doubtParted()
	q.doubtOmitted()
	if err := q.weighOwn(ctx); err != nil {
		return err
	}
	if err := q.weighLast(ctx); err != nil {
		return err
	}
	if err := q.weighUnsent(ctx); err != nil {
		return err
	}
	for _, s := range a.batch {
		switch s.Cause {
		case finding.CauseLocalWrite:
			s.WrittenBy = writers(q.own[s])
		case finding.CauseNotPropagated:
			if by := q.unsent[s]; len(by) > 0 {
				s.WrittenBy = writers(by)
			}
		}
	}
	return nil
}

// eachWrites reads what clients wrote to the keys of a batch, of as many at a
// time as memory allows. whole is false where it is too much even of one key.
func (x *Explainer) eachWrites(ctx context.Context, batch []*diff.Subject,
	do func(part []*diff.Subject, names map[string]bool, writes []*clientWrite, whole bool),
) error {
	names := map[string]bool{}
	for _, s := range batch {
		names[string(s.Key)] = true
	}
	writes, whole, err := x.clients.collectWrites(ctx, names, x.MaxBytes/4)
	switch {
	case err != nil:
		return err
	case !whole && len(batch) > 1:
		half := len(batch) / 2
		if err := x.eachWrites(ctx, batch[:half], do); err != nil {
			return err
		}
		return x.eachWrites(ctx, batch[half:], do)
	case len(writes) > 0:
		do(batch, names, writes, whole)
	}
	return nil
}

// namedEvents are those that may have changed one of the keys.
func namedEvents(events []*event, names map[string]bool) (some []*event) {
	for _, e := range events {
		if e.wide() || slices.ContainsFunc(e.keys, func(k namedKey) bool { return names[k.name] }) {
			some = append(some, e)
		}
	}
	return some
}

// take keeps what clients had to do with one difference.
func (q *inquiry) take(s *diff.Subject, j *joining) {
	if own := q.ownWrites(s, j); len(own) > 0 {
		q.own[s] = own
		placeIn(s.DB, own)
	}
	if unsent := q.unsentWrites(s, j); len(unsent) > 0 {
		q.unsent[s] = unsent
		placeIn(s.DB, unsent)
	}
	var by []*clientWrite
	switch s.Cause {
	case finding.CauseLag:
		by = q.lagWriters(s, j)
	case finding.CauseDifferentHistory:
		q.behind[s] = q.wroteBehind(s, j)
		if by = j.evident(s); q.parted() {
			by = append(by, q.partedWrites(s, j)...)
		}
	default:
		by = j.evident(s)
	}
	s.WrittenBy = writers(by)
}

// placeIn takes it that writes of which nothing tells the database ran in that of
// the key in question; what they lead to says whether it was so.
func placeIn(db int, writes []*clientWrite) {
	for _, w := range writes {
		if w.db == record.Unknown {
			w.db, w.replicaDB, w.vague = db, db, true
		}
	}
}

// evident are the clients whose commands the evidence names as what led to the
// difference: not the last that both sides were given.
func (j *joining) evident(s *diff.Subject) (by []*clientWrite) {
	for i := range s.Evidence {
		if v := &s.Evidence[i]; v.Command != nil && v.Offset != nil && v.Code != finding.EvidenceBothWrote {
			by = append(by, j.of[*v.Offset]...)
		}
	}
	return by
}

// lagWriters are the clients of the commands that only one side has run, from the
// last on that set the key outright: what came before has no part in it. Nobody is
// where none of these commands was recorded.
func (q *inquiry) lagWriters(s *diff.Subject, j *joining) (by []*clientWrite) {
	from := int64(record.Unknown)
	for i := range s.Evidence {
		if v := &s.Evidence[i]; v.Code == finding.EvidenceLag && v.Command != nil && v.Offset != nil {
			from = *v.Offset
		}
	}
	if from == record.Unknown {
		return nil
	}
	to := max(q.masterOffset, q.replicaOffset)
	for e := range q.all.on(s.DB, string(s.Key)) {
		if e.offset < from || e.end > to {
			continue
		}
		if e.replaces(string(s.Key)) {
			by = nil
		}
		by = append(by, j.of[e.offset]...)
	}
	return by
}

// ownWrites are what the replica's clients wrote to a key since its state began,
// and before its dump was made.
func (q *inquiry) ownWrites(s *diff.Subject, j *joining) (by []*clientWrite) {
	since := time.Time{}
	if b := q.onReplica.begin; b != nil {
		since = b.time // what was written before is gone
	}
	for w := range j.replica.on(s.DB, string(s.Key)) {
		if !w.time.Before(since) && mayHold(q.report.Replica, w.time) {
			by = append(by, w)
		}
	}
	return by
}

// tick is by how much the second in a dump may be behind the clock of a capture: of
// the time in seconds, systems tell what it was at their last tick.
const tick = 10 * time.Millisecond

// mayHold reports whether a side may hold what was written at a time: dumps tell
// the second in which they were made.
func mayHold(s *diff.Side, at time.Time) bool {
	return s.Created.IsZero() || at.Before(s.Created.Add(time.Second+tick))
}

// unsentWrites are what the master's clients wrote to a key that it did not
// send.
func (q *inquiry) unsentWrites(s *diff.Subject, j *joining) (by []*clientWrite) {
	since := q.clients.from
	if b := q.onMaster.begin; b != nil && !b.time.IsZero() {
		since = b.time // what the master sent first may have waited for a long time
	}
	for w := range j.master.on(s.DB, string(s.Key)) {
		if !j.came[w] && !w.time.Before(since) && mayHold(q.report.Master, w.time) {
			by = append(by, w)
		}
	}
	return by
}

// partedWrites are what clients wrote to a key of histories that part: on either
// side behind that point, as far as the time of the stream tells it. Where none
// is, it is all that the other side was not sent.
func (q *inquiry) partedWrites(s *diff.Subject, j *joining) (by []*clientWrite) {
	all := slices.Concat(q.own[s], q.unsent[s])
	if at := q.report.Replication.PartedAt; at != nil {
		for _, offset := range slices.Sorted(maps.Keys(j.of)) {
			if offset < *at {
				continue
			}
			for _, w := range j.of[offset] {
				if w.touches(s.DB, string(s.Key)) && mayHold(q.report.Master, w.time) {
					by = append(by, w)
				}
			}
		}
	}
	for _, w := range all {
		if q.behindParting(w) {
			by = append(by, w)
		}
	}
	if len(by) == 0 {
		return all
	}
	return by
}

// writers are the clients of writes, each with its last one, in the order of
// these.
func writers(by []*clientWrite) (named []diff.Writer) {
	slices.SortStableFunc(by, func(a, b *clientWrite) int { return a.time.Compare(b.time) })
	last := map[*client]int{}
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

// doubtOmitted takes back that the replica refused a command where nothing tells what
// the key held before, and clients of the replica wrote to it.
func (q *inquiry) doubtOmitted() {
	for i, s := range q.batch {
		if q.omitted[i].assumed && len(q.own[s]) > 0 {
			delete(q.omitted, i)
			s.Evidence, s.WrittenBy = nil, nil
			q.sayWhatIsLacking(s, q.onMaster.complete && q.onReplica.complete)
		}
	}
}

// weighOwn holds what the replica's clients wrote against its values: where the
// stream with them leads there, and without them does not, they did it.
func (q *inquiry) weighOwn(ctx context.Context) error {
	if len(q.own) == 0 || q.onReplica.begin == nil || q.swapped() { // then they are the master's
		return nil
	}
	asked := map[*diff.Subject][]*clientWrite{}
	for i, s := range q.batch {
		led := &q.states[i]
		_, omitted := q.omitted[i]
		before := s.Cause == finding.CauseDifferentHistory && q.onlyBefore(s, led)
		if s.Cause != finding.CauseLocalWrite && s.Cause != finding.CauseUnexplained && !omitted && !before ||
			led.replica.is(s.ReplicaValue) || q.own[s] == nil {
			continue
		}
		asked[s] = q.own[s]
	}
	if len(asked) == 0 {
		return nil
	}
	err := q.simulateBeside(ctx, &q.onReplica, stage{q.beside(q.onReplica.events, asked), replicaDB,
		func(s *states) *state { return &s.own }, q.replicaOffset})
	for i, s := range q.batch {
		led := &q.states[i]
		if asked[s] == nil || !led.own.is(s.ReplicaValue) {
			continue
		}
		q.seen(s, finding.CauseLocalWrite, q.own[s], led.own.unsure || !led.master.is(s.MasterValue),
			"a client of the replica ran it there; with it the stream leads to what the replica holds")
	}
	return err
}

// onlyBefore reports whether, of histories that part, the master holds what the stream
// leads to at that point, and the clients of the replica wrote before it alone.
func (q *inquiry) onlyBefore(s *diff.Subject, led *states) bool {
	return led.master.is(s.MasterValue) && !slices.ContainsFunc(q.own[s], q.behindParting)
}

// unsentBefore reports whether, of histories that part, clients wrote a key on the master
// before that alone, as far as was seen, and none of it was sent.
func (q *inquiry) unsentBefore(s *diff.Subject) bool {
	return !q.behind[s] && !slices.ContainsFunc(s.Evidence, func(e finding.Evidence) bool {
		return e.Code == finding.EvidenceWroteAfter
	})
}

// weighUnsent is weighOwn for the master: of its clients' commands that are in
// no stream.
func (q *inquiry) weighUnsent(ctx context.Context) error {
	if !q.onMaster.complete || !q.onReplica.complete || !q.whole || len(q.unsent) == 0 || q.swapped() {
		return nil
	}
	asked := map[*diff.Subject][]*clientWrite{}
	for i, s := range q.batch {
		before := s.Cause == finding.CauseDifferentHistory && q.unsentBefore(s)
		if s.Cause != finding.CauseNotPropagated && s.Cause != finding.CauseUnexplained && !before ||
			q.states[i].master.is(s.MasterValue) || !q.states[i].replica.is(s.ReplicaValue) || q.unsent[s] == nil {
			continue
		}
		asked[s] = q.unsent[s]
	}
	if len(asked) == 0 {
		return nil
	}
	err := q.simulateBeside(ctx, &q.onMaster, stage{q.beside(q.onMaster.events, asked), masterDB,
		func(s *states) *state { return &s.unsent }, q.masterOffset})
	for i, s := range q.batch {
		led := &q.states[i]
		by := q.unsent[s]
		_, _, made := populates(by)
		if asked[s] == nil || !led.unsent.is(s.MasterValue) && !(made && s.Kind == diff.MissingOnReplica) {
			continue
		}
		// Of histories that part, the same may have been written after that, unseen.
		q.seen(s, finding.CauseNotPropagated, by, led.unsent.unsure || q.parted(),
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
	if unsure || q.inferred || slices.ContainsFunc(by, func(w *clientWrite) bool { return !w.accepted || w.cut || w.vague }) {
		confidence = finding.Likely
	}
	if s.Cause != c {
		s.Evidence = nil
	}
	w := by[len(by)-1]
	s.Explain(c, confidence, finding.Evidence{Code: finding.EvidenceClientWrote, Path: w.path,
		Time: w.time, Command: w.args[0], Message: why})
}

// beside puts writes between events by their time, each once; events that tell no
// time stay where they are. Writes of which only the second is known come last:
// whatever was there before, they may have had the last word.
func (q *inquiry) beside(events []*event, of map[*diff.Subject][]*clientWrite) []*event {
	once := map[*event]bool{}
	var writes, vague []*event
	for _, s := range q.batch {
		for _, w := range of[s] {
			if !once[w.event] {
				once[w.event] = true
				if w.vague {
					vague = append(vague, w.event)
					continue
				}
				writes = append(writes, w.event)
			}
		}
	}
	slices.SortStableFunc(writes, func(a, b *event) int { return a.time.Compare(b.time) })
	merged := make([]*event, 0, len(events)+len(writes)+len(vague))
	for _, e := range events {
		for len(writes) > 0 && !e.time.IsZero() && writes[0].time.Before(e.time) {
			merged, writes = append(merged, writes[0]), writes[1:]
		}
		merged = append(merged, e)
	}
	return slices.Concat(merged, writes, vague)
}

// simulateBeside runs a timeline once more, with what clients wrote in it.
func (q *inquiry) simulateBeside(ctx context.Context, t *timeline, st stage) error {
	values, err := q.valuesAt(ctx, t.begin, q.history.names)
	if err != nil {
		return err
	}
	once := *q.attribution
	once.sent, once.run = newIndex(st.events), newIndex(st.events)
	return once.simulate(ctx, values, t.holes, []stage{st})
}
