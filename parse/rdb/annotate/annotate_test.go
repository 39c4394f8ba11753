package annotate

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// The fields that are not within a compressed string cover every record of
// every dump to the byte, and only few kinds of value are left whole.
func TestFieldsCoverRecords(t *testing.T) {
	paths, err := filepath.Glob("../../../testdata/dumps/*.rdb")
	if err != nil || len(paths) < 8 {
		t.Fatalf("%d dumps: %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			d := rdb.NewDecoder(parse.NewBytesCursor(data, 0), rdb.Options{})
			for rec, err := range d.Records() {
				if err == nil && rec.Kind == rdb.KindKey {
					err = d.Skip()
				}
				if err != nil {
					t.Fatal(err)
				}
				covers(t, data, d.Header(), rec)
			}
		})
	}
}

func covers(t *testing.T, data []byte, h rdb.Header, rec *rdb.Record) {
	t.Helper()
	place := rec.Byte
	err := Record(parse.NewBytesCursor(data[rec.Byte:], rec.Byte), h, rec, func(f *Field) error {
		if f.Inner {
			return nil
		}
		if f.Byte != place || f.Size <= 0 && f.Text == nil {
			t.Errorf("%q of the record at %d is at %d with %d bytes, want %d", f.Label, rec.Byte, f.Byte, f.Size, place)
		}
		if f.Label == errRest.text && rec.Object != rdb.ObjectArray && rec.Encoding != "zipmap" && rec.Kind == rdb.KindKey {
			t.Errorf("a %s in %s is not taken apart", rec.Object, rec.Encoding)
		}
		place += f.Size
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if place != rec.Byte+rec.Bytes {
		t.Errorf("the record at %d ends at %d, its fields at %d", rec.Byte, rec.Byte+rec.Bytes, place)
	}
}

// Whatever the bytes are, the fields cover what is said to be a record.
func FuzzRecord(f *testing.F) {
	f.Add([]byte("\x00\x01k\x01v"))
	f.Add([]byte("\x0a\x01k\x0b\x0b\x00\x00\x00\x0a\x00\x00\x00\x00\x00\xff"))
	f.Add([]byte("\xfa\x03abc\xc3\x05\x1e\x00a\xe0\x14\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, kind := range []rdb.Kind{rdb.KindAux, rdb.KindKey} {
			for typ := range rdb.Type(29) {
				rec := &rdb.Record{Kind: kind, Byte: 0, Bytes: int64(len(data)), Type: typ}
				place := int64(0)
				err := Record(parse.NewBytesCursor(data, 0), rdb.Header{Magic: "REDIS", Version: 11}, rec, func(field *Field) error {
					if !field.Inner {
						place += field.Size
					}
					return nil
				})
				if err != nil || place != rec.Bytes {
					t.Fatalf("type %d: %d of %d bytes, %v", typ, place, rec.Bytes, err)
				}
			}
		}
	})
}
