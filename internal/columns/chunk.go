package columns

import (
	"bytes"
	"encoding/binary"

	"github.com/klauspost/compress/zstd"
)

// Numbers of parquet.thrift.
const (
	typeBool, typeInt32, typeInt64, typeBytes = 0, 1, 2, 6
	encodingPlain                             = 0
	encodingRLE                               = 3
	encodingDictionary                        = 8
	codecZstd                                 = 6
	pageData, pageDictionary                  = 0, 2
)

const (
	pageBytes = 64 << 10 // of values, before they are compressed
	pageRuns  = 16 << 10 // of levels or places in a dictionary
	// dictionaryBytes is the most that a dictionary holds.
	dictionaryBytes = 512 << 10
	// statisticBytes is the longest text that is told as the least or greatest.
	statisticBytes = 128
)

// A chunk is a column of the row group at hand.
type chunk struct {
	column Column
	levels runs
	plain  []byte // values of the page at hand
	bools  int    // how many of them there are, of a Bool
	places runs   // the same, in the dictionary
	dict   dictionary
	// pages are those that are done; raw is their length, not compressed.
	pages, scratch, compressed []byte
	raw                        int64
	hasPlain, hasPlaces        bool
	values, nulls              int64
	bounds                     bounds
}

// A dictionary gives values places.
type dictionary struct {
	places map[string]uint32
	last   []byte // the value that came last, and its place
	place  uint32
	plain  []byte // as its page has them
	full   bool
}

// bounds are the least and the greatest value.
type bounds struct {
	ints     [2]int64
	texts    [2][]byte
	is, long bool
}

func newChunk(c Column) *chunk {
	return &chunk{column: c, dict: dictionary{places: map[string]uint32{}}}
}

// take takes in the column of a batch.
func (k *chunk) take(c *cells, rows int, text []byte, z *zstd.Encoder) {
	next := 0
	for i, row := range c.row {
		k.levels.add(0, int(row)-next)
		k.levels.add(1, 1)
		next = int(row) + 1
		if k.column.Kind == Text {
			k.text(text[c.from[i]:c.ints[i]])
		} else {
			k.int(c.ints[i])
		}
		if len(k.plain) >= pageBytes || len(k.places.values) >= pageRuns ||
			len(k.levels.values) >= pageRuns {
			k.endPage(z)
		}
	}
	k.levels.add(0, rows-next)
	k.values += int64(rows)
	k.nulls += int64(rows - len(c.row))
}

func (k *chunk) text(b []byte) {
	if !k.column.Repeats || k.dict.full {
		k.bounds.text(b, k.column.Random)
		k.plain = append(binary.LittleEndian.AppendUint32(k.plain, uint32(len(b))), b...)
		return
	}
	if k.dict.last == nil || !bytes.Equal(k.dict.last, b) {
		place, known := k.dict.places[string(b)]
		if !known {
			k.bounds.text(b, false)
			place = uint32(len(k.dict.places))
			k.dict.places[string(b)] = place
			d := binary.LittleEndian.AppendUint32(k.dict.plain, uint32(len(b)))
			k.dict.plain = append(d, b...)
		}
		k.dict.place, k.dict.last = place, append(k.dict.last[:0], b...)
		if k.dict.last == nil {
			k.dict.last = []byte{}
		}
	}
	k.places.add(k.dict.place, 1)
}

func (k *chunk) int(n int64) {
	k.bounds.int(n)
	switch k.column.Kind {
	case Bool:
		if k.bools%8 == 0 {
			k.plain = append(k.plain, 0)
		}
		k.plain[len(k.plain)-1] |= byte(n) << (k.bools % 8)
		k.bools++
	case Small:
		k.plain = binary.LittleEndian.AppendUint32(k.plain, uint32(n))
	default:
		k.plain = binary.LittleEndian.AppendUint64(k.plain, uint64(n))
	}
}

