package rdb

import (
	"cmp"
	"encoding/binary"
	"io"
	"slices"
	"strconv"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb/internal/listpack"
	"github.com/redsleuth/redsleuth/parse/rdb/internal/packed"
)

// A stream is, with v2 to v5 for the types 19, 21, 26 and 27 and later ones:
//
//	nodes      count, and as many (id of 16 bytes, as a string; listpack)
//	state      length, last id; [v2] first id, largest deleted id, entries added
//	groups     count, and as many of
//	             name, last id; [v2] entries read
//	             pending:   count, and as many (raw id, raw time, deliveries)
//	             consumers: count, and as many (name, raw time seen,
//	                        [v3] raw time active, count, raw ids of its pending)
//	             [v5] released: count, and as many raw ids
//	[v4]       seconds and number for which idempotence ids are kept
//	           count of producers, and as many (name, count, and as many (id, entry id))
//	           ids added, duplicates seen
//
// Ids are two lengths, or 16 raw bytes, big endian; raw times 8 bytes, little
// endian. A node's listpack:
//
//	master     count, deleted, number of fields, fields, 0
//	entry      flags, ms and seq counted from the node's id, [unless same
//	           fields: number of fields], fields and values, or values alone,
//	           number of listpack entries that the entry takes before this one
//
// Source: redis src/rdb.c (rdbSaveObject), src/t_stream.c.

// The flags of an entry (redis src/stream.h).
const (
	entryDeleted    = 1
	entrySameFields = 2
)

// A streamReader holds what reading a stream needs.
type streamReader struct {
	state       StreamState
	group       Group
	producer    Producer
	idempotence IdempotenceState
	node        StreamID
	names       [][]byte // the fields of the node's master entry
	nameText    []byte
	fields      [][]byte
	fieldText   []byte
	text        []byte // names of consumers, ids of producers
}

func (d *Decoder) readStream(t Type) (int64, error) {
	s := &d.value.stream
	s.state = StreamState{HasMeta: t >= TypeStream2}
	entries, err := d.readNodes()
	if err != nil {
		return 0, within(err, "the stream's nodes")
	}
	groups, err := d.readStreamState(entries)
	if err != nil {
		return 0, within(err, "the stream's state")
	}
	for i := range groups {
		if err := d.readGroup(t); err != nil {
			return 0, within(err, "consumer group "+strconv.FormatUint(i, 10))
		}
	}
	if t >= TypeStream4 {
		if err := d.readIdempotence(); err != nil {
			return 0, within(err, "the stream's producers")
		}
	}
	return int64(min(s.state.Length, 1<<62)), nil
}

// readNodes visits the entries and returns their number.
func (d *Decoder) readNodes() (entries int64, err error) {
	s, n := &d.value.stream, 0
	_, err = d.each(func() error {
		before := s.node
		id, err := d.str(&d.slots[1])
		if err != nil {
			return err
		}
		if len(id) != rawIDSize {
			return d.flawed(FlawIndex, "a node's id has %d bytes, not %d", len(id), rawIDSize)
		}
		if s.node = rawID(id); n > 0 && s.node == before {
			return d.flawed(FlawIndex, "two nodes with one id")
		}
		n++
		blob, err := d.blob()
		if err != nil {
			return err
		}
		live, err := d.readNodeEntries(blob)
		entries += live
		return err
	})
	return entries, err
}

