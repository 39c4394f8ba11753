package dump

import (
	"encoding/base64"
	"errors"
	"io"
	"time"
	"unicode/utf8"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/internal/columns"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/pattern"
	"github.com/redsleuth/redsleuth/value"
)

// A parquetPrinter writes a row a key and a row a command, of whatever input in
// the columns of Columns. Their values are digested and not written.
type parquetPrinter struct {
	d    *Dumper
	file *columns.Writer // nil of one that was forked
	rows *columns.Batch
	// start is the row at hand, from which a key that is not written is dropped.
	start    int
	digester value.Digester
	keys     []command.Key
	looks    *pattern.Looks
	prefix   []byte
}

func newParquetPrinter(d *Dumper, w io.Writer) *parquetPrinter {
	file := columns.NewWriter(w, schema, Columns())
	return &parquetPrinter{d: d, file: file, rows: file.Batch(),
		digester: value.Digester{AnyVersion: true}, looks: pattern.NewLooks(separators)}
}

// separators are more than where keys are learned from one another.
const separators = pattern.Separators + ",;[]()"

// Places of columns in Columns.
const (
	colSource = iota
	colDB
	colKey
	colKeyBase64
	colType
	colEncoding
	colElements
	colBytes
	colMemory
	colSlot
	colExpireAt
	colIdle
	colLFU
	colPrefix
	colDigest
	colRecord
	colByte
	colLink
	colOffset
	colEndOffset
	colTime
	colClientAddr
	colClientName
	colClientUser
	colServer
	colReply
	colReplyError
	colLatency
	colWrites
	colCommand
	colArgs
)

// Columns are those of a Parquet file of dump, the same for every input. What a
// row has not is null.
func Columns() []columns.Column {
	return []columns.Column{
		{Name: "source", Kind: columns.Text, Repeats: true, About: "the input, as it was named"},
		{Name: "db", Kind: columns.Small, Repeats: true, About: "the database"},
		{Name: "key", Kind: columns.Text, About: "the key, of a command the first that it names; " +
			"what is not UTF-8 as in JSON"},
		{Name: "key_base64", Kind: columns.Text, Repeats: true, About: "the key where it is not UTF-8"},
		{Name: "type", Kind: columns.Text, Repeats: true, About: "what TYPE replies"},
		{Name: "encoding", Kind: columns.Text, Repeats: true, About: "what OBJECT ENCODING replies"},
		{Name: "elements", Kind: columns.Int, About: "members of the value"},
		{Name: "bytes", Kind: columns.Int, About: "length of the record in the input"},
		{Name: "memory", Kind: columns.Int, About: "bytes in the server's memory (--memory)"},
		{Name: "slot", Kind: columns.Small, About: "the slot, of a dump of a cluster, or with --slot"},
		{Name: "expire_at", Kind: columns.Time, About: "when the key expires"},
		{Name: "idle_seconds", Kind: columns.Int, About: "since the last access"},
		{Name: "lfu", Kind: columns.Small, Repeats: true, About: "the counter of accesses, 0 to 255"},
		{Name: "prefix", Kind: columns.Text, Repeats: true, About: "the key with * where ids stand"},
		{Name: "digest", Kind: columns.Hex, About: "128 bits of the value, hexadecimal: " +
			"equal for equal values, whatever their encoding and version"},
		{Name: "record", Kind: columns.Text, Repeats: true, About: "key or command"},
		{Name: "byte", Kind: columns.Int, About: "where the record begins in the input"},
		{Name: "link", Kind: columns.Small, Repeats: true, About: "the link within the input, from 1"},
		{Name: "offset", Kind: columns.Int, About: "replication offset before the command"},
		{Name: "end_offset", Kind: columns.Int, About: "and after it"},
		{Name: "time", Kind: columns.Time, About: "when it was sent, or run"},
		{Name: "client_addr", Kind: columns.Text, Repeats: true, About: "of an ordinary client, its address"},
		{Name: "client_name", Kind: columns.Text, Repeats: true, About: "its CLIENT SETNAME"},
		{Name: "client_user", Kind: columns.Text, Repeats: true, About: "the user it logged in as"},
		{Name: "server", Kind: columns.Text, Repeats: true, About: "the address that it sent to"},
		{Name: "reply", Kind: columns.Text, Repeats: true, About: "ok, error, nil, value or none"},
		{Name: "reply_error", Kind: columns.Text, Repeats: true, About: "the first word of an error"},
		{Name: "latency_us", Kind: columns.Int, About: "from the command to the reply"},
		{Name: "writes", Kind: columns.Bool, About: "the command may change data"},
		{Name: "command", Kind: columns.Text, Repeats: true, About: "its name, in capitals"},
		{Name: "args", Kind: columns.Text, About: "its arguments as in JSON, the name first"},
	}
}

