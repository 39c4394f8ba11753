// Package aof reads append-only files: plain, with an RDB as preamble, and
// multi-part by manifest.
//
//	plain      commands, "#TS:" seconds CRLF between them where timestamps are on
//	preamble   an RDB whose AUX field aof-preamble is 1, then the same
//	multi-part a folder with NAME.N.base.rdb or .aof, NAME.N.incr.aof, and
//	           NAME.manifest, a line for each:
//	           file NAME seq N type b|i|h [startoffset N [endoffset N]]
//
// Source: redis src/aof.c (loadSingleAppendOnlyFile,
// aofLoadManifestFromFile). An AOF holds no PING, REPLCONF or PUBLISH, so its
// bytes say nothing about replication offsets.
//
// Files are held to what loadSingleAppendOnlyFile takes: each line that is no
// argument begins with * or #. A manifest's lines have an even number of words, six
// or more, and a line end each; a name that begins with temp- is no manifest.
//
// What is wrong with a file comes as notes, each with the place up to which a
// loader would keep the file: a command or a transaction that was cut, and in
// a set also files that are missing, extra or out of order.
//
// Stable: Walk, WalkSet, ReadManifest.
package aof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/parse/resp"
)

// Walk reads a single file: commands, or an RDB and the commands after it.
// What is wrong in it comes as notes, with the place to which it is good, and
// in the link's End.
func Walk(c *parse.Cursor, limits parse.Limits, h record.Handler) error {
	w := newWalker(limits, h)
	err := w.start()
	if err == nil {
		err = w.file(c, true)
	}
	return w.finish(err)
}

// WalkTail reads the commands after an RDB that has been read already.
func WalkTail(c *parse.Cursor, limits parse.Limits, h record.Handler) error {
	w := newWalker(limits, h)
	err := w.start()
	if err == nil {
		err = w.commands(c, true)
	}
	return w.finish(err)
}

// WalkAfterDamage looks for the commands after an RDB that has been read as far as
// damage let it.
func WalkAfterDamage(c *parse.Cursor, limits parse.Limits, h record.Handler) error {
	w := newWalker(limits, h)
	err := w.start()
	if err == nil {
		err = w.afterPreamble(c, true)
	}
	return w.finish(err)
}

// walker is one walk, over one file or several.
type walker struct {
	limits  parse.Limits
	h       record.Handler
	link    *record.Link
	command record.Command
	db      int
	time    time.Time
	tx      struct {
		open   bool
		number int
		byte   int64
	}
}

func newWalker(limits parse.Limits, h record.Handler) *walker {
	return &walker{limits: limits, h: h, db: record.Unknown, link: &record.Link{
		Number: 1, Resync: record.NoSync, Anchor: record.AnchorNone, AOF: true, End: record.Clean,
		StartOffset: record.Unknown, EndOffset: record.Unknown,
	}}
}

func (w *walker) start() error { return w.h.LinkStart(w.link) }

func (w *walker) finish(err error) error {
	if err == nil {
		err = w.h.LinkEnd(w.link)
	}
	if errors.Is(err, record.Stop) {
		return nil
	}
	return err
}

// file reads one file. Only the last of a set may end early.
func (w *walker) file(c *parse.Cursor, last bool) error {
	if b, _ := c.Fill(9); rdb.HasMagic(b) {
		d := rdb.NewDecoder(c, rdb.Options{Limits: w.limits})
		if err := w.h.RDB(nil, d); err != nil {
			return err
		}
		if err := d.SkipAll(); parse.IsDamage(err) { // the decoder's user has been told
			return w.afterPreamble(c, last)
		} else if err != nil {
			return err
		}
	}
	return w.commands(c, last)
}

