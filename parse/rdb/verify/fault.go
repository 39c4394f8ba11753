package verify

import (
	"bytes"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

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
	// Type and Elements are those of the record, as its length fields tell them.
	Type     rdb.Type
	Elements int64
	// Err is what is wrong, and where within the record.
	Err *parse.Error
}

// FaultOf is the fault that err, which reading a value or a Checker came to,
// tells of the value of rec; false where err is none of the bytes.
func FaultOf(rec *rdb.Record, err error) (Fault, bool) {
	placed, ok := parse.AsDamage(err)
	if !ok {
		return Fault{}, false
	}
	return Fault{
		Kind: KindOf(err), DB: rec.DB, Key: bytes.Clone(rec.Key), Byte: rec.Byte, Bytes: rec.Bytes,
		Type: rec.Type, Elements: rec.Elements, Err: placed,
	}, true
}