func (p *parquetPrinter) fork(w *Dumper) printer {
	return &parquetPrinter{d: w, rows: columns.NewBatch(Columns()),
		digester: value.Digester{AnyVersion: true}, looks: p.looks}
}

// join: there are no pieces, only rows.
func (p *parquetPrinter) join(piece []byte) ([]byte, error) { return piece, nil }

// take writes the rows of another, which come behind those that p has.
func (p *parquetPrinter) take(other *parquetPrinter) (err error) {
	if p.rows, err = p.file.Write(p.rows); err == nil {
		other.rows, err = p.file.Write(other.rows)
	}
	return err
}

func (p *parquetPrinter) keyStart(rec *rdb.Record) error {
	p.start = p.rows.Rows()
	p.digester.Start(rec)
	return nil
}

func (p *parquetPrinter) element(_ *rdb.Record, e *rdb.Element) error {
	return p.digester.Add(e)
}

func (p *parquetPrinter) keyEnd(rec *rdb.Record, whole bool) error {
	b := p.rows
	p.common("key", rec.DB, rec.Byte)
	p.name(rec.Key)
	b.String(colType, rec.Object.String())
	if rec.Encoding != "" {
		b.String(colEncoding, rec.Encoding)
	}
	if whole {
		p.known(colElements, rec.Elements)
		b.Int(colBytes, rec.Bytes)
		if p.d.options.Memory && p.d.measure.known {
			b.Int(colMemory, p.d.measure.bytes)
		}
		if !p.d.options.KeysOnly && !p.d.options.Redacted {
			digest := p.digester.Sum()
			b.Hex(colDigest, digest.Hi, digest.Lo)
		}
	}
	if p.d.cluster || p.d.options.Filter.Slots != nil {
		b.Int(colSlot, int64(command.Slot(rec.Key)))
	}
	if rec.HasExpire {
		b.Int(colExpireAt, rec.ExpireAt)
	}
	p.known(colIdle, rec.Idle)
	p.known(colLFU, int64(rec.Freq))
	return p.end()
}

// common sets what every row has.
func (p *parquetPrinter) common(kind string, db int, place int64) {
	p.rows.String(colRecord, kind)
	if p.d.options.Path != "" {
		p.rows.String(colSource, p.d.options.Path)
	}
	p.known(colDB, int64(db))
	p.known(colByte, place)
}

// known leaves null what nothing tells.
func (p *parquetPrinter) known(column int, n int64) {
	if n >= 0 {
		p.rows.Int(column, n)
	}
}

// name sets a key as text, and what tells two of the same text apart.
func (p *parquetPrinter) name(key []byte) {
	b := p.rows
	if p.d.options.Redacted {
		p.json(colKey, key)
		return
	}
	if !utf8.Valid(key) {
		p.json(colKey, key)
		b.Append(colKeyBase64, func(dst []byte) []byte {
			return base64.StdEncoding.AppendEncode(dst, key)
		})
		return
	}
	b.Text(colKey, key)
	p.prefix = p.looks.Append(p.prefix[:0], key)
	b.Text(colPrefix, p.prefix)
}

