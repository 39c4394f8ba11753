package annotate

import (
	"encoding/binary"
	"io"
	"math"
	"strconv"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/rdb/internal/listpack"
	"github.com/redsleuth/redsleuth/parse/rdb/internal/packed"
	"github.com/redsleuth/redsleuth/parse/rdb/internal/ziplist"
)

func (w *walker) value(rec *rdb.Record) error {
	switch rec.Type {
	case rdb.TypeString:
		return w.str("value")
	case rdb.TypeList, rdb.TypeSet:
		return w.each("elements", func() error { return w.str("element") })
	case rdb.TypeHash:
		return w.each("fields", func() error { return w.strs("field", "value") })
	case rdb.TypeZSet:
		return w.each("members", func() error { return w.in(w.str("member"), w.textScore) })
	case rdb.TypeZSet2:
		return w.each("members", func() error { return w.in(w.str("member"), w.score) })
	case rdb.TypeListZiplist, rdb.TypeZSetZiplist, rdb.TypeHashZiplist:
		return w.blob("ziplist", w.ziplist)
	case rdb.TypeHashListpack, rdb.TypeZSetListpack, rdb.TypeSetListpack, rdb.TypeHashLPTTLPreGA:
		return w.blob("listpack", w.listpack)
	case rdb.TypeSetIntset:
		return w.blob("intset", w.intset)
	case rdb.TypeListQuicklist:
		return w.each("nodes", func() error { return w.blob("ziplist", w.ziplist) })
	case rdb.TypeListQuicklist2:
		return w.each("nodes", w.quicklistNode)
	}
	return w.newerValue(rec)
}

func (w *walker) newerValue(rec *rdb.Record) error {
	switch rec.Type {
	case rdb.TypeHashListpackTTL:
		return w.in(w.time("first expiry", 8), func() error { return w.blob("listpack", w.listpack) })
	case rdb.TypeHashTTL:
		return w.in(w.time("first expiry", 8), func() error {
			return w.each("fields",
				func() error { return w.in(w.numbers("expiry, from the first, 0 for none"), w.field2) })
		})
	case rdb.TypeValkeyHash2:
		return w.each("fields",
			func() error { return w.in(w.field2(), func() error { return w.time("expiry", 8) }) })
	case rdb.TypeStream, rdb.TypeStream2, rdb.TypeStream3, rdb.TypeStream4, rdb.TypeStream5:
		return w.stream(rec.Type)
	case rdb.TypeModule2:
		return w.in(w.numbers("module id"), w.moduleItems)
	}
	return errRest
}

// in continues with next if what came before it went well.
func (w *walker) in(err error, next func() error) error {
	if err != nil {
		return err
	}
	return next()
}

func (w *walker) field2() error { return w.strs("field", "value") }

