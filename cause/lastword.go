package cause

import (
	"context"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
)

// weighLast asks, where nothing tells what the replica's keys held before, what
// its clients wrote last: a command that sets or removes a key outright needs no
// state before it. Where what it leads to is what the replica holds, and not the
// master, the client did it. It is no more than likely: what the stream made of
// the key is not known.
func (q *inquiry) weighLast(ctx context.Context) error {
	if b := q.onReplica.begin; b != nil && !b.blank {
		return nil
	}
	last := map[*diff.Subject][]*clientWrite{}
	var events []*event
	once := map[*event]bool{}
	for _, s := range q.batch {
		if s.Cause != finding.CauseUnexplained {
			continue
		}
		if last[s] = lastWord(q.own[s], string(s.Key)); last[s] == nil {
			continue
		}
		for _, w := range last[s] {
			if !once[w.event] {
				once[w.event] = true
				events = append(events, w.event)
			}
		}
	}
	if len(events) == 0 {
		return nil
	}
	alone := *q.attribution
	alone.sent, alone.run = newIndex(events), newIndex(events)
	err := alone.simulate(ctx, values{}, nil, []stage{
		{events, replicaDB, func(s *states) *state { return &s.own }, q.replicaOffset},
	})
	for i, s := range q.batch {
		if led := &q.states[i]; last[s] != nil && led.own.is(s.ReplicaValue) {
			q.seen(s, finding.CauseLocalWrite, last[s], true,
				"a client of the replica ran it there, and it leads to what the replica holds")
		}
	}
	return err
}

// lastWord are the writes to a key from the last on that set or removed it
// outright; nil without one.
func lastWord(by []*clientWrite, key string) []*clientWrite {
	for i := len(by) - 1; i >= 0; i-- {
		if w := by[i]; w.db != record.Unknown && w.replaces(key) {
			return by[i:]
		}
	}
	return nil
}
