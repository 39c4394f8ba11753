package cause

import (
	"bytes"
	"slices"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/script"
	"github.com/redsleuth/redsleuth/server"
	"github.com/redsleuth/redsleuth/value"
)

// signs looks for rows of the catalogue of divergences in differences.
type signs struct{ *attribution }

// A sign is how a row of the catalogue of divergences shows in a difference:
// it finds the command of the stream that did it.
type sign struct {
	row   string
	shows func(a signs, s *diff.Subject) *event
}

// decidedSigns are those of commands that the replica decides otherwise.
var decidedSigns = []sign{
	{divergence.LexRangeScores, lexRange},
	{divergence.SortTies, sortTies},
	{divergence.SortExpiredField, sortExpiredField},
	{divergence.CopyExpiredFields, copyExpired},
	{divergence.RevivedFields, revivedFields},
	{divergence.RedecidedFields, redecidedFields},
	{divergence.LateHPersist, lateHPersist},
	{divergence.RestoreTTL, restoreTTL},
	{divergence.ScriptSPop, scriptSPop},
}

// decidedOtherwise finds the row that a difference shows, and its command.
func (a signs) decidedOtherwise(s *diff.Subject) (*divergence.Row, *event) {
	for _, sign := range decidedSigns {
		if r := a.concerned(sign.row); r != nil {
			if e := sign.shows(a, s); e != nil {
				return r, e
			}
		}
	}
	return nil, nil
}

// concerned is the row of a name, if master and replica may be of its versions.
func (a signs) concerned(name string) *divergence.Row {
	r, ok := divergence.ByName(name)
	if !ok || r.Concerns(a.report.Master.Version, a.report.Replica.Version) == server.No {
		return nil
	}
	return r
}

// ranOn finds the last command on the key, of one of these names, that both ran.
func (a signs) ranOn(s *diff.Subject, fits func(e *event) bool, names ...string) (last *event) {
	for e := range a.run.lately(s.DB, string(s.Key)) {
		if !e.dropped() && !e.misplaced() && command.Is(e.args, names...) && fits(e) {
			last = e
		}
	}
	return last
}

// A member is an element that the sides don't both hold, or hold otherwise.
type member struct {
	name            []byte
	master, replica *rdb.Element
}

// members are those that differ, but for fields past their time on both sides.
func (a signs) members(s *diff.Subject, o rdb.Object) ([]member, bool) {
	all, _ := differing(s, o)
	all = slices.DeleteFunc(all, func(m member) bool { return a.gone(m.master) && a.gone(m.replica) })
	return all, len(all) > 0
}

// differing lists the members of two sets, sorted sets or hashes, either of which
// may not be there, that differ; false where they are no such or not held.
func differing(s *diff.Subject, o rdb.Object) ([]member, bool) {
	there := map[string]*rdb.Element{}
	for _, v := range []*value.Value{s.MasterValue, s.ReplicaValue} {
		if v != nil && (v.Object != o || v.Large) {
			return nil, false
		}
	}
	if s.ReplicaValue != nil {
		for i := range s.ReplicaValue.Elements {
			e := &s.ReplicaValue.Elements[i]
			there[string(e.Member)] = e
		}
	}
	var all []member
	if s.MasterValue != nil {
		for i := range s.MasterValue.Elements {
			e := &s.MasterValue.Elements[i]
			r := there[string(e.Member)]
			delete(there, string(e.Member))
			if r == nil || !bytes.Equal(e.Value, r.Value) || e.Score != r.Score || e.ExpireAt != r.ExpireAt {
				all = append(all, member{e.Member, e, r})
			}
		}
	}
	for name, e := range there {
		all = append(all, member{[]byte(name), nil, e})
	}
	return all, len(all) > 0
}

// each reports whether all members satisfy a condition.
func each(all []member, fits func(member) bool) bool {
	return !slices.ContainsFunc(all, func(m member) bool { return !fits(m) })
}

