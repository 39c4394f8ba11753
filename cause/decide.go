package cause

import (
	"fmt"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A mark is a trace that a misplaced or a lost command left on a key.
type mark struct {
	cause finding.Cause
	event *event // the first of them
	// inherited: the key was made from one that was wrong already.
	inherited bool
}

// decide sets the cause of one difference.
func (c *court) decide(i int, s *diff.Subject) {
	if s.MayBeDelay && c.delayed(s) {
		s.Delayed()
		return
	}
	led, healthy, here := c.led[i], c.healthy[i], c.here[i]
	explainsMaster, explainsReplica := led.is(s.MasterValue), here.is(s.ReplicaValue)
	proof := finding.Likely
	if explainsMaster && explainsReplica && !c.inferred && !c.mayHaveRestarted(s) {
		proof = finding.Proved
	}
	damaged := healthy.known && here.known && !here.is(healthy.value)
	mark := c.markOf(s)
	switch {
	case damaged && explainsReplica && mark == nil:
		mark = c.anyMark()
	case healthy.known && here.known && !damaged && explainsReplica:
		mark = nil // whatever went wrong was put right since
	}
	if mark != nil {
		c.blame(s, mark, proof)
		return
	}
	if late := c.late(s); late != nil && (healthy.is(s.ReplicaValue) || !explainsMaster || !healthy.known) {
		c.blameLag(s, late, proof)
		return
	}
	if e, why := c.reEvaluated(s); e != nil && !(explainsMaster && explainsReplica) {
		s.Explain(finding.CauseReEvaluated, finding.Likely,
			e.evidence(finding.EvidenceReEvaluated, why))
		return
	}
	c.decideOutside(s, led, here, explainsMaster, explainsReplica)
}

// markOf is the first misplaced or lost command that names the key, or that
// names a key from which this one was made.
func (c *court) markOf(s *diff.Subject) *mark {
	m := c.marks[string(s.Key)]
	if m != nil && !m.inherited && !m.event.touches(s.DB, string(s.Key)) {
		return nil
	}
	return m
}

// marksOf follows the traces of what went wrong, by key.
func marksOf(events []*event) map[string]*mark {
	marks := map[string]*mark{}
	for _, e := range events {
		switch {
		case e.misplaced():
			leave(marks, &mark{cause: finding.CauseWrongDatabase, event: e})
		case e.lost():
			leave(marks, &mark{cause: finding.CauseScriptMissing, event: e})
		default:
			inherit(marks, e)
		}
	}
	return marks
}

// leave puts a mark on the keys that its event changes or should have.
func leave(marks map[string]*mark, m *mark) {
	for _, k := range m.event.keys {
		if k.writes && marks[k.name] == nil {
			marks[k.name] = m
		}
	}
}

// inherit passes a mark on to what a command makes out of marked keys.
func inherit(marks map[string]*mark, e *event) {
	var from *mark
	for _, k := range e.keys {
		if from = marks[k.name]; from != nil {
			break
		}
	}
	if from == nil || len(e.keys) < 2 {
		return
	}
	for _, k := range e.keys {
		if k.writes && marks[k.name] == nil {
			marks[k.name] = &mark{from.cause, from.event, true}
		}
	}
}

// anyMark is what went wrong on the replica's way at all: a script may change
// keys that it does not name.
func (c *court) anyMark() *mark {
	for _, e := range c.onReplica.events {
		if e.misplaced() && e.class == scripted {
			return &mark{cause: finding.CauseWrongDatabase, event: e}
		}
		if e.lost() {
			return &mark{cause: finding.CauseScriptMissing, event: e}
		}
	}
	return nil
}

func (c *court) blame(s *diff.Subject, m *mark, proof finding.Confidence) {
	s.Cause, s.Confidence = m.cause, proof
	message := "the replica did not have the source of this script, and ran nothing of it"
	if m.cause == finding.CauseWrongDatabase {
		message = fmt.Sprintf("the master ran it in database %d, the replica in database %d", m.event.db, m.event.replicaDB)
		if twin := c.twin(s, m.event); twin != "" {
			message += twin
		}
	}
	if m.inherited {
		message += "; the key was made from one that was wrong by then"
	}
	s.Evidence = append(s.Evidence, m.event.evidence(finding.EvidenceCode(m.cause), message))
	if proof == finding.Proved {
		s.Evidence = append(s.Evidence, c.applied())
	}
}

// twin says that the key differs in the other database as well.
func (c *court) twin(s *diff.Subject, e *event) string {
	other := e.db
	if s.DB == e.db {
		other = e.replicaDB
	}
	for _, i := range c.byName[string(s.Key)] {
		if c.batch[i].DB == other {
			return fmt.Sprintf("; its twin in database %d differs too", other)
		}
	}
	return ""
}

// applied says who proved it.
func (c *court) applied() finding.Evidence {
	by := "no command concerns the key"
	if c.engine != nil {
		by = "applied by " + c.engine.Name
	}
	return finding.Evidence{Code: finding.EvidenceApplied, Message: "the commands lead to what both sides hold: " + by}
}

// late is the first command on the key that only one of the two states can
// hold: between the offsets of the dumps.
func (c *court) late(s *diff.Subject) *event {
	from, to := min(c.master, c.replica), max(c.master, c.replica)
	if c.report.Replication.StaleOffset {
		from, to = c.survey.ran, c.master
	}
	for e := range c.all.on(s.DB, string(s.Key)) {
		if e.offset != record.Unknown && e.offset >= from && e.end <= to {
			return e
		}
	}
	return nil
}

func (c *court) blameLag(s *diff.Subject, e *event, proof finding.Confidence) {
	s.Cause, s.Confidence = finding.CauseLag, proof
	message := "it is in the stream after the replica's offset, and nothing shows that the replica has run it"
	switch {
	case c.inferred:
		message = fmt.Sprintf("the replica's dump does not tell its offset; it holds what the stream leads to at offset %d, and this comes after", c.replica)
	case c.master < c.replica:
		message = "it is in the stream after the master's offset: the replica's dump is the later one"
	}
	s.Evidence = append(s.Evidence, e.evidence(finding.EvidenceLag, message))
	if proof == finding.Proved {
		s.Evidence = append(s.Evidence, c.applied())
	}
}

func (e *event) evidence(code finding.EvidenceCode, message string) finding.Evidence {
	v := finding.Evidence{Code: code, Path: e.path, Link: e.link, Time: e.time, Command: e.args[0], Message: message}
	if e.offset != record.Unknown {
		v.Offset = &e.offset
	}
	return v
}
