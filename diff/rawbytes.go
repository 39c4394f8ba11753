package diff

import (
	"context"
	"errors"
	"slices"

	"github.com/redsleuth/redsleuth/internal/hashjoin"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/value"
	"github.com/redsleuth/redsleuth/value/memory"

	"github.com/zeebo/xxh3"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/rdb/verify"
)

// Two dumps by servers of one version hold most of their equal values in equal
// bytes. Such values need no decoding: where both dumps have one format, they
// are first compared by the hash of their bytes. What differs then is decoded
// (dropEqual), and where too much does, both dumps are read again by content.

// oftenSameBytes reports whether equal values of this type mostly have equal
// bytes. Those that are saved in the order of a hash table have not, nor have
// those that hold times of their own server.
func oftenSameBytes(t rdb.Type) bool {
	switch t {
	case rdb.TypeString, rdb.TypeList, rdb.TypeListQuicklist, rdb.TypeListQuicklist2, rdb.TypeZSet2,
		rdb.TypeHashZipmap, rdb.TypeListZiplist, rdb.TypeSetIntset, rdb.TypeZSetZiplist,
		rdb.TypeHashZiplist, rdb.TypeHashListpack, rdb.TypeZSetListpack, rdb.TypeSetListpack:
		return true
	}
	return false
}

// A rawHash digests bytes that come in pieces; how they are cut makes no
// difference.
type rawHash struct {
	pieces *xxh3.Hasher128
	cut    bool // pieces holds some
}

func (h *rawHash) add(piece []byte) {
	if h.pieces == nil {
		h.pieces = xxh3.New128()
	}
	_, _ = h.pieces.Write(piece) // never fails
	h.cut = true
}

// end adds the last piece and returns the digest, with the type in it.
func (h *rawHash) end(t rdb.Type, last []byte) value.Digest {
	var d value.Digest
	if h.cut {
		h.add(last)
		sum := h.pieces.Sum128()
		d = value.Digest{Hi: sum.Hi, Lo: sum.Lo}
		h.pieces.Reset()
		h.cut = false
	} else {
		d = value.Hash(last)
	}
	return d.Plus(value.Digest{Lo: uint64(t) + 1})
}

// A hasher digests values for the join.
type hasher struct {
	rawBytes bool // by stored bytes, where equal values often have equal ones
	digester value.Digester
	bytes    rawHash
	visit    func(*rdb.Element) error
	see      func([]byte)
	// Values are checked on the way: whole by the stage where they are hashed
	// as they are stored, by the checker where they are visited.
	stage   *verify.Stage
	checker *verify.Checker
	wrong   error // what the checker found in the value at hand
	// model measures the values that are visited; nil for none. cost is that of the
	// last, if it was measured.
	model    *memory.Model
	cost     int64
	measured bool
}

// newHasher tells found of each value that is not sound.
func newHasher(rawBytes bool, found func(verify.Fault) error) *hasher {
	h := &hasher{rawBytes: rawBytes, checker: verify.NewChecker()}
	h.visit, h.see = h.add, h.bytes.add
	h.stage = verify.New(verify.Options{Found: found})
	return h
}

func (h *hasher) close() {
	h.stage.Close()
	h.checker.Close()
}

func (h *hasher) add(e *rdb.Element) error {
	if h.wrong == nil {
		h.wrong = h.checker.See(e)
	}
	return h.digester.Add(e)
}

// digest digests the value of the key that d is at.
func (h *hasher) digest(rec *rdb.Record, d *rdb.Decoder) (value.Digest, error) {
	if h.rawBytes && oftenSameBytes(rec.Type) {
		last, err := h.stage.Stored(d, rec, h.see)
		return h.bytes.end(rec.Type, last), err
	}
	return h.content(rec, d)
}