// lexRange: one side alone holds members that a ZREMRANGEBYLEX may delete, and
// members have several scores. A skiplist deletes from the first member that is in
// the range on, also those below its lower end.
func lexRange(a signs, s *diff.Subject) *event {
	all, ok := a.members(s, rdb.ObjectZSet)
	if !ok || !severalScores(s) {
		return nil
	}
	return a.ranOn(s, func(e *event) bool {
		return len(e.args) == 4 && each(all, func(m member) bool {
			return (m.master == nil || m.replica == nil) && !above(m.name, e.args[3])
		})
	}, "ZREMRANGEBYLEX")
}

// severalScores reports whether the two sides together hold several.
func severalScores(s *diff.Subject) bool {
	var first *rdb.Element
	for _, v := range []*value.Value{s.MasterValue, s.ReplicaValue} {
		if v == nil {
			continue
		}
		for i := range v.Elements {
			if e := &v.Elements[i]; first == nil {
				first = e
			} else if e.Score != first.Score {
				return true
			}
		}
	}
	return false
}

// above reports whether a member lies above the upper end.
func above(m, end []byte) bool {
	if len(end) == 0 || end[0] == '+' {
		return false
	}
	c := bytes.Compare(m, end[1:])
	return end[0] == '-' || c > 0 || c == 0 && end[0] == '('
}

// sortTies: a list that SORT … BY … ALPHA stored has another order; with LIMIT
// its ends are others.
func sortTies(a signs, s *diff.Subject) *event {
	row, _ := divergence.ByName(divergence.SortTies)
	if !both(s, rdb.ObjectList) || s.MasterValue.Large || s.ReplicaValue.Large {
		return nil
	}
	reordered := sameElements(s.MasterValue, s.ReplicaValue)
	sameLength := len(s.MasterValue.Elements) == len(s.ReplicaValue.Elements)
	return a.ranOn(s, func(e *event) bool {
		cut := command.Has(e.args, "LIMIT") || command.Has(e.args, "GET")
		return row.Fits(divergence.Command{Args: e.args}) == divergence.Doubtful &&
			(reordered || cut && sameLength)
	}, "SORT")
}

