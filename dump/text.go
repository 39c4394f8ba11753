package dump

import (
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A textPrinter writes a line a record: place, kind, contents. A key's line is
// put together while the value is read, and cut at the width, but not within the
// key. Where there is no width it is whole, however long; with full a line an
// element follows.
type textPrinter struct {
	d     *Dumper
	out   *output
	full  bool
	whole bool // nothing is cut
	width int
	// keep is how far the line is not to be cut, streaming that the line of a
	// large value is being written already.
	keep      int
	streaming bool
	headed    heading // the one above
	server    string  // that the first client talked to
	keys      []command.Key
	// preview is what the line shows of the value.
	preview []byte
	members int
	vectors rdb.VectorsState
	floats  []float32
}

const (
	argColumns   = 20       // of an argument of a command
	tallyColumns = 12       // for how many arguments there are besides
	wholePreview = 64 << 10 // bytes of a value that are held for its line
	indent       = "                      "
)

func newTextPrinter(d *Dumper) *textPrinter {
	return &textPrinter{d: d, out: d.out, full: d.options.Full, width: d.options.Width,
		whole: d.options.Full || d.options.Width <= 0}
}

func (p *textPrinter) fork(w *Dumper) printer {
	f := newTextPrinter(w)
	f.headed = heading{place: placeByte, rest: keyColumns} // written where pieces are joined
	return f
}

func (p *textPrinter) join(piece []byte) ([]byte, error) {
	p.heading(placeByte, keyColumns)
	if err := p.out.flush(); err != nil {
		return nil, err
	}
	return p.out.put(piece)
}

// What the first column is, and what stands behind the kind.
const (
	placeByte   = "byte"
	placeOffset = "offset"
	keyColumns  = "db key (encoding, size) = value"
	streamWords = "command"
	clientWords = "client command"
	// clientsOf is clientWords with the server that they talk to.
	clientsOf = "client (of %s) command"
)

// A heading is what the columns are called: the place, what follows the kind, and
// between these, for commands, the day of their times.
type heading struct {
	place, rest string
	day         int64 // since 1970; noDay for no times
}

const noDay = -1 << 62

// heading says what the columns are, where that changes.
func (p *textPrinter) heading(place, rest string) {
	if p.headed.place != place || p.headed.rest != rest {
		p.head(heading{place, rest, 0}, rest)
	}
}

// head writes a heading, with words behind the kind.
func (p *textPrinter) head(h heading, words string) {
	line := fmt.Appendf(nil, "%10s %-10s %s", h.place, "record", words)
	if !p.whole {
		line = cut(line, 0, p.width)
	}
	p.out.buf = append(append(p.out.buf, line...), '\n')
	p.headed = h
}

// commandHeading is heading for commands, whose times are shown without the day: the
// heading has it.
func (p *textPrinter) commandHeading(place, rest string, t time.Time) {
	day := int64(noDay)
	if !t.IsZero() {
		day = t.Unix() / secondsPerDay
	}
	h := heading{place, rest, day}
	if h == p.headed {
		return
	}
	words := rest
	if rest == clientWords && p.server != "" {
		before := len(p.out.buf)
		p.plain(p.server)
		words = fmt.Sprintf(clientsOf, p.out.buf[before:])
		p.out.buf = p.out.buf[:before]
	}
	if day == noDay {
		p.head(h, "db "+words)
		return
	}
	p.head(h, "db "+t.UTC().Format(time.DateOnly)+" UTC "+words)
}

const secondsPerDay = 24 * 60 * 60

// clock writes the time of a command.
func (p *textPrinter) clock(t time.Time) {
	switch {
	case t.IsZero():
	case p.d.options.Seconds:
		p.out.buf = t.UTC().AppendFormat(p.out.buf, " 15:04:05")
	default:
		p.out.buf = t.UTC().AppendFormat(p.out.buf, " 15:04:05.000")
	}
}

// line starts a line: place and kind take the first 22 columns.
func (p *textPrinter) line(place int64, kind string) {
	if place == record.Unknown {
		p.out.buf = fmt.Appendf(p.out.buf, "%10s %-10s ", "", kind)
		return
	}
	p.out.buf = fmt.Appendf(p.out.buf, "%10d %-10s ", place, kind)
}

func (p *textPrinter) raw(s string) { p.out.buf = append(p.out.buf, s...) }

func (p *textPrinter) newline() error {
	p.out.buf = append(p.out.buf, '\n')
	return p.out.flush()
}

// endLine ends the line that began at start, cut to the width unless nothing
// is to be cut.
func (p *textPrinter) endLine(start int) error {
	if !p.whole {
		p.out.buf = append(p.out.buf[:start], cut(p.out.buf[start:], p.keep-start, p.width)...)
	}
	p.keep = 0
	return p.newline()
}

// cut shortens text to width columns in place, but not the first keep bytes, and
// shows that it did.
func cut(text []byte, keep, width int) []byte {
	fits := 0 // what leaves room for the sign that something was cut
	for n := 0; n < len(text); {
		r, size := utf8.DecodeRune(text[n:])
		width -= columnsOf(r)
		if width < 0 && n >= keep {
			return append(text[:max(fits, keep)], "…"...)
		}
		if n += size; width > 0 {
			fits = n
		}
	}
	return text
}

// columnsOf is how wide a terminal shows a character.
func columnsOf(r rune) int {
	if r < utf8.RuneSelf {
		return 1
	}
	return twwidth.Width(string(r))
}

// appendShown appends b as it is to be shown, cut to about room columns.
func (p *textPrinter) appendShown(dst, b []byte, room int) []byte {
	if p.whole {
		return append(dst, p.d.options.Show.Text(b)...)
	}
	whole := len(b)
	if !p.d.options.ShowWhole && whole > room {
		b = b[:runeStart(b, room)]
	}
	text := p.d.options.Show.Text(b)
	if utf8.RuneCountInString(text) > room+2 {
		text = text[:runeStart([]byte(text), room)]
	} else if len(b) == whole {
		return append(dst, text...)
	}
	return fmt.Appendf(dst, "%s… (%d bytes)", text, whole)
}

// runeStart is the last place up to n where b can be cut.
func runeStart(b []byte, n int) int {
	for i := 0; i < utf8.UTFMax && n > 0 && n < len(b) && !utf8.RuneStart(b[n]); i++ {
		n--
	}
	return min(n, len(b))
}

// key shows a key, which is never cut.
func (p *textPrinter) key(b []byte) {
	p.out.buf = append(p.out.buf, p.d.options.Show.Text(b)...)
	p.keep = len(p.out.buf)
}

func (p *textPrinter) shown(b []byte) { p.out.buf = p.appendShown(p.out.buf, b, p.width/2) }

func (p *textPrinter) record(rec *rdb.Record) error {
	p.heading(placeByte, keyColumns)
	start := len(p.out.buf)
	switch rec.Kind {
	case rdb.KindHeader:
		p.line(rec.Byte, "header")
		p.out.buf = fmt.Appendf(p.out.buf, "%s version %d", rec.Magic, rec.Version)
	case rdb.KindAux:
		p.line(rec.Byte, "aux")
		p.shown(rec.Name)
		p.raw(" = ")
		p.shown(rec.Value)
	case rdb.KindFunction:
		p.line(rec.Byte, "library")
		engine, name := library(rec.Value)
		p.shown(name)
		p.raw(" for ")
		p.shown(engine)
		p.raw(" = ")
		p.shown(rec.Value)
	case rdb.KindSelectDB:
		p.line(rec.Byte, "database")
		p.out.buf = strconv.AppendInt(p.out.buf, int64(rec.DB), 10)
	case rdb.KindResizeDB:
		p.line(rec.Byte, "sizes")
		p.out.buf = fmt.Appendf(p.out.buf, "keys %d, with expiry %d", rec.Keys, rec.Expires)
	case rdb.KindEnd:
		p.line(rec.Byte, "end")
		p.raw("checksum " + string(rec.Checksum.Status))
		if rec.Checksum.Status == rdb.ChecksumInvalid {
			p.out.buf = fmt.Appendf(p.out.buf, ": %016x is stored, %016x is right", rec.Checksum.Stored, rec.Checksum.Computed)
		}
	default:
		p.rareRecord(rec)
	}
	return p.endLine(start)
}

func (p *textPrinter) rareRecord(rec *rdb.Record) {
	switch rec.Kind {
	case rdb.KindModuleAux:
		p.line(rec.Byte, "module-aux")
		p.shown(rec.Name)
		p.out.buf = fmt.Appendf(p.out.buf, ", %d bytes", rec.Bytes)
	case rdb.KindSlotInfo:
		p.line(rec.Byte, "slot")
		p.out.buf = fmt.Appendf(p.out.buf, "%d: keys %d, with expiry %d", rec.Slot, rec.Keys, rec.Expires)
	case rdb.KindSlotImport:
		p.line(rec.Byte, "import")
		p.shown(rec.Name)
	case rdb.KindHashTemplate:
		p.line(rec.Byte, "template")
		p.out.buf = fmt.Appendf(p.out.buf, "%d of %d fields", rec.Slot, rec.Keys)
	case rdb.KindUpdate:
		p.line(rec.Byte, "update")
		p.shown(rec.Value)
	case rdb.KindAttribute:
		p.line(rec.Byte, "attribute")
		p.raw("of a key further down")
	}
}

func (p *textPrinter) keyStart(rec *rdb.Record) error {
	p.preview, p.members, p.streaming = p.preview[:0], 0, false
	p.heading(placeByte, keyColumns)
	if !p.full {
		return nil
	}
	p.keyHead(rec)
	p.raw(")")
	return p.newline()
}

// keyHead writes what is known of a key; the bracket stays open.
func (p *textPrinter) keyHead(rec *rdb.Record) {
	kind := rec.Object.String()
	if rec.Object == rdb.ObjectModule {
		kind = rec.Module
	}
	p.line(rec.Byte, kind)
	p.db(rec.DB)
	p.raw(" ")
	p.key(rec.Key)
	p.raw(" (")
	p.raw(rec.Encoding)
	if rec.HasExpire {
		verb := ", expires "
		if expired, _ := p.d.clock.expired(rec); expired {
			verb = ", expired "
		}
		p.raw(verb)
		p.out.buf = appendTime(p.out.buf, rec.ExpireAt)
	}
	if rec.Idle >= 0 {
		p.out.buf = fmt.Appendf(p.out.buf, ", idle %ds", rec.Idle)
	}
	if rec.Freq >= 0 {
		p.out.buf = fmt.Appendf(p.out.buf, ", LFU %d", rec.Freq)
	}
}

func (p *textPrinter) keyEnd(rec *rdb.Record, whole bool) error {
	if p.full {
		p.raw(indent)
		p.tally(rec, whole)
		return p.newline()
	}
	if p.streaming {
		p.raw(" (")
		p.tally(rec, whole)
		p.raw(")")
		return p.newline()
	}
	start := len(p.out.buf)
	p.keyHead(rec)
	p.raw(", ")
	p.tally(rec, whole)
	p.raw(")")
	if len(p.preview) > 0 {
		p.raw(" = ")
		p.out.buf = append(p.out.buf, p.preview...)
	}
	return p.endLine(start)
}

// db writes a database, which may be unknown.
func (p *textPrinter) db(db int) {
	if db < 0 {
		p.raw("unknown")
		return
	}
	p.out.buf = strconv.AppendInt(p.out.buf, int64(db), 10)
}

// tally says how much the key holds.
func (p *textPrinter) tally(rec *rdb.Record, whole bool) {
	switch {
	case !whole:
		p.raw("breaks off")
	case rec.Object == rdb.ObjectString || rec.Elements < 0:
		p.out.buf = fmt.Appendf(p.out.buf, "%d bytes", rec.Bytes)
	default:
		word := "elements"
		if rec.Elements == 1 {
			word = "element"
		}
		p.out.buf = fmt.Appendf(p.out.buf, "%d %s, %d bytes", rec.Elements, word, rec.Bytes)
	}
	if whole && p.d.options.Memory {
		p.memory()
	}
}

// memory says what the key costs in a server.
func (p *textPrinter) memory() {
	if !p.d.measure.known {
		p.raw(", memory unknown")
		return
	}
	p.out.buf = fmt.Appendf(p.out.buf, ", %d bytes of memory", p.d.measure.bytes)
}

func (p *textPrinter) element(rec *rdb.Record, e *rdb.Element) error {
	if p.full {
		p.raw(indent)
		p.out.buf = p.appendElement(p.out.buf, e)
		return p.newline()
	}
	if p.streaming {
		p.raw(", ")
		p.out.buf = p.appendElement(p.out.buf, e)
		return p.out.flush()
	}
	if p.members > 0 {
		p.preview = append(p.preview, ", "...)
	}
	p.members++
	p.preview = p.appendElement(p.preview, e)
	if p.whole {
		return p.stream(rec)
	}
	if len(p.preview) > p.width && rec.Object != rdb.ObjectStream {
		return rdb.SkipRest
	}
	return nil
}

// stream begins the line of a value that is too large to be held; how much it
// is then stands at the end.
func (p *textPrinter) stream(rec *rdb.Record) error {
	if len(p.preview) < wholePreview {
		return nil
	}
	p.keyHead(rec)
	p.raw(") = ")
	p.out.buf = append(p.out.buf, p.preview...)
	p.preview, p.streaming = p.preview[:0], true
	return p.out.flush()
}

func (p *textPrinter) damage(d *damage) error {
	p.line(d.byte, "damage")
	if d.bytes >= 0 && !d.unsound {
		p.out.buf = fmt.Appendf(p.out.buf, "%d bytes lost: ", d.bytes)
	}
	p.raw(d.err.Error())
	if d.salvaged {
		p.out.buf = fmt.Appendf(p.out.buf, "; what follows is plausible, not certain: %d records decode in a row", d.records)
	}
	return p.newline()
}

func (p *textPrinter) rdbEnd() error { return nil }
func (p *textPrinter) close() error  { return nil }
