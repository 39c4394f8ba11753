package value

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// unhex reads bytes written in hex, with comments behind "//".
func unhex(t testing.TB, commented string) []byte {
	t.Helper()
	var digits strings.Builder
	for line := range strings.Lines(commented) {
		code, _, _ := strings.Cut(line, "//")
		for word := range strings.FieldsSeq(code) {
			digits.WriteString(word)
		}
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// dumped decodes a value written in hex: its type byte and what is behind the
// key. The footer says RDB version 11, without a checksum.
func dumped(t *testing.T, commented string) *Value {
	t.Helper()
	v, err := FromDump(append(unhex(t, commented), 11, 0, 0, 0, 0, 0, 0, 0, 0, 0))
	if err != nil {
		t.Fatalf("%v in %s", err, commented)
	}
	return v
}

// fixtures are the real dumps of this repository, by name.
func fixtures(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, dir := range []string{"../testdata/dumps", "../parse/rdb/testdata", "../parse/rdb/testdata/peers"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.rdb"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no dumps in %s: %v", dir, err)
		}
		for _, path := range files {
			if all[filepath.Base(path)], err = os.ReadFile(path); err != nil {
				t.Fatal(err)
			}
		}
	}
	return all
}

// eachKey visits the keys of a dump.
func eachKey(t testing.TB, dump []byte, visit func(d *rdb.Decoder, rec *rdb.Record)) {
	t.Helper()
	c := parse.NewCursor(bytes.NewReader(dump), 0)
	defer c.Close()
	d := rdb.NewDecoder(c, rdb.Options{})
	for rec, err := range d.Records() {
		if err != nil {
			t.Fatal(err)
		}
		if rec.Kind == rdb.KindKey {
			visit(d, rec)
		}
	}
}

// readAll reads every value of a dump, by database and key.
func readAll(t testing.TB, dump []byte, read func(*rdb.Decoder, *rdb.Record) (*Value, error)) map[string]*Value {
	t.Helper()
	all := map[string]*Value{}
	eachKey(t, dump, func(d *rdb.Decoder, rec *rdb.Record) {
		key := nameOf(rec)
		v, err := read(d, rec)
		if err != nil {
			t.Fatalf("%q: %v", key, err)
		}
		all[key] = v
	})
	return all
}

// nameOf tells a key from the others of its dump.
func nameOf(rec *rdb.Record) string { return string(rune('0'+rec.DB)) + string(rec.Key) }

func read(d *rdb.Decoder, rec *rdb.Record) (*Value, error) { return Read(d, rec, 1<<40) }

func readStored(d *rdb.Decoder, rec *rdb.Record) (*Value, error) { return ReadStored(d, rec, 1<<40) }

// digestOf is the digest of a value that has one.
func digestOf(t testing.TB, v *Value) Digest {
	t.Helper()
	d, ok := v.Digest()
	if !ok {
		t.Fatal("the value has no digest")
	}
	return d
}
