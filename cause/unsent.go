package cause

import (
	"bytes"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/value"
)

// A fault is a row of the catalogue of what masters don't send, or send
// otherwise, that a difference shows; with its command, where the stream holds
// one.
type fault struct {
	row   *divergence.Row
	event *event
}

// unsent finds the rows that account for the whole of a difference; none where
// a part of it is left.
func (a signs) unsent(s *diff.Subject) []fault {
	var names []string
	var of *event
	switch m, r := s.MasterValue, s.ReplicaValue; {
	case both(s, rdb.ObjectStream):
		return a.unsentOfStream(s)
	case m != nil && r == nil && m.Object == rdb.ObjectHash && m.Count == 0:
		names = []string{divergence.HSetEXPast, divergence.HIncrByFloatInfinity}
	case m != nil && r == nil && isPopulated(s.Key, m):
		names = []string{divergence.DebugWrites}
	case grownByZeros(m, r):
		names = []string{divergence.BitfieldOverflowFail}
	case both(s, rdb.ObjectVectorSet) && onlyAltered(s):
		if of = a.sentOn(s, func(*event) bool { return true }, "VADD"); of != nil {
			names = []string{divergence.VAddExisting}
		}
	case both(s, rdb.ObjectHash):
		if of = a.incrementedField(s); of != nil {
			names = []string{divergence.HIncrByFloatTTL}
		}
	case s.Kind == diff.TTLDiffers && s.Master.HasExpire && !s.Replica.HasExpire:
		plain := func(e *event) bool { return len(e.args) == 3 }
		if of = a.sentOn(s, plain, "SET"); of != nil {
			names = []string{divergence.IncrByFloatExpiry}
		}
	}
	return a.faults(of, names...)
}

// faults are the rows of these names that concern master and replica.
func (a signs) faults(e *event, names ...string) (all []fault) {
	for _, name := range names {
		if r := a.concerned(name); r != nil {
			all = append(all, fault{r, e})
		}
	}
	return all
}

// sentOn finds the last command on the key that was sent, of one of these names.
func (a signs) sentOn(s *diff.Subject, fits func(e *event) bool, names ...string) (last *event) {
	for e := range a.sent.lately(s.DB, string(s.Key)) {
		if command.Is(e.args, names...) && fits(e) {
			last = e
		}
	}
	return last
}

// isPopulated: DEBUG POPULATE makes keys such as key:7, with value:7.
func isPopulated(key []byte, v *value.Value) bool {
	if v.Object != rdb.ObjectString || v.Large || len(v.Elements) == 0 {
		return false
	}
	i := bytes.LastIndexByte(key, ':')
	text, ok := bytes.CutPrefix(v.Elements[0].Member, []byte("value:"))
	text = bytes.TrimRight(text, "\x00")
	return ok && i >= 0 && len(text) > 0 && bytes.Equal(text, key[i+1:])
}

// grownByZeros: the master's string is the replica's, which may not be there,
// with zero bytes behind it.
func grownByZeros(m, r *value.Value) bool {
	if m == nil || m.Object != rdb.ObjectString || m.Large || r != nil && (r.Object != rdb.ObjectString || r.Large) {
		return false
	}
	var before []byte
	if r != nil && len(r.Elements) > 0 {
		before = r.Elements[0].Member
	}
	if len(m.Elements) == 0 {
		return false
	}
	added, ok := bytes.CutPrefix(m.Elements[0].Member, before)
	return ok && len(added) > 0 && len(bytes.Trim(added, "\x00")) == 0
}

