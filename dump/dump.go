package dump

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/redsleuth/redsleuth/filter"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/rdb/verify"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/server"
)

// Format names a format of the output.
type Format string

// The formats.
const (
	Text   Format = "text"
	NDJSON Format = "ndjson"
	JSON   Format = "json"
	CSV    Format = "csv"
	RESP   Format = "resp"
	Raw    Format = "raw"
	Hex    Format = "hex"
	// Parquet is a file of columns, those of Columns.
	Parquet Format = "parquet"
)

// A BytesFormatter shows byte strings of the artefacts. It is safe for concurrent
// use.
type BytesFormatter interface {
	// Text is for people: nothing in it can do harm to a terminal.
	Text(b []byte) string
	// AppendJSON appends the JSON value for b.
	AppendJSON(dst, b []byte) []byte
	// CSV is a cell, before the quotes that CSV itself asks for.
	CSV(b []byte) string
}

// A Sum is the SHA-256 of bytes as stored, in hexadecimal.
type Sum struct {
	File   string // the name of a file of a set, "" of an input that is one file
	SHA256 string
}

// Options of a Dumper.
type Options struct {
	Format Format
	// Filter: with any but the zero value, only keys and commands are written, and
	// what is damaged.
	Filter filter.Filter
	Show   BytesFormatter
	// Now is when "expired" is asked; zero for the end of the second in
	// which the dump was made.
	Now time.Time
	// KeysOnly leaves the values out, Full cuts nothing short (text).
	KeysOnly, Full bool
	// Memory writes what each key costs in the memory of a server of version
	// MemoryOf that loads the dump; of the one that wrote it where that is zero.
	Memory   bool
	MemoryOf server.Version
	// Path is what the first record of JSON says that the input is; "" for
	// nothing.
	Path string
	// Sums, where set, tells the SHA-256 of the input as stored, or those of the
	// files of a set; none if nothing tells. The last records of JSON have them. It
	// is called once all is read.
	Sums func() ([]Sum, error)
	// Commands: the input may hold commands. CSV has columns for them, and JSON a
	// header that is not that of an RDB.
	Commands bool
	// Replace puts a DEL in front of each key (resp).
	Replace bool
	// Width of a line of text, in columns; 0 for lines that are whole.
	Width int
	// Redacted: no text of the artefact may be seen, nor what tells of it (Parquet).
	Redacted bool
	// ShowWhole: Show must see byte strings whole, since what it makes of
	// them is no longer than a line (a hash, a size).
	ShowWhole bool
	// AtByte, where not negative, writes only the record that holds this byte
	// of the RDB, or of the stream.
	AtByte int64
	// Salvage continues after damage.
	Salvage bool
	// Recording: the input ends wherever it was stopped, which is no damage.
	Recording bool
	// Seconds: the times in the input are known to the second alone.
	Seconds bool
	Limits  parse.Limits
	// Again opens the input once more, at a place of it. It is nil where that
	// can't be done; AtByte and hex then work for commands only.
	Again parse.Opener
	// Limit is how many keys and commands are written at most; 0 for all. What is
	// behind the last of them is not read.
	Limit int64
	// Workers is how many cores keys of a dump are written on; 0 for all there are.
	Workers int
	batch   int // bytes of a batch, in tests; 0 for batchSize
	// Interrupted, where set, is asked from time to time; its error ends the
	// reading of an RDB.
	Interrupted func() error
	// Remark, where set, is called with what the output can't hold, and with
	// what is wrong with a value where the format has no place for it.
	Remark func(message string, key []byte)
}

// A printer is a format. The records of an RDB come one by one; of a key
// first its head (keyStart), then the elements, then keyEnd, when the
// record's Elements and Bytes are known. Slices are borrowed.
type printer interface {
	record(rec *rdb.Record) error
	keyStart(rec *rdb.Record) error
	// element returns rdb.SkipRest when it has seen enough.
	element(rec *rdb.Record, e *rdb.Element) error
	// keyEnd ends the key; whole is false if its value could not be read.
	keyEnd(rec *rdb.Record, whole bool) error
	command(c *record.Command) error
	client(c *record.ClientCommand) error
	note(n *record.Note) error
	linkStart(l *record.Link) error
	linkEnd(l *record.Link) error
	damage(d *damage) error
	// rdbEnd is called after the last record of an RDB.
	rdbEnd() error
	// close ends the output.
	close() error
}

