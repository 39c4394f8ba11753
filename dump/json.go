package dump

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/internal/appendjson"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A jsonPrinter writes an object a record: a line each, or the elements of one
// array. It appends to the output's buffer; nothing is allocated for a key or
// an element.
type jsonPrinter struct {
	d     *Dumper
	out   *output
	show  BytesFormatter
	array bool
	// last is the end of a dump, which stands behind whatever follows it.
	last  *rdb.Record
	value jsonValue
}

func newJSONPrinter(d *Dumper, array bool) *jsonPrinter {
	p := &jsonPrinter{d: d, out: d.out, show: d.options.Show, array: array}
	if array {
		p.raw("[\n")
	}
	if o := &d.options; o.Commands && !o.Filter.Any() && o.AtByte < 0 {
		p.begin("header")
		p.source()
		p.endObject()
	}
	return p
}

func (p *jsonPrinter) fork(w *Dumper) printer {
	return &jsonPrinter{d: w, out: w.out, show: p.show, array: p.array}
}

// join: the first of an array has no comma in front.
func (p *jsonPrinter) join(piece []byte) ([]byte, error) {
	if p.array && p.out.size() == int64(len("[\n")) {
		piece = bytes.TrimPrefix(piece, []byte(",\n"))
	}
	return p.out.put(piece)
}

// source says what shape the records have, and of what they are.
func (p *jsonPrinter) source() {
	p.text("schema", schema)
	if p.d.options.Path != "" {
		p.text("path", p.d.options.Path)
	}
}

// schema is that of the records of all inputs.
const schema = "redsleuth/dump/1"

func (p *jsonPrinter) raw(s string) { p.out.buf = append(p.out.buf, s...) }

// begin starts an object; kind needs no escaping.
func (p *jsonPrinter) begin(kind string) {
	if p.array && p.out.size() > int64(len("[\n")) {
		p.raw(",\n")
	}
	p.out.buf = append(append(append(p.out.buf, `{"record":"`...), kind...), '"')
	if p.d.link != nil && kind != "command" {
		p.int("link", int64(p.d.link.Number))
	}
}

func (p *jsonPrinter) end() error {
	p.endObject()
	return p.out.flush()
}

func (p *jsonPrinter) endObject() {
	p.raw("}")
	if !p.array {
		p.raw("\n")
	}
}

func (p *jsonPrinter) close() error {
	if err := p.ending(); err != nil {
		return err
	}
	if p.array {
		p.raw("\n]\n")
	}
	return p.out.flush()
}

// ending writes the last record, of a dump with the verdict on its checksum,
// which is unread where the reading did not come so far. A set has one a file.
func (p *jsonPrinter) ending() error {
	o := &p.d.options
	if o.Sums == nil || p.d.full() || o.Filter.Any() || o.AtByte >= 0 || o.Interrupted != nil && o.Interrupted() != nil {
		return nil
	}
	sums, err := o.Sums()
	if err != nil {
		return err
	}
	p.d.link = nil
	sum := ""
	switch {
	case len(sums) > 0 && sums[0].File != "":
		p.fileEnds(sums)
		return nil
	case len(sums) > 0:
		sum = sums[0].SHA256
	}
	switch {
	case p.last != nil:
		p.endRecord(sum)
		return nil
	case sum == "" && o.Commands:
		return nil
	}
	p.begin("end")
	if !o.Commands {
		p.raw(`,"checksum":{"status":"unread"}`)
	}
	if sum != "" {
		p.text("sha256", sum)
	}
	p.endObject()
	return nil
}

// fileEnds writes the ends of a set's files.
func (p *jsonPrinter) fileEnds(sums []Sum) {
	for _, s := range sums {
		p.begin("end")
		p.name("file")
		p.out.buf = p.d.options.Show.AppendJSON(p.out.buf, []byte(s.File))
		p.text("sha256", s.SHA256)
		p.endObject()
	}
}

// endRecord writes the end of a dump that was kept.
func (p *jsonPrinter) endRecord(sum string) {
	p.begin("end")
	p.checksum(&p.last.Checksum)
	if sum != "" {
		p.text("sha256", sum)
	}
	p.place(p.last.Byte, p.last.Bytes)
	p.endObject()
	p.last = nil
}

