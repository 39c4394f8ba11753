package rdb

import (
	"strconv"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb/internal/intset"
	"github.com/redsleuth/redsleuth/parse/rdb/internal/listpack"
	"github.com/redsleuth/redsleuth/parse/rdb/internal/ziplist"
	"github.com/redsleuth/redsleuth/parse/rdb/internal/zipmap"
)

const (
	nodePlain   = 1
	nodePacked  = 2
	rawIDSize   = 16
	rawTimeSize = 8
)

// Skip steps over the value of the key that Next returned, and sets the
// record's Elements and Bytes. Counts come from length fields: nothing is
// decompressed or walked but for blobs that don't know their own count.
func (d *Decoder) Skip() error {
	if !d.unread {
		return nil
	}
	d.unread = false
	n, err := d.skipValue()
	if err != nil {
		d.err = within(err, "the value")
		return d.err
	}
	d.rec.Elements = n
	return d.finish(nil)
}

// Stored is Skip that shows the value's bytes as they are in the file, from
// ValueByte on: all but the last piece to see, the last as its result. Both are
// borrowed. Two values of one Type with equal bytes are equal, but for those
// that refer to a hash template.
func (d *Decoder) Stored(see func(piece []byte)) (last []byte, err error) {
	d.c.Watch(see)
	err = d.Skip()
	return d.c.Unwatch(), err
}

func (d *Decoder) skipValue() (int64, error) {
	switch t := d.rec.Type; t {
	case TypeString:
		return 1, d.skipString()
	case TypeList, TypeSet:
		return d.skipStrings(1)
	case TypeHash:
		return d.skipStrings(2)
	case TypeZSet2:
		return d.each(func() error { return d.skipThen(8) })
	case TypeZSet:
		return d.each(d.skipScored)
	case TypeHashZipmap, TypeListZiplist, TypeSetIntset, TypeZSetZiplist, TypeHashZiplist,
		TypeHashListpack, TypeZSetListpack, TypeSetListpack:
		return d.skipBlob(t)
	case TypeListQuicklist:
		return d.skipQuicklist()
	case TypeListQuicklist2:
		return d.skipQuicklist2()
	case TypeStream, TypeStream2, TypeStream3, TypeStream4, TypeStream5:
		return d.skipStream(t)
	}
	return d.skipNewer()
}

// skipNewer: the types that few files hold.
func (d *Decoder) skipNewer() (int64, error) {
	switch t := d.rec.Type; t {
	case TypeHashTTL:
		if err := d.skip(rawTimeSize); err != nil {
			return 0, err
		}
		return d.each(d.skipTimedField)
	case TypeHashTTLPreGA:
		return d.each(d.skipTimedField)
	case TypeHashListpackTTL:
		if err := d.skip(rawTimeSize); err != nil {
			return 0, err
		}
		return d.skipBlob(t)
	case TypeHashLPTTLPreGA:
		return d.skipBlob(t)
	case TypeValkeyHash2:
		return d.each(func() error {
			if err := d.skipString(); err != nil {
				return err
			}
			return d.skipThen(rawTimeSize)
		})
	case TypeModule2:
		return d.skipModule()
	case TypeArray:
		return d.skipArray()
	case TypeHashTemplateLPRef:
		n, err := d.skipBlob(t)
		return n - 1, err
	case TypeHashTemplateArrayRef:
		return d.skipTemplateHash()
	case TypeGCRA:
		_, err := d.length()
		return 1, err
	}
	return 0, d.fail(parse.Unsupported("values of type %d can be neither decoded nor skipped: %s",
		d.rec.Type&0xff, whyUnsupported(d.rec.Type)))
}

func whyUnsupported(t Type) string {
	switch t {
	case TypeModulePreGA:
		return "modules of the 4.0 release candidates saved without opcodes"
	case TypeHashTemplateLPDump, TypeHashTemplateArrayDump:
		return "it belongs into DUMP payloads only"
	}
	return "its layout is not published"
}

// count takes a number of members.
func (d *Decoder) count() (uint64, error) {
	n, err := d.length()
	if err == nil && n > 1<<61 {
		err = d.fail(parse.Damaged("a count of %d members", n))
	}
	if d.claimed == 0 {
		d.claimed = n
	}
	return n, err
}

// each takes a count, and calls member for as many members.
func (d *Decoder) each(member func() error) (int64, error) {
	n, err := d.count()
	if err != nil {
		return 0, err
	}
	for i := range n {
		if err := member(); err != nil {
			return 0, within(err, "member "+strconv.FormatUint(i, 10))
		}
	}
	return int64(n), nil
}

// skipStrings is each for members of so many strings.
func (d *Decoder) skipStrings(each uint64) (int64, error) {
	n, err := d.count()
	if err != nil {
		return 0, err
	}
	for i := range n * each {
		if err := d.skipString(); err != nil {
			return 0, within(err, "member "+strconv.FormatUint(i/each, 10))
		}
	}
	return int64(n), nil
}

// skipThen steps over a string and n raw bytes.
func (d *Decoder) skipThen(n uint64) error {
	if err := d.skipString(); err != nil {
		return err
	}
	return d.skip(n)
}

