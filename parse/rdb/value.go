package rdb

import (
	"errors"
	"io"
	"strconv"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb/internal/intset"
	"github.com/redsleuth/redsleuth/parse/rdb/internal/listpack"
	"github.com/redsleuth/redsleuth/parse/rdb/internal/packed"
	"github.com/redsleuth/redsleuth/parse/rdb/internal/ziplist"
)

// A valueReader holds what reading a value needs, for use again with the next.
type valueReader struct {
	visit    func(*Element) error // nil once the visitor has seen enough
	blobs    func(Blob)           // nil but where Blobs asked
	element  Element
	blobAt   int64 // place of the blob that is being read
	ziplist  ziplist.Reader
	listpack listpack.Reader
	intset   intset.Reader
	row      [3]packed.Entry
	text     [3][]byte // integers of the row, printed
	stream   streamReader
	vector   Vector
	vectors  VectorsState
	doubt    error
}

// Doubt is what was wrong with the last value that Value visited, though it can be
// read: with Strict it is an error.
func (d *Decoder) Doubt() error { return d.value.doubt }

// Value visits the value of the key that Next returned, element by element,
// and sets the record's Elements and Bytes. An error of the visitor, other
// than SkipRest, ends the reading and is returned.
func (d *Decoder) Value(visit func(*Element) error) error {
	if !d.unread {
		return nil
	}
	d.unread = false
	d.value.visit = visit
	d.value.element, d.value.doubt = Element{ExpireAt: NoExpiry}, nil
	n, err := d.readValue()
	d.c.Unpin()
	d.value.visit = nil
	if err != nil {
		d.err = within(err, "the value")
		return d.err
	}
	if d.value.doubt != nil {
		d.value.doubt = within(d.value.doubt, "the value")
	}
	d.rec.Elements = n
	return d.finish(nil)
}

// emit shows the element to the visitor.
func (d *Decoder) emit() error {
	if d.value.visit == nil {
		return nil
	}
	err := d.value.visit(&d.value.element)
	if err == nil || !errors.Is(err, SkipRest) {
		return err
	}
	d.value.visit = nil
	return nil
}

func (d *Decoder) readValue() (int64, error) {
	switch t := d.rec.Type; t {
	case TypeString:
		return 1, d.readMember()
	case TypeList, TypeSet:
		return d.each(d.readMember)
	case TypeHash:
		return d.each(d.readField)
	case TypeZSet:
		return d.each(d.readTextScore)
	case TypeZSet2:
		return d.each(d.readScore)
	case TypeHashZipmap:
		return d.readZipmap()
	case TypeListZiplist, TypeSetIntset, TypeZSetZiplist, TypeHashZiplist,
		TypeHashListpack, TypeZSetListpack, TypeSetListpack, TypeHashLPTTLPreGA:
		return d.readBlob(t)
	case TypeListQuicklist:
		return d.readQuicklist()
	case TypeListQuicklist2:
		return d.readQuicklist2()
	case TypeStream, TypeStream2, TypeStream3, TypeStream4, TypeStream5:
		return d.readStream(t)
	case TypeHashListpackTTL:
		// What is before the blob is the first expiry, and may be stale.
		first, err := d.int64()
		if err != nil {
			return 0, err
		}
		d.value.element.FirstExpiry = first
		return d.readBlob(t)
	}
	return d.readNewer()
}

// readNewer: the types that few files hold.
func (d *Decoder) readNewer() (int64, error) {
	switch d.rec.Type {
	case TypeHashTTL:
		return d.readHashTTL()
	case TypeHashTTLPreGA:
		return d.each(d.readFieldUntil)
	case TypeValkeyHash2:
		return d.each(d.readFieldExpiry)
	case TypeHashTemplateLPRef:
		return d.readTemplateListpack()
	case TypeHashTemplateArrayRef:
		return d.readTemplateStrings()
	case TypeModule2:
		return d.readModule()
	case TypeArray:
		return d.readArray()
	case TypeGCRA:
		return d.readGCRA()
	}
	return d.skipNewer() // says why it can't
}

