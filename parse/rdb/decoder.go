package rdb

import (
	"encoding/binary"
	"errors"
	"io"
	"iter"

	"github.com/redsleuth/redsleuth/parse"
)

// SkipRest is returned by a visitor that has seen enough of a value: the rest
// of it is stepped over, and the decoder continues.
//
//lint:ignore ST1012 it is no failure, and named as io/fs.SkipAll is
var SkipRest = errors.New("skip the rest of the value")

const (
	magicRedis  = "REDIS"
	magicValkey = "VALKEY"
	headerSize  = 9
)

// Options of a Decoder.
type Options struct {
	Limits parse.Limits
	// Strict is for who checks values rather than uses them: those that only
	// older servers load are refused, and a packed score that reads as a number
	// is given as 0.
	Strict bool
	// Whole: nothing is read from the cursor after the RDB, so that the decoder
	// may read to the end to learn whether an unknown byte is damage.
	Whole bool
}

// Header is what the first bytes of a file say.
type Header struct {
	Magic   string // "REDIS" or "VALKEY"
	Version int
}

// A Decoder reads one RDB from a cursor and leaves the cursor after its end.
type Decoder struct {
	c      *parse.Cursor
	limits parse.Limits
	strict bool
	header Header
	start  int64 // place of the RDB's first byte in the input
	rec    Record
	err    error
	summed bool // a checksum is being computed
	unread bool // the value of rec has been neither read nor skipped
	prefix bool // attributes for the next key have been read
	// hashTemplates are the templates seen so far, by id.
	hashTemplates map[uint64]hashTemplate
	templatesLent bool // a Scope holds the map too
	module        moduleType
	keys          keySample
	resumed       bool   // by Resume: what looks like the end may be within
	claimed       uint64 // members that the value under way says it has
	value         valueReader
	key           []byte    // holds the key of rec
	slots         [4][]byte // for strings that had to be decoded
	observe       func(*Record)
	whole         bool
	vendor        *vendor // whose fields were seen
}

// A moduleType is an id taken apart.
type moduleType struct {
	id      uint64
	name    string
	version int
}

// A hashTemplate is the field names that hashes share (Redis 8.10).
type hashTemplate struct{ fields [][]byte }

// NewDecoder decodes the RDB that begins at the cursor's next byte. Places of
// records count from there.
func NewDecoder(c *parse.Cursor, options Options) *Decoder {
	d := &Decoder{c: c, limits: options.Limits.OrDefault(), start: c.Offset(),
		strict: options.Strict, whole: options.Whole}
	d.clearPrefix()
	return d
}

// NewDecoderAt continues within an RDB whose header is known, at a place where
// a record begins, with database db selected; start is the place of the RDB's
// first byte in the input. No checksum is computed.
func NewDecoderAt(c *parse.Cursor, options Options, header Header, start int64, db int) *Decoder {
	d := NewDecoder(c, options)
	d.header, d.start, d.rec.DB = header, start, db
	return d
}

// Header is what the file's first record said.
func (d *Decoder) Header() Header { return d.header }

// Err is what Next would return again: nil while the decoder continues, io.EOF
// after the end.
func (d *Decoder) Err() error { return d.err }

// Observe has every record that Next returns from now on shown to see first,
// borrowed as it is. One reading serves two readers so.
func (d *Decoder) Observe(see func(*Record)) { d.observe = see }

// Next returns the next record, borrowed until the next call. After the end
// it returns io.EOF. Any other error is a *parse.Error, or one of the
// operating system; the decoder returns it again from then on.
func (d *Decoder) Next() (*Record, error) {
	d.c.Unpin()
	if d.unread {
		if err := d.Skip(); err != nil {
			return nil, err
		}
	}
	if d.err == nil {
		d.err = d.next()
	}
	if d.err != nil {
		return nil, d.err
	}
	if d.rec.Kind == KindEnd && !d.resumed {
		d.err = io.EOF
	}
	if d.observe != nil {
		d.observe(&d.rec)
	}
	return &d.rec, nil
}

