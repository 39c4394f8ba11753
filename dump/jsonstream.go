package dump

import (
	"github.com/redsleuth/redsleuth/internal/appendjson"
	"github.com/redsleuth/redsleuth/parse/record"
)

func (p *jsonPrinter) command(c *record.Command) error {
	p.begin("command")
	if c.Link != nil {
		p.int("link", int64(c.Link.Number))
	}
	p.known("offset", c.Offset)
	p.known("end_offset", c.EndOffset)
	p.int("byte", c.Byte)
	p.int("bytes", c.Bytes)
	if c.Packet > 0 {
		p.int("packet", c.Packet)
	}
	p.known("db", int64(c.DB))
	p.clock("time", c.Time)
	if c.Transaction > 0 {
		p.int("transaction", int64(c.Transaction))
	}
	p.args(c.Args)
	return p.end()
}

func (p *jsonPrinter) args(args [][]byte) {
	p.name("args")
	p.out.buf = appendArgs(p.out.buf, p.show, args)
}

// noteRecords are the names of the records that notes make; a note of another
// kind has its own kind for a name.
var noteRecords = map[record.NoteKind]string{
	record.NoteDamage:          "damage",
	record.NoteTruncated:       "damage",
	record.NoteTrailing:        "trailing-data",
	record.NoteGap:             "capture-gap",
	record.NoteTransactionOpen: "transaction-open",
	record.NoteEncrypted:       "capture-encrypted",
	record.NoteZeros:           "zero-filled",
	record.NoteJoined:          "capture-joined",
	record.NoteLeading:         "leading-data",
	record.NoteMisaligned:      "stream-misaligned",
}

func noteRecord(kind record.NoteKind) string {
	if name := noteRecords[kind]; name != "" {
		return name
	}
	return string(kind)
}

// NoteRecords are the names of all of them but damage.
func NoteRecords() []string {
	var names []string
	for _, kind := range record.NoteKinds() {
		if name := noteRecord(kind); name != "damage" {
			names = append(names, name)
		}
	}
	return names
}

func (p *jsonPrinter) note(n *record.Note) error {
	kind := noteRecord(n.Kind)
	link := p.d.link
	p.d.link = n.Link // of the note, not of the last payload
	p.begin(kind)
	p.d.link = link
	if n.Kind == record.NoteDamage || n.Kind == record.NoteTruncated {
		end := record.Damaged
		if n.Kind == record.NoteTruncated {
			end = record.Truncated
		}
		p.text("end", string(end))
	}
	if n.Byte != record.Unknown { // else it has no place: connections that are no links
		p.place(n.Byte, n.Bytes)
	}
	if n.Link != nil {
		p.known("offset", n.Offset)
		p.known("end_offset", n.EndOffset)
	}
	if n.Packet > 0 {
		p.int("packet", n.Packet)
	}
	p.clock("time", n.Time)
	p.clock("end_time", n.EndTime)
	if n.Count > 0 {
		p.int("count", n.Count)
	}
	if n.Text != nil {
		p.bytes("text", n.Text)
	}
	if n.Err != nil {
		p.text("message", n.Err.Error())
	}
	return p.end()
}

func (p *jsonPrinter) linkStart(l *record.Link) error {
	p.linkHead("link", l)
	return p.end()
}

// linkHead writes what is known of a link where it begins.
func (p *jsonPrinter) linkHead(kind string, l *record.Link) {
	p.d.link = l
	p.begin(kind)
	p.d.link = nil
	if l.From != "" {
		p.text("from", p.d.address(l.From))
		p.text("to", p.d.address(l.To))
	}
	p.text("resync", string(l.Resync))
	if l.Requested != nil {
		p.name("requested")
		p.raw(`{"id":`)
		p.out.buf = p.show.AppendJSON(p.out.buf, []byte(l.Requested.ID))
		p.known("offset", l.Requested.Offset)
		p.raw("}")
	}
	if l.ReplicationID != "" {
		p.bytes("replication_id", []byte(l.ReplicationID))
	}
	p.known("start_offset", l.StartOffset)
}

func (p *jsonPrinter) linkEnd(l *record.Link) error {
	p.linkHead("link-end", l)
	p.known("end_offset", l.EndOffset)
	p.text("anchor", string(l.Anchor))
	if l.Payload != nil {
		p.name("payload")
		p.raw(`{"framing":`)
		p.out.buf = appendjson.Text(p.out.buf, string(l.Payload.Framing))
		p.known("bytes", l.Payload.Bytes)
		p.raw("}")
	}
	p.int("commands", l.Commands)
	p.int("bytes", l.Bytes)
	p.text("end", string(l.End))
	return p.end()
}