// endPage compresses the page at hand. A dictionary that is too large is used no
// more.
func (k *chunk) endPage(z *zstd.Encoder) {
	if k.levels.n == 0 {
		return
	}
	encoding := int64(encodingPlain)
	b := append(k.scratch[:0], 0, 0, 0, 0)
	b = k.levels.appendTo(b, 1)
	binary.LittleEndian.PutUint32(b, uint32(len(b)-4))
	if k.places.n > 0 {
		encoding = encodingDictionary
		bitsEach := max(1, width(len(k.dict.places)-1))
		b = k.places.appendTo(append(b, byte(bitsEach)), bitsEach)
		k.hasPlaces = true
	} else {
		b = append(b, k.plain...)
		k.hasPlain = true
	}
	k.scratch = b
	k.pages = k.appendPage(k.pages, z, b, func(t *thrift) {
		t.i32(1, pageData)
	}, func(t *thrift) {
		t.child(5)
		t.i32(1, int64(k.levels.n))
		t.i32(2, encoding)
		t.i32(3, encodingRLE)
		t.i32(4, encodingRLE)
		t.end()
	})
	k.levels.reset()
	k.places.reset()
	k.plain, k.bools = k.plain[:0], 0
	k.dict.full = k.dict.full || len(k.dict.plain) > dictionaryBytes
	if cap(k.plain) > 4*pageBytes { // of one huge text; its memory is not kept
		k.plain, k.scratch, k.compressed = nil, nil, nil
	}
}

// appendPage appends a page of these bytes: kind tells its type, rest what else its
// header has.
func (k *chunk) appendPage(dst []byte, z *zstd.Encoder, b []byte, kind, rest func(*thrift)) []byte {
	k.compressed = z.EncodeAll(b, k.compressed[:0])
	t := thrift{b: dst}
	t.begin()
	kind(&t)
	t.i32(2, int64(len(b)))
	t.i32(3, int64(len(k.compressed)))
	rest(&t)
	t.end()
	k.raw += int64(len(t.b) - len(dst) + len(b))
	return append(t.b, k.compressed...)
}

// end returns the bytes of the chunk, in two parts, and appends what the file's
// end says of it; at is its place in the file.
func (k *chunk) end(z *zstd.Encoder, at int64, meta *thrift) (dictionary, pages []byte) {
	k.endPage(z)
	if k.hasPlaces {
		dictionary = k.appendPage(nil, z, k.dict.plain, func(t *thrift) {
			t.i32(1, pageDictionary)
		}, func(t *thrift) {
			t.child(7)
			t.i32(1, int64(len(k.dict.places)))
			t.i32(2, encodingPlain)
			t.end()
		})
	}
	meta.begin() // ColumnChunk
	meta.i64(2, 0)
	meta.child(3)
	meta.i32(1, k.column.Kind.physical())
	k.encodings(meta)
	meta.list(3, thriftBinary, 1)
	meta.item(k.column.Name)
	meta.i32(4, codecZstd)
	meta.i64(5, k.values)
	meta.i64(6, k.raw)
	meta.i64(7, int64(len(dictionary)+len(k.pages)))
	meta.i64(9, at+int64(len(dictionary)))
	if k.hasPlaces {
		meta.i64(11, at)
	}
	k.statistics(meta)
	meta.end()
	meta.end()
	return dictionary, k.pages
}

func (k *chunk) encodings(meta *thrift) {
	used := []int64{encodingRLE}
	if k.hasPlain || k.hasPlaces {
		used = append(used, encodingPlain)
	}
	if k.hasPlaces {
		used = append(used, encodingDictionary)
	}
	meta.list(2, thriftI32, len(used))
	for _, e := range used {
		meta.b = binary.AppendVarint(meta.b, e)
	}
}

func (k *chunk) statistics(meta *thrift) {
	meta.child(12)
	meta.i64(3, k.nulls)
	if least, greatest, ok := k.bounds.plain(k.column.Kind); ok {
		meta.text(5, string(greatest))
		meta.text(6, string(least))
	}
	meta.end()
}

// reset begins the next row group.
func (k *chunk) reset() {
	k.pages, k.raw, k.hasPlain, k.hasPlaces = k.pages[:0], 0, false, false
	k.values, k.nulls, k.bounds.is, k.bounds.long = 0, 0, false, false
	clear(k.dict.places)
	k.dict.plain, k.dict.last, k.dict.full = k.dict.plain[:0], nil, false
}

func (b *bounds) int(n int64) {
	if !b.is {
		b.ints, b.is = [2]int64{n, n}, true
		return
	}
	b.ints = [2]int64{min(b.ints[0], n), max(b.ints[1], n)}
}

func (b *bounds) text(t []byte, random bool) {
	switch {
	case random || b.long:
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