// damage is a range of an RDB that could not be read.
type damage struct {
	byte, bytes int64 // bytes is -1 where not known
	err         error
	records     int // after salvage: how many records decoded in a row after it
	salvaged    bool
	toEnd       bool // after salvage: they led to the end of the input
	// unsound: nothing was lost; what the value says of itself doesn't hold.
	unsound bool
}

// A Dumper writes what a walk over an artefact tells it. Close it to end the
// output.
type Dumper struct {
	options Options
	out     *output
	printer printer
	visit   func(*rdb.Element) error
	decoder *rdb.Decoder // of the RDB that is being read
	current *rdb.Record
	link    *record.Link
	clock   expiryClock
	held    held
	value   valueCheck
	measure measure
	// cluster: the dump that is being read says which slots it has.
	cluster bool
	stage   *stage // nil until it is needed

	damaged bool
	// faulty: bytes of a recording are wrong, or it holds what belongs in none.
	faulty     bool
	incomplete bool
	seen       Seen
}

// Seen counts the keys and commands that a Dumper looked at, and those of them
// that it wrote.
type Seen struct{ Keys, Commands, Written int64 }

// Seen is what has been looked at so far.
func (d *Dumper) Seen() Seen { return d.seen }

// New makes a Dumper that writes to w.
func New(w io.Writer, options Options) (*Dumper, error) {
	d := &Dumper{options: options, out: newOutput(w, options.Interrupted)}
	d.options.Workers = workersOr(options.Workers)
	d.clock.now = options.Now
	d.measure = measure{wanted: options.Memory || options.Filter.MinMemory > 0, asked: options.MemoryOf}
	d.visit = d.element
	d.value.checker = verify.NewChecker()
	switch options.Format {
	case Text:
		d.printer = newTextPrinter(d)
	case NDJSON, JSON:
		d.printer = newJSONPrinter(d, options.Format == JSON)
	case CSV:
		d.printer = newCSVPrinter(d)
	case RESP:
		d.printer = newRESPPrinter(d)
	case Parquet:
		d.printer = newParquetPrinter(d, w)
	case Raw:
		d.printer = &rawPrinter{d: d}
	case Hex:
		d.printer = newHexPrinter(d)
	default:
		return nil, fmt.Errorf("%q is no format of a dump", options.Format)
	}
	return d, nil
}

// Close ends the output and writes what is left of it.
func (d *Dumper) Close() error {
	d.value.checker.Close()
	if d.stage != nil {
		d.stage.close()
	}
	return errors.Join(d.printer.close(), d.out.close())
}

// Damaged reports whether a dump or an AOF was damaged or ended early.
func (d *Dumper) Damaged() bool { return d.damaged }

// Faulty reports whether wrong bytes were met, be it in a recording, or some that
// don't belong there.
func (d *Dumper) Faulty() bool { return d.faulty }

// Incomplete reports whether something could not be put into the format.
func (d *Dumper) Incomplete() bool { return d.incomplete }

// leftOut tells that something is missing from the output.
func (d *Dumper) leftOut(message string, key []byte) {
	d.incomplete = true
	if d.options.Remark != nil {
		d.options.Remark("left out: "+message, key)
	}
}

// tell is for formats that have no place for damage.
func (d *Dumper) tell(x *damage) {
	if !x.unsound {
		d.leftOut(x.err.Error(), nil)
	} else if d.options.Remark != nil {
		d.options.Remark(x.err.Error(), d.current.Key)
	}
}

