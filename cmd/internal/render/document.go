package render

import (
	"bytes"
	"encoding/json"
	"io"
)

// Document writes v as one JSON document, over several lines for people who
// look at it, or on one for ndjson.
func Document(w io.Writer, v any, oneLine bool) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if !oneLine {
		enc.SetIndent("", "  ")
	}
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// Bytes is a byte string of an artefact within a document.
func (s *Shower) Bytes(b []byte) json.RawMessage { return s.AppendJSON(nil, b) }

// BytesList is a list of them; nil stays absent.
func (s *Shower) BytesList(list [][]byte) []json.RawMessage {
	var out []json.RawMessage
	for _, b := range list {
		out = append(out, s.Bytes(b))
	}
	return out
}