// afterPreamble continues at the first commands after an RDB that is damaged.
// No server would; they are what is left to salvage.
func (w *walker) afterPreamble(c *parse.Cursor, last bool) error {
	w.link.End = record.Damaged
	at, r := c.Offset(), resp.NewReader(c, w.limits).OfAOF()
	skipped, err := r.Resync()
	if errors.Is(err, io.EOF) {
		return nil // the file ends with it
	}
	if err != nil {
		return err
	}
	n := w.note(record.NoteDamage, at, skipped)
	n.Err = parse.At(at, parse.Damaged(
		"the RDB at the head of the file is damaged: no server loads the commands after it"))
	if err := w.h.Note(n); err != nil {
		return err
	}
	return w.read(c, r, last)
}

// commands reads to the end of a file.
func (w *walker) commands(c *parse.Cursor, last bool) error {
	return w.read(c, resp.NewReader(c, w.limits).OfAOF(), last)
}

func (w *walker) read(c *parse.Cursor, r *resp.Reader, last bool) error {
	for {
		item, err := r.Next()
		if err == nil {
			if err = w.item(item); err != nil {
				return err
			}
			continue
		}
		switch {
		case errors.Is(err, io.EOF):
			return w.endOfFile(c.Offset(), last)
		case errors.Is(err, parse.ErrTruncated):
			return w.cut(c, err, last)
		case errors.Is(err, parse.ErrDamaged), errors.Is(err, parse.ErrLimit):
			err = w.damage(c, r, err)
		}
		if err != nil {
			return err
		}
	}
}

func (w *walker) item(item *resp.Item) error {
	switch item.Kind {
	case resp.Command:
		return w.run(item)
	case resp.Comment:
		w.annotation(item.Line)
		return nil
	}
	n := w.note(record.NoteDamage, item.Byte, item.Bytes)
	n.Text = item.Line
	n.Err = w.goodUpTo(item.Byte, parse.At(item.Byte, stray(item.Kind)))
	w.link.End = record.Damaged
	return w.h.Note(n)
}

// stray says what a line is that servers load no file with: each of theirs
// begins with * or #.
func stray(kind resp.Kind) error {
	switch kind {
	case resp.Newline:
		return parse.Damaged("an empty line where a command belongs, as an editor leaves it: " +
			"servers refuse the file (Bad file format)")
	case resp.Inline:
		return parse.Damaged("a line of text where a command belongs: servers refuse the file " +
			"(Bad file format) and never run such a line")
	}
	return parse.Damaged("a reply, which no append-only file holds")
}

// annotation takes the time out of "TS:" and seconds.
func (w *walker) annotation(line []byte) {
	text, ok := bytes.CutPrefix(line, []byte("TS:"))
	if !ok {
		return
	}
	if s, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64); err == nil {
		w.time = time.Unix(s, 0).UTC()
	}
}

func (w *walker) run(item *resp.Item) error {
	c := &w.command
	*c = record.Command{Link: w.link, Offset: record.Unknown, EndOffset: record.Unknown,
		Byte: item.Byte, Bytes: item.Bytes, DB: w.db, Time: w.time, Args: item.Args,
		NameBits: item.NameBits}
	w.link.Commands++
	w.link.Bytes += item.Bytes
	name := item.Args[0]
	is := func(word string) bool {
		return len(name) == len(word) && bytes.EqualFold(name, []byte(word))
	}
	ends := w.tx.open && is("EXEC")
	switch {
	case !w.tx.open && is("MULTI"):
		w.tx.open, w.tx.byte = true, item.Byte
		w.tx.number++
	case len(item.Args) == 2 && is("SELECT"):
		if n, err := strconv.ParseUint(string(item.Args[1]), 10, 31); err == nil {
			w.db = int(n)
		} else {
			w.db = record.Unknown
		}
	}
	if w.tx.open {
		c.Transaction = w.tx.number
	}
	if ends {
		w.tx.open = false
	}
	return w.h.Command(c)
}

func (w *walker) note(kind record.NoteKind, at, bytes int64) *record.Note {
	return &record.Note{Kind: kind, Link: w.link, Byte: at, Bytes: bytes,
		Offset: record.Unknown, EndOffset: record.Unknown, Time: w.time}
}

