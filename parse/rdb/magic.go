package rdb

import (
	"bytes"
	"errors"
	"io"

	"github.com/redsleuth/redsleuth/parse"
)

// maxLead is how far into an input a magic is looked for.
const maxLead = 64 << 10

// FindMagic returns the place of the first magic in head that a record follows,
// or -1: of a dump behind the lines of a terminal or a tool.
func FindMagic(head []byte) int {
	for at := 0; at+headerSize < len(head); at++ {
		next := bytes.IndexAny(head[at:], "RV")
		if next < 0 {
			return -1
		}
		at += next
		if at+headerSize >= len(head) {
			return -1
		}
		if h := parseHeader(head[at:]); h.Version > 0 && h.Version < 100 && begins(head[at+headerSize]) {
			return at
		}
	}
	return -1
}

// begins: dumps begin with a field, a library, a database, a key or the end.
func begins(op byte) bool { return op >= firstOpcode || op <= byte(TypeStream3) && op != 8 }

// LooksCut reports whether records of a dump stand in head, whose magic is gone
// with the first bytes of the file: many in a row, with keys that are text.
func LooksCut(head []byte) bool {
	d := NewDecoderAt(parse.NewBytesCursor(nil, 0), Options{}, assumedHeader, 0, 0)
	p := newProber(d)
	p.text = true
	c := parse.NewBytesCursor(head, 0)
	return p.search(c) == nil && p.records >= enoughRecords
}

// assumedHeader is that of a dump whose own is gone.
var assumedHeader = Header{magicRedis, newestRedis}

// skipLead moves to the magic of a dump that begins later than its input.
func (d *Decoder) skipLead() error {
	if d.start > 0 {
		return nil
	}
	w, err := d.c.Fill(maxLead)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if n := FindMagic(w[:min(len(w), maxLead)]); n > 0 {
		d.c.Advance(n)
		d.rec.Byte = d.place()
	}
	return nil
}
