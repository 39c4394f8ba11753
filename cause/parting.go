package cause

import (
	"context"
	"fmt"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
)

// boundParting narrows down where two histories part: after what a link of
// the one history is known to have brought, before the lower of the offsets.
func (x *Explainer) boundParting(r *diff.Replication, m, s *repl.State) {
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

// explainParted: the two sides belong to histories that part.
func (x *Explainer) explainParted(ctx context.Context, batch []*diff.Subject) error {
	r := &x.report.Replication
	message := "the replication ids differ: each side has a history of its own, " +
		"and at least one wrote after they parted"
	confidence := finding.Likely
	switch {
	case r.PartedAt != nil:
		message = fmt.Sprintf("the histories part at offset %d; "+
			"what was written after it is on one side only", *r.PartedAt)
	case r.PartedBetween != nil:
		message = fmt.Sprintf("the histories part between the offsets %d and %d; "+
			"what was written after that is on one side only", r.PartedBetween[0], r.PartedBetween[1])
	}
	var h *history
	if x.recording != nil {
		names := map[string]bool{}
		for _, s := range batch {
			names[string(s.Key)] = true
		}
		c, err := x.recording.collectOnce(ctx, names, x.MaxBytes)
		if err != nil {
			return err
		}
		h = &c.history
	}
	for _, s := range batch {
		if s.FieldsExpired {
			continue
		}
		s.Cause, s.Confidence = finding.CauseDifferentHistory, confidence
		e := finding.Evidence{Code: finding.EvidenceDifferentHistory, Offset: r.PartedAt, Message: message}
		s.Evidence = append(s.Evidence, e)
		if wrote := h.after(s, r); wrote != nil {
			s.Confidence = finding.Proved
			s.Evidence = append(s.Evidence, wrote.evidence(finding.EvidenceWroteAfter,
				"one side wrote this after the histories had parted"))
		}
	}
	return x.nameParted(ctx, batch, h)
}

// after finds a command on the key after the point of parting.
func (h *history) after(s *diff.Subject, r *diff.Replication) *event {
	if h == nil || r.PartedAt == nil {
		return nil
	}
	for _, e := range h.events {
		if e.offset != record.Unknown && e.offset >= *r.PartedAt && e.touches(s.DB, string(s.Key)) {
			return e
		}
	}
	return nil
}
