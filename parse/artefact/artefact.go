// Package artefact reads an input of any kind through one Handler.
//
//	rdb ──rdb──▶   aof, aof-set ──aof──▶   psync, commands ──link──▶   pcap ──capture──▶
//	monitor ──monitor──▶   slowlog ──slowlog──▶
//
// It chooses the reader by the input's kind, says from which offset a bare
// stream of commands goes on, and ends when its context does. Only here is an
// RDB that commands follow found to be an AOF.
//
// Stable: Walk, Options and Kept.
package artefact

import (
	"context"
	"errors"
	"io"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/aof"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/link"
	"github.com/redsleuth/redsleuth/parse/monitor"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/parse/slowlog"
	"github.com/redsleuth/redsleuth/repl"
)

// Options of Walk.
type Options struct {
	// Offset is the number of the first byte of a stream that doesn't tell
	// it (--offset, --info): one more than the offset before it. 0 is none.
	Offset int64
	// Base is the replication state in the AUX fields of an RDB that the
	// user named (--base): its id, offset and selected database.
	Base *repl.State
	// Later are those of further links in the same bytes, by their number.
	Later map[int]*repl.State
	// Dumps are where in which history dumps were made: what may tie a link of a
	// capture to offsets that does not tell them.
	Dumps []repl.State
	// Clients, where set, is given the commands of ordinary clients, of a capture,
	// of MONITOR or a slow log, without the passwords in them; its error ends the walk.
	Clients func(*record.ClientCommand) error
	// Kept, where set, holds the links of captures for the walks that follow.
	Kept *Kept
}

// Walk reads in from front to back. Handler.RDB is called for a dump, for
// each payload and for the head of an AOF. Errors are those of the operating
// system, of the handler, and *parse.Error where nothing can be read at all;
// damage within comes out of decoders and notes. The kind is in.Kind, but
// KindAOF for an RDB that commands follow.
func Walk(ctx context.Context, in *input.Input, o Options, h record.Handler) (input.Kind, error) {
	h = &interruptible{Handler: h, ctx: ctx}
	kind := in.Kind
	var err error
	switch kind {
	case input.KindAOFSet:
		err = aof.WalkSet(in, h)
	case input.KindPCAP:
		err = walkCapture(ctx, in, o, h)
	default:
		kind, err = walkBytes(ctx, in, o, h)
	}
	if err == nil {
		err = notePacking(in, h)
	}
	if errors.Is(err, record.Stop) {
		err = nil
	}
	return kind, err
}

// notePacking tells what was found of the compressed data.
func notePacking(in *input.Input, h record.Handler) error {
	n := record.Note{Kind: record.NoteCut, Byte: record.Unknown, Bytes: record.Unknown,
		Offset: record.Unknown, EndOffset: record.Unknown, Text: []byte(in.Compression), Err: in.Broken()}
	switch {
	case n.Err != nil, in.Cut():
	case in.Behind():
		n.Kind = record.NoteTrailing
		n.Err = parse.Damaged("bytes follow the compressed data, and belong to nothing in it")
	default:
		return nil
	}
	return h.Note(&n)
}

func walkBytes(
	ctx context.Context, in *input.Input, o Options, h record.Handler,
) (input.Kind, error) {
	c, err := in.Cursor()
	if err != nil {
		return in.Kind, err
	}
	defer c.Close()
	switch in.Kind {
	case input.KindRDB:
		return walkRDB(in, c, h)
	case input.KindDumpPayload:
		_, err := walkRDB(in, c, h)
		return in.Kind, err
	case input.KindAOF:
		return in.Kind, aof.Walk(c, in.Limits, h)
	case input.KindSlowlog:
		return in.Kind, slowlog.Walk(c, slowlog.Options{Limits: in.Limits, Command: o.client(ctx), Note: h.Note})
	case input.KindMonitor:
		return in.Kind, monitor.Walk(c, monitor.Options{Limits: in.Limits, Command: o.client(ctx), Note: h.Note})
	}
	l := link.NewLink(1)
	options := link.Options{Limits: in.Limits, Link: l, DB: record.Unknown, Payload: in.Payload}
	switch {
	case o.Offset > 0:
		l.StartOffset, l.Anchor = o.Offset-1, record.AnchorFlag
	case o.Base != nil:
		anchor(l, o.Base)
		options.DB = o.Base.StreamDB
	}
	if len(o.Later) > 0 {
		number := 1
		options.Next = func() *record.Link {
			number++
			next := link.NewLink(number)
			if b := o.Later[number]; b != nil {
				anchor(next, b)
			}
			return next
		}
	}
	if in.Rereadable() {
		options.Again = in.CursorAt
	}
	return in.Kind, link.Walk(c, options, h)
}

