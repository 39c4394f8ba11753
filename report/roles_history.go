package report

import (
	"slices"

	"github.com/redsleuth/redsleuth/repl"
)

// byRequest finds the dumps that processes of the replica started from.
func (r *run) byRequest(dumps []*Artefact) {
	asked := map[repl.State]bool{}
	for _, a := range r.Artefacts {
		if a.Inspect == nil {
			continue
		}
		for _, l := range a.Inspect.Links {
			if q := l.Requested; q != nil && q.Offset > 0 {
				asked[repl.State{ID: q.ID, Offset: q.Offset - 1}] = true
			}
		}
	}
	for _, d := range dumps {
		s := d.State
		if s == nil || !s.Placed() || !asked[repl.State{ID: s.ID, Offset: s.Offset}] {
			continue
		}
		// The last state of a replica can be one that it later asked with, and
		// some versions go on to save the offset that they restarted with.
		if r.taken(Replica) || len(dumps) > 2 && !latest(d, dumps) {
			d.set(ReplicaBefore, fromRequest)
		}
	}
}

// outlived finds dumps that the replica had gone on from when another one was saved: a
// link asked for what follows such a dump, was sent more, and began between the two.
// Held against the other, it would show what the stream brought since as lacking.
func (r *run) outlived(dumps []*Artefact) {
	for _, a := range r.Artefacts {
		if a.Inspect == nil {
			continue
		}
		for _, l := range a.Inspect.Links {
			if q := l.Requested; q == nil || q.Offset <= 0 || l.Began.IsZero() ||
				l.EndOffset < q.Offset && l.Payload == nil {
				continue
			}
			asked := repl.State{ID: l.Requested.ID, Offset: l.Requested.Offset - 1}
			later := func(d *Artefact) bool { return d.Inspect.RDB.CreatedAt.After(l.Began) }
			for _, d := range dumps {
				s, saved := d.State, d.Inspect.RDB.CreatedAt
				if s != nil && s.Placed() && s.ID == asked.ID && s.Offset == asked.Offset &&
					!saved.IsZero() && !saved.After(l.Began) && slices.ContainsFunc(dumps, later) {
					d.set(ReplicaBefore, fromRequest)
				}
			}
		}
	}
}

// latest: others were saved at the same offset, and none of them later.
func latest(d *Artefact, dumps []*Artefact) bool {
	others := 0
	for _, other := range dumps {
		if other == d || other.State == nil || other.State.ID != d.State.ID || other.State.Offset != d.State.Offset {
			continue
		}
		if others++; other.Inspect.RDB.CreatedAt.After(d.Inspect.RDB.CreatedAt) {
			return false
		}
	}
	return others > 0
}

// byLinks: of dumps of different histories, those of the history that links carried
// are of the server that sent it, or earlier ones of the replica; the one of another
// history is the replica's, which went on by itself.
func (r *run) byLinks(dumps []*Artefact) {
	var carried, other []*Artefact
	for _, d := range r.left(dumps) {
		switch {
		case d.State == nil:
			return
		case r.sent(d):
			carried = append(carried, d)
		default:
			other = append(other, d)
		}
	}
	if len(carried) == 0 || len(other) != 1 {
		return
	}
	if len(carried) == 1 {
		carried[0].set(Master, fromLinks)
	}
	other[0].set(Replica, fromLinks)
}

// sent reports whether a link carried the history that the dump is of.
func (r *run) sent(d *Artefact) bool {
	for _, a := range r.Artefacts {
		if a.Inspect == nil {
			continue
		}
		for _, l := range a.Inspect.Links {
			if l.ReplicationID != "" && l.ReplicationID == d.State.ID {
				return true
			}
		}
	}
	return false
}

// byIDs: where links carried both histories, or neither, the server that was
// promoted is the master now: the other's id is its secondary one.
func (r *run) byIDs(dumps []*Artefact) {
	left := r.left(dumps)
	if len(left) != 2 || left[0].State == nil || left[1].State == nil {
		return
	}
	for _, i := range r.Artefacts {
		if i.Kind != KindInfo || i.Info.SecondaryID == "" {
			continue
		}
		for n, d := range left {
			if d.State.ID == i.Info.ReplicationID && left[1-n].State.ID == i.Info.SecondaryID {
				d.set(Master, fromIDs)
				left[1-n].set(Replica, fromIDs)
			}
		}
	}
}

// farAhead is more than a server writes between two saves by a script.
const farAhead = 4 << 10

// byOffsets: of two dumps of one history, one that is far ahead is the
// master's.
func (r *run) byOffsets(dumps []*Artefact) {
	left := r.left(dumps)
	if len(left) != 2 {
		return
	}
	a, b := left[0], left[1]
	if a.State == nil || b.State == nil || !a.State.Placed() || !b.State.Placed() || a.State.ID != b.State.ID {
		return
	}
	if a.State.Offset < b.State.Offset {
		a, b = b, a
	}
	if a.State.Offset-b.State.Offset >= farAhead {
		a.set(Master, fromOffsets)
		b.set(Replica, fromOffsets)
	}
}

// left are the dumps that have no role yet, where neither side has one.
func (r *run) left(dumps []*Artefact) []*Artefact {
	if r.taken(Master) || r.taken(Replica) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(dumps), func(a *Artefact) bool { return a.Role != Unknown })
}
