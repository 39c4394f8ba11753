package link

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

// maxLine bounds a line of the handshake; the longest that servers send is an
// error reply.
const maxLine = 4096

// handshake reads up to the first byte of the stream, a payload on the way. It
// returns io.EOF where the input ends before.
func (w *walker) handshake() error {
	for {
		b, err := w.c.Fill(1)
		if err != nil {
			again, err := w.endOfBytes(err)
			if again {
				continue
			}
			return err
		}
		switch b[0] {
		case '\n', '\r':
			w.c.Advance(1)
			continue
		case '*':
			return w.start()
		case '+', '-', '$':
		default:
			return w.enter()
		}
		line, err := w.line()
		switch {
		case errors.Is(err, errLongLine):
			return w.enter()
		case errors.Is(err, io.EOF):
			return w.cutLine()
		case err != nil:
			return err
		}
		done, err := w.reply(line)
		if done || err != nil {
			return err
		}
	}
}

// endOfBytes: the input ends, or has a gap, before the stream begins. again: the
// handshake continues after the gap.
func (w *walker) endOfBytes(err error) (again bool, _ error) {
	if !errors.Is(err, io.EOF) {
		return false, err
	}
	if w.inGap() {
		return w.handshakeGap()
	}
	if w.link.Resync == record.Full {
		w.link.End = record.Truncated // its payload never came
	}
	return false, io.EOF
}

// handshakeGap goes over a gap before the stream. If a line of the handshake
// follows, the stream has not begun within the gap.
func (w *walker) handshakeGap() (again bool, _ error) {
	gaps := w.Gaps
	w.Gaps = gaps[1:]
	w.limit()
	b, err := w.c.Fill(len("+FULLRESYNC "))
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	if isHandshake(b) || bytes.HasPrefix(b, []byte("+OK\r\n")) {
		w.held = append(w.held, w.gapNote(gaps[0]))
		return true, nil
	}
	w.Gaps = gaps
	w.limit()
	return false, w.startInGap()
}

// startInGap: the stream begins in the gap, or what was announced before it: of a
// payload whose length is not there nobody knows how much of the gap it is.
func (w *walker) startInGap() error {
	if err := w.start(); err != nil {
		return err
	}
	if w.link.Resync == record.Full && w.link.Payload == nil {
		w.adrift, w.link.EndOffset = true, record.Unknown
	}
	return w.streamGap()
}

// errLongLine: no server sends a line of the handshake that long.
var errLongLine = errors.New("no line of a handshake")

// line takes a line and returns it without its end; io.EOF if the input ends
// in it, or has a gap there.
func (w *walker) line() (string, error) {
	b, err := w.c.Fill(maxLine)
	i := bytes.IndexByte(b[:min(len(b), maxLine)], '\n')
	if i < 0 {
		if err == nil {
			err = errLongLine
		}
		return "", err
	}
	line := strings.TrimSuffix(string(b[:i]), "\r")
	w.c.Advance(i + 1)
	return line, nil
}

// cutLine: the input ends within a line of the handshake, or a gap tears it.
func (w *walker) cutLine() error {
	if w.inGap() {
		return w.startInGap()
	}
	left := int64(len(w.c.Window()))
	w.link.End = record.Truncated
	if err := w.start(); err != nil {
		return err
	}
	n := w.note(record.NoteTruncated, w.c.Offset(), left)
	n.Err = parse.At(n.Byte, parse.Truncated("the recording ends within a line of the handshake"))
	w.c.Advance(int(left))
	if err := w.h.Note(n); err != nil {
		return err
	}
	return io.EOF
}

// reply records a line of the handshake; done where the stream follows.
func (w *walker) reply(line string) (done bool, err error) {
	fields := strings.Fields(line)
	if len(fields) == 0 {
		return false, nil
	}
	word, rest := fields[0], fields[1:]
	switch {
	case word == "+FULLRESYNC" && len(rest) == 2:
		w.link.Resync, w.link.ReplicationID, w.link.Refused = record.Full, rest[0], ""
		w.anchor(rest[1])
	case word == "+CONTINUE":
		w.continued(rest)
		if err := w.start(); err != nil {
			return true, err
		}
		return true, w.aligned()
	case word == "+RDBCHANNELSYNC" && len(rest) == 1:
		w.link.Channel, w.link.ClientID, w.link.Refused = record.ChannelMain, rest[0], ""
		return true, w.start()
	case word == "+DUALCHANNELSYNC":
		w.link.Channel, w.link.Refused = record.ChannelMain, ""
	case strings.HasPrefix(word, "$ENDOFF:") && len(rest) >= 2:
		w.link.Resync, w.link.ReplicationID, w.link.Channel = record.Full, rest[0], record.ChannelRDB
		w.anchor(strings.TrimPrefix(word, "$ENDOFF:"))
		if len(rest) > 2 {
			w.link.ClientID = rest[2]
		}
	case word[0] == '$':
		return w.payloadLine(word)
	case word[0] == '-':
		w.link.Refused = line[1:]
	}
	return false, nil
}

// anchor sets the offset that a full resync begins with.
func (w *walker) anchor(text string) {
	const unreachable = 1 << 62 // sums stay within int64
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 && n < unreachable {
		w.link.StartOffset, w.link.Anchor = n, record.AnchorFullResync
	}
}

// continued records +CONTINUE. The first byte after it is the one that the
// replica asked for.
func (w *walker) continued(rest []string) {
	w.link.Resync, w.link.Refused = record.Partial, ""
	if len(rest) > 0 {
		w.link.ReplicationID = rest[0]
	} else if w.link.Requested != nil && w.link.Requested.ID != "?" {
		w.link.ReplicationID = w.link.Requested.ID
	}
	if w.link.Requested != nil && w.link.Requested.Offset > 0 {
		w.link.StartOffset, w.link.Anchor = w.link.Requested.Offset-1, record.AnchorPSYNC
	}
}

// payloadLine begins a payload, or says that the line can't.
func (w *walker) payloadLine(word string) (done bool, err error) {
	if mark, ok := strings.CutPrefix(word, "$EOF:"); ok && len(mark) == markSize {
		w.mark = []byte(mark)
		return w.payload(-1)
	}
	n, err := strconv.ParseInt(word[1:], 10, 64)
	if err != nil || n <= 0 {
		at := w.c.Offset() - int64(len(word)) - 2
		if err := w.start(); err != nil {
			return true, err
		}
		note := w.note(record.NoteDamage, at, int64(len(word))+2)
		note.Err = parse.At(at, parse.Damaged("a line that begins no payload"))
		return false, w.h.Note(note)
	}
	w.mark = nil
	return w.payload(n)
}

// isHandshake reports whether a reply within a stream begins a new handshake.
func isHandshake(line []byte) bool {
	for _, word := range []string{"+FULLRESYNC ", "+CONTINUE", "+RDBCHANNELSYNC", "+DUALCHANNELSYNC",
		"+PONG"} {
		if bytes.HasPrefix(line, []byte(word)) {
			return true
		}
	}
	return false
}
