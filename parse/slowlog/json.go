package slowlog

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"time"
)

// jsonEntry is one as collect writes it.
type jsonEntry struct {
	ID       int64             `json:"id"`
	Time     time.Time         `json:"time"`
	Duration int64             `json:"duration_us"`
	Args     []json.RawMessage `json:"args"`
	Addr     string            `json:"addr"`
	Name     string            `json:"name"`
}

// readJSON reads a list of entries.
func readJSON(text []byte) (entries []entry, bad *fault) {
	d := json.NewDecoder(bytes.NewReader(text))
	wrong := func() ([]entry, *fault) {
		return entries, &fault{d.InputOffset(), "it is no slow log any more"}
	}
	if _, err := d.Token(); err != nil {
		return wrong()
	}
	for d.More() {
		from := d.InputOffset()
		var j jsonEntry
		if err := d.Decode(&j); err != nil {
			return wrong()
		}
		args := make([][]byte, 0, len(j.Args))
		for _, raw := range j.Args {
			a, err := jsonBytes(raw)
			if err != nil {
				return wrong()
			}
			args = append(args, a)
		}
		if len(args) == 0 {
			return wrong()
		}
		e := newEntry(j.Time, j.Duration, args, j.Addr, j.Name)
		from += int64(bytes.IndexByte(text[from:], '{'))
		e.Byte, e.Bytes = from, d.InputOffset()-from
		entries = append(entries, e)
	}
	if _, err := d.Token(); err != nil {
		return wrong()
	}
	if at := d.InputOffset(); len(bytes.TrimSpace(text[at:])) > 0 {
		return entries, &fault{at, "something follows the end of the list"}
	}
	return entries, nil
}

// jsonBytes reads a byte string: a string, or {"base64": …}.
func jsonBytes(raw json.RawMessage) ([]byte, error) {
	if len(raw) > 0 && raw[0] == '"' {
		var s string
		err := json.Unmarshal(raw, &s)
		return []byte(s), err
	}
	var coded struct {
		Base64 string `json:"base64"`
	}
	if err := json.Unmarshal(raw, &coded); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(coded.Base64)
}

func isEOF(err error) bool { return errors.Is(err, io.EOF) }