// client is what takes the commands of ordinary clients.
func (o *Options) client(ctx context.Context) func(*record.ClientCommand) error {
	commands := uint(0)
	return func(c *record.ClientCommand) error {
		if commands%commandsBetweenLooks == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		commands++
		if o.Clients == nil {
			return nil
		}
		command.Redact(c.Args)
		return o.Clients(c)
	}
}

// walkRDB reads a dump, and what is after its end.
func walkRDB(in *input.Input, c *parse.Cursor, h record.Handler) (input.Kind, error) {
	d := rdb.NewDecoder(c, rdb.Options{Limits: in.Limits, Whole: !in.Preamble})
	if err := h.RDB(nil, d); err != nil {
		return input.KindRDB, err
	}
	switch err := d.SkipAll(); { // of what is wrong the handler knows, or did not want to
	case parse.IsDamage(err) && in.Preamble:
		return input.KindAOF, aof.WalkAfterDamage(c, in.Limits, h)
	case parse.IsDamage(err):
		return input.KindRDB, nil
	case err != nil:
		return input.KindRDB, err
	}
	after, err := c.Fill(64)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return input.KindRDB, err
	case len(after) == 0:
		return input.KindRDB, nil
	}
	if k := input.Sniff(after); k == input.KindCommands || k == input.KindAOF {
		return input.KindAOF, aof.WalkTail(c, in.Limits, h)
	}
	mark := isMark(after)
	n := &record.Note{Kind: record.NoteTrailing, Byte: c.Offset(), Offset: record.Unknown,
		EndOffset: record.Unknown}
	zeros := parse.ZeroRun{At: n.Byte}
	c.Watch(zeros.See)
	err = c.Skip(1 << 62)
	zeros.See(c.Unwatch())
	if err != nil && !errors.Is(err, io.EOF) {
		return input.KindRDB, err
	}
	switch n.Bytes = c.Offset() - n.Byte; {
	case mark && n.Bytes == markSize:
		n.Kind = record.NoteEOFMark
	case zeros.Long() && zeros.To-zeros.From == n.Bytes:
		n.Err = zeros.Placed(parse.Zeros("%d zero bytes, from byte %d to %d, behind the end of the dump, which "+
			"is whole: the file was filled up, and servers don't look at them", n.Bytes, zeros.From, zeros.To-1))
	}
	return input.KindRDB, h.Note(n)
}

// markSize is that of the mark behind the payload of a diskless sync.
const markSize = 40

// isMark: the random mark behind the payload of a diskless sync, which is left
// in a dump that was taken off a link.
func isMark(after []byte) bool {
	if len(after) < markSize {
		return false
	}
	for _, b := range after[:markSize] {
		if (b < '0' || b > '9') && (b < 'a' || b > 'f') {
			return false
		}
	}
	return true
}

// interruptible ends a walk when its context ends.
type interruptible struct {
	record.Handler
	ctx      context.Context
	commands uint
}

// commandsBetweenLooks is how many commands pass before the context is asked
// again: microseconds.
const commandsBetweenLooks = 256

func (i *interruptible) RDB(l *record.Link, d *rdb.Decoder) error {
	if err := i.ctx.Err(); err != nil {
		return err
	}
	return i.Handler.RDB(l, d)
}

func (i *interruptible) Command(c *record.Command) error {
	if i.commands%commandsBetweenLooks == 0 {
		if err := i.ctx.Err(); err != nil {
			return err
		}
	}
	i.commands++
	return i.Handler.Command(c)
}
