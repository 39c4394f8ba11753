package cause

import (
	"slices"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// lacking is what the streams of an attribution lack, and what that leaves open.
type lacking struct{ *attribution }

// traced reports whether it is known where in the stream both ways begin and end,
// so that a state is known only where no hole has a part in it.
func (a lacking) traced() bool {
	if a.onMaster.complete && a.onReplica.complete {
		return true
	}
	return (a.inferred || a.tellOffsets()) && a.onMaster.placed() && a.onReplica.placed() && a.history.placed()
}

// placed reports whether all that the streams hold has offsets.
func (h *history) placed() bool {
	_, known := h.spans.first()
	return known && !slices.ContainsFunc(h.events, func(e *event) bool { return e.offset == record.Unknown })
}

// unseenAhead reports whether the stream lacks bytes after the replica's offset
// that may hold a command on the key: what the master came to is not known, and
// what the replica did is.
func (a lacking) unseenAhead(led *states, s *diff.Subject) bool {
	if led.master.known || !led.replica.known || !a.traced() || a.replicaOffset >= a.masterOffset {
		return false
	}
	return anyMayName(a.history.spans.holes(a.replicaOffset, a.masterOffset), string(s.Key))
}

// attributeAhead: of the stream the part is missing that only the master has run.
// Where the rest leads to what the replica holds, the key was changed in that part;
// unless it bears the marks of what masters don't send.
func (a lacking) attributeAhead(s *diff.Subject, explainsReplica bool) {
	if !explainsReplica {
		a.attributeLocalWrite(s, a.wholeStream()+" leads to something else than the replica holds at its offset; "+
			"what the master sent after that is not in the artefacts")
		return
	}
	if !both(s, rdb.ObjectStream) { // of which any command may change those marks
		if a.nameUnsent(s); s.Cause != "" {
			return
		}
	}
	s.Explain(finding.CauseLag, finding.Likely, a.streamEvidence(finding.EvidenceLag,
		a.wholeStream()+" leads to what the replica holds at its offset; the master sent more after that, "+
			"which is not in the artefacts"))
}

// interrupted reports whether the replica's way has holes that may hold a command
// on the key: what came last on it is not known. Nor is it where commands have no
// place in the stream, and the dumps have.
func (a lacking) interrupted(s *diff.Subject) bool {
	return anyMayName(a.onReplica.holes, string(s.Key)) || a.tellOffsets() && !a.history.placed()
}

// mayLag reports whether the replica may lack a command on the key because it was
// behind: the one at hand, whose place in the stream is not known, or another that
// only the master has run and no recording holds.
func (a lacking) mayLag(s *diff.Subject, e *event) bool {
	if !a.tellOffsets() || a.replicaOffset >= a.masterOffset {
		return false
	}
	return e.offset == record.Unknown ||
		anyMayName(a.history.spans.holes(a.replicaOffset, a.masterOffset), string(s.Key))
}

// startUnknown: nothing tells what keys held before the stream.
func (a lacking) startUnknown() bool {
	for _, b := range []*begin{a.onMaster.begin, a.onReplica.begin} {
		if b != nil && !b.blank {
			return false
		}
	}
	return true
}
