package value

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/bits"

	"github.com/zeebo/xxh3"

	"github.com/redsleuth/redsleuth/parse/rdb"
)

// A Digest is a hash of 128 bits that stands for equality.
type Digest struct{ Hi, Lo uint64 }

// Hash is the digest of a byte string.
func Hash(b []byte) Digest {
	h := xxh3.Hash128(b)
	return Digest{h.Hi, h.Lo}
}

// HashKey is the digest of a key in its database.
func HashKey(db int, key []byte) Digest {
	h := xxh3.Hash128Seed(key, uint64(db))
	return Digest{h.Hi, h.Lo}
}

// AppendHex appends the digest as 32 hexadecimal digits.
func (d Digest) AppendHex(dst []byte) []byte {
	b := binary.BigEndian.AppendUint64(nil, d.Hi)
	return hex.AppendEncode(dst, binary.BigEndian.AppendUint64(b, d.Lo))
}

// Plus adds modulo 2^128. A sum of hashes is the digest of a multiset: it
// does not depend on order, and, unlike exclusive or, tells one from three.
func (d Digest) Plus(e Digest) Digest {
	lo, carry := bits.Add64(d.Lo, e.Lo, 0)
	hi, _ := bits.Add64(d.Hi, e.Hi, carry)
	return Digest{hi, lo}
}

// Digest is that of the value in its canonical form: see Digester. A Large
// value has none, since its elements are not here; ok is false.
func (v *Value) Digest() (d Digest, ok bool) {
	if v.Large {
		return Digest{}, false
	}
	var c Digester
	c.Start(&rdb.Record{Object: v.Object, Module: v.Module, ModuleVersion: v.ModuleVersion})
	for i := range v.Elements {
		c.add(&v.Elements[i])
	}
	return c.Sum(), true
}

// Same reports whether two values are equal, whatever their encodings. Expiries
// don't count, neither the key's nor those of hash fields, nor how many entries
// groups have read; nil is a key that is not there. Of a Large value nothing is known, and it is the same as none.
func Same(a, b *Value) bool {
	switch {
	case a == nil || b == nil:
		return a == b
	case a.Large || b.Large || a.Object != b.Object || a.Module != b.Module:
		return false
	}
	return a.lasting() == b.lasting()
}

// lasting is the digest without expiries of fields and what groups have read.
func (v *Value) lasting() Digest {
	var c Digester
	c.Start(&rdb.Record{Object: v.Object, Module: v.Module})
	for i := range v.Elements {
		e := v.Elements[i]
		e.ExpireAt = rdb.NoExpiry
		if e.Group != nil && e.Group.HasEntriesRead {
			e.Group = new(*e.Group)
			e.Group.HasEntriesRead = false
		}
		c.add(&e)
	}
	return c.Sum()
}

// A Digester folds the elements of a value into a Digest, while a decoder
// visits them:
//
//	c.Start(rec)
//	err := decoder.Value(c.Add)
//	digest := c.Sum()
//
// Equal values have equal digests, whatever their encoding and the order of
// elements that have none:
//
//   - a list and a module's value are a chain, in order;
//   - sets, hashes, sorted sets, arrays, vector sets, the entries and the
//     groups of a stream are sums of the hashes of their elements;
//   - a score counts as a double, where -0 is 0 (listpacks don't keep the
//     sign, skiplists do) and all NaN are one;
//   - a hash field counts with its expiry;
//   - a stream counts with its last id and its groups: name, last id, entries
//     read (where the format has that: from RDB 10 on), names of consumers,
//     pending entries with owner and number of deliveries. Times of delivery and
//     of consumers, and what only newer versions write (first and highest
//     deleted id, entries added, producers) differ between healthy servers and
//     don't count;
//   - a vector counts as it is stored, with its length and range; the graph
//     does not count.
type Digester struct {
	// AnyVersion leaves out what only newer formats write, groups' entries read, so
	// that dumps of two formats compare.
	AnyVersion bool

	object  rdb.Object
	sum     Digest
	chained bool
	count   uint64 // elements, as TYPE's own command counts them (LLEN, XLEN, …)
	buf     []byte
}

// Start begins the value of a key.
func (c *Digester) Start(rec *rdb.Record) {
	c.object, c.sum, c.count = rec.Object, Digest{}, 0
	c.chained = rec.Object == rdb.ObjectList || rec.Object == rdb.ObjectModule
	if rec.Object == rdb.ObjectModule {
		c.buf = append(c.buf[:0], rec.Module...)
		c.sum = Hash(binary.LittleEndian.AppendUint64(c.buf, uint64(rec.ModuleVersion)))
	}
}

// Sum is the digest of the value whose elements were added, sealed with its
// type and number of elements.
func (c *Digester) Sum() Digest {
	c.start(byte(c.object))
	c.word(c.sum.Hi)
	c.word(c.sum.Lo)
	c.word(c.count)
	return Hash(c.buf)
}

