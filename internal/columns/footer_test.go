package columns

import (
	"bytes"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// TestFooter: what was said of each row group comes back whole and in order, from
// blocks that take much less.
func TestFooter(t *testing.T) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	var f footer
	var want []byte
	for i := range 5000 {
		from := len(f.b)
		f.begin()
		f.i64(1, int64(i))
		f.text(2, "what is said of a column of most row groups")
		f.end()
		want = append(want, f.b[from:]...)
		f.endGroup(z)
	}
	var got []byte
	err = f.each(func(b []byte) error {
		got = append(got, b...)
		return nil
	})
	if err != nil || !bytes.Equal(got, want) || f.len() != int64(len(want)) || f.groups != 5000 {
		t.Errorf("%d bytes of %d, %d groups, %v", len(got), len(want), f.groups, err)
	}
	held := len(f.b)
	for _, block := range f.blocks {
		held += len(block)
	}
	if len(f.blocks) < 2 || held > len(want)/2 {
		t.Errorf("%d bytes are held of %d, in %d blocks", held, len(want), len(f.blocks))
	}
}
