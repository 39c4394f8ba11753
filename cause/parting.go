package cause

import (
	"fmt"
	"slices"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay"
)

// boundParting narrows down where two histories part: after what a link of
// the one history is known to have brought, before the lower of the offsets.
func (x *Explainer) boundParting(r *diff.Replication, m, s *repl.State) {
	x.promoted(r, m.ID, s.ID)
	if r.PartedAt != nil {
		return
	}
	low := int64(record.Unknown)
	for _, l := range x.survey.links {
		if l.id != m.ID && l.id != s.ID {
			continue
		}
		for _, at := range []int64{l.start, l.acks} {
			if at != record.Unknown && at <= min(m.Offset, s.Offset) {
				low = max(low, at)
			}
		}
	}
	if low != record.Unknown {
		r.PartedBetween = &[2]int64{low, min(m.Offset, s.Offset)}
	}
}

// promoted says which of two histories began as a server of the other one was promoted,
// and when, by its log; by INFO alone where a link shows that it was a replica.
func (x *Explainer) promoted(r *diff.Replication, master, replica string) {
	for _, t := range x.Replay.Facts.Promotions() {
		if r.PartedAt != nil && *r.PartedAt != t.Shared || t.Restarted && !x.followedOne(&t) {
			continue
		}
		switch {
		case t.ID == replica && t.From == master:
			r.Promoted, r.PartedTime = replicaSide.String(), t.Began
		case t.ID == master && t.From == replica:
			r.Promoted, r.PartedTime = masterSide.String(), t.Began
		}
	}
}

// followedOne reports whether a link is of the replica that a time as a master is of.
func (x *Explainer) followedOne(t *repl.Term) bool {
	return x.followed != nil && slices.ContainsFunc(x.followed.Links, func(l *replay.Link) bool {
		return l.ReplicationID == t.From && t.Of(l.Link.Replica.ListeningPort, l.From)
	})
}

// swapped reports whether the captures are of the links of the side that is the replica
// now, as after a failover: whose clients they name is the other side then.
func (x *Explainer) swapped() bool {
	m, s := x.report.Master.State, x.report.Replica.State
	if !x.parted() || m == nil || s == nil {
		return false
	}
	of := func(id string) bool {
		return slices.ContainsFunc(x.survey.links, func(l *linkEnd) bool { return l.named && l.id == id })
	}
	return of(s.ID) && !of(m.ID)
}

// parted reports whether the two sides belong to histories that part.
func (x *Explainer) parted() bool { return x.report.Replication.Verdict == diff.DifferentHistory }

// lastShared is the last offset that the two histories may share.
func (x *Explainer) lastShared() int64 {
	r := &x.report.Replication
	switch {
	case r.PartedAt != nil:
		return *r.PartedAt
	case r.PartedBetween != nil:
		return r.PartedBetween[1]
	}
	return min(offsetOf(x.report.Master), offsetOf(x.report.Replica))
}

// partings are differences between histories that part.
type partings struct{ *attribution }

// attribute sets the cause of one difference, the i-th of the batch. The states are those at the point where they do: what
// differed there already, and was not written to since, has its cause there.
func (a partings) attribute(i int, s *diff.Subject) {
	if s.FieldsExpired {
		a.attributeExpired(s)
		return
	}
	led := a.states[i]
	explainsMaster, explainsReplica := led.master.is(s.MasterValue), led.replica.is(s.ReplicaValue)
	departs := led.master.known && !explainsMaster || led.replica.known && !explainsReplica
	if !departs {
		sure := finding.Likely
		if explainsMaster && explainsReplica && led.prove() && !a.mayHaveRestarted(s) {
			sure = finding.Proved
		}
		if t := a.decidingTaint(s, led, explainsReplica); t != nil {
			a.attributeTaint(s, t, sure)
			return
		}
		if !(explainsMaster && explainsReplica) && a.attributeReEvaluated(s) {
			return
		}
	}
	if !explainsReplica && omissions(a).attribute(i) {
		return
	}
	a.explainParted(s, a.wroteAfter(i, s))
	if led.master.known && led.replica.known && !explainsMaster && !explainsReplica {
		s.Evidence = append(s.Evidence, a.bothWrote(s))
	}
}

// sayWhichSide adds which of the two sides changed a key after the histories had parted:
// the one that does not hold what the stream leads to there, where that is known of both
// and one does. Who wrote to the other has no part in it.
func (a partings) sayWhichSide() {
	if a.swapped() {
		a.swapSides()
	}
	if at := a.report.Replication.PartedAt; at == nil || a.masterOffset != *at {
		return // the states are not those of there
	}
	for i, s := range a.batch {
		led := &a.states[i]
		if s.Cause != finding.CauseDifferentHistory || s.FieldsExpired || !led.master.known || !led.replica.known ||
			led.master.unsure || led.replica.unsure {
			continue
		}
		changed, stayed := masterSide, replicaSide
		switch onMaster, onReplica := led.master.is(s.MasterValue), led.replica.is(s.ReplicaValue); {
		case onMaster && !onReplica:
			changed, stayed = replicaSide, masterSide
		case onMaster == onReplica:
			continue
		}
		s.WrittenBy = slices.DeleteFunc(s.WrittenBy, func(w diff.Writer) bool { return w.Side == stayed.String() })
		message := fmt.Sprintf("the %s's side changed it after they parted: the %s holds what the stream leads to there",
			changed, stayed)
		if len(s.WrittenBy) == 0 {
			message += fmt.Sprintf("; which client of the %s wrote it is not known", changed)
		}
		s.Evidence = append(s.Evidence, finding.Evidence{Code: finding.EvidenceSideWrote,
			Side: changed.String(), Message: message})
	}
}

