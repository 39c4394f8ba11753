package cause

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/value"
)

// A payload is where the keys of one are in a recording. Of each there is
//
//	varint db, type, whether it expires, when (Unix ms), place in the RDB,
//	       length of the key; its bytes
//	varint length of a piece of the stored value, its bytes; …; varint 0, or -1
//	       where the value was damaged
type payload struct {
	from, to int64
	header   rdb.Header
	// whole: it was read to its end.
	whole bool
	// templates: values refer to records further up (Redis 8.10), and mean
	// nothing by themselves.
	templates bool
}

// What stands in place of the length of a further piece.
const (
	wholeValue   = 0
	damagedValue = -1
)

// A payloadRecorder writes down the payloads that a survey of one input comes
// to.
type payloadRecorder struct {
	*recording
	path string
}

// RDB implements record.Handler, as do the methods below.
func (r payloadRecorder) RDB(l *record.Link, d *rdb.Decoder) error {
	k := linkKey{path: r.path}
	if l != nil {
		k.link = l.Number
	}
	p := &payload{from: r.values.at, whole: true}
	for rec, err := range d.Records() {
		if err == nil {
			err = r.record(p, rec, d)
		}
		if parse.IsDamage(err) {
			p.whole = false
			break
		}
		if err != nil {
			return err
		}
	}
	p.to, p.header = r.values.at, d.Header()
	r.payloads[k] = p
	return nil
}

func (r payloadRecorder) record(p *payload, rec *rdb.Record, d *rdb.Decoder) error {
	switch rec.Kind {
	case rdb.KindHashTemplate:
		p.templates = true
	case rdb.KindAux:
		if string(rec.Name) == "lua" {
			return r.source(rec.Value)
		}
	case rdb.KindKey:
		return r.key(rec, d)
	}
	return nil
}

func (r payloadRecorder) key(rec *rdb.Record, d *rdb.Decoder) error {
	expires := int64(0)
	if rec.HasExpire {
		expires = 1
	}
	b := binary.AppendVarint(r.buf[:0], int64(rec.DB))
	b = binary.AppendVarint(b, int64(rec.Type))
	b = binary.AppendVarint(b, expires)
	b = binary.AppendVarint(b, rec.ExpireAt)
	b = binary.AppendVarint(b, rec.Byte)
	b = binary.AppendVarint(b, int64(len(rec.Key)))
	r.buf = append(b, rec.Key...)
	if err := r.values.write(r.buf); err != nil {
		return err
	}
	var failed error
	piece := func(b []byte) {
		if len(b) > 0 && failed == nil {
			r.buf = binary.AppendVarint(r.buf[:0], int64(len(b)))
			failed = errors.Join(r.values.write(r.buf), r.values.write(b))
		}
	}
	last, err := d.Stored(piece)
	end := int64(wholeValue)
	if err != nil {
		last, end = nil, damagedValue
	}
	piece(last)
	return errors.Join(failed, r.values.write(binary.AppendVarint(r.buf[:0], end)), err)
}

func (payloadRecorder) LinkStart(*record.Link) error  { return nil }
func (payloadRecorder) Command(*record.Command) error { return nil }
func (payloadRecorder) Note(*record.Note) error       { return nil }
func (payloadRecorder) LinkEnd(*record.Link) error    { return nil }

// payloadOf is where the payload is recorded with which a state begins; nil
// where that is a dump, or where its values mean nothing by themselves. An AOF
// has its head before its link.
func (r *recording) payloadOf(b *begin) *payload {
	if b.outcome != replay.Loaded {
		return nil
	}
	p := r.payloads[linkKey{b.path, b.link}]
	if p == nil {
		p = r.payloads[linkKey{path: b.path}]
	}
	if p == nil || p.templates {
		return nil
	}
	return p
}

// readPayload finds the values of the keys that are wanted; those of more than limit
// bytes are Large.
func (r *recording) readPayload(p *payload, limit int64, wanted func(key []byte) bool) (values, error) {
	in, err := r.values.read(p.from, p.to)
	if err != nil {
		return nil, err
	}
	found := values{}
	x := &payloadReader{in: in, limit: limit, header: p.header}
	for {
		if err := x.head(); err != nil {
			if errors.Is(err, io.EOF) {
				return found, nil
			}
			return nil, err
		}
		wants := wanted(x.key)
		v, err := x.value(wants)
		if err != nil {
			return nil, err
		}
		if wants && v != nil {
			found[place{x.db, string(x.key)}] = v
		}
	}
}

// A payloadReader reads what a payloadRecorder wrote, key by key.
type payloadReader struct {
	in     *bufio.Reader
	limit  int64
	header rdb.Header

	db       int
	kind     rdb.Type
	expires  bool
	expireAt int64
	byte     int64
	key      []byte // borrowed until the next head
	stored   []byte
}

func (x *payloadReader) head() error {
	var numbers [6]int64
	for i := range numbers {
		n, err := binary.ReadVarint(x.in)
		if err != nil {
			return err
		}
		numbers[i] = n
	}
	x.db, x.kind = int(numbers[0]), rdb.Type(numbers[1])
	x.expires, x.expireAt, x.byte = numbers[2] != 0, numbers[3], numbers[4]
	x.key = slices.Grow(x.key[:0], int(numbers[5]))[:numbers[5]]
	_, err := io.ReadFull(x.in, x.key)
	return err
}

// value reads the pieces of a value, or steps over them; nil is a value that
// was damaged.
func (x *payloadReader) value(wants bool) (*value.Value, error) {
	x.stored = x.stored[:0]
	large := false
	for {
		n, err := binary.ReadVarint(x.in)
		switch {
		case err != nil:
			return nil, err
		case n == damagedValue || n == wholeValue && !wants:
			return nil, nil
		case n == wholeValue:
			return x.decode(large), nil
		}
		if large = large || int64(len(x.stored))+n > x.limit; large || !wants {
			err = skip(x.in, n)
		} else {
			at := len(x.stored)
			x.stored = slices.Grow(x.stored, int(n))[:at+int(n)]
			_, err = io.ReadFull(x.in, x.stored[at:])
		}
		if err != nil {
			return nil, err
		}
	}
}

// decode is Large, of which nothing is known, for a value that can't be
// decoded as well.
func (x *payloadReader) decode(large bool) *value.Value {
	v, err := &value.Value{Large: true}, error(nil)
	if !large {
		if v, err = value.FromStored(x.stored, x.kind, x.header, x.limit); err != nil {
			v = &value.Value{Large: true}
		}
	}
	v.HasExpire, v.ExpireAt, v.Byte = x.expires, x.expireAt, x.byte
	return v
}