// name starts a member of an object, whose name needs no escaping.
func (p *jsonPrinter) name(name string) {
	b := append(p.out.buf, ',', '"')
	b = append(b, name...)
	p.out.buf = append(b, '"', ':')
}

func (p *jsonPrinter) int(name string, n int64) {
	p.name(name)
	p.out.buf = strconv.AppendInt(p.out.buf, n, 10)
}

func (p *jsonPrinter) uint(name string, n uint64) {
	p.name(name)
	p.out.buf = strconv.AppendUint(p.out.buf, n, 10)
}

// known writes null for what nothing tells.
func (p *jsonPrinter) known(name string, n int64) {
	if n == record.Unknown {
		p.name(name)
		p.raw("null")
		return
	}
	p.int(name, n)
}

func (p *jsonPrinter) text(name, s string) {
	p.name(name)
	p.out.buf = appendjson.Text(p.out.buf, s)
}

func (p *jsonPrinter) bytes(name string, b []byte) {
	p.name(name)
	p.out.buf = p.show.AppendJSON(p.out.buf, b)
}

func (p *jsonPrinter) bool(name string, v bool) {
	p.name(name)
	p.out.buf = strconv.AppendBool(p.out.buf, v)
}

func (p *jsonPrinter) time(name string, ms int64) {
	p.name(name)
	p.out.buf = appendjson.Millis(p.out.buf, ms)
}

func (p *jsonPrinter) clock(name string, t time.Time) {
	if !t.IsZero() {
		p.time(name, t.UnixMilli())
	}
}

func (p *jsonPrinter) place(byte, bytes int64) {
	p.int("byte", byte)
	p.known("bytes", bytes)
}

func appendID(dst []byte, id rdb.StreamID) []byte {
	dst = strconv.AppendUint(append(dst, '"'), id.Ms, 10)
	dst = strconv.AppendUint(append(dst, '-'), id.Seq, 10)
	return append(dst, '"')
}

func (p *jsonPrinter) id(name string, id rdb.StreamID) {
	p.name(name)
	p.out.buf = appendID(p.out.buf, id)
}

func (p *jsonPrinter) keyStart(rec *rdb.Record) error {
	p.begin("key")
	p.known("db", int64(rec.DB))
	b := append(p.out.buf, `,"key":`...)
	b = append(p.show.AppendJSON(b, rec.Key), `,"type":`...)
	b = appendjson.Text(b, rec.Object.String())
	if rec.Encoding != "" {
		b = appendjson.Text(append(b, `,"encoding":`...), rec.Encoding)
	}
	p.out.buf = strconv.AppendInt(append(b, `,"byte":`...), rec.Byte, 10)
	if rec.HasExpire {
		p.time("expire_at", rec.ExpireAt)
	}
	if expired, known := p.d.clock.expired(rec); known {
		p.bool("expired", expired)
	}
	if rec.Idle >= 0 {
		p.int("idle_seconds", rec.Idle)
	}
	if rec.Freq >= 0 {
		p.int("lfu", int64(rec.Freq))
	}
	if p.d.cluster || p.d.options.Filter.Slots != nil {
		p.int("slot", int64(command.Slot(rec.Key)))
	}
	if !p.d.options.KeysOnly {
		p.name("value")
		p.startValue(rec)
	}
	return nil
}

func (p *jsonPrinter) keyEnd(rec *rdb.Record, whole bool) error {
	if !p.d.options.KeysOnly {
		p.endValue()
	}
	if whole {
		p.known("elements", rec.Elements)
		p.int("bytes", rec.Bytes)
		p.memory()
	} else {
		p.bool("incomplete", true)
	}
	return p.end()
}

// memory is null where nothing tells what the key costs.
func (p *jsonPrinter) memory() {
	m := &p.d.measure
	switch {
	case !p.d.options.Memory:
	case m.known:
		p.int("memory", m.bytes)
	default:
		p.known("memory", record.Unknown)
	}
}

