package link

import (
	"bytes"
	"errors"
	"io"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

const (
	markSize  = 40
	vcs       = "VCS\x01"
	markBlock = 1 << 18 // how much is looked through for a mark at a time
)

// payload reads the RDB of a full resync: size bytes, or up to the mark if
// size is -1. Whatever is wrong in it, the stream begins behind it.
func (w *walker) payload(size int64) (done bool, err error) {
	if w.link.Resync == record.NoSync {
		w.link.Resync = record.Full // SYNC of old, which is answered by the payload alone
	}
	p := &record.Payload{Framing: record.FramingLength, Bytes: size}
	if size < 0 {
		p.Framing = record.FramingEOFMark
	}
	w.link.Payload = p
	if err := w.start(); err != nil {
		return true, err
	}
	from := w.c.Offset()
	if size >= 0 {
		w.payloadEnd = from + size
	}
	w.limit()
	decodeErr, err := w.decode()
	if err != nil {
		return true, err
	}
	if size < 0 {
		err = w.leaveByMark(from, decodeErr)
	} else {
		err = w.leaveByLength(decodeErr)
	}
	w.payloadEnd = -1
	w.limit()
	return true, err
}

// decode hands the payload to the handler and steps over what that leaves.
func (w *walker) decode() (decodeErr, err error) {
	if b, _ := w.c.Fill(len(vcs)); bytes.HasPrefix(b, []byte(vcs)) {
		n := w.note(record.NoteDamage, w.c.Offset(), record.Unknown)
		n.Err = parse.At(n.Byte, parse.Unsupported("the payload is compressed in a VCS envelope"))
		return n.Err, w.h.Note(n)
	}
	d := rdb.NewDecoder(w.c, rdb.Options{Limits: w.Limits})
	if err := w.h.RDB(w.link, d); err != nil {
		return nil, err
	}
	for d.Err() == nil {
		if _, err := d.Next(); err != nil {
			break
		}
	}
	if errors.Is(d.Err(), io.EOF) {
		return nil, nil
	}
	var placed *parse.Error
	if !errors.As(d.Err(), &placed) {
		return nil, d.Err()
	}
	return d.Err(), nil
}

// leaveByLength goes to the end that the length tells.
func (w *walker) leaveByLength(decodeErr error) error {
	p := w.link.Payload
	behind := w.payloadEnd - w.c.Offset()
	p.End = record.Clean
	if decodeErr != nil {
		p.End = record.Damaged
	}
	if err := w.skip(behind); err != nil {
		return w.cutPayload(err)
	}
	if decodeErr == nil && behind > 0 {
		p.End = record.Damaged
		n := w.note(record.NoteTrailing, w.payloadEnd-behind, behind)
		return w.h.Note(n)
	}
	return nil
}

// leaveByMark goes behind the mark, which has to follow the RDB; behind
// damage it is looked for.
func (w *walker) leaveByMark(from int64, decodeErr error) error {
	p := w.link.Payload
	p.End = record.Clean
	if decodeErr != nil {
		p.End = record.Damaged
	}
	for {
		b, err := w.c.Fill(markBlock)
		if i := bytes.Index(b, w.mark); i >= 0 {
			if i > 0 && decodeErr == nil {
				p.End = record.Damaged
			}
			p.Bytes = w.c.Offset() + int64(i) - from
			w.c.Advance(i + markSize)
			return nil
		}
		if err != nil && len(b) > 0 && w.inGap() {
			p.End = record.Damaged
		}
		w.c.Advance(max(0, len(b)-markSize+1))
		if err == nil {
			continue
		}
		if !errors.Is(err, io.EOF) {
			return err
		}
		w.c.Advance(len(w.c.Window()))
		if !w.inGap() {
			p.Bytes = w.c.Offset() - from
			return w.cutPayload(err)
		}
		if err := w.overGap(); err != nil {
			return err
		}
	}
}

// cutPayload: the input ends within the payload.
func (w *walker) cutPayload(err error) error {
	if !errors.Is(err, io.EOF) {
		return err
	}
	w.link.Payload.End, w.link.End = record.Truncated, record.Truncated
	n := w.note(record.NoteTruncated, w.c.Offset(), 0)
	n.Err = parse.At(n.Byte, parse.Truncated("the recording ends within the payload"))
	if err := w.h.Note(n); err != nil {
		return err
	}
	return io.EOF
}
