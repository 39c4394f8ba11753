package diff

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/zeebo/xxh3"

	"github.com/redsleuth/redsleuth/parse/rdb"
)

// A digest is a 128-bit hash that stands for equality.
type digest struct{ hi, lo uint64 }

func hash(b []byte) digest {
	h := xxh3.Hash128(b)
	return digest{h.Hi, h.Lo}
}

// plus adds modulo 2^128. A sum of hashes is the digest of a multiset: it
// does not depend on order, and, unlike exclusive or, tells one from three.
func (d digest) plus(e digest) digest {
	lo, carry := bits.Add64(d.lo, e.lo, 0)
	hi, _ := bits.Add64(d.hi, e.hi, carry)
	return digest{hi, lo}
}

// identity is the hash of a key, seeded with its database.
func identity(db int, key []byte) digest {
	h := xxh3.Hash128Seed(key, uint64(db))
	return digest{h.Hi, h.Lo}
}

// inlineMax is the longest byte string that goes into the hash of its element
// as it is; a longer one goes in by its own hash, so that it is not copied.
const inlineMax = 1 << 10

// A canon folds the elements of a value into a digest. Equal values have
// equal digests, whatever their encoding and the order of elements that have
// none:
//
//   - a list and a module's value are a chain, in order;
//   - sets, hashes, sorted sets, arrays, vector sets, the entries and the
//     groups of a stream are sums of the hashes of their elements;
//   - a score counts as a double, where -0 is 0 (listpacks don't keep the
//     sign, skiplists do) and all NaN are one;
//   - a hash field counts with its expiry;
//   - a stream counts with its last id and its groups: name, last id, names
//     of consumers, pending entries with owner and number of deliveries.
//     Times of delivery and of consumers, entries-read, and what only newer
//     versions write (first and highest deleted id, entries added, producers)
//     differ between healthy servers and don't count;
//   - a vector counts as it is stored, with its length and range; the graph
//     does not count.
type canon struct {
	sum     digest
	chained bool
	count   uint64 // elements, as DUMP and the contract count them
	buf     []byte
}

// begin starts the value of a key.
func (c *canon) begin(rec *rdb.Record) {
	c.sum, c.count = digest{}, 0
	c.chained = rec.Object == rdb.ObjectList || rec.Object == rdb.ObjectModule
	if rec.Object == rdb.ObjectModule {
		c.buf = append(c.buf[:0], rec.Module...)
		c.sum = hash(binary.LittleEndian.AppendUint64(c.buf, uint64(rec.ModuleVersion)))
	}
}

// end is the digest of the value whose elements were added, sealed with its
// type and number of elements.
func (c *canon) end(object rdb.Object) digest {
	c.start(byte(object))
	c.word(c.sum.hi)
	c.word(c.sum.lo)
	c.word(c.count)
	return hash(c.buf)
}

// visit is add as a visitor of rdb.Decoder.Value.
func (c *canon) visit(e *rdb.Element) error {
	c.add(e)
	return nil
}

func (c *canon) add(e *rdb.Element) {
	h := c.element(e)
	if c.chained {
		c.start(0)
		c.word(c.sum.hi)
		c.word(c.sum.lo)
		c.word(h.hi)
		c.word(h.lo)
		c.sum = hash(c.buf)
	} else {
		c.sum = c.sum.plus(h)
	}
}

// element hashes one element with all that counts of it.
func (c *canon) element(e *rdb.Element) digest {
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
		return digest{} // each server ages them by its own clock
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
	return hash(c.buf)
}

// group hashes a consumer group: its parts are sums of hashes of their own.
func (c *canon) group(g *rdb.Group) digest {
	var pending, consumers digest
	for i := range g.Pending {
		p := &g.Pending[i]
		c.start(1)
		c.id(p.ID)
		c.word(p.Deliveries)
		if p.Consumer >= 0 && p.Consumer < len(g.Consumers) {
			c.bytes(g.Consumers[p.Consumer].Name)
		}
		pending = pending.plus(hash(c.buf))
	}
	for i := range g.Consumers {
		c.start(2)
		c.bytes(g.Consumers[i].Name)
		consumers = consumers.plus(hash(c.buf))
	}
	c.start(byte(rdb.ElementGroup))
	c.bytes(g.Name)
	c.id(g.LastID)
	for _, d := range []digest{pending, consumers} {
		c.word(d.hi)
		c.word(d.lo)
	}
	return hash(c.buf)
}

func (c *canon) start(tag byte) { c.buf = append(c.buf[:0], tag) }

func (c *canon) word(w uint64) { c.buf = binary.LittleEndian.AppendUint64(c.buf, w) }

func (c *canon) id(id rdb.StreamID) {
	c.word(id.Ms)
	c.word(id.Seq)
}

// bytes appends b with its length, so that no two sequences of byte strings
// look alike.
func (c *canon) bytes(b []byte) {
	c.word(uint64(len(b)))
	if len(b) <= inlineMax {
		c.buf = append(c.buf, b...)
		return
	}
	h := hash(b)
	c.word(h.hi)
	c.word(h.lo)
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