// LinkStart implements record.Handler.
func (d *Dumper) LinkStart(l *record.Link) error {
	if d.options.Filter.Any() || d.options.AtByte >= 0 {
		return nil
	}
	return d.printer.linkStart(l)
}

// LinkEnd implements record.Handler.
func (d *Dumper) LinkEnd(l *record.Link) error {
	if l.AOF && l.End != record.Clean && l.End != "" {
		d.damaged = true
	}
	_, isRESP := d.printer.(*respPrinter) // which may have something to end
	if !isRESP && (d.options.Filter.Any() || d.options.AtByte >= 0) {
		return nil
	}
	return d.printer.linkEnd(l)
}

// full reports whether as much was written as was asked for.
func (d *Dumper) full() bool { return d.options.Limit > 0 && d.seen.Written >= d.options.Limit }

// Command implements record.Handler.
func (d *Dumper) Command(c *record.Command) error {
	if d.full() {
		return record.Stop
	}
	d.seen.Commands++
	if at := d.options.AtByte; at >= 0 {
		if at < c.Byte || at >= c.Byte+c.Bytes {
			return nil
		}
		d.seen.Written++
		return d.printer.command(c)
	}
	ok, err := d.options.Filter.Command(c)
	if err != nil {
		return err
	}
	if p, isRESP := d.printer.(*respPrinter); isRESP && !ok {
		return p.passOver(c)
	}
	if !ok {
		return nil
	}
	d.seen.Written++
	return d.printer.command(c)
}

// Client writes a command of an ordinary client.
func (d *Dumper) Client(c *record.ClientCommand) error {
	if d.full() {
		return record.Stop
	}
	d.seen.Commands++
	if at := d.options.AtByte; at >= 0 && (at < c.Byte || at >= c.Byte+c.Bytes) {
		return nil
	}
	ok, err := d.options.Filter.Client(c)
	if err != nil || !ok {
		return err
	}
	d.seen.Written++
	return d.printer.client(c)
}

// Note implements record.Handler.
func (d *Dumper) Note(n *record.Note) error {
	ofDump := n.Link == nil && !d.options.Recording || n.Link != nil && n.Link.AOF
	switch n.Kind {
	case record.NoteDamage, record.NoteTrailing:
		d.damaged = d.damaged || ofDump
		d.faulty = true
	case record.NoteTruncated, record.NoteCut:
		d.damaged = d.damaged || ofDump
		d.faulty = d.faulty || n.Kind == record.NoteCut && n.Err != nil
	case record.NoteLeading, record.NoteMisaligned, record.NoteReply, record.NoteZeros, record.NoteEncrypted:
		d.faulty = true
	case record.NoteHeartbeat, record.NoteAck:
		if d.options.Filter.Any() {
			return nil
		}
	}
	if d.options.AtByte >= 0 {
		return nil
	}
	return d.printer.note(n)
}

// An expiryClock tells whether a key is expired.
type expiryClock struct {
	now time.Time // of the options
	at  int64     // Unix milliseconds; meaningful if known
	ok  bool
}

// start forgets what the last RDB said.
func (c *expiryClock) start() {
	if c.ok = !c.now.IsZero(); c.ok {
		c.at = c.now.UnixMilli()
	}
}

// aux takes the time at which the dump was made.
func (c *expiryClock) aux(rec *rdb.Record) {
	if !c.now.IsZero() || string(rec.Name) != "ctime" {
		return
	}
	seconds, err := strconv.ParseInt(string(rec.Value), 10, 64)
	if err == nil && seconds >= 0 && seconds < 1<<50 {
		c.at, c.ok = seconds*1000+999, true
	}
}

// expired is only known if something tells what time it was.
func (c *expiryClock) expired(rec *rdb.Record) (expired, known bool) {
	return rec.HasExpire && rec.ExpireAt < c.at, rec.HasExpire && c.ok
}

// address is that of a client or a server as it may be shown: it is part of the
// evidence.
func (d *Dumper) address(a string) string {
	if a == "" || !d.options.Redacted {
		return a
	}
	return d.options.Show.Text([]byte(a))
}
