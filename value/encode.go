package value

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/redsleuth/redsleuth/parse/rdb"
)

// firstVersion gives the RDB version that brought each type which loaders of
// released servers take.
func firstVersion(t rdb.Type) (version int, known bool) {
	switch t {
	case rdb.TypeString, rdb.TypeList, rdb.TypeSet, rdb.TypeZSet, rdb.TypeHash:
		return 1, true
	case rdb.TypeHashZipmap, rdb.TypeListZiplist, rdb.TypeSetIntset, rdb.TypeZSetZiplist:
		return 2, true
	case rdb.TypeHashZiplist:
		return 4, true
	case rdb.TypeListQuicklist:
		return 7, true
	case rdb.TypeZSet2, rdb.TypeModule2:
		return 8, true
	case rdb.TypeStream:
		return 9, true
	case rdb.TypeHashListpack, rdb.TypeZSetListpack, rdb.TypeListQuicklist2, rdb.TypeStream2:
		return 10, true
	case rdb.TypeSetListpack, rdb.TypeStream3:
		return 11, true
	case rdb.TypeHashTTL, rdb.TypeHashListpackTTL:
		return 12, true
	case rdb.TypeStream4:
		return 13, true
	case rdb.TypeStream5, rdb.TypeArray, rdb.TypeGCRA:
		return 14, true
	case rdb.TypeValkeyHash2:
		return firstValkey, true
	}
	return 0, false
}

// HasType reports whether loaders of an RDB version take values of type t.
func HasType(version int, t rdb.Type) bool {
	first, known := firstVersion(t)
	switch {
	case !known:
		return false
	case version >= firstValkey:
		return first <= lastShared || first >= firstValkey && first <= version
	}
	return first <= version
}

// encode writes the value anew, in the plainest type that the RDB version has
// for it.
func (v *Value) encode(version int) (rdb.Type, []byte, error) {
	if v.Large || v.Elements == nil && v.Count != 0 {
		return 0, nil, ErrNoPayload
	}
	var t rdb.Type
	var one func([]byte, *rdb.Element) []byte
	switch v.Object {
	case rdb.ObjectString:
		t, one = rdb.TypeString, appendMember
	case rdb.ObjectList:
		t, one = rdb.TypeList, appendMember
	case rdb.ObjectSet:
		t, one = rdb.TypeSet, appendMember
	case rdb.ObjectZSet:
		t, one = rdb.TypeZSet2, appendScore
		if !HasType(version, t) {
			t, one = rdb.TypeZSet, appendTextScore
		}
	case rdb.ObjectHash:
		t, one = v.hashType(version)
	default:
		return 0, nil, ErrNoPayload
	}
	if one == nil || !HasType(version, t) || v.Object == rdb.ObjectString && len(v.Elements) != 1 {
		return 0, nil, ErrNoPayload
	}
	var b []byte
	if t == rdb.TypeHashTTL {
		first, _, _ := v.expiries()
		b = binary.LittleEndian.AppendUint64(b, uint64(first))
	}
	if v.Object != rdb.ObjectString {
		b = appendLength(b, uint64(len(v.Elements)))
	}
	for i := range v.Elements {
		b = one(b, &v.Elements[i])
	}
	return t, b, nil
}

// hashType: fields that expire need a type of their own, which Redis and
// Valkey write each in its way; nil is none.
func (v *Value) hashType(version int) (rdb.Type, func([]byte, *rdb.Element) []byte) {
	first, last, some := v.expiries()
	switch {
	case !some:
		return rdb.TypeHash, appendField
	case version >= firstValkey:
		return rdb.TypeValkeyHash2, appendFieldExpiry
	case first < 0 || last > maxExpiry:
		return 0, nil
	}
	return rdb.TypeHashTTL, func(dst []byte, e *rdb.Element) []byte {
		// The time to live counts from the first expiry, which gets 1; 0 is
		// none (redis src/rdb.c, rdbSaveHashTTL).
		ttl := uint64(0)
		if e.ExpireAt != rdb.NoExpiry {
			ttl = uint64(e.ExpireAt - first + 1)
		}
		return appendField(appendLength(dst, ttl), e)
	}
}

// maxExpiry is the latest expiry of a field that Redis takes, in Unix
// milliseconds (redis src/ebuckets.h, EB_EXPIRE_TIME_MAX).
const maxExpiry = 1<<48 - 1

// expiries are the earliest and the latest of the fields', where one expires.
func (v *Value) expiries() (first, last int64, some bool) {
	for i := range v.Elements {
		at := v.Elements[i].ExpireAt
		if at == rdb.NoExpiry {
			continue
		}
		if !some {
			first, last, some = at, at, true
		}
		first, last = min(first, at), max(last, at)
	}
	return first, last, some
}

func appendMember(dst []byte, e *rdb.Element) []byte { return appendString(dst, e.Member) }

func appendField(dst []byte, e *rdb.Element) []byte {
	return appendString(appendString(dst, e.Member), e.Value)
}

// appendFieldExpiry: field, value, and Unix milliseconds or -1 (valkey
// src/rdb.c, RDB_TYPE_HASH_2).
func appendFieldExpiry(dst []byte, e *rdb.Element) []byte {
	return binary.LittleEndian.AppendUint64(appendField(dst, e), uint64(e.ExpireAt))
}

func appendScore(dst []byte, e *rdb.Element) []byte {
	dst = appendString(dst, e.Member)
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(e.Score))
}

// appendTextScore: a byte with the length, then text; 253 to 255 stand for
// NaN and the infinities.
func appendTextScore(dst []byte, e *rdb.Element) []byte {
	dst = appendString(dst, e.Member)
	switch {
	case math.IsNaN(e.Score):
		return append(dst, 253)
	case math.IsInf(e.Score, 1):
		return append(dst, 254)
	case math.IsInf(e.Score, -1):
		return append(dst, 255)
	}
	text := strconv.AppendFloat(nil, e.Score, 'g', 17, 64)
	return append(append(dst, byte(len(text))), text...)
}

func appendString(dst, s []byte) []byte {
	return append(appendLength(dst, uint64(len(s))), s...)
}

// appendLength writes a length of the format: 6, 14, 32 or 64 bits, big
// endian.
func appendLength(dst []byte, n uint64) []byte {
	switch {
	case n < 1<<6:
		return append(dst, byte(n))
	case n < 1<<14:
		return append(dst, 0x40|byte(n>>8), byte(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(dst, 0x80), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, 0x81), n)
}
