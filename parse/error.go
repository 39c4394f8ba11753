package parse

import (
	"errors"
	"fmt"
	"strings"
)

// What kind of end a read came to. An Error wraps one of them; ask with
// errors.Is.
var (
	// ErrTruncated: the bytes end before the thing being read does. Usual
	// cause: a copy or a recording that was stopped, a full disk.
	ErrTruncated = errors.New("ends early")
	// ErrDamaged: bytes are there and can't be what they should be. Usual
	// cause: a bad disk, a transfer in text mode, another kind of file.
	ErrDamaged = errors.New("damaged")
	// ErrLimit: a length is larger than a limit of this program; the limit
	// is named in the message.
	ErrLimit = errors.New("limit exceeded")
	// ErrUnsupported: the bytes may be right, and this program can neither
	// decode nor skip them.
	ErrUnsupported = errors.New("not supported")
	// ErrZeros is damage: zeros where a record or a command begins, as a file
	// system leaves them where blocks were lost, or a copy kept a hole.
	ErrZeros = fmt.Errorf("zeros: %w", ErrDamaged)
	// ErrVendor: the bytes are in a private format of a vendor, unsupported.
	ErrVendor = fmt.Errorf("private to a vendor: %w", ErrUnsupported)
	// ErrNewer: the format is newer than this program, unsupported.
	ErrNewer = fmt.Errorf("newer: %w", ErrUnsupported)
)

// Error is a place in an input and what is wrong there. Errors of the
// operating system are never dressed as one.
type Error struct {
	// ByteOffset is the place of the byte at which reading failed. It counts
	// from 0 at the first byte of the decompressed input, but for an error of
	// an rdb.Decoder: that counts, as its records do, from the RDB's first
	// byte, wherever the input holds it.
	ByteOffset int64
	// Path says what was being read, outermost first, such as
	// "database 0", "key", "field 17". It holds no bytes of the input.
	Path []string
	// DB and Key tell the record, where one was being read. DB is -1 and
	// Key nil otherwise. Key is a copy.
	DB  int
	Key []byte
	// Bytes is how long the wrong bytes are; 0 where that is not known.
	Bytes int64
	// Err is the cause; it wraps one of the sentinels above.
	Err error
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Err.Error())
	if len(e.Path) > 0 {
		fmt.Fprintf(&b, " while reading %s", strings.Join(e.Path, ", "))
	}
	if e.DB >= 0 {
		fmt.Fprintf(&b, " in database %d", e.DB)
	}
	fmt.Fprintf(&b, " at byte %d", e.ByteOffset)
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// AsDamage returns the Error in err's chain: what is wrong with the bytes. Of
// other errors, which are those of reading, writing or a visitor, and of nil
// it returns nil and false.
func AsDamage(err error) (*Error, bool) {
	var damage *Error
	ok := errors.As(err, &damage)
	return damage, ok
}

// IsDamage reports whether the bytes are to blame for err, and not the reading
// of them.
func IsDamage(err error) bool {
	_, ok := AsDamage(err)
	return ok
}

// Damaged, Truncated, TooLarge and Unsupported make the cause of an Error.
// The arguments must not hold bytes of the input: keys and values are shown
// (or redacted) by whoever prints.
func Damaged(format string, args ...any) error { return cause(ErrDamaged, format, args) }

// Truncated says what the input ends in the middle of.
func Truncated(format string, args ...any) error { return cause(ErrTruncated, format, args) }

// TooLarge names the limit that a length goes past.
func TooLarge(format string, args ...any) error { return cause(ErrLimit, format, args) }

// Unsupported names what can be neither decoded nor skipped.
func Unsupported(format string, args ...any) error { return cause(ErrUnsupported, format, args) }

// Zeros, Vendor and Newer make more special causes.
func Zeros(format string, args ...any) error { return cause(ErrZeros, format, args) }

// Vendor says whose private format the bytes are in.
func Vendor(format string, args ...any) error { return cause(ErrVendor, format, args) }

// Newer says what a later server may have written.
func Newer(format string, args ...any) error { return cause(ErrNewer, format, args) }

type causeError struct {
	kind error
	text string
}

func (e *causeError) Error() string { return e.text }
func (e *causeError) Unwrap() error { return e.kind }

func cause(kind error, format string, args []any) error {
	return &causeError{kind, fmt.Sprintf(format, args...)}
}

// At puts a place on a cause; an Error that has one already, and an error of
// the operating system, go through undressed.
func At(byteOffset int64, err error, path ...string) error {
	if err == nil || IsDamage(err) || !isCause(err) {
		return err
	}
	return &Error{ByteOffset: byteOffset, Path: path, DB: -1, Err: err}
}

func isCause(err error) bool {
	for _, kind := range [...]error{ErrTruncated, ErrDamaged, ErrLimit, ErrUnsupported} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}
