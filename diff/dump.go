package diff

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/redsleuth/redsleuth/internal/hashjoin"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/value"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/rdb/verify"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A dump is one input of a side while it is read.
type dump struct {
	Side
	in      *input.Input
	number  int // within its side, from 0
	ordinal int // of the RDB within the input, from 0
	of      *side
	take    func(*rdb.Record, *rdb.Decoder) error // in the place of key; nil for that
	hasher  *hasher                               // while it is read
	layout  layout

	libraries  map[string]value.Digest
	scripts    map[string]bool
	damage     error
	commands   int64        // after the RDB, not part of the state
	trailing   *record.Note // what is wrong behind the end; nil if nothing is
	rdbs       int          // whole ones in the input
	duplicates noted
	empty      noted // keys that hold no elements
	faults     []verify.Fault
}

// A layout is what has to be known of a dump to read a key of it by its place.
type layout struct {
	header    rdb.Header
	databases []databaseStart
	templates bool // hashes refer to records further up (Redis 8.10)
}

// A databaseStart is a place from which on a database is selected.
type databaseStart struct {
	place int64
	db    int
}

// noted are keys of the dump of which something is to be said.
type noted struct {
	count  int64
	places []int64 // of the first few
}

// notedKept is how many of them are named.
const notedKept = 16

func (n *noted) add(place int64) {
	if n.count++; len(n.places) < notedKept {
		n.places = append(n.places, place)
	}
}

// read goes over the input once. Of several RDBs in one input (a capture with
// several full resyncs) it takes the last that is whole.
func (s *dump) read(ctx context.Context) error {
	if s.in.Kind != input.KindRDB {
		if err := s.choose(ctx); err != nil {
			return err
		}
	}
	r := &rdbReader{ordinal: s.ordinal, read: func(link *record.Link, d *rdb.Decoder) error {
		if err := s.readRDB(ctx, d); err != nil {
			return err
		}
		s.place(link)
		return nil
	}}
	if _, err := artefact.Walk(ctx, s.in, artefact.Options{Offset: record.Unknown}, r); err != nil {
		return err
	}
	if r.seen <= s.ordinal {
		if s.in.Kind == input.KindAOF || s.in.Kind == input.KindAOFSet {
			return fmt.Errorf("%s: %w as a keyspace: this AOF holds commands and no RDB; "+
				"load it into a redis-server, and SAVE", s.Path, input.ErrUnrecognised)
		}
		return fmt.Errorf("%s: %w as a keyspace: no RDB, no payload of a full resync, no base of an AOF",
			s.Path, input.ErrUnrecognised)
	}
	s.commands, s.trailing = r.commands, r.trailing
	s.Trailing = r.trailing != nil && !s.in.Kind.Recording()
	return nil
}