// endOfFile: a MULTI that is still open at the end of the last file would be cut
// off by a loader, the file being good to where it begins.
func (w *walker) endOfFile(at int64, last bool) error {
	if !w.tx.open {
		return nil
	}
	w.tx.open = false
	n := w.note(record.NoteTransactionOpen, w.tx.byte, at-w.tx.byte)
	n.Err = parse.At(w.tx.byte, parse.Truncated(
		"a transaction without EXEC; the file is good up to byte %d", w.tx.byte))
	if w.link.End == record.Clean {
		w.link.End = record.Truncated
	}
	if !last {
		w.link.End = record.Damaged
		n.Kind, n.Err = record.NoteDamage, parse.At(w.tx.byte, parse.Damaged(
			"a file that others follow ends within a transaction; no server loads such a set"))
	}
	return w.h.Note(n)
}

// maxComment is how much of a line servers read at once (aof.c: buf).
const maxComment = 128

// cut: the file ends within a command. A server cuts off such a tail of the
// last file, and refuses to load where another one has it.
func (w *walker) cut(c *parse.Cursor, cause error, last bool) error {
	at, left := c.Offset(), int64(len(c.Window()))
	comment := left > 0 && c.Window()[0] == '#' && left < maxComment
	text := left > 0 && c.Window()[0] != '*' && c.Window()[0] != '#'
	c.Advance(int(left))
	if comment { // servers read it as far as it goes
		return w.endOfFile(at, last)
	}
	n := w.note(record.NoteTruncated, at, left)
	if text {
		n.Kind, cause = record.NoteDamage, parse.At(at, stray(resp.Inline))
	}
	n.Err = w.goodUpTo(at, cause)
	switch {
	case text:
		w.link.End = record.Damaged
	case w.link.End == record.Clean:
		w.link.End = record.Truncated
	}
	if !last && !text {
		w.link.End = record.Damaged
		n.Kind, n.Err = record.NoteDamage, parse.At(at, parse.Damaged(
			"a file that others follow ends within a command; no server loads such a set"))
	}
	if err := w.h.Note(n); err != nil {
		return err
	}
	return w.endOfFile(at, last)
}

func (w *walker) damage(c *parse.Cursor, r *resp.Reader, cause error) error {
	at := c.Offset()
	if placed, ok := parse.AsDamage(cause); ok {
		from, to := int(placed.ByteOffset-at), int(placed.ByteOffset-at)+32
		w, _ := c.Fill(to) // a shorter one will do
		if what := lineEnds(w[min(from, len(w)):min(to, len(w))]); what != "" {
			cause = parse.At(placed.ByteOffset, parse.Damaged("%s", what))
		}
	}
	skipped, cause, err := r.ResyncOver(cause)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	n := w.note(record.NoteDamage, at, skipped)
	n.Err = w.goodUpTo(at, cause)
	w.link.End, w.db, w.tx.open = record.Damaged, record.Unknown, false
	return w.h.Note(n)
}

// lineEnds says what became of the line ends, where a number at the front of w has
// others than CR LF; "" where it has these.
func lineEnds(w []byte) string {
	if len(w) == 0 || w[0] != '*' && w[0] != '$' {
		return ""
	}
	n := 1
	for n < len(w) && w[n] >= '0' && w[n] <= '9' {
		n++
	}
	switch rest := w[min(n, len(w)):]; {
	case n == 1:
		return ""
	case bytes.HasPrefix(rest, []byte("\n")):
		return "LF where CR LF belongs: its line ends were converted, by an editor or a transfer in text mode"
	case bytes.HasPrefix(rest, []byte("\r\r\n")):
		return "CR CR LF where CR LF belongs: a transfer in text mode made CR LF of each LF"
	}
	return ""
}

// goodUpTo adds to the first thing that is wrong the place up to which a loader
// would keep the file: that of the byte, or of the MULTI that is open there.
func (w *walker) goodUpTo(at int64, cause error) error {
	placed, ok := parse.AsDamage(cause)
	if w.link.End != record.Clean || !ok {
		return cause
	}
	if w.tx.open {
		at = w.tx.byte
	}
	told := *placed
	told.Err = fmt.Errorf("%w; the file is good up to byte %d", placed.Err, at)
	return &told
}