func (p *jsonPrinter) record(rec *rdb.Record) error {
	if o := &p.d.options; rec.Kind == rdb.KindEnd && p.d.link == nil && !o.Commands && o.Sums != nil &&
		o.AtByte < 0 {
		if p.last != nil {
			p.endRecord("")
		}
		p.last = &rdb.Record{Checksum: rec.Checksum, Byte: rec.Byte, Bytes: rec.Bytes}
		return p.out.flush()
	}
	switch rec.Kind {
	case rdb.KindHeader:
		p.begin("header")
		if p.d.link == nil && !p.d.options.Commands {
			p.source()
		}
		p.text("magic", rec.Magic)
		p.int("version", int64(rec.Version))
	case rdb.KindAux:
		p.begin("aux")
		p.bytes("key", rec.Name)
		p.bytes("value", rec.Value)
	case rdb.KindModuleAux:
		p.begin("module-aux")
		p.bytes("module", rec.Name)
		p.text("when", [...]string{1: "before-keys", 2: "after-keys"}[rec.When])
	case rdb.KindFunction:
		engine, name := library(rec.Value)
		p.begin("function")
		p.bytes("name", name)
		p.bytes("engine", engine)
		p.bytes("code", rec.Value)
	case rdb.KindEnd:
		p.begin("end")
		p.checksum(&rec.Checksum)
	default:
		p.rareRecord(rec)
	}
	p.place(rec.Byte, rec.Bytes)
	return p.end()
}

func (p *jsonPrinter) rareRecord(rec *rdb.Record) {
	switch rec.Kind {
	case rdb.KindSelectDB:
		p.begin("database")
		p.int("db", int64(rec.DB))
	case rdb.KindResizeDB:
		p.begin("database-size")
		p.known("db", int64(rec.DB))
		p.uint("keys", rec.Keys)
		p.uint("expires", rec.Expires)
	case rdb.KindSlotInfo:
		p.begin("slot-info")
		p.uint("slot", rec.Slot)
		p.uint("keys", rec.Keys)
		p.uint("expires", rec.Expires)
	case rdb.KindSlotImport:
		p.begin("slot-import")
		p.bytes("job", rec.Name)
	case rdb.KindHashTemplate:
		p.begin("hash-template")
		p.uint("id", rec.Slot)
		p.uint("fields", rec.Keys)
	case rdb.KindUpdate:
		p.begin("update")
		p.bytes("resp", rec.Value)
	case rdb.KindAttribute:
		p.begin("attribute")
	}
}

// checksum: the sums are written as hexadecimal text, since many readers of
// JSON lose the last digits of 64 bits.
func (p *jsonPrinter) checksum(sum *rdb.Checksum) {
	p.name("checksum")
	p.raw(`{"status":"`)
	p.raw(string(sum.Status))
	p.raw(`"`)
	switch sum.Status {
	case rdb.ChecksumValid, rdb.ChecksumInvalid:
		p.hex("stored", sum.Stored)
		p.hex("computed", sum.Computed)
	}
	p.raw("}")
}

func (p *jsonPrinter) hex(name string, n uint64) {
	p.name(name)
	p.out.buf = fmt.Appendf(p.out.buf, `"%016x"`, n)
}

func (p *jsonPrinter) damage(d *damage) error {
	p.begin("damage")
	p.cause(d.err)
	p.place(d.byte, d.bytes)
	if d.salvaged {
		p.name("resumed")
		p.raw(`{"records_tried":`)
		p.out.buf = strconv.AppendInt(p.out.buf, int64(d.records), 10)
		p.bool("to_end", d.toEnd)
		p.raw("}")
	}
	return p.end()
}

// cause writes what an error says, and about what.
func (p *jsonPrinter) cause(err error) {
	p.text("end", endOf(err))
	p.text("message", err.Error())
	if placed, ok := parse.AsDamage(err); ok {
		p.int("error_byte", placed.ByteOffset)
		if placed.Key != nil {
			p.known("db", int64(placed.DB))
			p.bytes("key", placed.Key)
		}
	}
}

// endOf is the word for the kind of end that an error is.
func endOf(err error) string {
	if errors.Is(err, parse.ErrTruncated) {
		return string(record.Truncated)
	}
	if errors.Is(err, parse.ErrUnsupported) {
		return string(record.Unsupported)
	}
	return string(record.Damaged)
}

func (p *jsonPrinter) rdbEnd() error { return nil }
