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
	markSize = 40
	vcs      = "VCS\x01"
)

// payload reads the RDB of a full resync: size bytes, or up to the mark if
// size is -1. Whatever is wrong in it, the stream begins after it.
func (w *walker) payload(size int64) (done bool, err error) {
	if w.link.Resync == record.NoSync {
		w.link.Resync = record.Full // SYNC of old, which is answered by the payload alone
	}
	p := &record.Payload{Framing: record.FramingLength, Bytes: size}
	if size < 0 {
		p.Framing = record.FramingEOFMark
	}
	w.link.Payload = p
	if w.link.Anchor == record.AnchorNone {
		w.anchorByPayload()
	}
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
	p.End = record.Clean
	if decodeErr != nil {
		p.End = record.Damaged
		if err := w.rewind(from); err != nil {
			return true, err
		}
	}
	if size < 0 {
		err = w.leaveByMark(from, decodeErr)
	} else {
		err = w.leaveByLength(from, decodeErr)
	}
	w.payloadEnd = -1
	w.limit()
	return true, err
}

// anchorByPayload takes id and offset out of the fields at the head of the
// payload: a master writes there those at which it made it, and the stream goes
// on from them. They are what is left of an answer to SYNC, or of one that was
// not recorded.
func (w *walker) anchorByPayload() {
	const enough = 1 << 10 // bytes, for the fields that servers write
	head, _ := w.c.Fill(enough)
	fields := headFields(head[:min(len(head), enough)])
	if id, offset := fields["repl-id"], fields["repl-offset"]; id != "" && offset != "" {
		w.link.ReplicationID = id
		w.anchor(offset)
	}
}

// headFields reads the AUX fields at the head of an RDB of which this is the
// beginning.
func headFields(head []byte) map[string]string {
	fields := map[string]string{}
	d := rdb.NewDecoder(parse.NewBytesCursor(head, 0), rdb.Options{})
	for rec, err := range d.Records() {
		if err != nil || rec.Kind == rdb.KindSelectDB || rec.Kind == rdb.KindKey {
			break
		}
		if rec.Kind == rdb.KindAux {
			fields[string(rec.Name)] = string(rec.Value)
		}
	}
	return fields
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
	err = d.SkipAll()
	if parse.IsDamage(err) {
		return err, nil
	}
	return nil, err
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