func rawID(b []byte) StreamID {
	return StreamID{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
}

// readStreamState reads what is after the nodes, and the number of
// groups.
func (d *Decoder) readStreamState(entries int64) (groups uint64, err error) {
	s := &d.value.stream.state
	if err := d.lengths(&s.Length, &s.LastID.Ms, &s.LastID.Seq); err != nil {
		return 0, err
	}
	s.Entries = uint64(entries)
	if s.Length != s.Entries && d.rec.Type >= TypeStream5 {
		return 0, d.fail(parse.Damaged(
			"a stream that says it has %d entries, and has %d", s.Length, entries))
	}
	if s.HasMeta {
		err := d.lengths(&s.FirstID.Ms, &s.FirstID.Seq, &s.MaxDeletedID.Ms, &s.MaxDeletedID.Seq,
			&s.EntriesAdded)
		if err != nil {
			return 0, err
		}
	}
	if err := d.lengths(&s.Groups); err != nil {
		return 0, err
	}
	e := &d.value.element
	e.Kind, e.Stream = ElementStream, s
	return s.Groups, d.emit()
}

// readNodeEntries visits the entries of a node that are not deleted.
func (d *Decoder) readNodeEntries(blob []byte) (live int64, err error) {
	if err := d.value.listpack.Reset(blob); err != nil {
		return 0, d.failBlob(Flawed(FlawEnvelope, err))
	}
	if len(blob) <= listpack.HeaderSize+1 {
		return 0, d.failBlob(Flawed(FlawIndex, parse.Damaged("a node without entries")))
	}
	count, deleted, err := d.readMaster()
	if err != nil {
		return 0, within(err, "the node's master entry")
	}
	gone := int64(0)
	for i := 0; ; i++ {
		flags, err := d.value.listpack.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return 0, d.failBlob(err)
		}
		isLive, err := d.readEntry(flags)
		if err != nil {
			return 0, within(err, "entry "+strconv.Itoa(i))
		}
		if isLive {
			live++
		} else {
			gone++
		}
	}
	if live != count || gone != deleted {
		return 0, d.failBlob(parse.Damaged(
			"a node that says it has %d entries and %d deleted ones, and has %d and %d", count, deleted, live, gone))
	}
	return live, nil
}

// readMaster reads a node's head and keeps its field names.
func (d *Decoder) readMaster() (count, deleted int64, err error) {
	var n, zero int64
	if err := d.ints(&count, &deleted, &n); err != nil {
		return 0, 0, err
	}
	s := &d.value.stream
	s.names, s.nameText, err = d.texts(s.names[:0], s.nameText[:0], n)
	if err != nil {
		return 0, 0, err
	}
	if err := d.ints(&zero); err != nil {
		return 0, 0, err
	}
	if zero != 0 {
		return 0, 0, d.failBlob(parse.Damaged("no 0 after the field names"))
	}
	return count, deleted, nil
}

// readEntry reads what is after an entry's flags.
func (d *Decoder) readEntry(flags packed.Entry) (live bool, err error) {
	s := &d.value.stream
	if !flags.IsInt() || flags.Int&^(entryDeleted|entrySameFields) != 0 {
		return false, d.failBlob(parse.Damaged("flags that don't exist"))
	}
	var ms, seq, n, took int64
	if err := d.ints(&ms, &seq); err != nil {
		return false, err
	}
	want := int64(3) // flags, ms, seq
	if flags.Int&entrySameFields != 0 {
		n = int64(len(s.names))
		err = d.sameFields()
		want += n
	} else {
		if err := d.ints(&n); err != nil {
			return false, err
		}
		if n < 0 || n > int64(len(s.names))+maxEntryFields {
			return false, d.failBlob(parse.Damaged("an entry with %d fields", n))
		}
		s.fields, s.fieldText, err = d.texts(s.fields[:0], s.fieldText[:0], 2*n)
		want += 1 + 2*n
	}
	if err == nil {
		err = d.ints(&took)
	}
	if err != nil {
		return false, err
	}
	if took != want {
		return false, d.failBlob(parse.Damaged(
			"it says it takes %d listpack entries, and takes %d", took, want))
	}
	if flags.Int&entryDeleted != 0 {
		return false, nil
	}
	e := &d.value.element
	e.Kind, e.Fields = ElementEntry, s.fields
	// Differences are stored as signed numbers and added with wrap-around.
	e.ID = StreamID{s.node.Ms + uint64(ms), s.node.Seq + uint64(seq)}
	return true, d.emit()
}

// maxEntryFields is more than any blob could hold; it keeps twice the number
// from overflowing.
const maxEntryFields = 1 << 40

// sameFields reads the values of an entry that has the master's fields.
func (d *Decoder) sameFields() error {
	s := &d.value.stream
	s.fields, s.fieldText = s.fields[:0], s.fieldText[:0]
	for _, name := range s.names {
		value, err := d.nextEntry()
		if err != nil {
			return err
		}
		var text []byte
		text, s.fieldText = entryText(value, s.fieldText)
		s.fields = append(s.fields, name, text)
	}
	return nil
}

