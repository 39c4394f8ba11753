package dump

import (
	"bytes"
	"io"
	"os"
	"testing"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// BenchmarkFormats writes a dump with every type, over and over. Its values
// stand for what a decoder and a printer do, not for a large file.
func BenchmarkFormats(b *testing.B) {
	data, err := os.ReadFile("../testdata/dumps/types-7.0.15.rdb")
	if err != nil {
		b.Fatal(err)
	}
	for _, format := range []Format{NDJSON, Text, CSV, RESP} {
		b.Run(string(format), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			d := newDumper(b, io.Discard, Options{Format: format})
			for b.Loop() {
				c := parse.NewCursor(bytes.NewReader(data), 0)
				if err := d.RDB(nil, rdb.NewDecoder(c, rdb.Options{})); err != nil {
					b.Fatal(err)
				}
				c.Close()
			}
			if err := d.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