// choose finds the last whole RDB of the input, or else its last one.
func (s *dump) choose(ctx context.Context) error {
	last, whole := -1, -1
	r := &rdbReader{ordinal: -1}
	r.each = func(d *rdb.Decoder) error {
		last++
		for _, err := range d.Records() {
			if err != nil {
				return passDamage(err)
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		whole = last
		s.rdbs++
		return nil
	}
	_, err := artefact.Walk(ctx, s.in, artefact.Options{Offset: record.Unknown}, r)
	if parse.IsDamage(err) {
		return fmt.Errorf("%s: %w", s.Path, err)
	}
	if err != nil {
		return err
	}
	s.ordinal = max(whole, 0)
	if whole < 0 {
		s.ordinal = max(last, 0)
	}
	return nil
}

// passDamage is nil for what a dump's bytes are to blame for.
func passDamage(err error) error {
	if parse.IsDamage(err) {
		return nil
	}
	return err
}

// readRDB reads every record.
func (s *dump) readRDB(ctx context.Context, d *rdb.Decoder) error {
	s.End = record.Clean
	for n := 0; ; n++ {
		if n&1023 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		rec, err := d.Next()
		if err == nil {
			err = s.record(rec, d)
		}
		if err == io.EOF {
			return s.hasher.stage.Finish()
		}
		if err != nil {
			return errors.Join(s.hasher.stage.Finish(), s.broken(err))
		}
	}
}

// broken notes where and how the dump stops being readable.
func (s *dump) broken(err error) error {
	damage, ok := parse.AsDamage(err)
	if !ok {
		return err
	}
	s.damage, s.EndByte, s.End = err, damage.ByteOffset, record.Damaged
	if errors.Is(err, parse.ErrTruncated) {
		s.End = record.Truncated
	}
	return nil
}

func (s *dump) record(rec *rdb.Record, d *rdb.Decoder) error {
	switch rec.Kind {
	case rdb.KindHeader:
		s.layout.header = rdb.Header{Magic: rec.Magic, Version: rec.Version}
	case rdb.KindAux:
		s.aux(rec.Name, rec.Value)
	case rdb.KindFunction:
		s.libraries[string(libraryName(rec.Value))] = value.Hash(rec.Value)
	case rdb.KindHashTemplate:
		s.layout.templates = true
	case rdb.KindSelectDB:
		s.layout.databases = append(s.layout.databases, databaseStart{rec.Byte, rec.DB})
	case rdb.KindEnd:
		s.Checksum = rec.Checksum
	case rdb.KindKey:
		return s.pass(rec, d)
	}
	return nil
}

// pass takes a key in where the filter lets it pass.
func (s *dump) pass(rec *rdb.Record, d *rdb.Decoder) (err error) {
	s.Read++
	slot := 0
	if s.of.slots != nil {
		slot = s.of.slots.See(rec.Key, rec.Byte)
	}
	switch {
	case s.of.filter != nil && !s.of.filter(rec.DB, rec.Key):
		return nil
	case s.take != nil:
		err = s.take(rec, d)
	default:
		err = s.key(rec, d)
	}
	if err != nil {
		return err
	}
	s.Keys++
	if s.of.slots != nil {
		s.of.slots.Count(slot, rec.Bytes)
	}
	return nil
}

func (s *dump) key(rec *rdb.Record, d *rdb.Decoder) error {
	digest, err := s.hasher.digest(rec, d)
	if err != nil {
		return err
	}
	if err := s.checked(rec); err != nil {
		return err
	}
	if rec.Elements == 0 && rec.Object.HoldsElements() {
		s.empty.add(rec.Byte)
	}
	return s.enter(rec, digest)
}

// enter adds a key to the side's table.
func (s *dump) enter(rec *rdb.Record, digest value.Digest) error {
	at, err := newSpot(s.number, rec.Byte, rec.Object, rec.HasExpire, rec.ExpireAt)
	if err != nil {
		return err
	}
	at = s.size(rec, at)
	if s.of.strays(s.number, rec.Key) {
		at = at.astray()
	}
	key := hashjoin.Hash(value.HashKey(rec.DB, rec.Key))
	return s.of.table.Add(hashjoin.Entry{Key: key, Value: hashjoin.Hash(digest), Tag: hashjoin.Tag(at)})
}

func (s *dump) aux(name, value []byte) {
	if string(name) == "lua" {
		sum := sha1.Sum(value)
		s.scripts[hex.EncodeToString(sum[:])] = true
		return
	}
	s.Origin.Aux(name, value)
}

// place sets the state: what the AUX fields say, or else what the full resync
// announced.
func (s *dump) place(link *record.Link) {
	switch {
	case s.Origin.Placed():
		s.State = &s.Origin.State
	case link != nil && link.ReplicationID != "" && link.StartOffset != record.Unknown:
		s.State = &repl.State{ID: link.ReplicationID, Offset: link.StartOffset, StreamDB: repl.Unknown}
	}
}

// libraryName reads the name in the first line of a library, "#!lua name=x".
func libraryName(source []byte) []byte {
	line, _, _ := bytes.Cut(source, []byte("\n"))
	for _, word := range bytes.Fields(line) {
		if name, ok := bytes.CutPrefix(word, []byte("name=")); ok {
			return bytes.Clone(name)
		}
	}
	return nil
}

// databaseAt is the database that is selected at a place.
func (l *layout) databaseAt(place int64) int {
	i := sort.Search(len(l.databases), func(i int) bool { return l.databases[i].place > place })
	if i == 0 {
		return 0
	}
	return l.databases[i-1].db
}

// rdbReader calls read with one RDB of an input, or each with all of them, and
// counts the commands after it.
type rdbReader struct {
	ordinal  int
	read     func(*record.Link, *rdb.Decoder) error
	each     func(*rdb.Decoder) error
	seen     int
	commands int64
	trailing *record.Note // what is wrong behind the end; nil if nothing is
}

func (r *rdbReader) RDB(link *record.Link, d *rdb.Decoder) error {
	r.seen++
	switch {
	case r.each != nil:
		return r.each(d)
	case r.seen-1 == r.ordinal:
		return r.read(link, d)
	}
	return nil
}

func (r *rdbReader) Command(c *record.Command) error {
	if c.Link != nil && c.Link.AOF {
		r.commands++
	}
	return nil
}

func (r *rdbReader) Note(n *record.Note) error {
	wrong := false
	switch n.Kind {
	case record.NoteTrailing, record.NoteCut:
		wrong = n.Link == nil
	case record.NoteDamage, record.NoteTruncated, record.NoteZeros: // among an AOF's commands
		wrong = n.Link != nil && n.Link.AOF && r.trailing == nil
	}
	if wrong {
		trailing := *n
		r.trailing = &trailing
	}
	return nil
}

func (r *rdbReader) LinkStart(*record.Link) error { return nil }
func (r *rdbReader) LinkEnd(*record.Link) error   { return nil }
