package diff

import (
	"bytes"
	"slices"

	"github.com/redsleuth/redsleuth/parse/rdb"
)

// A Value is a key's value as one side holds it, read again.
type Value struct {
	Held
	Module  string
	Type    rdb.Type
	Version int // of the dump's format
	// Elements are copies; nil where the value is Large.
	Elements []rdb.Element
	// Raw is the value as it stands in the dump, behind type byte and key:
	// ReadKeys has it where it can be had.
	Raw []byte
	// Large: the value is too large to be held, and can only be gone over.
	Large bool

	size int64 // about what it takes in memory, in bytes
}

// elementOverhead is about what an element takes beside its bytes.
const elementOverhead = 200

// valueOverhead is about what a value takes beside its elements, with its part
// in a report and in its explanation.
const valueOverhead = 800

// collect reads the value of the key that d is at, up to limit bytes.
func collect(rec *rdb.Record, d *rdb.Decoder, version int, limit int64) (*Value, error) {
	v := &Value{Module: rec.Module, Type: rec.Type, Version: version, size: valueOverhead}
	err := d.Value(func(e *rdb.Element) error {
		if v.size += elementOverhead + elementBytes(e); v.size > limit {
			v.Large, v.Elements = true, nil
			return rdb.SkipRest
		}
		v.Elements = append(v.Elements, cloneElement(e))
		return nil
	})
	v.Held = Held{
		Object: rec.Object, Encoding: rec.Encoding, Elements: rec.Elements, Bytes: rec.Bytes, Byte: rec.Byte,
		HasExpire: rec.HasExpire, ExpireAt: rec.ExpireAt,
	}
	return v, err
}

// elementBytes is the size of what an element refers to.
func elementBytes(e *rdb.Element) int64 {
	n := len(e.Member) + len(e.Value) + len(e.Module.String)
	for _, f := range e.Fields {
		n += len(f) + 24
	}
	if e.Kind == rdb.ElementVector {
		n += len(e.Vector.Raw)
	}
	if e.Kind == rdb.ElementGroup {
		n += 64 * (len(e.Group.Pending) + len(e.Group.Consumers))
	}
	return int64(n)
}

// cloneElement copies an element and all that it borrows.
func cloneElement(e *rdb.Element) rdb.Element {
	c := *e
	c.Member, c.Value, c.Module.String = bytes.Clone(e.Member), bytes.Clone(e.Value), bytes.Clone(e.Module.String)
	c.Fields = cloneAll(e.Fields)
	switch e.Kind {
	case rdb.ElementStream:
		c.Stream = new(*e.Stream)
	case rdb.ElementVectors:
		c.Vectors = new(*e.Vectors)
		c.Vectors.Projection = bytes.Clone(e.Vectors.Projection)
	case rdb.ElementVector:
		c.Vector = new(*e.Vector)
		c.Vector.Raw = bytes.Clone(e.Vector.Raw)
	case rdb.ElementGroup:
		c.Group = cloneGroup(e.Group)
	}
	return c
}

func cloneGroup(g *rdb.Group) *rdb.Group {
	c := new(*g)
	c.Name = bytes.Clone(g.Name)
	c.Pending, c.Released, c.Consumers = slices.Clone(g.Pending), slices.Clone(g.Released), slices.Clone(g.Consumers)
	for i := range c.Consumers {
		c.Consumers[i].Name = bytes.Clone(c.Consumers[i].Name)
	}
	return c
}

func cloneAll(all [][]byte) [][]byte {
	if all == nil {
		return nil
	}
	c := make([][]byte, len(all))
	for i := range all {
		c[i] = bytes.Clone(all[i])
	}
	return c
}

// elementKey appends what tells an element from the others of its value:
// member, field, index, id or name.
func elementKey(dst []byte, e *rdb.Element) []byte {
	dst = append(dst, byte(e.Kind))
	switch e.Kind {
	case rdb.ElementIndex:
		return appendWords(dst, e.Index)
	case rdb.ElementEntry:
		return appendWords(dst, e.ID.Ms, e.ID.Seq)
	case rdb.ElementGroup:
		return append(dst, e.Group.Name...)
	}
	return append(dst, e.Member...)
}
