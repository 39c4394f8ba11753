package rdb

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/redsleuth/redsleuth/parse/input"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// TestFixturesFromEverySource: plain, compressed and through a pipe, a dump
// is the same.
func TestFixturesFromEverySource(t *testing.T) {
	pack := map[string]func(io.Writer) (io.WriteCloser, error){
		"gzip": func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil },
		"zstd": func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) },
		"lz4":  func(w io.Writer) (io.WriteCloser, error) { return lz4.NewWriter(w), nil },
		"":     func(w io.Writer) (io.WriteCloser, error) { return unpacked{w}, nil },
	}
	for _, path := range fixtures(t) {
		data := readFixture(t, path)
		want, err := decode(t, data, inMemory)
		if err != nil {
			t.Fatal(err)
		}
		for method, open := range pack {
			var packed bytes.Buffer
			w, err := open(&packed)
			if err != nil {
				t.Fatal(err)
			}
			_, err = w.Write(data)
			if err := errors.Join(err, w.Close()); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "dump")
			if err := os.WriteFile(file, packed.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, source := range []string{file, "-"} {
				got, err := decodeInput(t, source, method, &packed)
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("%s, %q from %q: %v, or another value", path, method, source, err)
				}
			}
		}
	}
}

type unpacked struct{ io.Writer }

func (unpacked) Close() error { return nil }

func decodeInput(t *testing.T, source, method string, stdin io.Reader) ([]string, error) {
	in, err := input.Open(source, input.Options{Stdin: stdin})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	}()
	if in.Kind != input.KindRDB || in.Compression != method {
		t.Errorf("recognised as %s, %q", in.Kind, in.Compression)
	}
	c, err := in.Cursor()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return decodeFrom(t, c)
}
