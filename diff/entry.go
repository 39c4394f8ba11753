package diff

import (
	"fmt"

	"github.com/redsleuth/redsleuth/internal/hashjoin"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// A spot is what the tag of an entry tells of a key: its place in the dump
// (44 bits), the number of the dump within its side (11), whether it is astray
// there (1), whether it expires (1), whether it is too small for the filter (1), its
// type (6), and its expiry in Unix milliseconds. Zeros are the spot of a key that a side does not hold: none is at
// the place of a dump's header.
//
//	63      62 … 52  51 … 8  7        6      5 … 0
//	astray  dump     byte    expires  small  type
type spot hashjoin.Tag

const (
	expireFlag = 1 << 7
	smallFlag  = 1 << 6
	astrayFlag = 1 << 63
	byteBits   = 44
	maxByte    = 1<<byteBits - 1
	// maxDumps is how many a side can have.
	maxDumps = 1 << 11
)

// newSpot makes a spot of a byte in a dump of a side; expireAt is meaningful if
// hasExpire.
func newSpot(dump int, at int64, object rdb.Object, hasExpire bool, expireAt int64) (spot, error) {
	if at > maxByte {
		return spot{}, fmt.Errorf("a dump of more than %d bytes can't be compared", int64(maxByte))
	}
	p := uint64(dump)<<(byteBits+8) | uint64(at)<<8 | uint64(object)
	if !hasExpire {
		return spot{A: p}, nil
	}
	return spot{A: p | expireFlag, B: uint64(expireAt)}, nil
}

// spotOf is that of an entry, which may be nil.
func spotOf(e *hashjoin.Entry) spot {
	if e == nil {
		return spot{}
	}
	return spot(e.Tag)
}

func (s spot) held() bool { return s.A != 0 }

// place is where the key is on its side: by dump, and within it by byte.
func (s spot) place() int64       { return int64(s.A &^ astrayFlag >> 8) }
func (s spot) byte() int64        { return s.place() & maxByte }
func (s spot) dump() int          { return int(s.place() >> byteBits) }
func (s spot) isAstray() bool     { return s.A&astrayFlag != 0 }
func (s spot) isSmall() bool      { return s.A&smallFlag != 0 }
func (s spot) hasExpire() bool    { return s.A&expireFlag != 0 }
func (s spot) object() rdb.Object { return rdb.Object(s.A & (smallFlag - 1)) }
func (s spot) expireAt() int64    { return int64(s.B) }

// spotAt is a spot of which the place alone is known.
func spotAt(place int64) spot { return spot{A: uint64(place) << 8} }

// tooSmall is the spot of a key that sizes leave out.
func (s spot) tooSmall() spot {
	s.A |= smallFlag
	return s
}

// astray is the spot of a key that belongs to another dump of its side.
func (s spot) astray() spot {
	s.A |= astrayFlag
	return s
}

// expired reports whether the key is held and its time had come.
func (s spot) expired(before int64) bool {
	return s.held() && s.hasExpire() && s.expireAt() < before
}

// onMaster and onReplica are where a key is on each side.
func onMaster(p hashjoin.Pair) spot  { return spot(p.Left) }
func onReplica(p hashjoin.Pair) spot { return spot(p.Right) }