// Records visits the records that are left, each borrowed until the next. What
// ends the reading early comes last, with a nil record; after the end of the
// RDB the loop ends.
func (d *Decoder) Records() iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		for {
			rec, err := d.Next()
			if err == io.EOF || !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// SkipAll steps over the records that are left, to the end of the RDB. An
// error is that of Next, but nil for io.EOF.
func (d *Decoder) SkipAll() error {
	for _, err := range d.Records() {
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *Decoder) next() error {
	ended := d.rec.Kind == KindEnd
	d.rec.Kind, d.rec.Type, d.rec.Byte, d.claimed = 0, 0, d.place(), 0
	switch {
	case ended:
		return d.behindEnd()
	case d.header.Version == 0:
		return d.readHeader()
	}
	for {
		w, err := d.c.Fill(1)
		if err != nil {
			return d.fail(err, "the next record (there is no end-of-file opcode)")
		}
		op := w[0]
		if op == 0 && (len(w) < 2 || w[1] == 0) {
			if zeros, err := d.isZeros(w); err != nil {
				return err
			} else if zeros {
				return d.zeros()
			}
		}
		if op < firstOpcode {
			d.c.Advance(1)
			return d.readKeyHead(op)
		}
		if d.isPrefix(op) {
			d.c.Advance(1)
			if err := d.readPrefix(op); err != nil {
				return within(err, "an attribute of the next key")
			}
			d.prefix = true
			continue
		}
		if d.place() > d.rec.Byte { // attributes, and no key after them yet
			d.rec.Kind = KindAttribute
			return d.finish(nil)
		}
		d.c.Advance(1)
		return d.finish(d.readOpcode(op))
	}
}

// finish sets the length of a record that has been read whole.
func (d *Decoder) finish(err error) error {
	d.rec.Bytes = d.place() - d.rec.Byte
	return err
}

func (d *Decoder) readHeader() error {
	w, err := d.c.Fill(headerSize)
	if err == nil && !HasMagic(w) {
		if err = d.skipLead(); err == nil {
			w, err = d.c.Fill(headerSize)
		}
	}
	if err != nil {
		return d.fail(err, "the header")
	}
	d.header = parseHeader(w)
	switch {
	case d.header.Magic == "" && w[0] == 0:
		return d.zeros()
	case d.header.Magic == "":
		return d.fail(parse.Damaged("no RDB begins here, neither REDIS nor VALKEY and a version: it is " +
			"something else, or the head of the file is gone"))
	case d.header.Version == 0:
		return d.fail(parse.Damaged("RDB version 0 does not exist"))
	}
	if d.header.Version >= firstSumVersion {
		d.c.StartSum()
		d.summed = true
	}
	d.c.Advance(headerSize)
	d.rec.Kind, d.rec.Magic, d.rec.Version = KindHeader, d.header.Magic, d.header.Version
	return d.finish(nil)
}

// HasMagic reports whether an RDB begins with these bytes: a magic and a
// version. Of fewer than 9 bytes, 5 of the magic are enough.
func HasMagic(head []byte) bool {
	if len(head) >= headerSize {
		return parseHeader(head).Magic != ""
	}
	for _, magic := range []string{magicRedis, magicValkey} {
		if n := min(len(head), len(magic)); n >= len(magicRedis) && string(head[:n]) == magic[:n] {
			return true
		}
	}
	return false
}

// NewestVersion is the newest version of the format that is known for a magic.
func NewestVersion(magic string) int {
	if magic == magicValkey {
		return newestValkey
	}
	return newestRedis
}

// parseHeader reads headerSize bytes; the zero Header where no RDB begins.
func parseHeader(w []byte) Header {
	for _, magic := range []string{magicRedis, magicValkey} {
		if string(w[:len(magic)]) != magic {
			continue
		}
		version := 0
		for _, c := range w[len(magic):headerSize] {
			if c < '0' || c > '9' {
				return Header{}
			}
			version = version*10 + int(c-'0')
		}
		return Header{magic, version}
	}
	return Header{}
}

func (d *Decoder) isPrefix(op byte) bool {
	switch op {
	case opExpireTime, opExpireTimeMs, opIdle, opFreq:
		return true
	}
	return op == opKeyMeta && !d.valkey()
}

func (d *Decoder) clearPrefix() {
	d.prefix = false
	d.rec.HasExpire, d.rec.ExpireAt, d.rec.Idle, d.rec.Freq, d.rec.Meta = false, 0, -1, -1, 0
}

// readPrefix reads what is before a key and belongs to it.
func (d *Decoder) readPrefix(op byte) error {
	if !d.prefix {
		d.clearPrefix()
	}
	switch op {
	case opExpireTimeMs:
		b, err := d.raw(8)
		if err != nil {
			return within(err, "expiry time")
		}
		d.rec.ExpireAt, d.rec.HasExpire = int64(d.msOrder(b)), true
	case opExpireTime:
		b, err := d.raw(4)
		if err != nil {
			return within(err, "expiry time")
		}
		d.rec.ExpireAt, d.rec.HasExpire = int64(int32(binary.LittleEndian.Uint32(b)))*1000, true
	case opFreq:
		b, err := d.byte()
		if err != nil {
			return within(err, "access frequency")
		}
		d.rec.Freq = int(b)
	case opIdle:
		n, err := d.length()
		if err != nil {
			return within(err, "idle time")
		}
		d.rec.Idle = int64(min(n, 1<<62))
	default:
		return within(d.readKeyMeta(), "key metadata")
	}
	return nil
}

// farFuture is the year 20000, in Unix milliseconds.
const farFuture = 568971820800000

// msOrder reads an expiry time. Before version 9 it is in the byte order
// of the machine that wrote it; a time past the year 20000 in one order and
// before it in the other tells which one that was.
func (d *Decoder) msOrder(b []byte) uint64 {
	little, big := binary.LittleEndian.Uint64(b), binary.BigEndian.Uint64(b)
	if d.header.Version < firstMsVersion && little > farFuture && big <= farFuture {
		return big
	}
	return little
}

// readKeyMeta steps over metadata that modules keep for a key (Redis 8.6).
func (d *Decoder) readKeyMeta() error {
	classes, err := d.length()
	if err != nil {
		return err
	}
	if classes > maxMetaClasses {
		return d.fail(parse.Damaged(
			"%d classes of metadata, where %d is the most", classes, maxMetaClasses))
	}
	for range classes {
		if err := d.skip(4); err != nil {
			return within(err, "class")
		}
		if _, err := d.skipModuleItems(); err != nil {
			return err
		}
	}
	d.rec.Meta += int(classes)
	return nil
}

// readKeyHead reads the key after a type byte and looks at the value's first
// bytes. Nothing of the value is taken.
func (d *Decoder) readKeyHead(b byte) error {
	if !d.prefix {
		d.clearPrefix()
	}
	d.prefix = false
	t, ok := d.typeOf(b)
	if !ok || d.privateType(b) {
		return d.unknownByte(b)
	}
	rec := &d.rec
	rec.Type = t
	key, err := d.str(&d.slots[0])
	if err != nil {
		return within(err, "a key")
	}
	d.key = append(d.key[:0], key...)
	d.keys.add(d.key)
	rec.Kind, rec.Key, rec.Bytes, rec.Elements = KindKey, d.key, 0, -1
	rec.ValueByte = d.place()
	rec.Object, rec.Encoding = objectOf(t), encodingOf(t)
	rec.Module, rec.ModuleVersion = "", 0
	d.unread = true
	switch t {
	case TypeString:
		rec.Encoding = d.peekStringEncoding()
	case TypeList, TypeListQuicklist2, TypeListZiplist:
		rec.Encoding = d.peekListEncoding(t)
	case TypeModule2, TypeModulePreGA:
		return d.peekModule()
	case TypeGCRA:
		rec.Module, rec.ModuleVersion = "gcra", 0
	}
	return nil
}
