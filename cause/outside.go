package cause

import (
	"github.com/redsleuth/redsleuth/cause/engine"
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/server"
)

// attributeOutside: the cause is nothing that the stream holds. It is no more
// than likely: that the stream explains one side alone shows that the other
// was changed, and not by whom.
func (a *attribution) attributeOutside(s *diff.Subject, led states, explainsMaster, explainsReplica bool) {
	traced := lacking{a}.traced()
	switch {
	case explainsMaster && !explainsReplica && led.replica.known && traced:
		a.attributeLocalWrite(s, a.wholeStream()+" leads to what the master holds; the replica holds something else")
	case lacking{a}.unseenAhead(&led, s):
		lacking{a}.attributeAhead(s, explainsReplica)
	case explainsReplica && !explainsMaster && led.master.known && traced && a.assumesMaster(s):
		a.nameUnsent(s)
		if s.Cause == "" {
			s.Unexplained(finding.EvidenceNoStart, "the stream, followed from the replica's earlier dump, leads "+
				"to what the replica holds; what the master held then nothing tells: the key may have differed before")
		}
	case explainsReplica && !explainsMaster && led.master.known && traced:
		a.departed.master = append(a.departed.master, s)
		s.Explain(finding.CauseNotPropagated, finding.Likely, a.streamEvidence(finding.EvidenceNotPropagated,
			a.wholeStream()+" leads to what the replica holds; "+
				"the master's was changed by something that it did not send"))
		a.nameUnsent(s)
	case explainsMaster && explainsReplica && s.Kind == diff.TTLDiffers:
		s.Unexplained(finding.EvidenceExpiryUnplaced,
			"the expiry counts from when a command ran, which the artefacts do not tell well enough")
	default:
		a.attributeUnapplied(s, a.onMaster.complete && a.onReplica.complete)
	}
}

// assumesMaster reports whether the master's state of a key is worked out from an
// earlier dump of its replica, and no command has set it outright since.
func (a *attribution) assumesMaster(s *diff.Subject) bool {
	if b := a.onMaster.begin; b == nil || b.blank || b.link != 0 {
		return false
	}
	for e := range a.sent.on(s.DB, string(s.Key)) {
		if e.replaces(string(s.Key)) {
			return false
		}
	}
	return true
}

// attributeLocalWrite: the stream does not lead to what the replica holds.
func (a *attribution) attributeLocalWrite(s *diff.Subject, message string) {
	if a.mayHaveRestarted(s) {
		s.Unexplained(finding.EvidenceRestartUnseen,
			"between two connections the replica may have been restarted from a dump, and have lost "+
				"scripts or the selected database: that dump (--replica-before), its log or a capture would tell")
		return
	}
	a.departed.replica = append(a.departed.replica, s)
	s.Explain(finding.CauseLocalWrite, finding.Likely, a.streamEvidence(finding.EvidenceLocalWrite, message))
	if a.Replay.Facts.ErrorCount() > 0 {
		s.Evidence = append(s.Evidence, finding.Evidence{Code: finding.EvidenceReplicaError,
			Message: "the replica's log says that it answered its master with errors: " +
				"the commands that failed may be why instead"})
	}
}

// attributeUnapplied: the commands could not be applied, and only point to a
// cause.
func (a *attribution) attributeUnapplied(s *diff.Subject, complete bool) {
	if complete {
		if a.nameUnsent(s); s.Cause != "" {
			return
		}
	}
	if complete && !a.mentioned(s) && s.MasterValue == nil {
		s.Explain(finding.CauseLocalWrite, finding.Likely,
			a.streamEvidence(finding.EvidenceLocalWrite, "no command of the stream names the key"))
		return
	}
	a.sayWhatIsLacking(s, complete)
}

// nameUnsent says which of the things that masters don't send, or send
// otherwise, show in a difference.
func (a *attribution) nameUnsent(s *diff.Subject) {
	for _, f := range (signs{a}).unsent(s) {
		v := f.evidence(finding.EvidenceNotPropagated)
		if s.Cause == "" {
			s.Explain(finding.CauseNotPropagated, finding.Likely, v)
			continue
		}
		s.Evidence = append(s.Evidence, v)
	}
}

