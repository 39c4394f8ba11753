package columns

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/parquet-go/parquet-go"
)

var schema = []Column{
	{Name: "name", Kind: Text}, {Name: "kind", Kind: Text, Repeats: true},
	{Name: "size", Kind: Int}, {Name: "db", Kind: Small, Repeats: true},
	{Name: "at", Kind: Time}, {Name: "is", Kind: Bool}, {Name: "never", Kind: Text},
	{Name: "digest", Kind: Hex}, {Name: "slot", Kind: Small}, {Name: "any", Kind: Int},
	{Name: "many", Kind: Text, Repeats: true},
}

// scatter is a number that has nothing to do with the one before.
func scatter(i int) uint64 {
	n := uint64(i) * 0x9e3779b97f4a7c15
	return (n ^ n>>29) * 0xbf58476d1ce4e5b9
}

// TestWriter: what is written is read back, over several batches and row groups,
// in order, with nulls where they are.
func TestWriter(t *testing.T) {
	const rows = groupRows + 5*batchRows + 17
	var out bytes.Buffer
	w := NewWriter(&out, "test/1", schema)
	b := w.Batch()
	for i := range rows {
		b.String(0, fmt.Sprintf("row %d", i))
		if i%3 > 0 {
			b.Append(1, func(dst []byte) []byte { return fmt.Appendf(dst, "kind %d", i%3) })
		}
		b.Int(2, int64(i)<<32)
		b.Int(3, int64(i%5))
		if i%7 == 0 {
			b.Int(4, 1_700_000_000_000)
			b.Bool(5, i%2 == 0)
		}
		if i%11 > 0 {
			b.Hex(7, scatter(i), scatter(i+1))
		}
		b.Int(8, int64(int32(scatter(i))))
		b.Int(9, int64(scatter(i)))
		b.String(10, manyOf(i))
		b.End()
		if i%100 == 0 { // a row that is given up
			b.String(0, "dropped")
			b.Int(3, 1)
			b.Hex(7, 1, 1)
			b.String(10, manyOf(i))
			b.Drop(b.Rows())
		}
		if b.Full() {
			var err error
			if b, err = w.Write(b); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(f.RowGroups()); n < 2 || f.NumRows() != rows {
		t.Fatalf("%d rows in %d row groups", f.NumRows(), n)
	}
	if s, _ := f.Lookup("schema"); s != "test/1" {
		t.Errorf("schema %q", s)
	}
	var names []string
	for _, c := range f.Schema().Columns() {
		names = append(names, c[0])
	}
	if got := fmt.Sprint(names); got != "[name kind size db at is never digest slot any many]" {
		t.Errorf("columns %s", got)
	}
	i := 0
	for _, g := range f.RowGroups() {
		r := g.Rows()
		buf := make([]parquet.Row, 100)
		for {
			n, err := r.ReadRows(buf)
			for _, row := range buf[:n] {
				if got, want := fmt.Sprintf("%v", row), wantRow(i); got != want {
					t.Fatalf("row %d is %s, want %s", i, got, want)
				}
				i++
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		r.Close()
	}
}

func wantRow(i int) string {
	kind, at, is := "<null>", "<null>", "<null>"
	if i%3 > 0 {
		kind = fmt.Sprintf("kind %d", i%3)
	}
	if i%7 == 0 {
		at, is = "1700000000000", fmt.Sprint(i%2 == 0)
	}
	digest := "<null>"
	if i%11 > 0 {
		digest = fmt.Sprintf("%016x%016x", scatter(i), scatter(i+1))
	}
	return fmt.Sprintf("[row %d %s %d %d %s %s <null> %s %d %d %s]", i, kind, int64(i)<<32, i%5, at, is,
		digest, int32(scatter(i)), int64(scatter(i)), manyOf(i))
}

// manyOf is more text than a dictionary holds, each twice in a row.
func manyOf(i int) string { return fmt.Sprintf("a text of which there are many: %d", i/2%30_000) }

// TestDropKeepsNothing: rows that are given up leave no text behind, however many
// there are, and that of those before them stays.
func TestDropKeepsNothing(t *testing.T) {
	b := NewBatch(schema)
	b.String(0, "kept")
	b.String(1, "too")
	b.End()
	for range 1000 {
		b.Int(2, 1)
		b.String(1, "too") // as before
		b.String(1, "given")
		b.Hex(7, 1, 2)
		b.String(0, "up")
		b.End()
		b.Bool(5, true)
		b.Drop(1)
	}
	text := string(b.cells[0].text) + string(b.cells[1].text) + string(b.cells[7].text)
	if text != "kepttoo" || b.bytes != len(text) || b.Rows() != 1 || len(b.cells[2].ints) > 0 {
		t.Errorf("%d rows, and their text of %d bytes is %.40q", b.Rows(), b.bytes, text)
	}
}

// failing fails at the n-th byte.
type failing struct{ left int }

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

// TestWriteError: an error of the output comes out, whenever it comes.
func TestWriteError(t *testing.T) {
	for _, left := range []int{0, 100, 200_000} {
		w := NewWriter(&failing{left}, "test/1", schema)
		b, err := w.Batch(), error(nil)
		for i := 0; i < 2*groupRows && err == nil; i++ {
			b.Int(2, int64(scatter(i)))
			b.End()
			if b.Full() {
				b, err = w.Write(b)
			}
		}
		if closing := w.Close(); err == nil {
			err = closing
		}
		if err == nil {
			t.Errorf("after %d bytes: no error", left)
		}
	}
}