// content digests a value in its canonical form. What is wrong with it though
// it can be read is in wrong.
func (h *hasher) content(rec *rdb.Record, d *rdb.Decoder) (value.Digest, error) {
	h.digester.Start(rec)
	h.checker.Begin(rec)
	h.wrong = nil
	var err error
	if h.model != nil {
		h.cost, h.measured, err = h.model.Key(d, rec, h.visit)
	} else {
		err = d.Value(h.visit)
	}
	if err == nil && h.wrong == nil {
		h.wrong = h.checker.End()
	}
	if h.wrong == nil {
		h.wrong = d.Doubt()
	}
	return h.digester.Sum(), err
}

// sameFormat reports whether all dumps are of one format. Those of links and AOF
// sets are read by content: going back to a key means reading all of it.
func (c *Comparison) sameFormat() (bool, error) {
	var first rdb.Header
	for i, in := range slices.Concat(c.inputs[0], c.inputs[1]) {
		if in.Kind != input.KindRDB {
			return false, nil
		}
		head, err := headOf(in)
		if err != nil {
			return false, passDamage(err)
		}
		if i == 0 {
			first = head
		}
		if head != first {
			return false, nil
		}
	}
	return true, nil
}

// headOf reads what an RDB begins with.
func headOf(in *input.Input) (rdb.Header, error) {
	cursor, err := in.RecordCursor(0)
	if err != nil {
		return rdb.Header{}, err
	}
	defer cursor.Close()
	rec, err := rdb.NewDecoder(cursor, rdb.Options{Limits: in.Limits}).Next()
	if err != nil {
		return rdb.Header{}, err
	}
	return rdb.Header{Magic: rec.Magic, Version: rec.Version}, nil
}

// joinByRawBytes is scanAndJoin by stored bytes. It reports false where the
// dumps have to be read by content after all: too much differs, or one is
// damaged, and where the damage begins shows in decoding alone.
func (c *Comparison) joinByRawBytes(ctx context.Context) (bool, error) {
	if err := c.scanAndJoin(ctx, true); err != nil {
		return false, err
	}
	if !c.master.whole() || !c.replica.whole() {
		return false, nil
	}
	if c.pairs.Len() > decodedAlways+c.master.Keys/decodedShare {
		return false, nil
	}
	return c.dropEqual(ctx)
}

// The number of pairs that are decoded one by one rather than reading both
// dumps again: so many, and a key in so many.
const (
	decodedAlways = 256
	decodedShare  = 32
)

// dropEqual decodes the pairs and keeps those whose content differs. It reports
// false where a value can't be decoded: then where the damage begins is to be
// found by reading in order.
func (c *Comparison) dropEqual(ctx context.Context) (bool, error) {
	kept := hashjoin.NewPairs(int64(float64(c.MaxMemory) * pairsShare))
	err := c.eachBatch(func(batch []hashjoin.Pair) error {
		master, err := c.master.contents(ctx, batch, onMaster)
		if err != nil {
			return err
		}
		replica, err := c.replica.contents(ctx, batch, onReplica)
		if err != nil {
			return err
		}
		for i, p := range batch {
			m, r := onMaster(p), onReplica(p)
			if m.held() && r.held() && master[i] == replica[i] && c.sameExpiry(m, r) {
				c.report.Summary.Equal++
				continue
			}
			if err := kept.Add(p); err != nil {
				return err
			}
		}
		return nil
	})
	if parse.IsDamage(err) {
		return false, kept.Close()
	}
	if err != nil {
		return false, errors.Join(err, kept.Close())
	}
	err = c.pairs.Close()
	c.pairs = kept
	return true, err
}

// contents digests by content the keys of pairs that the side holds.
func (s *side) contents(ctx context.Context, all []hashjoin.Pair, on spotFunc) (
	[]value.Digest, error) {
	order := inOrder(all, on)
	digests := make([]value.Digest, len(all))
	h := newHasher(false, nil)
	defer h.close()
	err := s.fetch(ctx, placesOf(all, order, on), func(n int, rec *rdb.Record, d *rdb.Decoder) error {
		var err error
		digests[order[n]], err = h.content(rec, d)
		return err
	})
	return digests, err
}
