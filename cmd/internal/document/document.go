// Package document is the shape of every JSON document and CSV table that the
// program writes: one type a document, its fields in the order in which they
// are written. Scripts and users rely on these shapes; a field is never renamed
// or given another meaning within a schema's number.
//
//	Inspect   what an artefact is and holds            redsleuth/inspect/1
//	Replay    what would go wrong on a replica         redsleuth/replay/1
//	Diff      how two states differ, and why           redsleuth/diff/1
//	Scripts   scripts and libraries, by SHA-1          redsleuth/scripts/1
//	Explain   what codes and causes mean               redsleuth/explain/1
//	Version   which build this is                      redsleuth/version/1
//
// The records of dump are written as they are read, by package dump.
//
// What holds everywhere: a byte string of an artefact is a JSON string where
// it is valid UTF-8, else {"base64": …}; under --show redacted it is
// {"redacted": …, "bytes": n}. Times are RFC 3339 in UTC with milliseconds.
// "offset" is a replication offset, "byte" a place in the decompressed input,
// "bytes" a length; all are integers. Unknown is null or absent, never 0, -1
// or "". A list that was asked for and is empty is [].
package document

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/redsleuth/redsleuth/internal/appendjson"
)

// Write writes v as one JSON document over several lines.
func Write(w io.Writer, v any) error { return write(w, v, "  ") }

// WriteLine writes v as one line, for NDJSON.
func WriteLine(w io.Writer, v any) error { return write(w, v, "") }

func write(w io.Writer, v any, indent string) error { return writeAt(w, v, "", indent) }

// writeAt writes v with a margin in front of all its lines but the first.
func writeAt(w io.Writer, v any, margin, indent string) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent(margin, indent)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(appendjson.EscapeUnprintable(b.Bytes()))
	return err
}
