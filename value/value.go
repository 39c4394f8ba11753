package value

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// A Value is the value of a key, with what the dump says of the key beside it.
type Value struct {
	Object   rdb.Object
	Type     rdb.Type
	Encoding string
	// Module names the type of a module's value, with the version of its
	// encoding; "" for any other.
	Module        string
	ModuleVersion int
	// ExpireAt is in Unix milliseconds; meaningful if HasExpire.
	HasExpire bool
	ExpireAt  int64
	// Count is the number of members; 1 for a string.
	Count int64
	// Byte and Bytes are the place of the key's record in its dump.
	Byte, Bytes int64
	// Header is that of the dump. A payload of DUMP tells no Magic; it is
	// worked out from the version.
	Header rdb.Header

	// Elements are copies, in the order of the dump; nil where the value is
	// Large.
	Elements []rdb.Element
	// Stored is the value as it is in the dump, after type byte and key; nil
	// where nobody asked for it (Read), or where it means nothing outside its
	// file (hashes that refer to a template, Redis 8.10).
	Stored []byte
	// Large: the value takes more memory than was allowed; only what the
	// record says is here.
	Large bool

	size int64
}

// Size is about what the value takes in memory, in bytes.
func (v *Value) Size() int64 { return v.size }

// What a value takes beside the bytes of its elements, in bytes: for each
// element, and for the value with its part in a report.
const (
	elementOverhead = 200
	valueOverhead   = 800
)

// Read reads the value of the key that d is at: rec is what Next returned. A
// value that takes more than limit bytes of memory is Large.
func Read(d *rdb.Decoder, rec *rdb.Record, limit int64) (*Value, error) {
	v := &Value{Header: d.Header(), size: valueOverhead}
	err := d.Value(func(e *rdb.Element) error {
		if v.size += elementOverhead + elementBytes(e); v.size > limit {
			v.Large, v.Elements = true, nil
			return rdb.SkipRest
		}
		v.Elements = append(v.Elements, CloneElement(e))
		return nil
	})
	v.describe(rec)
	return v, err
}

// describe takes what the record says, once the value has been read.
func (v *Value) describe(rec *rdb.Record) {
	v.Object, v.Type, v.Encoding = rec.Object, rec.Type, rec.Encoding
	v.Module, v.ModuleVersion = rec.Module, rec.ModuleVersion
	v.HasExpire, v.ExpireAt = rec.HasExpire, rec.ExpireAt
	v.Count, v.Byte, v.Bytes = rec.Elements, rec.Byte, rec.Bytes
}

// ReadStored is Read that keeps the value's stored bytes too, where they mean
// something by themselves.
func ReadStored(d *rdb.Decoder, rec *rdb.Record, limit int64) (*Value, error) {
	if refersToTemplate(rec.Type) {
		return Read(d, rec, limit)
	}
	stored, err := storedBytes(d, limit)
	v := &Value{Header: d.Header(), size: valueOverhead}
	v.describe(rec)
	if err != nil {
		return v, err
	}
	if stored == nil {
		v.Large = true
		return v, nil
	}
	t := typeByte(rec.Type, v.Header.Version)
	inner, err := decode(t, stored, v.Header, rec.ValueByte, limit-int64(len(stored)))
	if err != nil {
		if damage, ok := parse.AsDamage(err); ok {
			damage.DB, damage.Key = rec.DB, bytes.Clone(rec.Key)
		}
		return v, err
	}
	v.Elements, v.Large = inner.Elements, inner.Large
	v.size = inner.size
	if !v.Large {
		v.Stored = stored
		v.size += int64(len(stored))
	}
	return v, nil
}

// refersToTemplate: the value's field names are elsewhere in its file.
func refersToTemplate(t rdb.Type) bool {
	return t == rdb.TypeHashTemplateLPRef || t == rdb.TypeHashTemplateArrayRef
}

// storedBytes copies the bytes of the value that d is at; nil for more than
// limit of them.
func storedBytes(d *rdb.Decoder, limit int64) ([]byte, error) {
	stored := []byte{}
	take := func(piece []byte) {
		if stored != nil && int64(len(stored)+len(piece)) > limit {
			stored = nil
		}
		if stored != nil {
			stored = append(stored, piece...)
		}
	}
	last, err := d.Stored(take)
	if err != nil {
		return nil, err
	}
	take(last)
	return stored, nil
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

// CloneElement copies an element and all that it borrows.
func CloneElement(e *rdb.Element) rdb.Element {
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
	case rdb.ElementProducer:
		c.Producer = cloneProducer(e.Producer)
	case rdb.ElementIdempotence:
		c.Idempotence = new(*e.Idempotence)
	}
	return c
}

func cloneGroup(g *rdb.Group) *rdb.Group {
	c := new(*g)
	c.Name = bytes.Clone(g.Name)
	c.Pending, c.Released = slices.Clone(g.Pending), slices.Clone(g.Released)
	c.Consumers = slices.Clone(g.Consumers)
	for i := range c.Consumers {
		c.Consumers[i].Name = bytes.Clone(c.Consumers[i].Name)
	}
	return c
}

func cloneProducer(p *rdb.Producer) *rdb.Producer {
	c := &rdb.Producer{Name: bytes.Clone(p.Name), Entries: slices.Clone(p.Entries)}
	for i := range c.Entries {
		c.Entries[i].ID = bytes.Clone(c.Entries[i].ID)
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

// AppendElementKey appends what tells an element from the others of its value:
// member, field, index, id or name.
func AppendElementKey(dst []byte, e *rdb.Element) []byte {
	dst = append(dst, byte(e.Kind))
	switch e.Kind {
	case rdb.ElementIndex:
		return binary.BigEndian.AppendUint64(dst, e.Index)
	case rdb.ElementEntry:
		dst = binary.BigEndian.AppendUint64(dst, e.ID.Ms)
		return binary.BigEndian.AppendUint64(dst, e.ID.Seq)
	case rdb.ElementGroup:
		return append(dst, e.Group.Name...)
	}
	return append(dst, e.Member...)
}
