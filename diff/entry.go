package diff

import (
	"fmt"

	"github.com/redsleuth/redsleuth/internal/hashjoin"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// A spot is what the tag of an entry tells of a key: its place in the dump
// (56 bits), whether it expires (1), its type (7), and its expiry in Unix
// milliseconds. Zeros are the spot of a key that a side does not hold: none is
// at the place of a dump's header.
type spot hashjoin.Tag

const (
	expireFlag = 1 << 7
	maxPlace   = 1<<56 - 1
)

// newSpot makes a spot; expireAt is meaningful if hasExpire.
func newSpot(place int64, object rdb.Object, hasExpire bool, expireAt int64) (spot, error) {
	if place > maxPlace {
		return spot{}, fmt.Errorf("a dump of more than %d bytes can't be compared", int64(maxPlace))
	}
	p := uint64(place)<<8 | uint64(object)
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

func (s spot) held() bool         { return s.A != 0 }
func (s spot) byte() int64        { return int64(s.A >> 8) }
func (s spot) hasExpire() bool    { return s.A&expireFlag != 0 }
func (s spot) object() rdb.Object { return rdb.Object(s.A & (expireFlag - 1)) }
func (s spot) expireAt() int64    { return int64(s.B) }

// expired reports whether the key is held and its time had come.
func (s spot) expired(before int64) bool {
	return s.held() && s.hasExpire() && s.expireAt() < before
}

// onMaster and onReplica are where a key is on each side.
func onMaster(p hashjoin.Pair) spot  { return spot(p.Left) }
func onReplica(p hashjoin.Pair) spot { return spot(p.Right) }
