package rdb

import (
	"encoding/binary"
	"slices"

	"github.com/redsleuth/redsleuth/parse"
)

// unowned is a pending entry that no consumer has claimed yet.
const unowned = -1

// readGroup puts a consumer group together: who owns a pending entry is
// written after the entries, with the consumers.
func (d *Decoder) readGroup(t Type) (err error) {
	s := &d.value.stream
	g := &s.group
	s.text = s.text[:0]
	g.Pending, g.Consumers, g.Released = g.Pending[:0], g.Consumers[:0], g.Released[:0]
	if g.Name, err = d.keep(); err != nil {
		return within(err, "name")
	}
	if err := d.lengths(&g.LastID.Ms, &g.LastID.Seq); err != nil {
		return within(err, "last id")
	}
	if g.HasEntriesRead = t >= TypeStream2; g.HasEntriesRead {
		if err := d.lengths(&g.EntriesRead); err != nil {
			return within(err, "entries read")
		}
	}
	if err := d.readPending(g); err != nil {
		return within(err, "pending entries")
	}
	if _, err := d.each(func() error { return d.readConsumer(t, g) }); err != nil {
		return within(err, "consumers")
	}
	if t >= TypeStream5 {
		if err := d.readReleased(g); err != nil {
			return within(err, "released entries")
		}
	}
	if err := d.checkOwners(g); err != nil {
		return err
	}
	e := &d.value.element
	e.Kind, e.Group = ElementGroup, g
	return d.emit()
}

// readPending: raw id, raw time, deliveries.
func (d *Decoder) readPending(g *Group) error {
	_, err := d.each(func() error {
		b, err := d.raw(rawIDSize + rawTimeSize)
		if err != nil {
			return err
		}
		p := Pending{ID: rawID(b), DeliveredAt: int64(binary.LittleEndian.Uint64(b[rawIDSize:])),
			Consumer: unowned}
		if p.Deliveries, err = d.length(); err != nil {
			return err
		}
		g.Pending = append(g.Pending, p)
		return nil
	})
	if err != nil {
		return err
	}
	sortPending(g.Pending)
	for i := 1; i < len(g.Pending); i++ {
		if g.Pending[i].ID == g.Pending[i-1].ID {
			return d.flawed(FlawIndex, "an entry is pending twice")
		}
	}
	return nil
}

// readConsumer: name, raw times, raw ids of what is pending with it.
func (d *Decoder) readConsumer(t Type, g *Group) (err error) {
	c := Consumer{HasActive: t >= TypeStream3}
	if c.Name, err = d.keep(); err != nil {
		return within(err, "name")
	}
	if c.SeenAt, err = d.int64(); err != nil {
		return within(err, "time seen")
	}
	if c.HasActive {
		if c.ActiveAt, err = d.int64(); err != nil {
			return within(err, "time active")
		}
	}
	index, next := len(g.Consumers), 0
	err = d.eachRawID(func(id StreamID) error {
		p := findPending(g.Pending, id, next)
		if p < 0 {
			return d.flawed(FlawIndex, "an entry that is not pending in the group")
		}
		if g.Pending[p].Consumer != unowned {
			return d.flawed(FlawOwners, "an entry with two owners")
		}
		g.Pending[p].Consumer = index
		next = p + 1
		c.Pending++
		return nil
	})
	g.Consumers = append(g.Consumers, c)
	return within(err, "pending entries")
}

// readReleased reads the ids that consumers gave back and nobody owns.
func (d *Decoder) readReleased(g *Group) error {
	return d.eachRawID(func(id StreamID) error {
		p := findPending(g.Pending, id, 0)
		if p < 0 || g.Pending[p].Consumer != unowned {
			return d.fail(parse.Damaged("an entry that is not pending, or has an owner"))
		}
		g.Released = append(g.Released, id)
		return nil
	})
}

// checkOwners: whatever is pending and was not released has an owner.
func (d *Decoder) checkOwners(g *Group) error {
	ownerless := 0
	for i := range g.Pending {
		if g.Pending[i].Consumer == unowned {
			ownerless++
		}
	}
	if ownerless != len(g.Released) {
		return d.flawed(FlawCounts,
			"%d pending entries without an owner, where %d were released", ownerless, len(g.Released))
	}
	return nil
}

func (d *Decoder) eachRawID(visit func(StreamID) error) error {
	_, err := d.each(func() error {
		b, err := d.raw(rawIDSize)
		if err != nil {
			return err
		}
		return visit(rawID(b))
	})
	return err
}

// findPending looks at guess first, since ids come in order; -1 for not found.
func findPending(list []Pending, id StreamID, guess int) int {
	if guess < len(list) && list[guess].ID == id {
		return guess
	}
	i, ok := slices.BinarySearchFunc(list, id,
		func(p Pending, id StreamID) int { return p.ID.Compare(id) })
	if !ok {
		return -1
	}
	return i
}