// swapSides names the side of each client by the dumps.
func (a partings) swapSides() {
	for _, s := range a.batch {
		for i := range s.WrittenBy {
			w := &s.WrittenBy[i]
			switch w.Side {
			case masterSide.String():
				w.Side = replicaSide.String()
			case replicaSide.String():
				w.Side = masterSide.String()
			}
		}
	}
}

// bothWrote is evidence that each side changed a key on its own, with the last command
// on it that both were given.
func (a partings) bothWrote(s *diff.Subject) finding.Evidence {
	const both = "each side changed it after they parted: neither holds what the stream leads to"
	var last *event
	for e := range a.all.on(s.DB, string(s.Key)) {
		if at := a.report.Replication.PartedAt; at != nil && e.offset != record.Unknown && e.offset < *at {
			last = e
		}
	}
	if last == nil {
		return finding.Evidence{Code: finding.EvidenceBothWrote, Message: both}
	}
	return last.evidence(finding.EvidenceBothWrote, both+"; the last command on it that both were given is this")
}

// explainParted: one side wrote after the histories had parted; what it wrote, as
// far as that was seen.
func (x *Explainer) explainParted(s *diff.Subject, wrote *event) {
	if s.FieldsExpired {
		return
	}
	r := &x.report.Replication
	message := "the replication ids differ: each side has a history of its own, " +
		"and at least one wrote after they parted"
	switch {
	case r.PartedAt != nil:
		message = fmt.Sprintf("the histories part at offset %d; "+
			"what either side wrote after it is not on the other", *r.PartedAt)
	case r.PartedBetween != nil:
		message = fmt.Sprintf("the histories part between the offsets %d and %d; "+
			"what either side wrote after that is not on the other", r.PartedBetween[0], r.PartedBetween[1])
	}
	s.Cause, s.Confidence = finding.CauseDifferentHistory, finding.Likely
	e := finding.Evidence{Code: finding.EvidenceDifferentHistory, Offset: r.PartedAt, Time: r.PartedTime,
		Message: message}
	s.Evidence = append(s.Evidence, e)
	if wrote != nil {
		s.Confidence = finding.Proved
		s.Evidence = append(s.Evidence, wrote.evidence(finding.EvidenceWroteAfter,
			"one side wrote this after the histories had parted"))
	}
}

// wroteAfter finds a command on the key after the point of parting that proves
// the cause: the key was alike until then, or what it held has no part in what it
// holds now.
func (a partings) wroteAfter(i int, s *diff.Subject) *event {
	at := a.report.Replication.PartedAt
	if at == nil {
		return nil
	}
	led := a.states[i]
	alike := led.master.known && led.replica.known && led.replica.is(led.master.value)
	for e := range a.all.on(s.DB, string(s.Key)) {
		if e.offset != record.Unknown && e.offset >= *at && (alike || e.replaces(string(s.Key))) {
			return e
		}
	}
	return nil
}

// behindParting reports whether a write came after all that the replica ran of
// the history that both sides share.
func (q *inquiry) behindParting(w *clientWrite) bool { return w.until.After(q.survey.ranAt) }

// wroteBehind reports whether any client was seen to ask for a write to a key after
// that: what was asked for before, and answered since, had its part in the stream.
func (q *inquiry) wroteBehind(s *diff.Subject, j *joining) bool {
	for _, x := range []*writeIndex{&j.master, &j.replica, &j.other} {
		for w := range x.on(s.DB, string(s.Key)) {
			if w.time.After(q.survey.ranAt) {
				return true
			}
		}
	}
	return false
}

// doubtParted takes back that one side wrote a key after the histories had parted,
// where clients were heard and none did, and nothing tells whether the key was alike
// until then. Where only the master's were, commands that the replica had run on it
// speak for its having differed before.
func (q *inquiry) doubtParted() {
	master, replica := q.clients.servers.hears()
	if !q.parted() || !q.whole || q.survey.ranAt.IsZero() || !master {
		return
	}
	whose := "no client of either side was seen to write the key after the histories had parted: "
	if !replica {
		whose = "no client of the master was seen to write the key after the histories had parted, " +
			"the replica's are not in the artefacts, and the replica had run commands on it before: "
	}
	for i, s := range q.batch {
		led := &q.states[i]
		open := !led.master.known || !led.replica.known
		if s.Cause != finding.CauseDifferentHistory || s.Confidence != finding.Likely || !open || q.behind[s] ||
			!replica && !q.ranOn(s) {
			continue
		}
		s.Evidence, s.WrittenBy = nil, nil
		q.sayWhatIsLacking(s, q.onMaster.complete && q.onReplica.complete)
		s.Evidence = append(s.Evidence, finding.Evidence{
			Code: finding.EvidenceDifferentHistory, Offset: q.report.Replication.PartedAt,
			Message: whose + "it may have differed before",
		})
	}
}

// ranOn reports whether the replica ran a command that names the key before the
// histories parted.
func (q *inquiry) ranOn(s *diff.Subject) bool {
	for e := range q.run.on(s.DB, string(s.Key)) {
		if !e.wide() {
			return true
		}
	}
	return false
}
