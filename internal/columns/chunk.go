package columns

import (
	"encoding/binary"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// Numbers of parquet.thrift.
const (
	typeBool, typeInt32, typeInt64, typeBytes = 0, 1, 2, 6
	encodingPlain                             = 0
	encodingRLE                               = 3
	encodingDelta                             = 5 // DELTA_BINARY_PACKED
	encodingDeltaLength                       = 6 // DELTA_LENGTH_BYTE_ARRAY
	encodingDictionary                        = 8
	codecZstd                                 = 6
	pageData, pageDictionary                  = 0, 2
)

const (
	pageBytes   = 64 << 10 // of values, before they are compressed
	pageNumbers = 8 << 10
	pageRuns    = 16 << 10 // of levels or places in a dictionary
	// dictionaryBytes is the most that a dictionary holds.
	dictionaryBytes = 512 << 10
	// statisticBytes is the longest text that is told as the least or greatest.
	statisticBytes = 128
)

// A chunk is a column of the row group at hand.
type chunk struct {
	column Column
	levels runs
	// Values of the page at hand: numbers, or lengths of texts; texts, digests, or
	// truths as bits; or places in the dictionary.
	numbers  []int64
	bytes    []byte
	places   runs
	dict     dictionary
	hexTable []byte // of digests
	// pages are those that are done; raw is their length, not compressed.
	pages, scratch, compressed []byte
	raw                        int64
	hasOwn, hasPlaces          bool // pages in the encoding of the column, with places,
	hasNulls                   bool // with nothing else
	values, nulls              int64
	bounds                     bounds
}

// A dictionary gives texts places.
type dictionary struct {
	places map[string]uint32
	plain  []byte // as its page has them
	full   bool
}

func newChunk(c Column) *chunk {
	k := &chunk{column: c}
	if c.Repeats {
		k.dict.places = map[string]uint32{}
	}
	if c.Kind == Hex {
		k.hexTable = hexTable()
	}
	return k
}

// take takes in the column of a batch.
func (k *chunk) take(c *cells, rows int, z *zstd.Encoder) {
	c.endSpan()
	next, r := 0, cellReader{cells: c}
	for _, s := range c.spans {
		k.levels.add(0, s.from-next)
		for left := s.n; left > 0; {
			n := k.fill(&r, left)
			k.levels.add(1, n)
			left -= n
			if k.isFull() {
				k.endPage(z)
			}
		}
		next = s.from + s.n
		k.nulls -= int64(s.n)
	}
	k.levels.add(0, rows-next)
	k.values += int64(rows)
	k.nulls += int64(rows)
}

// A cellReader is how far cells have been taken.
type cellReader struct {
	*cells
	at   int // value, or, of those that repeat, text
	used int // times that the text was taken
}

// fill takes in some of the next n values, at least one, until the page is full.
func (k *chunk) fill(r *cellReader, n int) int {
	switch k.column.Kind {
	case Text:
		if k.column.Repeats {
			return k.repeated(r, n)
		}
		return k.texts(r, n)
	case Hex:
		n = min(n, (pageBytes/2-len(k.bytes))/hexBytes)
		k.bytes = append(k.bytes, r.text[r.at*hexBytes:(r.at+n)*hexBytes]...)
	case Bool:
		for _, is := range r.ints[r.at : r.at+n] {
			k.bounds.int(is)
			k.truth(is)
		}
	default:
		n = min(n, pageNumbers-len(k.numbers))
		all := r.ints[r.at : r.at+n]
		for _, v := range all {
			k.bounds.int(v)
		}
		k.numbers = append(k.numbers, all...)
	}
	r.at += n
	return n
}

func (k *chunk) truth(is int64) {
	n := len(k.numbers) % 8
	if n == 0 {
		k.bytes = append(k.bytes, 0)
	}
	k.bytes[len(k.bytes)-1] |= byte(is) << n
	k.numbers = append(k.numbers, is)
}

// texts is fill for texts that are not in a dictionary.
func (k *chunk) texts(r *cellReader, n int) int {
	for i := range n {
		k.text(r.text[r.begin(r.at):r.ends[r.at]])
		r.at++
		if len(k.bytes) >= pageBytes {
			return i + 1
		}
	}
	return n
}

func (k *chunk) text(b []byte) {
	k.bounds.text(b)
	k.bytes = append(k.bytes, b...)
	k.numbers = append(k.numbers, int64(len(b)))
}

// repeated is fill for the text at hand, as often as it comes in a row.
func (k *chunk) repeated(r *cellReader, n int) int {
	b := r.text[r.begin(r.at):r.ends[r.at]]
	n = min(n, r.again[r.at]-r.used)
	if k.dict.full {
		n = 1
		k.text(b)
	} else {
		k.places.add(k.dict.place(b, &k.bounds), n)
	}
	if r.used += n; r.used == r.again[r.at] {
		r.at, r.used = r.at+1, 0
	}
	return n
}

// place is that of a text, which gets one if it has none.
func (d *dictionary) place(b []byte, all *bounds) uint32 {
	place, known := d.places[string(b)]
	if !known {
		all.text(b)
		place = uint32(len(d.places))
		d.places[string(b)] = place
		d.plain = append(binary.LittleEndian.AppendUint32(d.plain, uint32(len(b))), b...)
	}
	return place
}

func (k *chunk) isFull() bool {
	most := pageBytes
	if k.column.Kind == Hex {
		most /= 2
	}
	return len(k.bytes) >= most || len(k.numbers) >= pageNumbers ||
		len(k.places.values) >= pageRuns || len(k.levels.values) >= pageRuns
}

// endPage compresses the page at hand. A dictionary that is too large is used no
// more.
func (k *chunk) endPage(z *zstd.Encoder) {
	if k.levels.n == 0 {
		return
	}
	b := append(k.scratch[:0], 0, 0, 0, 0)
	b = k.levels.appendTo(b, 1)
	binary.LittleEndian.PutUint32(b, uint32(len(b)-4))
	b, encoding := k.appendValues(b)
	size := len(b)
	if k.column.Kind == Hex {
		size += 2 * len(k.bytes)
		k.compressed = k.appendHexFrame(k.compressed[:0], z, b, k.bytes)
	} else {
		k.compressed = z.EncodeAll(b, k.compressed[:0])
	}
	k.scratch = b
	k.pages = k.appendPage(k.pages, size, func(t *thrift) {
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
	k.bytes, k.numbers = k.bytes[:0], k.numbers[:0]
	k.dict.full = k.dict.full || len(k.dict.plain) > dictionaryBytes
	if cap(k.bytes) > 4*pageBytes { // of one huge text; its memory is not kept
		k.bytes, k.scratch, k.compressed = nil, nil, nil
	}
}

// appendValues appends the values of the page at hand, of digests only their lengths.
func (k *chunk) appendValues(b []byte) (values []byte, encoding int64) {
	if k.places.n > 0 {
		bitsEach := max(1, width(len(k.dict.places)-1))
		k.hasPlaces = true
		return k.places.appendTo(append(b, byte(bitsEach)), bitsEach), encodingDictionary
	}
	if len(k.numbers) == 0 && len(k.bytes) == 0 {
		k.hasNulls = true
		return b, encodingPlain
	}
	k.hasOwn = true
	switch encoding = k.own(); {
	case encoding == encodingPlain:
		return append(b, k.bytes...), encoding
	case k.column.Kind == Hex:
		return appendSame(b, len(k.bytes)/hexBytes, 2*hexBytes), encoding
	case k.column.Kind == Text:
		return append(appendDeltas(b, k.numbers, true), k.bytes...), encoding
	}
	return appendDeltas(b, k.numbers, k.column.Kind == Small), encoding
}

// own is the encoding of values without a dictionary.
func (k *chunk) own() int64 {
	switch k.column.Kind {
	case Bool:
		return encodingPlain
	case Text, Hex:
		return encodingDeltaLength
	}
	return encodingDelta
}

// appendPage appends a page of what was compressed, of so many bytes: kind tells its
// type, rest what else its header has.
func (k *chunk) appendPage(dst []byte, size int, kind, rest func(*thrift)) []byte {
	t := thrift{b: dst}
	t.begin()
	kind(&t)
	t.i32(2, int64(size))
	t.i32(3, int64(len(k.compressed)))
	rest(&t)
	t.end()
	k.raw += int64(len(t.b) - len(dst) + size)
	return append(t.b, k.compressed...)
}

// end returns the bytes of the chunk, in two parts, and appends what the file's
// end says of it; at is its place in the file.
func (k *chunk) end(z *zstd.Encoder, at int64, meta *thrift) (dictionary, pages []byte) {
	k.endPage(z)
	if k.hasPlaces {
		k.compressed = z.EncodeAll(k.dict.plain, k.compressed[:0])
		dictionary = k.appendPage(nil, len(k.dict.plain), func(t *thrift) {
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
	if k.hasPlaces || k.hasNulls { // PLAIN is the dictionary itself
		used = append(used, encodingPlain)
	}
	if k.hasPlaces {
		used = append(used, encodingDictionary)
	}
	if own := k.own(); k.hasOwn && !slices.Contains(used, own) {
		used = append(used, own)
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
	k.pages, k.raw, k.hasOwn, k.hasPlaces = k.pages[:0], 0, false, false
	k.hasNulls = false
	k.values, k.nulls, k.bounds.is, k.bounds.long = 0, 0, false, false
	clear(k.dict.places)
	k.dict.plain, k.dict.full = k.dict.plain[:0], false
}
