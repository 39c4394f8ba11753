package damage

import (
	"bytes"
	"context"
	"regexp"
	"strconv"

	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// legal reports whether an AOF, a bare stream or a link is what a server would
// write, byte for byte, as far as it goes: every command as it is encoded,
// nothing between commands but heartbeats and annotations, and a payload with the right sum.
func legal(path string, data []byte) bool {
	in := open(path, "")
	if in == nil {
		return false
	}
	defer in.Close()
	l := &lawyer{data: data, legal: true, at: -1}
	if _, err := artefact.Walk(context.Background(), in, artefact.Options{}, l); err != nil {
		return false
	}
	return l.legal
}

// A lawyer holds commands against their bytes.
type lawyer struct {
	data  []byte
	at    int64 // where the next command should be; -1 before the first
	legal bool
	again []byte
}

// LinkStart: what is between two links is a handshake.
func (l *lawyer) LinkStart(*record.Link) error {
	l.at = -1
	return nil
}

func (l *lawyer) LinkEnd(*record.Link) error { return nil }

// Note is nothing unlawful by itself: that is for inspect to say.
func (l *lawyer) Note(*record.Note) error { return nil }

func (l *lawyer) RDB(_ *record.Link, d *rdb.Decoder) error {
	for rec, err := range d.Records() {
		if err != nil || rec.Kind == rdb.KindEnd && rec.Checksum.Status != rdb.ChecksumValid {
			l.legal = false
			return nil
		}
	}
	return nil
}

func (l *lawyer) Command(c *record.Command) error {
	l.again = append(l.again[:0], '*')
	l.again = append(strconv.AppendInt(l.again, int64(len(c.Args)), 10), "\r\n"...)
	for _, arg := range c.Args {
		l.again = append(strconv.AppendInt(append(l.again, '$'), int64(len(arg)), 10), "\r\n"...)
		l.again = append(append(l.again, arg...), "\r\n"...)
	}
	end := c.Byte + c.Bytes
	if c.Byte < 0 || end > int64(len(l.data)) || !same(l.data[c.Byte:end], l.again, c.Link.AOF) {
		l.legal = false
		return nil
	}
	if l.at >= 0 && !between(l.data[min(l.at, c.Byte):c.Byte], c.Link.AOF) {
		l.legal = false
	}
	l.at = end
	return nil
}

// zeros before a count or a length, which the loading of an AOF does not mind.
var zeros = regexp.MustCompile(`(?m)^([*$])0+([0-9])`)

func same(written, again []byte, ofAOF bool) bool {
	return bytes.Equal(written, again) ||
		ofAOF && bytes.Equal(zeros.ReplaceAll(written, []byte("${1}${2}")), zeros.ReplaceAll(again, []byte("${1}${2}")))
}

// between reports whether bytes may be between two commands: heartbeats, of an AOF
// annotations.
func between(b []byte, ofAOF bool) bool {
	for line := range bytes.Lines(b) {
		if string(line) != "\n" && (!ofAOF || line[0] != '#' || !bytes.HasSuffix(line, []byte("\r\n"))) {
			return false
		}
	}
	return true
}

// sums reports whether silence about an input is judged by legal.
func sums(kind input.Kind) bool {
	return kind == input.KindAOF || kind == input.KindCommands || kind == input.KindPSYNC
}