// sayWhatIsLacking says what it would take to explain a difference.
func (a *attribution) sayWhatIsLacking(s *diff.Subject, complete bool) {
	switch {
	case lacking{a}.startUnknown():
		s.Unexplained(finding.EvidenceNoStart,
			"the streams hold no full resync, and no earlier dump of the replica was given (--replica-before): what the key held before is not known")
	case !complete:
		s.Unexplained(finding.EvidenceIncompleteStream,
			"bytes of the stream between the state before and the offsets compared are not in the artefacts")
	case a.history.cut:
		s.Unexplained(finding.EvidenceTooManyCommands,
			"more commands name the key than fit into --max-memory")
	case a.engine == nil:
		s.Unexplained(finding.EvidenceNoEngine, "there was no engine to apply the commands with")
	default:
		s.Unexplained(finding.EvidenceNotApplicable,
			"the commands of the stream lead to neither state, as "+a.engine.Name+" applies them")
	}
}

// mentioned reports whether a command that was sent may have changed the key.
func (a *attribution) mentioned(s *diff.Subject) bool {
	for range a.sent.on(s.DB, string(s.Key)) {
		return true
	}
	return false
}

// wholeStream names a stream of which nothing is missing that matters, and where it
// begins.
func (a *attribution) wholeStream() string {
	if !a.onMaster.complete {
		return "the stream, of which nothing is missing that has a part in it,"
	}
	if b := a.onMaster.begin; b != nil && b.link == 0 {
		return "the stream, complete from the replica's earlier dump,"
	}
	return "the stream, complete from a full resync,"
}

// streamEvidence is evidence about the stream as a whole.
func (a *attribution) streamEvidence(code finding.EvidenceCode, message string) finding.Evidence {
	e := finding.Evidence{Code: code, Message: message}
	if b := a.onMaster.begin; b != nil {
		e.Path, e.Link = b.path, b.link
		e.Offset = &b.offset
	}
	if a.engine != nil {
		e.Message += " (replayed with " + a.engine.Name + ")"
	}
	return e
}

// departures are differences of which the stream explains one side alone, by
// the side that departs from it.
type departures struct{ master, replica []*diff.Subject }

// reconcile looks at all departures of a batch once more where a dump does not
// tell its offset: it may have been made after the end of the stream. Where
// both sides depart, both wrote on; where the master alone does, nothing tells
// whether it ever sent what is missing.
func (a *attribution) reconcile() {
	x := a.Explainer
	x.masterDeparts = x.masterDeparts || len(a.departed.master) > 0
	x.replicaDeparts = x.replicaDeparts || len(a.departed.replica) > 0
	if a.report.Master.State != nil && a.report.Replica.State != nil || !x.masterDeparts {
		return
	}
	for _, s := range a.departed.master {
		s.Evidence = nil
		if !x.replicaDeparts {
			s.Unexplained(finding.EvidenceEndUnknown,
				"the stream, to its end, leads to what the replica holds; "+
					"the master's dump does not tell its offset, and may have been made later")
		}
	}
	if !x.replicaDeparts {
		return
	}
	for _, side := range [][]*diff.Subject{a.departed.master, a.departed.replica} {
		for _, s := range side {
			s.Evidence = nil
			s.Explain(finding.CauseDifferentHistory, finding.Likely, a.streamEvidence(finding.EvidenceBothWrote,
				"keys on either side hold what the stream, to its end, does not lead to: "+
					"both took writes of their own after it; the dumps tell no replication id"))
		}
	}
}

// delayed reports whether the stream gave the key an expiry that counts from
// when the replica ran the command, and no later than its dump was made.
func (a *attribution) delayed(s *diff.Subject) bool {
	saved := a.report.Replica.Created
	for e := range a.sent.on(s.DB, string(s.Key)) {
		life, relative := engine.Lifetime(e.args)
		switch {
		case e.scope == command.Scripted:
			relative = s.PlausibleDelay()
		case relative && !saved.IsZero():
			relative = s.ReplicaValue.ExpireAt-life <= saved.UnixMilli()+expiryTolerance
		}
		if relative {
			return true
		}
	}
	return !a.onMaster.complete && s.PlausibleDelay()
}

// mayHaveRestarted reports whether a command on the key came on a connection
// that continues an earlier one, and the replica's version, as far as it is
// known, loses in a restart what the command needs: the selected database or a
// script. Nothing given tells whether it was restarted.
func (a *attribution) mayHaveRestarted(s *diff.Subject) bool {
	v := a.report.Replica.Version
	if !a.survey.resumedBlind() {
		return false
	}
	losesDatabase := server.LosesDatabaseOnRestart.Of(v) != server.No
	losesScripts := server.LosesScriptsOnRestart.Of(v) != server.No
	for _, e := range a.sent.byName[string(s.Key)] { // in whatever database
		if losesDatabase || losesScripts && command.Is(e.args, "EVALSHA") {
			return true
		}
	}
	return false
}
