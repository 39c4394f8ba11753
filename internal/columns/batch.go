package columns

import (
	"bytes"
	"encoding/binary"
)

// A Kind is what a column holds.
type Kind uint8

// The kinds of column.
const (
	Text  Kind = iota + 1 // UTF-8
	Int                   // 64 bits, signed
	Small                 // 32 bits, signed
	Time                  // milliseconds since 1970, UTC
	Bool
	Hex // 128 bits as 32 hexadecimal digits, no two alike, so that they have no bounds
)

// A Column is one of a schema.
type Column struct {
	Name string
	Kind Kind
	// Repeats: the same text comes again and again, and is kept in a dictionary.
	Repeats bool
	// About says what it holds.
	About string
}

// physical is the number of the type in which the values are stored.
func (k Kind) physical() int64 {
	switch k {
	case Text, Hex:
		return typeBytes
	case Small:
		return typeInt32
	case Bool:
		return typeBool
	}
	return typeInt64
}

// Numbers of parquet.thrift: what values mean to older and to newer readers.
const (
	optional                        = 1
	convertedText, convertedMillis  = 0, 9
	logicalText, logicalTime        = 1, 8
	logicalUTC, logicalUnit, millis = 1, 2, 1
)

// describe appends the SchemaElement.
func (c *Column) describe(t *thrift) {
	t.begin()
	t.i32(1, c.Kind.physical())
	t.i32(3, optional)
	t.text(4, c.Name)
	switch c.Kind {
	case Text, Hex:
		t.i32(6, convertedText)
		t.child(10)
		t.empty(logicalText)
		t.end()
	case Time:
		t.i32(6, convertedMillis)
		t.child(10)
		t.child(logicalTime)
		t.true(logicalUTC)
		t.child(logicalUnit)
		t.empty(millis)
		t.end()
		t.end()
		t.end()
	}
	t.end()
}

// A Batch is rows that are gathered. It is not safe for concurrent use.
type Batch struct {
	rows  int
	cells []cells // by column
	bytes int     // of text
}

// cells are those of a column that are not null.
type cells struct {
	span          // of which rows the last of them are,
	spans []span  // and those before
	ints  []int64 // numbers, times and truths
	text  []byte  // texts, or digests, one behind the other
	ends  []int   // where in text each text ends
	// again is how often in a row each text came; only where they repeat.
	again   []int
	repeats bool
}

// A span is rows one behind the other.
type span struct{ from, n int }

// hexBytes is how many bytes there are in a digest.
const hexBytes = 16

// NewBatch makes one for these columns.
func NewBatch(schema []Column) *Batch {
	b := &Batch{cells: make([]cells, len(schema))}
	for i := range schema {
		b.cells[i].repeats = schema[i].Repeats
	}
	return b
}

// set marks the cell of the row at hand as not null.
func (c *cells) set(row int) {
	if c.from+c.n != row {
		c.endSpan()
		c.from = row
	}
	c.n++
}

func (c *cells) endSpan() {
	if c.n > 0 {
		c.spans = append(c.spans, c.span)
	}
	c.span = span{}
}

// Int sets a number, a time or a truth of the row at hand.
func (b *Batch) Int(column int, n int64) {
	c := &b.cells[column]
	c.set(b.rows)
	c.ints = append(c.ints, n)
}

// Bool sets a truth of the row at hand.
func (b *Batch) Bool(column int, is bool) {
	n := int64(0)
	if is {
		n = 1
	}
	b.Int(column, n)
}

// Hex sets a digest of the row at hand.
func (b *Batch) Hex(column int, hi, lo uint64) {
	c := &b.cells[column]
	c.set(b.rows)
	c.text = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(c.text, hi), lo)
	b.bytes += hexBytes
}

// Text sets text of the row at hand, which must be UTF-8.
func (b *Batch) Text(column int, text []byte) {
	c := &b.cells[column]
	c.set(b.rows)
	if last := len(c.ends) - 1; c.repeats && last >= 0 && bytes.Equal(c.text[c.begin(last):], text) {
		c.again[last]++
		return
	}
	c.text = append(c.text, text...)
	b.endText(c, len(text))
}

// String is Text of a string.
func (b *Batch) String(column int, text string) {
	c := &b.cells[column]
	c.set(b.rows)
	if last := len(c.ends) - 1; c.repeats && last >= 0 && string(c.text[c.begin(last):]) == text {
		c.again[last]++
		return
	}
	c.text = append(c.text, text...)
	b.endText(c, len(text))
}

// Append sets text that is appended by add, and not compared with the one before.
func (b *Batch) Append(column int, add func(dst []byte) []byte) {
	c := &b.cells[column]
	c.set(b.rows)
	before := len(c.text)
	c.text = add(c.text)
	b.endText(c, len(c.text)-before)
}

// endText takes in a text of n bytes at the end of c.text.
func (b *Batch) endText(c *cells, n int) {
	c.ends = append(c.ends, len(c.text))
	if c.repeats {
		c.again = append(c.again, 1)
	}
	b.bytes += n
}

// begin is where a text begins.
func (c *cells) begin(n int) int {
	if n == 0 {
		return 0
	}
	return c.ends[n-1]
}

// End ends the row at hand.
func (b *Batch) End() { b.rows++ }

// Drop forgets the rows from the n-th on, and the one at hand, with their text.
func (b *Batch) Drop(n int) {
	for i := range b.cells {
		c := &b.cells[i]
		before := len(c.text)
		c.drop(n)
		b.bytes -= before - len(c.text)
	}
	b.rows = min(b.rows, n)
}

// drop forgets the cells from a row on.
func (c *cells) drop(row int) {
	c.endSpan()
	gone := 0
	for last := len(c.spans) - 1; last >= 0; last-- {
		s := &c.spans[last]
		left := max(0, min(s.n, row-s.from))
		gone += s.n - left
		if s.n = left; left > 0 {
			break
		}
		c.spans = c.spans[:last]
	}
	if len(c.ints) > 0 {
		c.ints = c.ints[:len(c.ints)-gone]
		return
	}
	if len(c.ends) == 0 {
		c.text = c.text[:len(c.text)-hexBytes*gone]
		return
	}
	for ; gone > 0; gone-- {
		last := len(c.ends) - 1
		if c.repeats {
			if c.again[last]--; c.again[last] > 0 {
				continue
			}
			c.again = c.again[:last]
		}
		c.text, c.ends = c.text[:c.begin(last)], c.ends[:last]
	}
}

// Rows is how many rows have ended.
func (b *Batch) Rows() int { return b.rows }

// Full reports whether it is time to write the batch.
func (b *Batch) Full() bool { return b.rows >= batchRows || b.bytes >= batchText }

func (b *Batch) reset() {
	for i := range b.cells {
		c := &b.cells[i]
		c.span, c.spans, c.ints, c.ends, c.again = span{}, c.spans[:0], c.ints[:0], c.ends[:0], c.again[:0]
		if c.text = c.text[:0]; cap(c.text) > 4*batchText {
			c.text = nil // of one huge text; its memory is not kept
		}
	}
	b.rows, b.bytes = 0, 0
}
