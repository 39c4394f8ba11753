package link

import (
	"bytes"
	"errors"
	"io"
	"regexp"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/parse/resp"
)

// searchBlock is how much of a payload that can't be decoded is looked through
// at a time; blocks overlap by half.
const searchBlock = 1 << 20

// answer is a line that begins a link, as exactly as servers write it: the
// values of a payload may hold nearly anything.
var answer = regexp.MustCompile(`\+(FULLRESYNC [0-9a-f]{40} \d{1,19}|CONTINUE [0-9a-f]{40})\r\n`)

// rewind goes back to the first byte of a payload, where the input can be read
// again: the decoder may have taken the bytes of another connection for those
// of a value.
func (w *walker) rewind(from int64) error {
	if w.Again == nil {
		return nil
	}
	c, err := w.Again(from)
	if err != nil {
		return err
	}
	w.closeAgain()
	w.c, w.again, w.r = c, c, resp.NewReader(c, w.Limits)
	w.limit()
	return nil
}

func (w *walker) closeAgain() {
	if w.again != nil {
		w.again.Close()
	}
}

// leaveByLength goes to the end that the length tells, unless another
// connection begins before.
func (w *walker) leaveByLength(from int64, decodeErr error) error {
	if left := w.payloadEnd - w.c.Offset(); decodeErr == nil {
		if err := w.skip(left); err != nil {
			return w.cutPayload(err)
		}
		if left == 0 {
			return nil
		}
		w.link.Payload.End = record.Damaged
		return w.h.Note(w.note(record.NoteTrailing, w.payloadEnd-left, left))
	}
	for w.c.Offset() < w.payloadEnd {
		b, err := w.c.Fill(searchBlock)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if i := beginning(b); i >= 0 {
			return w.brokenOff(from, i)
		}
		if err == nil {
			w.c.Advance(len(b) / 2)
			continue
		}
		w.c.Advance(len(b))
		if !w.inGap() && w.c.Offset() < w.payloadEnd {
			return w.cutPayload(err)
		}
		if left := w.payloadEnd - w.c.Offset(); left > 0 {
			if err := w.skip(min(left, w.Gaps[0].Missing)); err != nil {
				return err
			}
		}
	}
	return nil
}

// leaveByMark moves past the mark, which has to follow the RDB. Where the RDB
// is damaged it is looked for, and where the mark itself may be lost, in a gap
// or being damaged, the first place is looked for from which commands parse.
func (w *walker) leaveByMark(from int64, decodeErr error) error {
	p := w.link.Payload
	lost := decodeErr == nil
	for ended := decodeErr == nil; ; ended = false {
		b, err := w.c.Fill(searchBlock)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if i := bytes.Index(b, w.mark); i >= 0 {
			if i > 0 && decodeErr == nil {
				p.End = record.Damaged
			}
			p.Bytes = w.c.Offset() + int64(i) - from
			w.c.Advance(i + markSize)
			return nil
		}
		if i := beginning(b); i >= 0 {
			return w.brokenOff(from, i)
		}
		if lost {
			if i := w.r.Find(b, err != nil); i >= 0 {
				return w.withoutMark(from, i, ended && i == markSize)
			}
		}
		if err == nil {
			w.c.Advance(len(b) / 2)
			continue
		}
		w.c.Advance(len(b))
		if !w.inGap() {
			p.Bytes = w.c.Offset() - from
			return w.cutPayload(err)
		}
		p.End, lost = record.Damaged, true
		if err := w.overGap(); err != nil {
			return err
		}
	}
}

// beginning finds where another connection begins: an answer to PSYNC, with
// the lines of the handshake before it.
func beginning(b []byte) int {
	at := answer.FindIndex(b)
	if at == nil {
		return -1
	}
	rest := b[:at[0]]
	for {
		trimmed := bytes.TrimSuffix(bytes.TrimSuffix(rest, []byte("+OK\r\n")), []byte("+PONG\r\n"))
		if len(trimmed) == len(rest) {
			return len(rest)
		}
		rest = trimmed
	}
}

// brokenOff: the payload does not come to its end; i bytes on, another
// connection begins.
func (w *walker) brokenOff(from int64, i int) error {
	w.c.Advance(i)
	p := w.link.Payload
	if p.Framing == record.FramingEOFMark {
		p.Bytes = w.c.Offset() - from
	}
	p.End, w.link.End = record.Truncated, record.Truncated
	n := w.note(record.NoteTruncated, w.c.Offset(), 0)
	n.Err = parse.At(n.Byte, parse.Truncated(
		"the payload is broken off: another connection begins here"))
	if err := w.h.Note(n); err != nil {
		return err
	}
	w.payloadEnd = -1
	w.limit()
	if err := w.another(); err != nil {
		return err
	}
	return errHandshake
}

// withoutMark: commands are found i bytes on, and no mark before them. Only
// where the mark itself is damaged is it known that they begin the stream;
// otherwise nothing tells how much of it is missing.
func (w *walker) withoutMark(from int64, i int, damagedMark bool) error {
	p := w.link.Payload
	p.End, p.Bytes = record.Damaged, w.c.Offset()-from
	n := w.note(record.NoteDamage, w.c.Offset(), int64(i))
	n.Err = parse.At(n.Byte, parse.Damaged(
		"the mark at the end of the payload is not the one that was announced"))
	if !damagedMark {
		w.adrift, w.link.EndOffset = true, record.Unknown
		n.Kind = record.NoteGap
		n.Err = parse.At(n.Byte, parse.Damaged(
			"the end of the payload is not in the recording: offsets are not known from here on"))
	}
	w.c.Advance(i)
	return w.h.Note(n)
}

// beginsPayload reports whether bytes in place of a command begin another
// connection, of which the answer to PSYNC or SYNC is not there.
func beginsPayload(c *parse.Cursor) bool {
	const enough = len("$9223372036854775807\r\nREDIS0000")
	b, _ := c.Fill(enough) // the end may come before
	if bytes.HasPrefix(b, []byte("$EOF:")) || bytes.HasPrefix(b, []byte("$ENDOFF:")) {
		return true
	}
	line, rest, found := bytes.Cut(b[:min(len(b), enough)], []byte("\r\n"))
	return found && len(line) > 1 && line[0] == '$' && rdb.HasMagic(rest)
}
