package cause

import (
	"github.com/redsleuth/redsleuth/cause/engine"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/server"
)

// decideOutside: the cause is nothing that the stream holds.
func (c *court) decideOutside(s *diff.Subject, led, here state, explainsMaster, explainsReplica bool) {
	complete := c.onMaster.complete && c.onReplica.complete
	switch {
	case explainsMaster && !explainsReplica && here.known && complete && c.mayHaveRestarted(s):
		s.Unexplained(finding.EvidenceRestartUnseen, "between two connections the replica may have been restarted from a dump, and have lost scripts or the selected database: that dump (--replica-before), its log or a capture would tell")
	case explainsMaster && !explainsReplica && here.known && complete:
		c.departed.replica = append(c.departed.replica, s)
		s.Explain(finding.CauseLocalWrite, c.sure(),
			c.whole(finding.EvidenceLocalWrite,
				"the stream, complete from a full resync, leads to what the master holds; the replica holds something else"))
		if c.ReplicaErrors > 0 {
			s.Confidence = finding.Likely
			s.Evidence = append(s.Evidence, finding.Evidence{Code: finding.EvidenceReplicaError,
				Message: "the replica's log says that it answered its master with errors: the commands that failed may be why instead"})
		}
	case explainsReplica && !explainsMaster && led.known && complete:
		c.departed.master = append(c.departed.master, s)
		s.Explain(finding.CauseNotPropagated, c.sure(),
			c.whole(finding.EvidenceNotPropagated,
				"the stream, complete from a full resync, leads to what the replica holds; the master's was changed by something that it did not send"))
	case explainsMaster && explainsReplica && s.Kind == diff.TTLDiffers:
		s.Unexplained(finding.EvidenceExpiryUnplaced, "the expiry counts from when a command ran, which the artefacts do not tell well enough")
	default:
		c.decideByRule(s, complete)
	}
}

// sure: a dump that does not tell its offset may be of another moment than the
// end of the stream.
func (c *court) sure() finding.Confidence {
	if c.report.Master.State == nil || c.report.Replica.State == nil {
		return finding.Likely
	}
	return finding.Proved
}

// decideByRule: the commands could not be applied.
func (c *court) decideByRule(s *diff.Subject, complete bool) {
	if e, why := c.notSent(s); e != nil && complete {
		s.Explain(finding.CauseNotPropagated, finding.Likely,
			e.evidence(finding.EvidenceNotPropagated, why))
		return
	}
	if complete && !c.mentioned(s) && s.MasterValue == nil {
		s.Explain(finding.CauseLocalWrite, finding.Likely,
			c.whole(finding.EvidenceLocalWrite, "no command of the stream names the key"))
		return
	}
	c.lacking(s, complete)
}

// lacking says what it would take to explain a difference.
func (c *court) lacking(s *diff.Subject, complete bool) {
	switch {
	case c.onMaster.begin == nil && c.onReplica.begin == nil:
		s.Unexplained(finding.EvidenceNoStart, "the streams hold no full resync, and no earlier dump of the replica was given (--replica-before): what the key held before is not known")
	case !complete:
		s.Unexplained(finding.EvidenceIncompleteStream, "bytes of the stream between the state before and the offsets compared are not in the artefacts")
	case c.history.cut:
		s.Unexplained(finding.EvidenceTooManyCommands, "more commands name the key than fit into --max-memory")
	case c.engine == nil:
		s.Unexplained(finding.EvidenceNoEngine, "there was no engine to apply the commands with")
	default:
		s.Unexplained(finding.EvidenceNotApplicable, "the commands of the stream lead to neither state, as "+c.engine.Name+" applies them")
	}
}

// mentioned reports whether a command names the key.
func (c *court) mentioned(s *diff.Subject) bool {
	for range c.sent.on(s.DB, string(s.Key)) {
		return true
	}
	return false
}

// whole is evidence about the stream as a whole.
func (c *court) whole(code finding.EvidenceCode, message string) finding.Evidence {
	e := finding.Evidence{Code: code, Message: message}
	if b := c.onMaster.begin; b != nil {
		e.Path, e.Link = b.path, b.link
		e.Offset = &b.offset
	}
	if c.engine != nil {
		e.Message += " (applied by " + c.engine.Name + ")"
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
func (c *court) reconcile() {
	x := c.Explainer
	x.masterDeparts = x.masterDeparts || len(c.departed.master) > 0
	x.replicaDeparts = x.replicaDeparts || len(c.departed.replica) > 0
	if c.report.Master.State != nil && c.report.Replica.State != nil || !x.masterDeparts {
		return
	}
	for _, s := range c.departed.master {
		s.Evidence = nil
		if !x.replicaDeparts {
			s.Unexplained(finding.EvidenceEndUnknown, "the stream, to its end, leads to what the replica holds; the master's dump does not tell its offset, and may have been made later")
		}
	}
	if !x.replicaDeparts {
		return
	}
	for _, side := range [][]*diff.Subject{c.departed.master, c.departed.replica} {
		for _, s := range side {
			s.Cause, s.Confidence = finding.CauseDifferentHistory, finding.Likely
			s.Evidence = []finding.Evidence{c.whole(finding.EvidenceBothWrote,
				"keys on either side hold what the stream, to its end, does not lead to: both took writes of their own after it; the dumps tell no replication id")}
		}
	}
}

// delayed: the stream gave the key an expiry that counts from when the replica
// ran the command, and no later than its dump was made.
func (c *court) delayed(s *diff.Subject) bool {
	saved := c.report.Replica.CreatedAt
	for e := range c.sent.on(s.DB, string(s.Key)) {
		life, relative := engine.Lifetime(e.args)
		switch {
		case e.class == scripted:
			relative = s.PlausibleDelay()
		case relative && !saved.IsZero():
			relative = s.ReplicaValue.ExpireAt-life <= saved.UnixMilli()+expiryTolerance
		}
		if relative {
			return true
		}
	}
	return !c.onMaster.complete && s.PlausibleDelay()
}

// mayHaveRestarted reports whether a command on the key came on a connection
// that went on from an earlier one, and the replica's version, as far as it is
// known, loses in a restart what the command needs: the selected database or a
// script. Nothing given tells whether it was restarted.
func (c *court) mayHaveRestarted(s *diff.Subject) bool {
	v := c.report.Replica.Version
	if !c.survey.resumedBlind() {
		return false
	}
	losesDatabase := server.LosesDatabaseOnRestart.Of(v) != server.No
	losesScripts := server.LosesScriptsOnRestart.Of(v) != server.No
	for _, e := range c.sent.byName[string(s.Key)] { // in whatever database
		if losesDatabase || losesScripts && named(e.args, "EVALSHA") {
			return true
		}
	}
	return false
}