// sameElements reports whether two lists hold the same elements as often.
func sameElements(a, b *value.Value) bool {
	count := map[string]int{}
	for i := range a.Elements {
		count[string(a.Elements[i].Member)]++
	}
	for i := range b.Elements {
		count[string(b.Elements[i].Member)]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

// sortExpiredField: the SORT that stored the key reads a field by a pattern.
func sortExpiredField(a signs, s *diff.Subject) *event {
	return a.ranOn(s, func(e *event) bool {
		for i := 2; i+1 < len(e.args); i++ {
			if command.Is(e.args[i:], "BY", "GET") && bytes.Contains(e.args[i+1], []byte("->")) {
				return command.Has(e.args, "STORE")
			}
		}
		return false
	}, "SORT")
}

// copyExpired: the replica's copy of a hash has fields that the master's has not.
func copyExpired(a signs, s *diff.Subject) *event {
	all, ok := differing(s, rdb.ObjectHash)
	if !ok || !each(all, func(m member) bool { return m.master == nil && m.replica.ExpireAt != rdb.NoExpiry }) {
		return nil
	}
	return a.ranOn(s, func(e *event) bool {
		return len(e.args) > 2 && bytes.Equal(e.args[2], s.Key)
	}, "COPY")
}

// gone: the side does not hold the field, or holds it past its time.
func (a signs) gone(e *rdb.Element) bool {
	if e == nil {
		return true
	}
	saved := max(a.report.Master.Created.UnixMilli(), a.report.Replica.Created.UnixMilli())
	return e.ExpireAt != rdb.NoExpiry && e.ExpireAt < saved+1000 // saved within that second
}

// revivedFields: the replica holds fields that an HPERSIST or HEXPIRE names, and
// that are gone from the master.
func revivedFields(a signs, s *diff.Subject) *event {
	all, ok := a.members(s, rdb.ObjectHash)
	if !ok || !each(all, func(m member) bool { return a.gone(m.master) && m.replica != nil }) {
		return nil
	}
	return a.ranOn(s, func(e *event) bool { return namesAll(e, all) },
		"HPERSIST", "HEXPIRE", "HPEXPIRE", "HEXPIREAT", "HPEXPIREAT")
}

// redecidedFields: what differs are fields that such a command names.
func redecidedFields(a signs, s *diff.Subject) *event {
	all, ok := a.members(s, rdb.ObjectHash)
	if !ok {
		return nil
	}
	return a.ranOn(s, func(e *event) bool {
		return (!command.Is(e.args, "HSETEX") || command.Has(e.args, "FNX", "FXX")) && namesAll(e, all)
	}, "HSETNX", "HINCRBY", "HSETEX")
}

// lateHPersist: the master holds fields for good that HPERSIST names, and that
// are gone from the replica.
func lateHPersist(a signs, s *diff.Subject) *event {
	all, ok := a.members(s, rdb.ObjectHash)
	if !ok || !each(all, func(m member) bool {
		return m.master != nil && m.master.ExpireAt == rdb.NoExpiry && a.gone(m.replica)
	}) {
		return nil
	}
	return a.ranOn(s, func(e *event) bool { return namesAll(e, all) }, "HPERSIST")
}

// namesAll reports whether a command names all of these fields.
func namesAll(e *event, all []member) bool {
	fields := fieldsOf(e.args)
	if fields == nil && len(e.args) > 2 {
		fields = e.args[2:3]
	}
	return each(all, func(m member) bool {
		return slices.ContainsFunc(fields, func(f []byte) bool { return bytes.Equal(f, m.name) })
	})
}

// restoreTTL: a RESTORE whose time overflowed, which the replica refuses.
func restoreTTL(a signs, s *diff.Subject) *event {
	row, _ := divergence.ByName(divergence.RestoreTTL)
	return a.ranOn(s, func(e *event) bool {
		return row.Fits(divergence.Command{Args: e.args}) == divergence.Certain
	}, "RESTORE")
}

// scriptSPop: a script that the replica ran pops members of the set at random.
func scriptSPop(a signs, s *diff.Subject) *event {
	if a.popping == nil {
		a.popping = newPopping(a.history, a.onReplica.events)
	}
	var first *event
	for _, list := range [][]*event{a.popping.byName[string(s.Key)], a.popping.any} {
		for _, e := range list {
			if scriptNames(e, a.history.analysis(e.args), s) {
				if first == nil || e.seq < first.seq {
					first = e
				}
				break
			}
		}
	}
	return first
}

// A popping has the scripts of a timeline that may pop at random: a batch can have
// as many scripts as keys, so that those are not gone through for each key.
type popping struct {
	// byName are by the keys that a call or a text names, any those that may name
	// any key.
	byName map[string][]*event
	any    []*event
}

func newPopping(h *history, events []*event) *popping {
	row, _ := divergence.ByName(divergence.ScriptSPop)
	p := &popping{byName: map[string][]*event{}}
	for _, e := range events {
		if e.scope != command.Scripted || e.dropped() || e.misplaced() {
			continue
		}
		of := h.analysis(e.args)
		if row.Fits(divergence.Command{Args: e.args, Script: of}) != divergence.Doubtful {
			continue
		}
		if of.Has(script.ComputedKey) {
			p.any = append(p.any, e)
			continue
		}
		for _, k := range e.keys {
			p.byName[k.name] = append(p.byName[k.name], e)
		}
		for _, name := range of.Keys {
			p.byName[name] = append(p.byName[name], e)
		}
	}
	return p
}

// scriptNames reports whether a script, by its call or its text, names the key,
// or may name any.
func scriptNames(e *event, of *script.Analysis, s *diff.Subject) bool {
	return e.touches(s.DB, string(s.Key)) ||
		(e.db == s.DB || e.replicaDB == s.DB) &&
			(slices.Contains(of.Keys, string(s.Key)) || of.Has(script.ComputedKey))
}