// texts appends the next n entries of the listpack to list; integers are
// printed to the end of space.
func (d *Decoder) texts(list [][]byte, space []byte, n int64) ([][]byte, []byte, error) {
	for range n {
		e, err := d.nextEntry()
		if err != nil {
			return list, space, err
		}
		var text []byte
		text, space = entryText(e, space)
		list = append(list, text)
	}
	return list, space, nil
}

// entryText is an entry as clients see it. What was printed to space before
// stays valid when space grows.
func entryText(e packed.Entry, space []byte) (text, grown []byte) {
	if !e.IsInt() {
		return e.Text, space
	}
	start := len(space)
	space = strconv.AppendInt(space, e.Int, 10)
	return space[start:len(space):len(space)], space
}

// nextEntry is the next entry of the listpack, where there must be one.
func (d *Decoder) nextEntry() (packed.Entry, error) {
	e, err := d.value.listpack.Next()
	if err == io.EOF {
		err = parse.Damaged("the listpack ends in the middle of an entry")
	}
	if err != nil {
		return e, d.failBlob(err)
	}
	return e, nil
}

// ints reads entries that must be integers.
func (d *Decoder) ints(into ...*int64) error {
	for _, p := range into {
		e, err := d.nextEntry()
		if err != nil {
			return err
		}
		if !e.IsInt() {
			return d.failBlob(parse.Damaged("text where a number must be"))
		}
		*p = e.Int
	}
	return nil
}

// readIdempotence reads the end of a stream of type 26 or later.
func (d *Decoder) readIdempotence() error {
	s := &d.value.stream
	id := &s.idempotence
	if err := d.lengths(&id.Seconds, &id.MaxEntries, &id.Producers); err != nil {
		return err
	}
	for i := range id.Producers {
		if err := d.readProducer(); err != nil {
			return within(err, "producer "+strconv.FormatUint(i, 10))
		}
	}
	if err := d.lengths(&id.IDsAdded, &id.Duplicates); err != nil {
		return err
	}
	e := &d.value.element
	e.Kind, e.Idempotence = ElementIdempotence, id
	return d.emit()
}

func (d *Decoder) readProducer() (err error) {
	s := &d.value.stream
	s.text = s.text[:0]
	p := &s.producer
	if p.Name, err = d.keep(); err != nil {
		return err
	}
	p.Entries = p.Entries[:0]
	_, err = d.each(func() (err error) {
		var entry ProducerEntry
		if entry.ID, err = d.keep(); err != nil {
			return err
		}
		if err := d.lengths(&entry.Entry.Ms, &entry.Entry.Seq); err != nil {
			return err
		}
		p.Entries = append(p.Entries, entry)
		return nil
	})
	if err != nil {
		return err
	}
	e := &d.value.element
	e.Kind, e.Producer = ElementProducer, p
	return d.emit()
}

// keep reads a string and copies it to where it stays valid until the next
// group or producer.
func (d *Decoder) keep() ([]byte, error) {
	b, err := d.str(&d.slots[1])
	if err != nil {
		return nil, err
	}
	s := &d.value.stream
	start := len(s.text)
	s.text = append(s.text, b...)
	return s.text[start:len(s.text):len(s.text)], nil
}

// Compare orders ids as streams do: -1 if a comes before b, 0 if they are the
// same, 1 if it comes after.
func (a StreamID) Compare(b StreamID) int {
	return cmp.Or(cmp.Compare(a.Ms, b.Ms), cmp.Compare(a.Seq, b.Seq))
}

// String prints the id as commands take it: ms-seq.
func (a StreamID) String() string {
	b := strconv.AppendUint(make([]byte, 0, 41), a.Ms, 10)
	return string(strconv.AppendUint(append(b, '-'), a.Seq, 10))
}

// sortPending sorts by id; servers write them so.
func sortPending(list []Pending) {
	byID := func(a, b Pending) int { return a.ID.Compare(b.ID) }
	if !slices.IsSortedFunc(list, byID) {
		slices.SortFunc(list, byID)
	}
}