// each takes a count and as many of what take takes.
func (w *walker) each(label string, take func() error) error {
	n, err := w.number(label)
	if err != nil {
		return err
	}
	w.depth++
	defer func() { w.depth-- }()
	for range n {
		if err := take(); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) score() error {
	b, err := w.peek(8)
	if err != nil {
		return err
	}
	return w.raw(8, nil, "score: %s",
		strconv.FormatFloat(math.Float64frombits(binary.LittleEndian.Uint64(b)), 'g', -1, 64))
}

func (w *walker) textScore() error {
	b, err := w.peek(1)
	if err != nil {
		return err
	}
	if n := b[0]; n < 253 {
		if b, err = w.peek(1 + int64(n)); err != nil {
			return err
		}
		return w.raw(1+int64(n), b[1:], "score")
	}
	return w.raw(1, nil, "score: %s", [...]string{"nan", "inf", "-inf"}[b[0]-253])
}

func (w *walker) quicklistNode() error {
	b, err := w.peek(1)
	if err != nil {
		return err
	}
	const plain = 1
	if b[0] == plain {
		return w.in(w.raw(1, nil, "plain node"), func() error { return w.str("element") })
	}
	return w.in(w.raw(1, nil, "packed node"), func() error { return w.blob("listpack", w.listpack) })
}

// part tells of bytes from..to of a blob; of one that is not compressed they
// are those that come next.
func (w *walker) part(blob []byte, inner bool, from, to int, text []byte, label string) error {
	if inner {
		return w.inner(blob, from, to, text, "%s", label)
	}
	return w.raw(int64(to-from), text, "%s", label)
}

// A blobReader goes over the entries of a blob and tells where it is.
type blobReader interface {
	Reset(blob []byte) error
	Next() (packed.Entry, error)
	Pos() int
}

func (w *walker) listpack(blob []byte, inner bool) error {
	return w.packed(blob, inner, &listpack.Reader{}, listpack.HeaderSize)
}

func (w *walker) ziplist(blob []byte, inner bool) error {
	return w.packed(blob, inner, &ziplist.Reader{}, ziplist.HeaderSize)
}

// packed: a header, entries, an end mark.
func (w *walker) packed(blob []byte, inner bool, r blobReader, header int) error {
	blob = append([]byte{}, blob...) // the cursor moves on while it is read
	if err := r.Reset(blob); err != nil {
		return rest("%s", err)
	}
	if err := w.part(blob, inner, 0, header, nil, "header: bytes, entries"); err != nil {
		return err
	}
	for i, from := 0, header; ; i++ {
		e, err := r.Next()
		if err == io.EOF {
			return w.part(blob, inner, from, len(blob), nil, "end")
		}
		if err != nil {
			return rest("%s", err)
		}
		label := "entry " + strconv.Itoa(i)
		if e.IsInt() {
			label += ": " + strconv.FormatInt(e.Int, 10)
		}
		if err := w.part(blob, inner, from, r.Pos(), e.Text, label); err != nil {
			return err
		}
		from = r.Pos()
	}
}

// intset: width, count, and as many numbers.
func (w *walker) intset(blob []byte, inner bool) error {
	blob = append([]byte{}, blob...)
	if len(blob) < 8 {
		return rest("an intset of %d bytes", len(blob))
	}
	width := int(binary.LittleEndian.Uint32(blob))
	if width != 2 && width != 4 && width != 8 {
		return rest("an intset of numbers of %d bytes", width)
	}
	if err := w.part(blob, inner, 0, 4, nil, "bytes each: "+strconv.Itoa(width)); err != nil {
		return err
	}
	members := uint64(binary.LittleEndian.Uint32(blob[4:]))
	if err := w.part(blob, inner, 4, 8, nil, "members: "+strconv.FormatUint(members, 10)); err != nil {
		return err
	}
	return w.integers(blob, width, inner)
}

// integers are those of an intset, after its head of 8 bytes.
func (w *walker) integers(blob []byte, width int, inner bool) error {
	for from := 8; from+width <= len(blob); from += width {
		n := int64(0)
		for i, c := range blob[from : from+width] {
			n |= int64(c) << (8 * i)
		}
		n = n << (64 - 8*width) >> (64 - 8*width)
		label := "member: " + strconv.FormatInt(n, 10)
		if err := w.part(blob, inner, from, from+width, nil, label); err != nil {
			return err
		}
	}
	return nil
}

// moduleItems: an opcode and what belongs to it, up to the opcode 0.
func (w *walker) moduleItems() error {
	for {
		op, err := w.number("opcode (0 end, 1 signed, 2 unsigned, 3 float, 4 double, 5 string)")
		if err != nil || op == 0 {
			return err
		}
		switch op {
		case 1, 2:
			err = w.numbers("number")
		case 3:
			err = w.raw(4, nil, "float")
		case 4:
			err = w.raw(8, nil, "double")
		case 5:
			err = w.str("string")
		default:
			err = rest("an opcode that does not exist")
		}
		if err != nil {
			return err
		}
	}
}
