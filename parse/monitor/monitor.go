package monitor

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

// Options of Walk.
type Options struct {
	Limits parse.Limits
	// Command is given each command; its error ends the walk.
	Command func(*record.ClientCommand) error
	// Note is told of what is wrong.
	Note func(*record.Note) error
}

// sniffed is in how many lines Begins looks for one of MONITOR: redis-cli writes
// a warning or two before.
const sniffed = 8

// Begins reports whether text begins as the output of MONITOR does.
func Begins(text []byte) bool {
	var l line
	for range sniffed {
		n := bytes.IndexByte(text, '\n')
		if n < 0 {
			return false
		}
		if l.parse(bytes.Clone(trimEnd(text[:n]))) {
			return true
		}
		if bytes.ContainsFunc(text[:n], func(r rune) bool { return r < ' ' && r != '\r' && r != '\t' }) {
			return false
		}
		text = text[n+1:]
	}
	return false
}

func trimEnd(text []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
}

// A reader goes over the lines.
type reader struct {
	c       *parse.Cursor
	options Options
	line    line
	command record.ClientCommand
	names   map[string]string // by address
	// caller is the client that ran a script last.
	caller  string
	begun   bool         // a line of MONITOR was seen
	strange *record.Note // lines that are none, one after another
}

// Walk reads text to its end. Errors are those of reading and of the functions
// in o.
func Walk(c *parse.Cursor, o Options) error {
	o.Limits = o.Limits.OrDefault()
	r := &reader{c: c, options: o, names: map[string]string{}}
	for {
		at := c.Offset()
		text, err := r.next()
		switch {
		case errors.Is(err, io.EOF):
			return r.end(at, text)
		case err != nil:
			return err
		}
		if err := r.take(at, text); err != nil {
			return err
		}
	}
}

// next takes the next line, its end included. With io.EOF it returns what is
// left.
func (r *reader) next() ([]byte, error) {
	most := r.options.Limits.MaxElement
	looked := 0
	for n := 4 << 10; ; n *= 2 {
		w, err := r.c.Fill(n)
		if i := bytes.IndexByte(w[looked:], '\n'); i >= 0 {
			r.c.Advance(looked + i + 1)
			return w[:looked+i+1], nil
		}
		switch looked = len(w); {
		case err != nil:
			return w, err
		case int64(looked) > most:
			return nil, parse.At(r.c.Offset(), parse.TooLarge(
				"a line of more than %d bytes, the limit MaxElement", most))
		}
	}
}

// take hands on the command of a line.
func (r *reader) take(at int64, text []byte) error {
	size := int64(len(text))
	text = trimEnd(text)
	if !r.line.parse(text) {
		return r.takeStrange(at, size, text)
	}
	r.begun = true
	if err := r.tellStrange(); err != nil {
		return err
	}
	c, addr := &r.command, r.address()
	*c = record.ClientCommand{Byte: at, Bytes: size, DB: r.line.db, Time: r.line.time,
		Addr: addr, Args: r.line.args, Latency: record.Unknown,
		Scripted: string(r.line.client) == byScript}
	c.Name = r.names[c.Addr]
	if !c.Scripted {
		r.follow(c)
	}
	return r.options.Command(c)
}

// byScript stands where the address does, of what a script runs.
const byScript = "lua"

// address is the client of the line; the same string for the same client as
// that of the line before, since most lines are of few.
func (r *reader) address() string {
	switch string(r.line.client) {
	case byScript:
		return r.caller
	case r.command.Addr:
		return r.command.Addr
	}
	return string(r.line.client)
}

// follow learns from a command who sends it, and who runs what scripts run.
func (r *reader) follow(c *record.ClientCommand) {
	is := func(i int, word string) bool { return i < len(c.Args) && strings.EqualFold(string(c.Args[i]), word) }
	switch {
	case is(0, "EVAL"), is(0, "EVALSHA"), is(0, "FCALL"), is(0, "EVAL_RO"), is(0, "EVALSHA_RO"),
		is(0, "FCALL_RO"):
		r.caller = c.Addr
	case is(0, "CLIENT") && is(1, "SETNAME") && len(c.Args) == 3:
		r.name(c, string(c.Args[2]))
	case is(0, "HELLO"):
		for i := 2; i+1 < len(c.Args); i++ {
			if is(i, "SETNAME") {
				r.name(c, string(c.Args[i+1]))
			}
		}
	case is(0, "RESET"), is(0, "QUIT"):
		delete(r.names, c.Addr)
	}
}

// name keeps what the client of c calls itself.
func (r *reader) name(c *record.ClientCommand, name string) {
	if name == "" {
		delete(r.names, c.Addr)
	} else if len(r.names) < r.options.Limits.MaxDistinct {
		r.names[c.Addr] = name
	}
	c.Name = name
}

// takeStrange keeps the place of a line that is none of MONITOR's.
func (r *reader) takeStrange(at, size int64, text []byte) error {
	if !r.begun || len(text) == 0 || string(bytes.TrimPrefix(text, []byte("+"))) == "OK" {
		return nil
	}
	if s := r.strange; s != nil {
		s.Bytes = at + size - s.Byte
		return nil
	}
	if z := zeros(at, text); z != nil {
		return r.options.Note(z)
	}
	r.strange = &record.Note{Kind: record.NoteDamage, Byte: at, Bytes: size, Offset: record.Unknown,
		EndOffset: record.Unknown, Err: parse.At(at, parse.Damaged("text that is no line of MONITOR"))}
	return nil
}

// tellStrange tells of the lines that takeStrange kept.
func (r *reader) tellStrange() error {
	n := r.strange
	if r.strange = nil; n == nil {
		return nil
	}
	return r.options.Note(n)
}

// end takes what follows the last line end: the text may have been stopped
// anywhere.
func (r *reader) end(at int64, text []byte) error {
	if len(text) > 0 && r.line.parse(bytes.Clone(trimEnd(text))) {
		return r.take(at, text)
	}
	if err := r.tellStrange(); err != nil || len(text) == 0 || !r.begun {
		return err
	}
	if z := zeros(at, text); z != nil {
		return r.options.Note(z)
	}
	return r.options.Note(&record.Note{Kind: record.NoteTruncated, Byte: at, Bytes: int64(len(text)),
		Offset: record.Unknown, EndOffset: record.Unknown,
		Err: parse.At(at, parse.Truncated("the text ends within a line"))})
}

// zeros is the note on a stretch of zeros in a line that is none of MONITOR's; nil
// where there is none.
func zeros(at int64, text []byte) *record.Note {
	run := parse.ZeroRun{At: at}
	if run.See(text); !run.Long() {
		return nil
	}
	n := run.To - run.From
	return &record.Note{Kind: record.NoteZeros, Byte: run.From, Bytes: n, Offset: record.Unknown,
		EndOffset: record.Unknown, Err: run.Placed(parse.Zeros("%d zero bytes, from byte %d to %d, where lines "+
			"belong: blocks that were never written or got lost", n, run.From, run.To-1))}
}
