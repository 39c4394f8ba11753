package columns

import (
	"bytes"
	"encoding/binary"
)

// bounds are the least and the greatest value.
type bounds struct {
	ints     [2]int64
	texts    [2][]byte
	is, long bool
}

func (b *bounds) int(n int64) {
	if !b.is {
		b.ints, b.is = [2]int64{n, n}, true
		return
	}
	b.ints = [2]int64{min(b.ints[0], n), max(b.ints[1], n)}
}

func (b *bounds) text(t []byte) {
	switch {
	case b.long:
	case len(t) > statisticBytes:
		b.long = true
	case !b.is:
		b.is = true
		b.texts = [2][]byte{append(b.texts[0][:0], t...), append(b.texts[1][:0], t...)}
	case bytes.Compare(t, b.texts[0]) < 0:
		b.texts[0] = append(b.texts[0][:0], t...)
	case bytes.Compare(t, b.texts[1]) > 0:
		b.texts[1] = append(b.texts[1][:0], t...)
	}
}

// plain are the bounds as values are written; false where there is nothing to
// tell.
func (b *bounds) plain(kind Kind) (least, greatest []byte, ok bool) {
	one := func(n int64) []byte {
		switch kind {
		case Bool:
			return []byte{byte(n)}
		case Small:
			return binary.LittleEndian.AppendUint32(nil, uint32(n))
		}
		return binary.LittleEndian.AppendUint64(nil, uint64(n))
	}
	switch {
	case !b.is || b.long:
		return nil, nil, false
	case kind == Text:
		return b.texts[0], b.texts[1], true
	}
	return one(b.ints[0]), one(b.ints[1]), true
}
