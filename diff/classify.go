package diff

import (
	"context"
	"time"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/server"
	"github.com/redsleuth/redsleuth/value"
)

// held is what a report says of a value.
func (s *side) held(v *value.Value, at spot) *Held {
	h := &Held{
		Object: v.Object, Encoding: v.Encoding, Elements: v.Count, Bytes: v.Bytes, Byte: v.Byte,
		HasExpire: v.HasExpire, ExpireAt: v.ExpireAt,
	}
	if s.several() {
		h.Path = s.dumpAt(at).Path
	}
	return h
}

// classify works out kind and changes, and the cause where expiry alone tells.
// It reports whether the key is no difference after all.
func (c *Comparison) classify(ctx context.Context, s *Subject) (bool, error) {
	m, r := s.MasterValue, s.ReplicaValue
	d := s.Difference
	switch {
	case r == nil:
		d.Kind = MissingOnReplica
		c.expired(s, m)
	case m == nil:
		d.Kind = ExtraOnReplica
		c.expired(s, r)
	case m.Object != r.Object || m.Module != r.Module:
		d.Kind = TypeDiffers
	default:
		return c.classifyValue(ctx, s)
	}
	return false, nil
}

// expired sets the cause of a key that one side alone holds and that is past
// its time, whole or with all its fields.
func (c *Comparison) expired(s *Subject, v *value.Value) {
	at := v.ExpireAt
	if !v.HasExpire {
		if v.Object != rdb.ObjectHash || v.Large || len(v.Elements) == 0 {
			return
		}
		at = -1
		for i := range v.Elements {
			if v.Elements[i].ExpireAt == rdb.NoExpiry {
				return
			}
			at = max(at, v.Elements[i].ExpireAt)
		}
	}
	if at < c.clocks.at(s.masterAt, s.replicaAt) {
		s.FieldsExpired = !v.HasExpire
		c.setExpired(s.Difference, at)
	}
}

// mayBeDelay reports whether both sides expire the key, the replica later, and
// the master sends expiries that count from when the replica runs the command.
func (c *Comparison) mayBeDelay(s *Subject) bool {
	m, r := s.MasterValue, s.ReplicaValue
	h := &c.master.dumpAt(s.masterAt).layout.header
	return m.HasExpire && r.HasExpire && r.ExpireAt >= m.ExpireAt &&
		server.RelativeExpiries.OfFormat(h.Magic, h.Version) == server.Yes
}

func (c *Comparison) setExpired(d *Difference, at int64) {
	d.Evidence = nil
	d.Explain(finding.CauseExpired, finding.Proved, finding.Evidence{Code: finding.EvidenceExpiredAt, Time: time.UnixMilli(at).UTC(),
		Message: "its time had passed when the later dump was made; one server had already removed it"})
}

func (c *Comparison) classifyValue(ctx context.Context, s *Subject) (bool, error) {
	d, m, r := s.Difference, s.MasterValue, s.ReplicaValue
	clock := c.clocks.at(s.masterAt, s.replicaAt)
	changer := &changer{limit: c.Limit, skew: c.TTLSkew, expiredBefore: clock}
	if c.Limit == 0 {
		changer.limit = 1<<31 - 1
	}
	if m.Large || r.Large {
		if err := c.large(ctx, changer, s); err != nil {
			return false, err
		}
	} else {
		changer.compare(m, r)
	}
	d.Changes, d.ChangesTotal, d.Note = changer.changes, changer.total, changer.note
	switch {
	case changer.total != 0:
		d.Kind = ValueDiffers
		if changer.alive == 0 && changer.total > 0 {
			s.FieldsExpired = true
			c.setExpired(d, clock)
		}
	case m.HasExpire != r.HasExpire || distance(m.ExpireAt, r.ExpireAt) > c.TTLSkew.Milliseconds():
		d.Kind = TTLDiffers
		s.MayBeDelay = c.mayBeDelay(s)
	default:
		c.report.Summary.Equal++
		if changer.skewed > 0 {
			c.skewed(changer.skewed)
		}
		return true, nil
	}
	return false, nil
}
