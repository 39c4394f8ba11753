package link

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/parse/resp"
)

// stream reads commands to the end of the input, or up to another handshake.
func (w *walker) stream() error {
	for {
		item, err := w.r.Next()
		switch {
		case err == nil && item.Kind == resp.Command:
			err = w.run(item)
		case err == nil:
			err = w.item(item)
		case w.inGap() && (errors.Is(err, io.EOF) || errors.Is(err, parse.ErrTruncated)):
			err = w.streamGap()
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, parse.ErrTruncated):
			return w.cutCommand(err)
		case errors.Is(err, parse.ErrDamaged), errors.Is(err, parse.ErrLimit):
			err = w.damage(err)
		}
		if err != nil {
			return err
		}
	}
}

// item hands on what is no ordinary command.
func (w *walker) item(item *resp.Item) error {
	switch item.Kind {
	case resp.Inline:
		return w.run(item)
	case resp.Reply:
		if isHandshake(item.Line) {
			return w.handshakeWithin(string(item.Line))
		}
		return w.text(item, parse.Damaged("a line of text within the stream, where only commands belong: "+
			"a replica counts it and its master may not"))
	case resp.Newline:
		if item.Bytes > 1 {
			return w.text(item, parse.Damaged("an empty line (CR LF) within the stream, which no master "+
				"writes: a replica counts its 2 bytes and its master does not"))
		}
		n := w.note(record.NoteHeartbeat, item.Byte, item.Bytes)
		n.Offset = w.offset()
		return w.h.Note(n)
	}
	// A comment: no server writes one into a stream.
	n := w.note(record.NoteDamage, item.Byte, item.Bytes)
	n.Offset = w.offset()
	w.link.Bytes += item.Bytes
	n.EndOffset = w.offset()
	n.Err = parse.At(item.Byte, parse.Damaged("a comment, which belongs into an append-only file"))
	return w.h.Note(n)
}

// text tells of a line that is no command. Offsets behind it are the master's,
// which are those of both sides' dumps but for these few bytes.
func (w *walker) text(item *resp.Item, why error) error {
	n := w.note(record.NoteReply, item.Byte, item.Bytes)
	n.Offset, n.Text, n.Err = w.offset(), item.Line, parse.At(item.Byte, why)
	return w.h.Note(n)
}

// run hands a command on and keeps what it changes: offset, database,
// transaction.
func (w *walker) run(item *resp.Item) error {
	c := &w.command
	c.Link, c.Args, c.NameBits, c.Inline = w.link, item.Args, item.NameBits, item.Kind == resp.Inline
	c.Byte, c.Bytes, c.Offset, c.DB = item.Byte, item.Bytes, w.offset(), w.db
	w.link.Commands++
	w.link.Bytes += item.Bytes
	c.EndOffset = w.offset()
	w.link.EndOffset = c.EndOffset
	if w.At != nil {
		c.Time, c.Packet = w.At(item.Byte + item.Bytes - 1)
	}
	ends := false
	// Comparisons for equality, which hardly ever hold: a switch would search.
	if bits := item.NameBits &^ caseBits; bits == execBits || bits == multiBits || bits == selectBits {
		ends = w.special(item)
	}
	if c.Transaction = 0; w.tx.open {
		c.Transaction = w.tx.number
	}
	if ends {
		w.tx.open = false
	}
	return w.h.Command(c)
}

// special keeps what SELECT and MULTI change, and reports whether a
// transaction ends with the command.
func (w *walker) special(item *resp.Item) (ends bool) {
	c, name := &w.command, item.Args[0]
	switch {
	case bytes.EqualFold(name, []byte("EXEC")):
		return w.tx.open
	case bytes.EqualFold(name, []byte("MULTI")) && !w.tx.open:
		w.tx.open, w.tx.byte, w.tx.offset = true, c.Byte, c.Offset
		w.tx.number++
	case bytes.EqualFold(name, []byte("SELECT")) && len(item.Args) == 2:
		w.db = selected(item.Args[1])
	}
	return false
}

// Names as Command.NameBits has them, in upper case. A blank, too, is a
// caseBit, so that equal bits don't make equal names.
const (
	caseBits   = 0x2020_2020_2020_2020
	execBits   = 'E' | 'X'<<8 | 'E'<<16 | 'C'<<24
	multiBits  = 'M' | 'U'<<8 | 'L'<<16 | 'T'<<24 | 'I'<<32
	selectBits = 'S' | 'E'<<8 | 'L'<<16 | 'E'<<24 | 'C'<<32 | 'T'<<40
)

// selected is the database that SELECT names; unknown if it is none.
func selected(arg []byte) int {
	n, err := strconv.ParseUint(string(arg), 10, 31)
	if err != nil {
		return record.Unknown
	}
	return int(n)
}

// enter finds the first command of a recording that begins within something.
func (w *walker) enter() error {
	if err := w.start(); err != nil {
		return err
	}
	n := w.note(record.NoteGap, w.c.Offset(), 0)
	n.Offset = w.offset()
	skipped, zeros, err := w.r.ResyncAt()
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if zeros != nil {
		n.Kind, n.Err = record.NoteDamage, zeros
	}
	w.link.Bytes += skipped
	w.db = record.Unknown // what was torn may have been a SELECT
	n.Bytes, n.EndOffset = skipped, w.offset()
	if err != nil && !w.inGap() {
		w.link.End = record.Truncated // no whole command is in it
	}
	if noteErr := w.h.Note(n); noteErr != nil {
		return noteErr
	}
	if err != nil && w.inGap() {
		return nil // the stream continues after it
	}
	return err
}

// damage continues after bytes that are no commands. They count in the offset
// as the commands would have that were there.
func (w *walker) damage(cause error) error {
	if beginsPayload(w.c) {
		if err := w.another(); err != nil {
			return err
		}
		return errHandshake
	}
	n := w.note(record.NoteDamage, w.c.Offset(), 0)
	n.Offset = w.offset()
	skipped, cause, err := w.r.ResyncOver(cause)
	w.link.Bytes += skipped
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	n.Err = cause
	w.db, w.tx.open = record.Unknown, false
	n.Bytes, n.EndOffset = skipped, w.offset()
	if err != nil && !w.inGap() && !errors.Is(cause, parse.ErrZeros) {
		w.link.End = record.Damaged
	}
	return w.h.Note(n)
}

// cutCommand: the recording was stopped within a command.
func (w *walker) cutCommand(cause error) error {
	left := int64(len(w.c.Window()))
	n := w.note(record.NoteTruncated, w.c.Offset(), left)
	n.Offset, n.Err = w.offset(), cause
	w.c.Advance(int(left))
	w.link.End = record.Truncated
	return w.h.Note(n)
}

// handshakeWithin: the bytes of another connection follow.
func (w *walker) handshakeWithin(line string) error {
	if err := w.another(); err != nil {
		return err
	}
	done, err := w.reply(line)
	if err != nil || done {
		return err
	}
	return errHandshake
}
