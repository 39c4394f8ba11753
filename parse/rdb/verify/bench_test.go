package verify

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/redsleuth/redsleuth/parse/rdb"
)

// BenchmarkStage checks the values of real dumps of several versions, which
// hold a few of every type.
func BenchmarkStage(b *testing.B) {
	names, err := filepath.Glob("../testdata/mixed-*.rdb")
	if err != nil || len(names) == 0 {
		b.Fatalf("%d files, %v", len(names), err)
	}
	var files [][]byte
	size := 0
	for _, name := range names {
		file, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		files = append(files, file)
		size += len(file)
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		for _, file := range files {
			if err := stage(file); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func stage(file []byte) error {
	d := rdb.NewReader(bytes.NewReader(file))
	defer d.Close()
	s := New(Options{})
	defer s.Close()
	for rec, err := range d.Records() {
		if err == nil && rec.Kind == rdb.KindKey {
			err = s.Value(d, rec)
		}
		if err != nil {
			return err
		}
	}
	return s.Finish()
}