// incrementedField finds the HSET, as HINCRBYFLOAT is sent, of a field that lost
// its expiry on the replica, and that no command after it gave one.
func (a signs) incrementedField(s *diff.Subject) *event {
	all, ok := a.members(s, rdb.ObjectHash)
	if !ok {
		return nil
	}
	var last *event
	for _, m := range all {
		if m.master == nil || m.replica == nil || !bytes.Equal(m.master.Value, m.replica.Value) ||
			m.master.ExpireAt == rdb.NoExpiry || m.replica.ExpireAt != rdb.NoExpiry {
			return nil
		}
		e := a.sentOn(s, func(e *event) bool {
			return len(e.args) == 4 && bytes.Equal(e.args[2], m.name)
		}, "HSET")
		given := a.sentOn(s, func(e *event) bool { return namesAll(e, []member{m}) },
			"HEXPIRE", "HPEXPIRE", "HEXPIREAT", "HPEXPIREAT", "HSETEX", "HGETEX", "HPERSIST")
		if e == nil || given != nil && given.seq > e.seq {
			return nil
		}
		last = e
	}
	return last
}

// unsentOfStream accounts for each change of a stream by itself.
func (a signs) unsentOfStream(s *diff.Subject) []fault {
	var all []fault
	seen := map[string]bool{}
	for i := range s.Changes {
		these := a.unsentChange(s, &s.Changes[i])
		if len(these) == 0 {
			return nil
		}
		for _, f := range these {
			if !seen[f.row.Name] {
				seen[f.row.Name] = true
				all = append(all, f)
			}
		}
	}
	return all
}

// unsentChange finds the rows that may have made one change; none where nothing
// known did.
func (a signs) unsentChange(s *diff.Subject, c *diff.Change) []fault {
	trimmed := func() []fault {
		e := a.sentOn(s, func(e *event) bool {
			return command.Has(e.args, "MINID") && command.Has(e.args, "ACKED", "DELREF")
		}, "XTRIM", "XADD")
		if e == nil {
			return nil
		}
		return a.faults(e, divergence.XTrimMinIDAcked)
	}
	switch {
	case c.Part == "consumer" && c.Op == diff.Add:
		return a.faults(nil, divergence.XReadGroupConsumer, divergence.XReadGroupIdle,
			divergence.XReadGroupNoack, divergence.XClaimConsumer)
	case c.Part == "entries-read":
		return a.faults(a.sentOn(s, func(*event) bool { return true }, "XCLAIM", "XGROUP"), divergence.EntriesRead)
	case c.Part == "pending" && c.Op == diff.Alter && deliveredMore(s, c):
		return a.faults(nil, divergence.XReadGroupHistory)
	case c.Part == "pending" && c.Op == diff.Add, c.Part == "group-last-id":
		return a.faults(nil, divergence.XReadGroupBlocked)
	case c.Part == "pending" && c.Op == diff.Remove, c.Part == "" && c.Op == diff.Remove && c.ID != nil:
		return trimmed()
	}
	return nil
}

// deliveredMore: both sides have the entry pending for the same consumer, and the
// master counts more deliveries.
func deliveredMore(s *diff.Subject, c *diff.Change) bool {
	m, r := pendingOf(s.MasterValue, c), pendingOf(s.ReplicaValue, c)
	return m != nil && r != nil && m.Deliveries > r.Deliveries && bytes.Equal(c.Master.Bytes, c.Replica.Bytes)
}

// pendingOf finds the pending entry that a change is about.
func pendingOf(v *value.Value, c *diff.Change) *rdb.Pending {
	if v == nil || c.ID == nil {
		return nil
	}
	for i := range v.Elements {
		g := v.Elements[i].Group
		if g == nil || !bytes.Equal(g.Name, c.Group) {
			continue
		}
		for j := range g.Pending {
			if g.Pending[j].ID == *c.ID {
				return &g.Pending[j]
			}
		}
	}
	return nil
}

// evidence is what a row of the catalogue says of a difference.
func (f *fault) evidence(code finding.EvidenceCode) finding.Evidence {
	message := f.row.Title + " (" + f.row.Affects() + ")"
	var v finding.Evidence
	if f.event != nil {
		v = f.event.evidence(code, message)
	} else {
		v = finding.Evidence{Code: code, Message: message}
	}
	v.Divergence = f.row.Name
	return v
}
