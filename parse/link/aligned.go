package link

import (
	"errors"
	"io"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

// aligned looks at the first bytes after a partial resync. A master goes on at
// the byte that it was asked for, which is the first of a command; if it is not,
// the bytes up to the next command are part of one that began before.
func (w *walker) aligned() error {
	b, err := w.overHeartbeats()
	if err != nil {
		return err
	}
	if len(b) == 0 || b[0] == '*' || b[0] == '+' || b[0] == '-' || beginsPayload(w.c) {
		return nil
	}
	n := w.note(record.NoteMisaligned, w.c.Offset(), 0)
	n.Offset = w.offset()
	skipped, err := w.r.Resync()
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	w.link.Bytes += skipped
	w.db = record.Unknown
	n.Bytes, n.EndOffset = skipped, w.offset()
	n.Err = parse.At(n.Byte, parse.Damaged("the partial resync continues within a command: the "+
		"offset that the replica asked for was not the master's"))
	return w.h.Note(n)
}

// overHeartbeats tells of the newlines that come, and returns what is after them,
// nothing at the end.
func (w *walker) overHeartbeats() ([]byte, error) {
	for {
		b, err := w.c.Fill(1)
		if len(b) == 0 && errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil || b[0] != '\n' {
			return b, err
		}
		n := w.note(record.NoteHeartbeat, w.c.Offset(), 1)
		n.Offset = w.offset()
		w.c.Advance(1)
		if err := w.h.Note(n); err != nil {
			return nil, err
		}
	}
}
