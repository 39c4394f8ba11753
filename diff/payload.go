package diff

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// FromDump decodes what DUMP replies: a type byte, the value, two bytes with
// the version of the format and eight of checksum. Its Elements are copies.
func FromDump(payload []byte) (*Value, error) {
	const footer = 10
	if len(payload) < footer+1 {
		return nil, fmt.Errorf("a DUMP payload of %d bytes is too short", len(payload))
	}
	body := payload[:len(payload)-footer]
	header := rdb.Header{Magic: "REDIS", Version: int(binary.LittleEndian.Uint16(payload[len(body):]))}
	if header.Version >= firstValkey {
		header.Magic = "VALKEY"
	}
	file := append([]byte{body[0], 0}, body[1:]...) // with an empty key
	c := parse.NewCursor(bytes.NewReader(file), 0)
	defer c.Close()
	d := rdb.NewDecoderAt(c, rdb.Options{}, header, 0, 0)
	rec, err := d.Next()
	if err != nil {
		return nil, err
	}
	return collect(rec, d, header.Version, 1<<40)
}

// firstValkey is the first version of the format that Valkey alone writes.
const firstValkey = 80

// Same reports whether two values are equal, whatever their encodings. The
// expiries of hash fields don't count; nil is a key that is not there.
func Same(a, b *Value) bool {
	switch {
	case a == nil || b == nil:
		return a == b
	case a.Large || b.Large || a.Object != b.Object || a.Module != b.Module:
		return false
	}
	return a.digest() == b.digest()
}

// digest is that of the value's canonical form, without expiries of fields.
func (v *Value) digest() digest {
	var c canon
	c.begin(&rdb.Record{Object: v.Object, Module: v.Module})
	for i := range v.Elements {
		e := v.Elements[i]
		e.ExpireAt = rdb.NoExpiry
		c.add(&e)
	}
	return c.end(v.Object)
}