func (p *parquetPrinter) json(column int, text []byte) {
	p.rows.Append(column, func(dst []byte) []byte { return p.d.options.Show.AppendJSON(dst, text) })
}

// text sets text of the artefact.
func (p *parquetPrinter) text(column int, text string) {
	switch {
	case text == "":
	case p.d.options.Redacted || !utf8.ValidString(text):
		p.json(column, []byte(text))
	default:
		p.rows.String(column, text)
	}
}

// end ends a row. Those of a key whose size is yet to be judged stay at hand.
func (p *parquetPrinter) end() error {
	p.rows.End()
	if p.file == nil || !p.rows.Full() || p.d.out.isHeld {
		return nil
	}
	var err error
	p.rows, err = p.file.Write(p.rows)
	return errors.Join(err, p.d.out.interrupted())
}

// drop forgets the key at hand.
func (p *parquetPrinter) drop() { p.rows.Drop(p.start) }

func (p *parquetPrinter) command(c *record.Command) error {
	p.common("command", c.DB, c.Byte)
	if c.Link != nil {
		p.rows.Int(colLink, int64(c.Link.Number))
	}
	p.known(colOffset, c.Offset)
	p.known(colEndOffset, c.EndOffset)
	return p.endCommand(c.Bytes, c.Time, c.Args)
}

func (p *parquetPrinter) client(c *record.ClientCommand) error {
	p.common("command", c.DB, c.Byte)
	p.text(colClientAddr, c.Addr)
	p.text(colClientName, c.Name)
	p.text(colClientUser, c.User)
	p.text(colServer, c.To)
	if c.Reply != "" {
		p.rows.String(colReply, string(c.Reply))
	}
	p.text(colReplyError, c.ReplyError)
	if c.Latency != record.Unknown {
		p.rows.Int(colLatency, c.Latency.Microseconds())
	}
	return p.endCommand(c.Bytes, c.Time, c.Args)
}

func (p *parquetPrinter) endCommand(size int64, at time.Time, args [][]byte) error {
	b := p.rows
	b.Int(colBytes, size)
	if !at.IsZero() {
		b.Int(colTime, at.UnixMilli())
	}
	if p.keys, _ = command.Find(p.keys[:0], args); len(p.keys) > 0 {
		key := args[p.keys[0].Index]
		p.name(key)
		if p.d.options.Filter.Slots != nil {
			b.Int(colSlot, int64(command.Slot(key)))
		}
	}
	if len(args) > 0 {
		b.Bool(colWrites, command.Writes(args...))
		p.commandName(args[0])
	}
	b.Append(colArgs, func(dst []byte) []byte { return appendArgs(dst, p.d.options.Show, args) })
	return p.end()
}

// commandName is in capitals, so that engines group what is one command.
func (p *parquetPrinter) commandName(name []byte) {
	if p.d.options.Redacted || !utf8.Valid(name) {
		p.json(colCommand, name)
		return
	}
	p.rows.Append(colCommand, func(dst []byte) []byte {
		for _, c := range name {
			if 'a' <= c && c <= 'z' {
				c -= 'a' - 'A'
			}
			dst = append(dst, c)
		}
		return dst
	})
}

func (p *parquetPrinter) close() error {
	_, err := p.file.Write(p.rows)
	return errors.Join(err, p.file.Close())
}

func (p *parquetPrinter) damage(d *damage) error {
	p.d.tell(d)
	return nil
}

// Rows are of keys and commands; whatever else there is has no column.

func (p *parquetPrinter) record(*rdb.Record) error     { return nil }
func (p *parquetPrinter) note(*record.Note) error      { return nil }
func (p *parquetPrinter) linkStart(*record.Link) error { return nil }
func (p *parquetPrinter) linkEnd(*record.Link) error   { return nil }
func (p *parquetPrinter) rdbEnd() error                { return nil }