// Add adds an element, as a visitor of rdb.Decoder.Value; it never fails.
func (c *Digester) Add(e *rdb.Element) error {
	c.add(e)
	return nil
}

func (c *Digester) add(e *rdb.Element) {
	h := c.Element(e)
	if c.chained {
		c.start(0)
		c.word(c.sum.Hi)
		c.word(c.sum.Lo)
		c.word(h.Hi)
		c.word(h.Lo)
		c.sum = Hash(c.buf)
	} else {
		c.sum = c.sum.Plus(h)
	}
}

// inlineMax is the longest byte string that goes into the hash of its element
// as it is; a longer one goes in by its own hash, so that it is not copied.
const inlineMax = 1 << 10

// Element hashes one element with all that counts of it. The digests of two
// values can't be compared with those of elements.
func (c *Digester) Element(e *rdb.Element) Digest {
	c.start(byte(e.Kind))
	switch e.Kind {
	case rdb.ElementBytes:
		c.count++
		c.bytes(e.Member)
	case rdb.ElementField:
		c.count++
		c.bytes(e.Member)
		c.bytes(e.Value)
		c.word(uint64(e.ExpireAt))
	case rdb.ElementScore:
		c.count++
		c.bytes(e.Member)
		c.word(scoreBits(e.Score))
	case rdb.ElementIndex:
		c.count++
		c.word(e.Index)
		c.bytes(e.Value)
	case rdb.ElementArray:
		if e.Array.HasInsert {
			c.word(e.Array.InsertIndex)
		}
	case rdb.ElementEntry:
		c.count++
		c.id(e.ID)
		for _, f := range e.Fields {
			c.bytes(f)
		}
	case rdb.ElementStream:
		c.id(e.Stream.LastID)
	case rdb.ElementGroup:
		return c.group(e.Group)
	case rdb.ElementProducer, rdb.ElementIdempotence:
		return Digest{} // each server ages them by its own clock
	case rdb.ElementVectors:
		c.word(e.Vectors.Dimension)
		c.word(uint64(e.Vectors.Quantization))
		c.word(e.Vectors.InputDim)
		c.bytes(e.Vectors.Projection)
	case rdb.ElementVector:
		c.count++
		c.bytes(e.Member)
		c.bytes(e.Value)
		c.bytes(e.Vector.Raw)
		c.word(uint64(math.Float32bits(e.Vector.L2))<<32 | uint64(math.Float32bits(e.Vector.Range)))
	case rdb.ElementModule:
		c.count++
		c.word(e.Module.Op)
		c.word(e.Module.Int)
		c.word(math.Float64bits(e.Module.Float))
		c.bytes(e.Module.String)
	}
	return Hash(c.buf)
}

// group hashes a consumer group: its parts are sums of hashes of their own.
func (c *Digester) group(g *rdb.Group) Digest {
	var pending, consumers Digest
	for i := range g.Pending {
		p := &g.Pending[i]
		c.start(1)
		c.id(p.ID)
		c.word(p.Deliveries)
		if p.Consumer >= 0 && p.Consumer < len(g.Consumers) {
			c.bytes(g.Consumers[p.Consumer].Name)
		}
		pending = pending.Plus(Hash(c.buf))
	}
	for i := range g.Consumers {
		c.start(2)
		c.bytes(g.Consumers[i].Name)
		consumers = consumers.Plus(Hash(c.buf))
	}
	c.start(byte(rdb.ElementGroup))
	c.bytes(g.Name)
	c.id(g.LastID)
	if g.HasEntriesRead && !c.AnyVersion {
		c.word(g.EntriesRead)
	}
	for _, d := range []Digest{pending, consumers} {
		c.word(d.Hi)
		c.word(d.Lo)
	}
	return Hash(c.buf)
}

func (c *Digester) start(tag byte) { c.buf = append(c.buf[:0], tag) }

func (c *Digester) word(w uint64) { c.buf = binary.LittleEndian.AppendUint64(c.buf, w) }

func (c *Digester) id(id rdb.StreamID) {
	c.word(id.Ms)
	c.word(id.Seq)
}

// bytes appends b with its length, so that no two sequences of byte strings
// look alike.
func (c *Digester) bytes(b []byte) {
	c.word(uint64(len(b)))
	if len(b) <= inlineMax {
		c.buf = append(c.buf, b...)
		return
	}
	h := Hash(b)
	c.word(h.Hi)
	c.word(h.Lo)
}

// scoreBits is a score as its double, with one zero and one NaN.
func scoreBits(f float64) uint64 {
	switch {
	case f == 0:
		return 0
	case math.IsNaN(f):
		return math.Float64bits(math.NaN())
	}
	return math.Float64bits(f)
}
