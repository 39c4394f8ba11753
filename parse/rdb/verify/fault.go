package verify

import "github.com/redsleuth/redsleuth/parse"

// Kind says what became of a value.
type Kind uint8

// The kinds of Fault.
const (
	// Broken: what the value says of itself doesn't hold.
	Broken Kind = iota + 1
	// Repeated: a member or field is there twice.
	Repeated
	// Unread: a limit, or a layout that is not known, kept it from being
	// checked; it may be sound.
	Unread
)

// A Fault is a value that is not sound, or could not be checked.
type Fault struct {
	Kind Kind
	DB   int
	Key  []byte // a copy
	// Byte and Bytes are the key's record, counted as rdb.Record.Byte is.
	Byte, Bytes int64
	// Err is what is wrong, and where within the record.
	Err *parse.Error
}