// readMember reads a string that is a whole element.
func (d *Decoder) readMember() (err error) {
	e := &d.value.element
	e.Kind = ElementBytes
	if e.Member, err = d.str(&d.slots[1]); err != nil {
		return err
	}
	return d.emit()
}

// readBlob reads a value that is one packed string.
func (d *Decoder) readBlob(t Type) (int64, error) {
	blob, err := d.blob()
	if err != nil {
		return 0, err
	}
	return d.readPacked(t, blob)
}

// blob takes a string that holds many entries.
func (d *Decoder) blob() ([]byte, error) {
	d.value.blobAt = d.place()
	b, err := d.str(&d.slots[3])
	if err == nil {
		d.sawBlob(Blob{Bytes: len(b), ID: d.value.stream.node})
	}
	return b, err
}

// failBlob is fail for what is wrong within a blob; it may be compressed, so
// the place is where the blob begins.
func (d *Decoder) failBlob(err error, path ...string) error {
	if err != nil && FlawOf(err) == FlawOther && errors.Is(err, parse.ErrDamaged) {
		err = Flawed(FlawEntries, err)
	}
	return d.fail(parse.At(d.value.blobAt, err, path...))
}

// readPacked visits the entries of a packed blob, as many at a time as make
// an element, and returns the number of elements.
func (d *Decoder) readPacked(t Type, blob []byte) (int64, error) {
	r := d.packedReader(t)
	if err := r.Reset(blob); err != nil {
		return 0, d.failBlob(Flawed(FlawEnvelope, err))
	}
	arity := entriesEach(t)
	for n := int64(0); ; n++ {
		ok, err := d.readRow(r, arity)
		if err != nil || !ok {
			return n, err
		}
		if err := d.emitRow(t); err != nil {
			return 0, within(err, "member "+strconv.FormatInt(n, 10))
		}
	}
}

// A packedReader goes over the entries of a packed blob.
type packedReader interface {
	Reset(blob []byte) error
	Next() (packed.Entry, error)
}

func (d *Decoder) packedReader(t Type) packedReader {
	switch t {
	case TypeSetIntset:
		return &d.value.intset
	case TypeListZiplist, TypeZSetZiplist, TypeHashZiplist, TypeListQuicklist:
		return &d.value.ziplist
	}
	return &d.value.listpack
}

// entriesEach is how many entries of a blob make an element.
func entriesEach(t Type) int {
	switch t {
	case TypeZSetZiplist, TypeHashZiplist, TypeHashListpack, TypeZSetListpack:
		return 2
	case TypeHashListpackTTL, TypeHashLPTTLPreGA:
		return 3
	}
	return 1
}

// readRow reads the entries that make an element; false after the last.
func (d *Decoder) readRow(r packedReader, arity int) (ok bool, err error) {
	lp, isListpack := r.(*listpack.Reader)
	for i := range arity {
		if isListpack { // most are, and a call that is known costs less
			d.value.row[i], err = lp.Next()
		} else {
			d.value.row[i], err = r.Next()
		}
		switch {
		case err == io.EOF && i == 0:
			return false, nil
		case err == io.EOF:
			return false, d.failBlob(parse.Damaged("the last member has %d of %d entries", i, arity))
		case err != nil:
			return false, d.failBlob(err)
		}
	}
	return true, nil
}

// emitRow makes an element of the row's entries.
func (d *Decoder) emitRow(t Type) (err error) {
	e, row, text := &d.value.element, &d.value.row, &d.value.text
	e.Kind, e.Member = ElementBytes, row[0].Bytes(&text[0])
	switch t {
	case TypeHashZiplist, TypeHashListpack:
		e.Kind, e.Value = ElementField, row[1].Bytes(&text[1])
	case TypeHashListpackTTL, TypeHashLPTTLPreGA:
		e.Kind, e.Value = ElementField, row[1].Bytes(&text[1])
		if !row[2].IsInt() {
			return d.failBlob(parse.Damaged("an expiry time that is no number"))
		}
		if e.ExpireAt, err = d.expiry(row[2].Int, 0); err != nil {
			return err
		}
	case TypeZSetZiplist, TypeZSetListpack:
		e.Kind = ElementScore
		if e.Score, err = d.entryScore(row[1]); err != nil {
			return err
		}
	}
	return d.emit()
}
