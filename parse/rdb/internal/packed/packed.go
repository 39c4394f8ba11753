// Package packed is what the packed encodings of small values have in common:
// listpacks, ziplists and intsets are rows of entries, each of them text or an
// integer. To clients an integer and its decimal text are the same value.
package packed

import "strconv"

// An Entry is one entry of a packed blob. Text is borrowed from the blob and
// not nil; of an integer Text is nil and Int holds it.
type Entry struct {
	Text []byte
	Int  int64
}

// IsInt reports whether the entry is stored as an integer.
func (e Entry) IsInt() bool { return e.Text == nil }

// Bytes returns the entry as clients see it: borrowed from the blob, or from
// *scratch, into which an integer is printed.
func (e Entry) Bytes(scratch *[]byte) []byte {
	if e.Text != nil {
		return e.Text
	}
	*scratch = strconv.AppendInt((*scratch)[:0], e.Int, 10)
	return *scratch
}
