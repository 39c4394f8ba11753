package value

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/crc64"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

const (
	// footerSize is that of RDB version and CRC-64.
	footerSize = 2 + 8
	// firstValkey is the first RDB version that Valkey alone writes; its
	// loaders take those of Redis up to lastShared.
	firstValkey = 80
	lastShared  = 11
	// first64 is the first RDB version with lengths of 64 bits: some first
	// bytes of a length mean another one before, though servers write none.
	first64 = 8
	// MaxPayload is the longest argument that servers take unless told
	// otherwise (proto-max-bulk-len), in bytes.
	MaxPayload = 512 << 20
)

// FromDump decodes what DUMP replies. Its Elements are copies, and so is
// Stored.
func FromDump(payload []byte) (*Value, error) {
	if len(payload) < footerSize+1 {
		return nil, fmt.Errorf("a DUMP payload: %d bytes are too short", len(payload))
	}
	body, footer := payload[:len(payload)-footerSize], payload[len(payload)-footerSize:]
	stored := binary.LittleEndian.Uint64(footer[2:])
	if stored != 0 && stored != crc64.Update(0, payload[:len(payload)-8]) {
		return nil, errors.New("a DUMP payload: the checksum does not match")
	}
	header := rdb.Header{Magic: "REDIS", Version: int(binary.LittleEndian.Uint16(footer))}
	if header.Version >= firstValkey {
		header.Magic = "VALKEY"
	}
	v, err := decode(body[0], body[1:], header, 1, math.MaxInt64)
	if damage, ok := parse.AsDamage(err); ok {
		damage.DB, damage.Key = -1, nil
	}
	if err != nil {
		return nil, fmt.Errorf("a DUMP payload: %w", err)
	}
	v.Byte, v.Bytes = 0, int64(len(body))
	v.Stored = bytes.Clone(body[1:])
	v.size += int64(len(v.Stored))
	return v, nil
}

// FromStored decodes the stored bytes of a value of type t in a dump of this
// header (ReadStored keeps them, rdb.Decoder.Stored shows them). A value that
// takes more than limit bytes of memory is Large. Stored is a copy.
func FromStored(stored []byte, t rdb.Type, header rdb.Header, limit int64) (*Value, error) {
	v, err := decode(typeByte(t, header.Version), stored, header, 0, limit-int64(len(stored)))
	if err != nil || v.Large {
		return v, err
	}
	v.Stored = bytes.Clone(stored)
	v.size += int64(len(stored))
	return v, nil
}

// decode reads a value from its type byte and its stored bytes, which are at
// a place of something larger: errors count from there.
func decode(t byte, stored []byte, header rdb.Header, place, limit int64) (*Value, error) {
	if header.Version == 0 {
		return nil, errors.New("RDB version 0 does not exist")
	}
	file := append([]byte{t, 0}, stored...) // with an empty key
	d := rdb.NewDecoderAt(parse.NewBytesCursor(file, place-2), rdb.Options{}, header, 0, 0)
	rec, err := d.Next()
	if err != nil {
		return nil, err
	}
	if rec.Kind != rdb.KindKey {
		return nil, fmt.Errorf("byte %d is no type of a value", t)
	}
	v, err := Read(d, rec, limit)
	if err != nil {
		return nil, err
	}
	if rest := place + int64(len(stored)) - d.Place(); rest > 0 {
		return nil, fmt.Errorf("%d bytes after the end of the value", rest)
	}
	return v, nil
}

// typeByte is the byte for a type in a file of this version.
func typeByte(t rdb.Type, version int) byte {
	const gcraOfVersion14 = 29
	if t == rdb.TypeGCRA && version == 14 {
		return gcraOfVersion14
	}
	return byte(t)
}

// ErrNoPayload is the error where no payload of the wanted RDB version can
// hold a value: its type came later, or its bytes are not at hand.
var ErrNoPayload = errors.New("no RESTORE payload of that RDB version holds this value")

// ErrTooLarge is the error for a value of more than MaxPayload bytes.
var ErrTooLarge = errors.New("more bytes than servers take in one argument")

// RestorePayload reads the value of the key that d is at (rec is what Next
// returned) and gives what RESTORE takes for it, with the value's bytes as
// they are in the dump. Its expiry is not in it: rec.ExpireAt goes into RESTORE
// with ABSTTL.
func RestorePayload(d *rdb.Decoder, rec *rdb.Record) ([]byte, error) {
	if refersToTemplate(rec.Type) {
		v, err := Read(d, rec, MaxPayload)
		if err != nil {
			return nil, err
		}
		return v.RestorePayload(d.Header().Version)
	}
	stored, err := storedBytes(d, MaxPayload-1-footerSize)
	if err != nil {
		return nil, err
	}
	if stored == nil {
		return nil, ErrTooLarge
	}
	return frame(rec.Type, stored, d.Header().Version), nil
}

// RestorePayload is what RESTORE takes for the value, in an RDB version that
// the server knows: the stored bytes as they are, where that version has their
// type, else the elements written anew. The error is ErrNoPayload or
// ErrTooLarge.
func (v *Value) RestorePayload(version int) ([]byte, error) {
	t, stored := v.Type, v.Stored
	if stored == nil || !HasType(version, t) || v.Header.Version < first64 != (version < first64) {
		var err error
		if t, stored, err = v.encode(version); err != nil {
			return nil, err
		}
	}
	if len(stored) > MaxPayload-1-footerSize {
		return nil, ErrTooLarge
	}
	return frame(t, stored, version), nil
}

// frame makes a payload of stored bytes.
func frame(t rdb.Type, stored []byte, version int) []byte {
	p := NewPayload(t, version)
	b := p.Begin(make([]byte, 0, PayloadSize(int64(len(stored)))))
	return p.End(p.Add(b, stored))
}

// PayloadSize is the length of the payload of a value of so many stored bytes.
func PayloadSize(stored int64) int64 { return 1 + stored + footerSize }

// A Payload writes a payload whose stored bytes come in pieces. Each method
// appends to dst.
type Payload struct {
	first   byte
	version int
	sum     uint64
}

// NewPayload begins the payload of a value of type t in an RDB version.
func NewPayload(t rdb.Type, version int) *Payload {
	return &Payload{first: typeByte(t, version), version: version}
}

// Begin appends the type byte.
func (p *Payload) Begin(dst []byte) []byte { return p.Add(dst, []byte{p.first}) }

// Add appends stored bytes.
func (p *Payload) Add(dst, piece []byte) []byte {
	p.sum = crc64.Update(p.sum, piece)
	return append(dst, piece...)
}

// End appends version and checksum.
func (p *Payload) End(dst []byte) []byte {
	dst = p.Add(dst, binary.LittleEndian.AppendUint16(nil, uint16(p.version)))
	return binary.LittleEndian.AppendUint64(dst, p.sum)
}
