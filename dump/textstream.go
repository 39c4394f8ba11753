package dump

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

func (p *textPrinter) command(c *record.Command) error {
	place := c.Offset
	if place == record.Unknown {
		place = c.Byte
		p.commandHeading(placeByte, streamWords, c.Time)
	} else {
		p.commandHeading(placeOffset, streamWords, c.Time)
	}
	start := len(p.out.buf)
	p.line(place, "command")
	p.db(c.DB)
	p.clock(c.Time)
	p.args(start, c.Args)
	return p.endLine(start)
}

// args writes the arguments of a command into the line that began at start, as
// many as there is room for; keys are whole. It reports whether all are there.
func (p *textPrinter) args(start int, args [][]byte) bool {
	p.keys, _ = command.Find(p.keys[:0], args)
	for i, arg := range args {
		before, room := len(p.out.buf), p.width
		if i < len(args)-1 {
			room -= tallyColumns
		}
		p.raw(" ")
		if slices.ContainsFunc(p.keys, func(k command.Key) bool { return k.Index == i }) {
			p.key(arg)
		} else {
			most := argColumns
			if i == len(args)-1 {
				most = max(most, p.roomFor(start, arg))
			}
			p.out.buf = p.appendShown(p.out.buf, arg, most)
		}
		if !p.whole && i > 1 && utf8.RuneCount(p.out.buf[start:]) > room {
			p.out.buf = fmt.Appendf(p.out.buf[:before], " … %d more", len(args)-i)
			p.keep = min(p.keep, before)
			return false
		}
	}
	return p.whole || utf8.RuneCount(p.out.buf[start:]) <= p.width
}

// roomFor is how much of an argument has room in the rest of the line that began at
// start.
func (p *textPrinter) roomFor(start int, arg []byte) int {
	room := p.width - utf8.RuneCount(p.out.buf[start:]) - len(`""`)
	if len(arg) > room {
		room -= len("… (") + len(" bytes)") + len(strconv.Itoa(len(arg)))
	}
	return room
}

func (p *textPrinter) note(n *record.Note) error {
	if (n.Kind == record.NoteHeartbeat || n.Kind == record.NoteAck) && !p.full {
		return nil
	}
	if n.Kind == record.NoteIgnored {
		return p.ignored(n)
	}
	start := len(p.out.buf)
	between := ""
	switch byOffset := p.headed.place == placeOffset; {
	case !byOffset:
		p.line(n.Byte, string(n.Kind))
	case n.Byte == record.Unknown:
		p.line(n.Offset, string(n.Kind))
	default:
		p.line(n.Offset, string(n.Kind))
		p.out.buf = fmt.Appendf(p.out.buf, "at byte %d", n.Byte)
		between = ", "
	}
	if n.Bytes > 0 {
		p.raw(between)
		p.out.buf = fmt.Appendf(p.out.buf, "%d bytes", n.Bytes)
	}
	if len(p.out.buf)-start > len(indent) {
		between = ": "
	}
	if n.Text != nil {
		p.raw(between)
		p.shown(n.Text)
		between = ": "
	}
	if n.Err != nil {
		p.raw(between)
		p.wrapped(start, wrongAt(n))
	}
	return p.newline()
}

// ignored says how many connections of a capture are not written.
func (p *textPrinter) ignored(n *record.Note) error {
	p.line(record.Unknown, string(n.Kind))
	if n.Count == 1 {
		p.raw("1 connection that is no replication link")
	} else {
		p.out.buf = fmt.Appendf(p.out.buf, "%d connections that are no replication links", n.Count)
	}
	p.raw("; --clients has those of clients")
	return p.newline()
}

// wrapped appends text to the line that began at start, and continues in new
// lines under its contents where it is full.
func (p *textPrinter) wrapped(start int, text string) {
	column := utf8.RuneCount(p.out.buf[start:])
	for i, word := range strings.Split(text, " ") {
		switch n := utf8.RuneCountInString(word); {
		case i > 0 && !p.whole && column+1+n > p.width:
			p.raw("\n" + indent)
			column = len(indent) + n
		case i > 0:
			p.raw(" ")
			column += 1 + n
		default:
			column += n
		}
		p.raw(word)
	}
}

// wrongAt is what is wrong, with its place where that is not the note's.
func wrongAt(n *record.Note) string {
	if placed, ok := parse.AsDamage(n.Err); ok && placed.ByteOffset == n.Byte {
		return placed.Err.Error()
	}
	return n.Err.Error()
}

func (p *textPrinter) linkStart(l *record.Link) error {
	p.line(record.Unknown, "link")
	p.out.buf = fmt.Appendf(p.out.buf, "%d: resync %s", l.Number, l.Resync)
	if l.From != "" {
		p.raw(", " + p.d.address(l.From) + " to " + p.d.address(l.To))
	}
	if l.StartOffset != record.Unknown {
		between := ", "
		if l.From != "" { // addresses take the line
			between = "\n" + indent
		}
		p.out.buf = fmt.Appendf(p.out.buf, "%sfrom offset %d", between, l.StartOffset)
	}
	if l.ReplicationID != "" {
		p.raw("\n" + indent + "id ")
		p.shown([]byte(l.ReplicationID))
	}
	return p.newline()
}

func (p *textPrinter) linkEnd(l *record.Link) error {
	p.out.buf = fmt.Appendf(p.out.buf, "%-10s %-10s commands %d, bytes %d, end %s", "", "link-end", l.Commands, l.Bytes, l.End)
	if l.EndOffset != record.Unknown {
		p.out.buf = fmt.Appendf(p.out.buf, " at offset %d", l.EndOffset)
	}
	return p.newline()
}
