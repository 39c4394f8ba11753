package memory

import (
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/server"
)

// A hash measures a hash.
type hash struct {
	layout   *layout
	packed   bool // in the dump,
	kept     bool // and taken as it is
	grows    bool // while it is loaded, from the smallest table on
	n        int64
	stored   int64
	pack     packing
	expiries expiries
	// broken is how many fields had been packed when one was too long; -1
	// while none was.
	broken int64
	fields float64
}

func (h *hash) begin(layout *layout, rec *rdb.Record) {
	*h = hash{layout: layout, broken: -1, expiries: h.expiries}
	h.expiries.reset()
	switch rec.Type {
	case rdb.TypeHash, rdb.TypeHashTTL, rdb.TypeHashTTLPreGA, rdb.TypeValkeyHash2:
	default:
		h.packed = true
	}
	h.kept = layout.kept(rec.Type)
	h.grows = rec.Type == rdb.TypeHashTTL || rec.Type == rdb.TypeHashTTLPreGA
	h.pack.reset()
}

func (h *hash) blob(b rdb.Blob) { h.stored = int64(b.Bytes) }

func (h *hash) element(e *rdb.Element) {
	if !h.packed && h.broken < 0 && max(len(e.Member), len(e.Value)) > longestInPacked {
		h.broken = h.n
	}
	h.n++
	expires := e.ExpireAt != rdb.NoExpiry
	if !h.kept && h.n <= mostInHash && h.broken < 0 {
		h.pack.add(e.Member)
		h.pack.add(e.Value)
		if h.grows { // the expiry stands behind them
			h.pack.addExpiry(e.ExpireAt)
		}
	}
	if expires {
		h.expiries.add(e.ExpireAt)
	}
	h.fields += h.field(int64(len(e.Member)), int64(len(e.Value)), expires)
}

// What a field with an expiry has in front (Redis: flags and ExpireMeta).
const expireMeta = 2 + 16

// The largest allocation that holds a field with its value (entry.h,
// EMBED_VALUE_MAX_ALLOC_SIZE).
const embedField = 128

func (h *hash) field(name, value int64, expires bool) float64 {
	if h.layout.Fields != server.FieldsApart {
		return h.together(name, value, expires)
	}
	n := h.layout.sds(name)
	if expires {
		n = h.layout.allocated(expireMeta + sdsKeyed(name))
	} else if h.layout.FieldObjects {
		n = h.layout.allocated(sdsKeyed(name))
	}
	return float64(n + h.layout.sds(value))
}

// together is a field that is one with its value where both are short.
func (h *hash) together(name, value int64, expires bool) float64 {
	field, front := sdsKeyed(name), int64(0)
	if expires {
		field, front = max(sdsHeader(name), sds8)+name+1, 8
	}
	if whole := front + field + sds8 + value + 1; whole <= embedField {
		return float64(h.layout.allocated(whole))
	}
	field = max(sdsHeader(name), sds8) + name + 1
	return float64(h.layout.allocated(front+8+field) + h.layout.sds(value))
}

func (h *hash) cost() cost {
	table := h.expiries.n > 0 && h.layout.Fields == server.FieldsExpiring
	if h.n <= mostInHash && h.broken < 0 && !table {
		return cost{beside: h.small()}
	}
	n := tableHead(h.layout) + averaged(h.fields+float64(entryOf(h.layout)*h.n), h.n)
	if h.layout.Fields == server.FieldsExpiring {
		n += 8 + h.expiries.cost(h.layout)
	}
	if h.layout.Tables != server.Chained {
		return cost{beside: n + hashtable(h.n)}
	}
	return cost{beside: n + float64(8*h.buckets())}
}

// buckets is the size of the table. Where it took over from a listpack in the
// middle of the load, it was made for those behind alone.
func (h *hash) buckets() int64 {
	var d dict
	d.size = firstTable
	if h.n > mostInHash && h.grows {
		d.add(h.n)
		return d.buckets()
	}
	if h.broken < 0 || h.n > mostInHash {
		return buckets(h.n)
	}
	if h.layout.Packed == server.Listpacks {
		d.expand(h.broken)
	}
	before, rest := h.broken+1, h.n-h.broken-1
	if h.grows {
		before-- // the field itself comes after
	}
	d.add(before)
	if rest > firstTable {
		d.expand(rest)
	}
	d.add(h.n - before)
	return d.buckets()
}

// listpackEx is what a listpack of fields that expire hangs on (listpackEx).
const listpackEx = 32

func (h *hash) small() float64 {
	n := h.pack.listpack
	if h.layout.Packed == server.Ziplists {
		n = h.pack.ziplist
	}
	if h.kept {
		n = h.stored
	}
	if h.layout.FieldObjects && h.expiries.n > 0 {
		return packedBytes(h.layout, n) + listpackEx
	}
	return packedBytes(h.layout, n)
}
