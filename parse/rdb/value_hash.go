package rdb

import (
	"io"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb/internal/zipmap"
)

// maxExpiry is the largest expiry time of a hash field (redis src/ebuckets.h,
// EB_EXPIRE_TIME_MAX), in Unix milliseconds.
const maxExpiry = 1<<48 - 1

func (d *Decoder) readField() error {
	return d.field(func() error { return nil })
}

// field reads a field and its value, then what is after them.
func (d *Decoder) field(after func() error) (err error) {
	e := &d.value.element
	e.Kind = ElementField
	d.c.Pin()
	defer d.c.Unpin()
	if e.Member, err = d.str(&d.slots[1]); err != nil {
		return err
	}
	if e.Value, err = d.str(&d.slots[2]); err != nil {
		return within(err, "the field's value")
	}
	if err := after(); err != nil {
		return within(err, "the field's expiry time")
	}
	return d.emit()
}

// readHashTTL: the first expiry time; a count; of each field the time from
// there on, counted from 1, where 0 is none, then field and value.
func (d *Decoder) readHashTTL() (int64, error) {
	first, err := d.int64()
	if err != nil {
		return 0, within(err, "the first expiry time")
	}
	return d.each(func() error { return d.readFieldFrom(first - 1) })
}

// readFieldUntil: expiry time, or 0 for none; field; value.
func (d *Decoder) readFieldUntil() error { return d.readFieldFrom(0) }

func (d *Decoder) readFieldFrom(base int64) error {
	ttl, err := d.length()
	if err == nil && ttl > maxExpiry {
		err = d.fail(parse.Damaged("an expiry time that no server would set"))
	}
	if err == nil {
		d.value.element.ExpireAt, err = d.expiry(int64(ttl), base)
	}
	if err != nil {
		return within(err, "the field's expiry time")
	}
	return d.readField()
}

// expiry is the time that is ttl after base; a ttl of 0 is none.
func (d *Decoder) expiry(ttl, base int64) (int64, error) {
	if ttl == 0 {
		return NoExpiry, nil
	}
	if ttl < 0 || base < -1 || base > maxExpiry || base+ttl > maxExpiry {
		return 0, d.fail(parse.Damaged("an expiry time that no server would set"))
	}
	return base + ttl, nil
}

// readFieldExpiry: field, value, then the expiry time, or -1 for none.
func (d *Decoder) readFieldExpiry() error {
	return d.field(func() error {
		at, err := d.int64()
		if err == nil && at < NoExpiry {
			err = d.fail(parse.Damaged("an expiry time that no server would set"))
		}
		d.value.element.ExpireAt = at
		return err
	})
}

// zipmapNoCount: servers write 254 where a zipmap's count is more than a byte
// holds. Those before 6.2 take 255 for the same.
const zipmapNoCount = 255

func (d *Decoder) readZipmap() (int64, error) {
	blob, err := d.blob()
	if err != nil {
		return 0, err
	}
	var r zipmap.Reader
	if err := r.Reset(blob); err != nil {
		return 0, d.failBlob(err)
	}
	if blob[0] == zipmapNoCount {
		d.value.doubt = d.failBlob(parse.Damaged("a zipmap that says it has %d pairs", blob[0]))
		if d.strict {
			return 0, d.value.doubt
		}
	}
	e := &d.value.element
	e.Kind = ElementField
	for n := int64(0); ; n++ {
		e.Member, e.Value, err = r.Next()
		switch {
		case err == io.EOF:
			return n, nil
		case err != nil:
			return 0, d.failBlob(err)
		}
		if err := d.emit(); err != nil {
			return 0, err
		}
	}
}

// readTemplateListpack: a listpack of the template's id and a value for each
// of its fields.
func (d *Decoder) readTemplateListpack() (int64, error) {
	blob, err := d.blob()
	if err != nil {
		return 0, err
	}
	r := &d.value.listpack
	if err := r.Reset(blob); err != nil {
		return 0, d.failBlob(Flawed(FlawEnvelope, err))
	}
	id, err := r.Next()
	if err != nil || !id.IsInt() || id.Int < 0 {
		return 0, d.failBlob(parse.Damaged("a listpack that does not begin with a template's id"))
	}
	t, err := d.hashTemplate(uint64(id.Int))
	if err != nil {
		return 0, err
	}
	e := &d.value.element
	e.Kind = ElementField
	for n := 0; ; n++ {
		value, err := r.Next()
		switch {
		case err == io.EOF && n == len(t.fields):
			return int64(n), nil
		case err == io.EOF || n == len(t.fields):
			return 0, d.failBlob(parse.Damaged(
				"a template of %d fields and another number of values", len(t.fields)))
		case err != nil:
			return 0, d.failBlob(err)
		}
		e.Member, e.Value = t.fields[n], value.Bytes(&d.value.text[1])
		if err := d.emit(); err != nil {
			return 0, err
		}
	}
}

// readTemplateStrings: the template's id, and a value for each of its fields.
func (d *Decoder) readTemplateStrings() (int64, error) {
	id, err := d.length()
	if err != nil {
		return 0, err
	}
	t, err := d.hashTemplate(id)
	if err != nil {
		return 0, err
	}
	e := &d.value.element
	e.Kind = ElementField
	for i := range t.fields {
		e.Member = t.fields[i]
		if e.Value, err = d.str(&d.slots[2]); err != nil {
			return 0, within(err, "the field's value")
		}
		if err := d.emit(); err != nil {
			return 0, err
		}
	}
	return int64(len(t.fields)), nil
}

func (d *Decoder) hashTemplate(id uint64) (hashTemplate, error) {
	t, ok := d.hashTemplates[id]
	if !ok {
		return t, d.fail(parse.Damaged("hash template %d is not in the file", id))
	}
	return t, nil
}
