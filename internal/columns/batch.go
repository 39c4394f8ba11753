package columns

// A Kind is what a column holds.
type Kind uint8

// The kinds of column.
const (
	Text  Kind = iota + 1 // UTF-8
	Int                   // 64 bits, signed
	Small                 // 32 bits, signed
	Time                  // milliseconds since 1970, UTC
	Bool
)

// A Column is one of a schema.
type Column struct {
	Name string
	Kind Kind
	// Repeats: the same values come again and again, and are kept in a dictionary.
	Repeats bool
	// Random: no value is like another, so that nothing is told of all of them.
	Random bool
	// About says what it holds.
	About string
}

// physical is the number of the type in which the values are stored.
func (k Kind) physical() int64 {
	switch k {
	case Text:
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
	case Text:
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
	text  []byte
}

// cells are those of a column that are not null, and of which rows they are.
type cells struct {
	row  []int32
	ints []int64 // of text, where it ends in Batch.text
	from []int32 // of text, where it begins
}

// NewBatch makes one for so many columns.
func NewBatch(columns int) *Batch { return &Batch{cells: make([]cells, columns)} }

// Int sets a number, a time or a truth of the row at hand.
func (b *Batch) Int(column int, n int64) {
	c := &b.cells[column]
	c.row, c.ints = append(c.row, int32(b.rows)), append(c.ints, n)
}

// Bool sets a truth of the row at hand.
func (b *Batch) Bool(column int, is bool) {
	n := int64(0)
	if is {
		n = 1
	}
	b.Int(column, n)
}

// Text sets text of the row at hand, which must be UTF-8.
func (b *Batch) Text(column int, text []byte) {
	from := len(b.text)
	b.text = append(b.text, text...)
	b.texts(column, from)
}

// String is Text of a string.
func (b *Batch) String(column int, text string) {
	from := len(b.text)
	b.text = append(b.text, text...)
	b.texts(column, from)
}

// Append sets text that is appended by add.
func (b *Batch) Append(column int, add func(dst []byte) []byte) {
	from := len(b.text)
	b.text = add(b.text)
	b.texts(column, from)
}

func (b *Batch) texts(column, from int) {
	c := &b.cells[column]
	c.row = append(c.row, int32(b.rows))
	c.from, c.ints = append(c.from, int32(from)), append(c.ints, int64(len(b.text)))
}

// End ends the row at hand.
func (b *Batch) End() { b.rows++ }

// Drop forgets the rows from the n-th on, and the one at hand, with their text.
func (b *Batch) Drop(n int) {
	text := len(b.text)
	for i := range b.cells {
		c := &b.cells[i]
		for len(c.row) > 0 && int(c.row[len(c.row)-1]) >= n {
			c.row, c.ints = c.row[:len(c.row)-1], c.ints[:len(c.ints)-1]
			if len(c.from) > len(c.row) {
				text = min(text, int(c.from[len(c.row)]))
				c.from = c.from[:len(c.row)]
			}
		}
	}
	b.rows, b.text = min(b.rows, n), b.text[:text]
}

// Rows is how many rows have ended.
func (b *Batch) Rows() int { return b.rows }

// Full reports whether it is time to write the batch.
func (b *Batch) Full() bool { return b.rows >= batchRows || len(b.text) >= batchText }

func (b *Batch) reset() {
	for i := range b.cells {
		c := &b.cells[i]
		c.row, c.ints, c.from = c.row[:0], c.ints[:0], c.from[:0]
	}
	if b.rows, b.text = 0, b.text[:0]; cap(b.text) > 4*batchText {
		b.text = nil // of one huge text; its memory is not kept
	}
}
