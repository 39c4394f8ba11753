package columns

import (
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/zstd"
)

const (
	batchRows = 4 << 10
	batchText = 256 << 10
	groupRows = 61440
	groupText = 8 << 20

	magic     = "PAR1"
	createdBy = "redsleuth"
)

// A Writer writes batches in the order in which it is given them. Close it.
type Writer struct {
	out     io.Writer
	schema  string
	columns []Column
	chunks  []*chunk
	zstd    *zstd.Encoder
	at      int64 // bytes written
	rows    int   // of the row group at hand
	text    int   // bytes of text in it
	all     int64 // rows
	footer  footer
	full    chan *Batch
	free    chan *Batch
	done    chan error
	err     error
}

// NewWriter writes to w; schema names what the rows are.
func NewWriter(w io.Writer, schema string, columns []Column) *Writer {
	o := &Writer{
		out: w, schema: schema, columns: columns, full: make(chan *Batch, 1), free: make(chan *Batch, 2),
		done: make(chan error, 1),
	}
	for _, c := range columns {
		o.chunks = append(o.chunks, newChunk(c))
	}
	// Only a wrong option is an error.
	o.zstd, o.err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(2*pageBytes), zstd.WithEncoderCRC(false))
	o.free <- o.Batch()
	go o.run(o.err)
	return o
}

// Batch is an empty one to fill.
func (w *Writer) Batch() *Batch { return NewBatch(w.columns) }

// Write has the batch written, and returns an empty one in exchange.
func (w *Writer) Write(b *Batch) (*Batch, error) {
	if b.rows == 0 {
		return b, w.err
	}
	w.full <- b
	b = <-w.free
	if w.err == nil {
		select {
		case w.err = <-w.done:
		default:
		}
	}
	return b, w.err
}

// Close writes what is left, and the end of the file.
func (w *Writer) Close() error {
	close(w.full)
	for err := range w.done {
		if w.err == nil {
			w.err = err
		}
	}
	return w.err
}

// run ends at the first error; who writes the next batch gets it.
func (w *Writer) run(err error) {
	failed := func(err error) bool {
		if err != nil {
			w.done <- err
		}
		return err != nil
	}
	broken := err != nil || failed(w.put([]byte(magic)))
	for b := range w.full {
		broken = broken || failed(w.write(b))
		b.reset()
		w.free <- b
	}
	if !broken {
		if err := w.endGroup(); !failed(err) {
			failed(w.end())
		}
	}
	close(w.done)
}

func (w *Writer) put(b []byte) error {
	n, err := w.out.Write(b)
	w.at += int64(n)
	return err
}

func (w *Writer) write(b *Batch) error {
	for i, k := range w.chunks {
		k.take(&b.cells[i], b.rows, w.zstd)
	}
	w.rows += b.rows
	w.text += b.bytes
	if w.rows+batchRows <= groupRows && w.text < groupText {
		return nil
	}
	return w.endGroup()
}

// endGroup writes the row group at hand.
func (w *Writer) endGroup() error {
	if w.rows == 0 {
		return nil
	}
	start, raw := w.at, int64(0)
	meta := &w.footer.thrift
	meta.begin() // RowGroup
	meta.list(1, thriftStruct, len(w.chunks))
	for _, k := range w.chunks {
		dictionary, pages := k.end(w.zstd, w.at, meta)
		for _, part := range [][]byte{dictionary, pages} {
			if err := w.put(part); err != nil {
				return err
			}
		}
		raw += k.raw
		k.reset()
	}
	meta.i64(2, raw)
	meta.i64(3, int64(w.rows))
	meta.i64(5, start)
	meta.i64(6, w.at-start)
	meta.end()
	w.all += int64(w.rows)
	w.footer.endGroup(w.zstd)
	w.rows, w.text = 0, 0
	return nil
}

// end writes what is behind the last row group.
func (w *Writer) end() error {
	var t thrift
	t.begin() // FileMetaData
	t.i32(1, 1)
	t.list(2, thriftStruct, 1+len(w.chunks))
	t.begin()
	t.text(4, createdBy)
	t.i32(5, int64(len(w.chunks)))
	t.end()
	for _, k := range w.chunks {
		k.column.describe(&t)
	}
	t.i64(3, w.all)
	t.list(4, thriftStruct, w.footer.groups)
	head := len(t.b) // the row groups come here
	t.list(5, thriftStruct, 1)
	t.begin()
	t.text(1, "schema")
	t.text(2, w.schema)
	t.end()
	t.text(6, createdBy)
	t.list(7, thriftStruct, len(w.chunks)) // by which the bounds are to be compared
	for range w.chunks {
		t.begin()
		t.empty(1)
		t.end()
	}
	t.end()
	size := int64(len(t.b)) + w.footer.len()
	if err := w.put(t.b[:head]); err != nil {
		return err
	}
	if err := w.footer.each(w.put); err != nil {
		return err
	}
	b := binary.LittleEndian.AppendUint32(t.b[head:], uint32(size))
	return w.put(append(b, magic...))
}
