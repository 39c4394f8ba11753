package rdb

import (
	"encoding/binary"

	"github.com/redsleuth/redsleuth/parse/rdb/internal/lzf"
)

const (
	embstrMax = 44 // OBJ_ENCODING_EMBSTR_SIZE_LIMIT
	intTextAt = 20 // longer text is never kept as a number
	// listpackListMax is list-max-listpack-size as shipped, -2: a list of one
	// packed node that is no larger is loaded as a listpack.
	listpackListMax = 8 << 10
	peekMax         = 64
)

// A stringHead is what the first bytes of a string tell.
type stringHead struct {
	encoding byte // 0, or one of the special encodings
	head     int  // bytes before the contents
	packed   int  // bytes of the contents in the file
	size     int  // bytes of the contents when decoded
}

// peekString looks at the string that begins at w; false if w is too short or
// no string begins there, which reading it will tell better.
func (d *Decoder) peekString(w []byte) (h stringHead, ok bool) {
	n, size, encoding, ok := d.peekLength(w)
	if !ok {
		return h, false
	}
	h.encoding, h.head = encoding, size
	switch encoding {
	case 0:
		h.packed, h.size = n, n
	case encInt8, encInt16, encInt32:
		h.packed = 1 << (encoding - encInt8)
	case encLZF:
		packed, a, _, ok1 := d.peekLength(w[size:])
		if !ok1 {
			return h, false
		}
		whole, b, _, ok2 := d.peekLength(w[size+a:])
		if !ok2 {
			return h, false
		}
		h.head, h.packed, h.size = size+a+b, packed, whole
	default:
		return h, false
	}
	return h, true
}

func (d *Decoder) peekLength(w []byte) (n, size int, encoding byte, ok bool) {
	if len(w) == 0 {
		return 0, 0, 0, false
	}
	size = d.lengthSize(w[0])
	if size == 0 || size > len(w) {
		return 0, 0, 0, false
	}
	switch size {
	case 1:
		if w[0] >= encInt8 {
			return 0, 1, w[0], true
		}
		return int(w[0]), 1, 0, true
	case 2:
		return int(w[0]&0x3f)<<8 | int(w[1]), 2, 0, true
	case 5:
		return int(binary.BigEndian.Uint32(w[1:])), 5, 0, true
	}
	v := binary.BigEndian.Uint64(w[1:])
	return int(v), 9, 0, v < 1<<62
}

// peek returns up to peekMax bytes of what comes, fewer at the end.
func (d *Decoder) peek() []byte {
	w, _ := d.c.Fill(peekMax) // at the end there are fewer
	return w[:min(len(w), peekMax)]
}

// peekStringEncoding: numbers are kept as such, short text in one allocation
// with its object. Servers before 3.0 have no embstr.
func (d *Decoder) peekStringEncoding() string {
	w := d.peek()
	h, ok := d.peekString(w)
	switch {
	case !ok:
		return encodingRaw
	case h.encoding >= encInt8 && h.encoding <= encInt32:
		return encodingInt
	case h.encoding == 0 && h.size <= intTextAt && len(w) >= h.head+h.size &&
		isInt(w[h.head:h.head+h.size]):
		return encodingInt
	case h.size <= embstrMax && (d.header.Version >= firstEmbstr || d.valkey()):
		return encodingEmbstr
	}
	return encodingRaw
}

// isInt reports whether b is the text of an int64 as a server would print it.
func isInt(b []byte) bool {
	digits := b
	if len(b) > 0 && b[0] == '-' {
		digits = b[1:]
	}
	if len(digits) == 0 || len(digits) > 19 || digits[0] == '0' && len(b) > 1 {
		return false
	}
	n := uint64(0)
	for _, c := range digits {
		if c < '0' || c > '9' {
			return false
		}
		n = n*10 + uint64(c-'0')
	}
	return n <= 1<<63-1 || len(digits) < len(b) && n == 1<<63
}

func (d *Decoder) peekListEncoding(t Type) string {
	old := d.header.Version < firstEmbstr && !d.valkey()
	switch {
	case t == TypeList && old:
		return encodingLinkedList
	case t == TypeListZiplist && old:
		return encodingZiplist
	case t != TypeListQuicklist2 || d.header.Version < firstListpackRDB:
		return encodingQuicklist
	}
	w := d.peek()
	nodes, size, _, ok := d.peekLength(w)
	if !ok || nodes != 1 || len(w) <= size || w[size] != nodePacked {
		return encodingQuicklist
	}
	if h, ok := d.peekString(w[size+1:]); ok && h.size <= listpackListMax {
		return encodingListpack
	}
	return encodingQuicklist
}

// peekModule names the module that a value belongs to.
func (d *Decoder) peekModule() error {
	id, _, _, ok := d.peekModuleID(d.peek())
	if !ok {
		return nil // reading the value says why
	}
	d.rec.Module, d.rec.ModuleVersion = d.moduleName(id)
	if d.rec.Module == moduleVectorSet {
		d.rec.Object = ObjectVectorSet
	}
	return nil
}

func (d *Decoder) peekModuleID(w []byte) (id uint64, size int, encoding byte, ok bool) {
	if len(w) >= 9 && w[0] == len64 {
		return binary.BigEndian.Uint64(w[1:]), 9, 0, true
	}
	n, size, encoding, ok := d.peekLength(w)
	return uint64(n), size, encoding, ok && encoding == 0
}

// moduleName remembers the last name, since a file rarely has more than one.
func (d *Decoder) moduleName(id uint64) (string, int) {
	if d.module.name == "" || d.module.id != id {
		d.module.id = id
		d.module.name, d.module.version = ModuleName(id)
	}
	return d.module.name, d.module.version
}

// blobHead decodes the first bytes, at most n, of a string that begins at w.
func blobHead(w []byte, h stringHead, n int, into []byte) []byte {
	body := w[h.head:]
	body = body[:min(len(body), h.packed)]
	if h.encoding == encLZF {
		return lzf.Prefix(into[:0], body, n)
	}
	return body[:min(len(body), n)]
}
