package link

import (
	"errors"
	"io"

	"github.com/redsleuth/redsleuth/parse/record"
)

// limit makes the cursor stop at the end of the payload or at the next gap,
// whichever comes first.
func (w *walker) limit() {
	end := w.payloadEnd
	if len(w.Gaps) > 0 && (end < 0 || w.Gaps[0].Byte < end) {
		end = w.Gaps[0].Byte
	}
	if end < 0 {
		w.c.Unlimit()
		return
	}
	w.c.Limit(max(0, end-w.c.Offset()))
}

// inGap reports whether the cursor is before a gap.
func (w *walker) inGap() bool {
	return len(w.Gaps) > 0 && w.c.Offset()+int64(len(w.c.Window())) >= w.Gaps[0].Byte
}

// overGap tells of the gap at which the cursor is, and continues after it.
// A payload whose length is known ends so much earlier in the input.
func (w *walker) overGap() error {
	gap := w.Gaps[0]
	w.Gaps = w.Gaps[1:]
	if w.payloadEnd >= 0 {
		w.payloadEnd = max(w.payloadEnd-gap.Missing, w.c.Offset())
	}
	w.limit()
	return w.h.Note(w.gapNote(gap))
}

func (w *walker) gapNote(gap Gap) *record.Note {
	n := w.note(record.NoteGap, gap.Byte, gap.Missing)
	n.Time, n.EndTime, n.Packet = gap.From, gap.To, gap.Packet
	return n
}

// skip moves over n bytes of the connection, gaps within them included. What
// a gap takes beyond them belongs to the stream.
func (w *walker) skip(n int64) error {
	for n > 0 {
		before := w.c.Offset()
		err := w.c.Skip(n)
		if err == nil {
			return nil
		}
		if !errors.Is(err, io.EOF) || !w.inGap() {
			return err
		}
		n -= w.c.Offset() - before + w.Gaps[0].Missing
		if err := w.overGap(); err != nil {
			return err
		}
		if n < 0 { // the stream begins within the gap
			w.link.Bytes -= n
			w.payloadEnd = -1
			w.limit()
			return w.enter()
		}
	}
	return nil
}

// streamGap goes over a gap within the stream: the command that it tore, the
// gap, and what comes before the next whole command are one hole, and what
// they did to the selected database and to a transaction is not known.
func (w *walker) streamGap() error {
	n := w.gapNote(w.Gaps[0])
	n.Offset = w.offset()
	from, left := w.c.Offset(), int64(len(w.c.Window()))
	w.c.Advance(int(left))
	w.link.Bytes += left
	missing := int64(0)
	for {
		gap := w.Gaps[0]
		w.Gaps = w.Gaps[1:]
		w.link.Bytes += gap.Missing
		missing += gap.Missing
		n.EndTime = gap.To
		w.limit()
		skipped, err := w.r.Resync()
		w.link.Bytes += skipped
		if !errors.Is(err, io.EOF) && err != nil {
			return err
		}
		if err == nil || !w.inGap() {
			break
		}
	}
	w.db, w.tx.open = record.Unknown, false
	n.Byte, n.Bytes, n.EndOffset = from, w.c.Offset()-from+missing, w.offset()
	return w.h.Note(n)
}
