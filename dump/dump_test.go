package dump

import (
	"encoding/json"
	"fmt"
	"io"
	"testing"
	"unicode/utf8"
)

// plainBytes shows bytes as the documents do.
type plainBytes struct{}

func (plainBytes) Text(b []byte) string { return fmt.Sprintf("%+q", b) }

func (plainBytes) AppendJSON(dst, b []byte) []byte {
	var v any = string(b)
	if !utf8.Valid(b) {
		v = map[string][]byte{"base64": b}
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings always have a form
	}
	return append(dst, text...)
}

func (plainBytes) CSV(b []byte) string { return string(b) }

func newDumper(t testing.TB, w io.Writer, options Options) *Dumper {
	t.Helper()
	if options.Show == nil {
		options.Show = plainBytes{}
	}
	if options.AtByte == 0 {
		options.AtByte = -1
	}
	d, err := New(w, options)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
