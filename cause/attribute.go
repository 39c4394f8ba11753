package cause

import (
	"fmt"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
)

// attribute sets the cause of one difference, the i-th of the batch.
func (a *attribution) attribute(i int, s *diff.Subject) {
	if s.FieldsExpired {
		a.attributeExpired(s)
		return
	}
	if s.MayBeDelay && a.delayed(s) {
		s.Delayed()
		return
	}
	led := a.states[i]
	explainsMaster, explainsReplica := led.master.is(s.MasterValue), led.replica.is(s.ReplicaValue)
	sure := finding.Likely
	if explainsMaster && explainsReplica && led.prove() && !a.inferred && !a.mayHaveRestarted(s) {
		sure = finding.Proved
	}
	if t := a.decidingTaint(s, led, explainsReplica); t != nil {
		a.attributeTaint(s, t, sure)
		return
	}
	caughtUp := explainsMaster && led.healthy.known && !led.healthy.is(s.ReplicaValue)
	if e := a.lagging(s); e != nil && !caughtUp {
		a.attributeLag(s, e, sure)
		return
	}
	if !(explainsMaster && explainsReplica) && a.attributeReEvaluated(s) {
		return
	}
	if !explainsReplica && (omissions{a}).attribute(i) {
		return
	}
	a.attributeOutside(s, led, explainsMaster, explainsReplica)
}

// attributeExpired: fields past their time are gone from one side, unless a COPY
// gave them to the replica alone, where nothing that the master sends will ever
// take them away.
func (a *attribution) attributeExpired(s *diff.Subject) {
	signs := signs{a}
	r := signs.concerned(divergence.CopyExpiredFields)
	if r == nil {
		return
	}
	if e := copyExpired(signs, s); e != nil {
		f := fault{r, e}
		s.Evidence = nil
		s.Explain(finding.CauseReEvaluated, finding.Likely, f.evidence(finding.EvidenceReEvaluated))
	}
}

// attributeReEvaluated: a command that both ran may end otherwise on a replica,
// and the difference is of that kind. The replica's clock, encodings and seeds
// are in no artefact: it is likely.
func (a *attribution) attributeReEvaluated(s *diff.Subject) bool {
	if r, e := (signs{a}).decidedOtherwise(s); r != nil {
		f := fault{r, e}
		s.Explain(finding.CauseReEvaluated, finding.Likely, f.evidence(finding.EvidenceReEvaluated))
		return true
	}
	v, ok := a.reEvaluated(s)
	if ok {
		s.Explain(finding.CauseReEvaluated, finding.Likely, v)
	}
	return ok
}

// decidingTaint is what went wrong on the replica's way and made the
// difference; nil where nothing did, or where it was put right since.
func (a *attribution) decidingTaint(s *diff.Subject, led states, explainsReplica bool) *taint {
	t := a.taintOf(s)
	if !explainsReplica || !led.healthy.known || !led.replica.known {
		return t
	}
	if led.replica.is(led.healthy.value) {
		return nil
	}
	if t == nil {
		return a.anyTaint()
	}
	return t
}

func (a *attribution) attributeTaint(s *diff.Subject, t *taint, sure finding.Confidence) {
	message := "the replica did not have the source of this script, and ran nothing of it"
	switch t.cause {
	case finding.CauseReEvaluated:
		message = whyRefused{a}.of(t.event)
	case finding.CauseWrongDatabase:
		message = fmt.Sprintf("the master ran it in database %d, the replica in database %d",
			t.event.db, t.event.replicaDB)
		message += a.twin(s, t.event)
	}
	if t.inherited {
		message += "; the key was made from one that was wrong by then"
	}
	code := finding.EvidenceCode(t.cause)
	if t.event.refused() {
		code = finding.EvidenceCommandRefused
	}
	s.Explain(t.cause, sure, t.event.evidence(code, message))
	a.addProof(s)
}

// twin says that the key differs in the other database as well.
func (a *attribution) twin(s *diff.Subject, e *event) string {
	other := e.db
	if s.DB == e.db {
		other = e.replicaDB
	}
	for _, i := range a.byName[string(s.Key)] {
		if a.batch[i].DB == other {
			return fmt.Sprintf("; the key differs in database %d too", other)
		}
	}
	return ""
}

// addProof adds to what is proved how that was.
func (a *attribution) addProof(s *diff.Subject) {
	if s.Confidence != finding.Proved {
		return
	}
	message := "no command of the stream concerns the key"
	if a.engine != nil {
		message = "replaying the stream with " + a.engine.Name + " reproduces both values"
	}
	s.Evidence = append(s.Evidence, finding.Evidence{Code: finding.EvidenceApplied, Message: message})
}

// lagging is the first command on the key that only one of the two states can
// hold: between the offsets of the dumps.
func (a *attribution) lagging(s *diff.Subject) *event {
	from, to := min(a.masterOffset, a.replicaOffset), max(a.masterOffset, a.replicaOffset)
	if a.report.Replication.StaleOffset && !a.inferred {
		from, to = a.survey.ran, a.masterOffset
	}
	for e := range a.all.on(s.DB, string(s.Key)) {
		if e.offset != record.Unknown && e.offset >= from && e.end <= to {
			return e
		}
	}
	return nil
}

func (a *attribution) attributeLag(s *diff.Subject, e *event, sure finding.Confidence) {
	message := "it is in the stream after the replica's offset, " +
		"and nothing shows that the replica has run it"
	switch {
	case a.inferred:
		message = fmt.Sprintf("%s; it holds what the stream leads to at offset %d, "+
			"and this comes after", a.untold(), a.replicaOffset)
	case a.masterOffset < a.replicaOffset:
		message = "it is in the stream after the master's offset: the replica's dump is the later one"
	}
	s.Explain(finding.CauseLag, sure, e.evidence(finding.EvidenceLag, message))
	a.addProof(s)
}

// untold says why the replica's offset had to be inferred.
func (a *attribution) untold() string {
	if a.report.Replication.StaleOffset {
		return "the replica's dump tells the offset of an earlier restart"
	}
	return "the replica's dump does not tell its offset"
}