// skipScored: member, then a score in text with its length before it; 253 to
// 255 stand for NaN and the infinities.
func (d *Decoder) skipScored() error {
	if err := d.skipString(); err != nil {
		return err
	}
	n, err := d.byte()
	if err != nil || n >= 253 {
		return err
	}
	return d.skip(uint64(n))
}

// skipTimedField: time to live, field, value.
func (d *Decoder) skipTimedField() error {
	if _, err := d.length(); err != nil {
		return err
	}
	if err := d.skipString(); err != nil {
		return err
	}
	return d.skipString()
}

// skipBlob steps over a value that is one string, and tells its members.
func (d *Decoder) skipBlob(t Type) (int64, error) {
	n, err := d.skipCounted(t)
	switch t {
	case TypeZSetZiplist, TypeHashZiplist, TypeHashListpack, TypeZSetListpack:
		n /= 2
	case TypeHashListpackTTL, TypeHashLPTTLPreGA:
		n /= 3
	}
	return n, err
}

// skipCounted steps over a blob and returns the number of its entries.
func (d *Decoder) skipCounted(t Type) (int64, error) {
	const most = ziplist.HeaderSize // the largest of all headers
	w := d.peek()
	h, ok := d.peekString(w)
	if ok {
		if n, known := headCount(t, blobHead(w, h, most, d.slots[3])); known {
			return n, d.skip(uint64(h.head) + uint64(h.packed))
		}
	}
	blob, err := d.str(&d.slots[0])
	if err != nil {
		return 0, err
	}
	n, err := walkedCount(t, blob)
	if err != nil {
		return 0, d.fail(err)
	}
	return int64(n), nil
}

// headCount reads the count in the header of a blob; false where there is
// none to trust.
func headCount(t Type, head []byte) (int64, bool) {
	count := listpack.Count
	switch t {
	case TypeHashZipmap:
		count = zipmap.Count
	case TypeSetIntset:
		count = intset.Count
	case TypeListZiplist, TypeZSetZiplist, TypeHashZiplist, TypeListQuicklist:
		count = ziplist.Count
	}
	n, known := count(head)
	return int64(n), known
}

func walkedCount(t Type, blob []byte) (int, error) {
	switch t {
	case TypeHashZipmap:
		return zipmap.Len(blob)
	case TypeListZiplist, TypeZSetZiplist, TypeHashZiplist, TypeListQuicklist:
		return ziplist.Len(blob)
	case TypeSetIntset:
		return 0, parse.Damaged("an intset of %d bytes", len(blob))
	}
	return listpack.Len(blob)
}

func (d *Decoder) skipQuicklist() (int64, error) {
	total := int64(0)
	_, err := d.each(func() error {
		n, err := d.skipCounted(TypeListQuicklist)
		total += n
		return err
	})
	return total, err
}

func (d *Decoder) skipQuicklist2() (int64, error) {
	total := int64(0)
	_, err := d.each(func() error {
		container, err := d.length()
		if err != nil {
			return err
		}
		n := int64(1)
		switch container {
		case nodePlain:
			err = d.skipString()
		case nodePacked:
			n, err = d.skipCounted(TypeListQuicklist2)
		default:
			err = d.fail(parse.Damaged("a node is neither plain (1) nor packed (2) but %d", container))
		}
		total += n
		return err
	})
	return total, err
}

func (d *Decoder) skipTemplateHash() (int64, error) {
	id, err := d.length()
	if err != nil {
		return 0, err
	}
	t, ok := d.hashTemplates[id]
	if !ok {
		return 0, d.fail(parse.Damaged("hash template %d is not in the file", id))
	}
	for range t.fields {
		if err := d.skipString(); err != nil {
			return 0, err
		}
	}
	return int64(len(t.fields)), nil
}

// skipArray: count, an insert position if there is one, then index, tag and
// payload of each slot.
func (d *Decoder) skipArray() (int64, error) {
	var count, hasInsert uint64
	if err := d.lengths(&count, &hasInsert); err != nil {
		return 0, err
	}
	if hasInsert > 1 || count > 1<<62 {
		return 0, d.fail(parse.Damaged("an array of %d slots with insert mark %d", count, hasInsert))
	}
	if hasInsert == 1 {
		if _, err := d.length(); err != nil {
			return 0, err
		}
	}
	for range count {
		var index, tag uint64
		err := d.lengths(&index, &tag)
		switch {
		case err != nil:
		case tag == arrayText, tag == arrayShortText:
			err = d.skipString()
		case tag == arrayInt, tag == arrayFloat:
			err = d.skip(8)
		default:
			err = d.fail(parse.Damaged("%d is no tag of an array's slot", tag))
		}
		if err != nil {
			return 0, err
		}
	}
	return int64(count), nil
}

// The tags of an array's slots (redis src/sparsearray.c).
const (
	arrayText      = 0
	arrayInt       = 1 // 8 bytes
	arrayFloat     = 2 // 8 bytes
	arrayShortText = 3
)
