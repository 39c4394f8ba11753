// Package dumped reads what DUMP replies, as people keep it in a file.
//
//	payload  type (1 byte), value as in an RDB, RDB version (2 bytes, little
//	         endian), CRC-64 of all before (8 bytes, little endian)
//	text     the same in quotes, as redis-cli prints it on a terminal:
//	         \" \\ \n \r \t \a \b and \xHH are escapes
//
// One LF behind either is redis-cli's own: it is why RESTORE refuses a payload
// that was redirected into a file (redis#12631).
//
// Source: redis src/cluster.c (createDumpPayload, verifyDumpPayload), src/sds.c
// (sdscatrepr).
//
// A payload is read as the RDB that holds its value under the key "" and nothing
// else, so places in it count from that RDB's first byte: 10 more than in the
// payload behind the type.
//
// Stable: Check and RDB.
package dumped

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/crc64"
)

const (
	footer = 2 + 8
	held   = footer + 1 // with the LF that may follow
	// firstValkey is the first RDB version that Valkey alone writes.
	firstValkey = 80
	maxVersion  = 999
)

// A Payload is what was found of one.
type Payload struct {
	Version int
	// Size is that of type and value.
	Size int64
	// Stored is the sum in the payload, Valid whether it is right.
	Stored uint64
	Valid  bool
	// Line: a line end follows it.
	Line bool
}

// Begins reports whether bytes may be the first of a payload, or of its text.
func Begins(head []byte) bool {
	const types = 0x20 // servers write fewer
	return len(head) > 0 && (head[0] < types || head[0] == '"' && len(head) > held)
}

// Check reads a payload to its end; io.ErrUnexpectedEOF where it is too short
// to be one.
func Check(r io.Reader) (p Payload, err error) {
	in := open(r)
	var tail []byte
	sum, n, buf := uint64(0), int64(0), make([]byte, 32<<10)
	for {
		got, err := in.Read(buf)
		tail = append(tail, buf[:got]...)
		if free := len(tail) - held; free > 0 {
			sum, n = crc64.Update(sum, tail[:free]), n+int64(free)
			tail = append(tail[:0], tail[free:]...)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return p, err
		}
	}
	if n == 0 || len(tail) < held {
		return p, io.ErrUnexpectedEOF
	}
	p = ended(tail, sum, n+1)
	if line := ended(append([]byte{}, tail[:footer]...), 0, 0); !p.Valid && tail[footer] == '\n' {
		line.Valid = line.Version > 0 && crc64.Update(sum, tail[:2]) == line.Stored
		line.Size, line.Line = n, true
		if line.Valid {
			return line, nil
		}
	}
	return p, nil
}

// ended reads the footer at the end of tail; sum is that of all before tail.
func ended(tail []byte, sum uint64, size int64) Payload {
	f := tail[len(tail)-footer:]
	p := Payload{
		Version: int(binary.LittleEndian.Uint16(f)), Size: size,
		Stored: binary.LittleEndian.Uint64(f[2:]),
	}
	// The sum of zeros is zero.
	p.Valid = p.Version > 0 && crc64.Update(sum, tail[:len(tail)-8]) == p.Stored
	return p
}

// open takes off the quotes of a text.
func open(r io.Reader) io.Reader {
	b := bufio.NewReaderSize(r, 32<<10)
	if first, _ := b.Peek(1); len(first) == 1 && first[0] == '"' {
		_, _ = b.Discard(1) // it is there
		return &unquoter{r: b}
	}
	return b
}

// unquoter reads a quoted text as the bytes that it stands for.
type unquoter struct {
	r    *bufio.Reader
	done bool
}

// escapes that stand for one byte, but for \x.
var escapes = map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', 'a': '\a', 'b': '\b', '"': '"', '\\': '\\'}

// Read implements io.Reader.
func (u *unquoter) Read(p []byte) (n int, err error) {
	for ; n < len(p) && !u.done; n++ {
		if p[n], err = u.next(); err != nil {
			return n, err
		}
		if u.done {
			break
		}
	}
	if n == 0 && u.done {
		return 0, io.EOF
	}
	return n, nil
}

// next is the next byte, until done.
func (u *unquoter) next() (byte, error) {
	c, err := u.r.ReadByte()
	switch {
	case err != nil:
		u.done = true
		return 0, ignoreEnd(err)
	case c == '"':
		u.done = true
		return 0, nil
	case c != '\\':
		return c, nil
	}
	if c, err = u.r.ReadByte(); err != nil {
		u.done = true
		return 0, ignoreEnd(err)
	}
	if plain, ok := escapes[c]; ok {
		return plain, nil
	}
	digits, err := u.r.Peek(2)
	if err != nil || c != 'x' {
		u.done = true // it is no text of this kind, or ends in the middle
		return 0, nil
	}
	v, err := strconv.ParseUint(string(digits), 16, 8)
	if err != nil {
		u.done = true
		return 0, nil
	}
	_, _ = u.r.Discard(2)
	return byte(v), nil
}

func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// RDB gives the RDB that holds the payload's value and nothing else. Its sum is
// right exactly if the payload's is.
func (p *Payload) RDB(r io.Reader) (io.Reader, error) {
	if p.Version > maxVersion {
		return nil, parse.At(0, parse.Unsupported("a DUMP payload of RDB version %d", p.Version))
	}
	magic := fmt.Sprintf("REDIS%04d", p.Version)
	if p.Version >= firstValkey {
		magic = fmt.Sprintf("VALKEY%03d", p.Version)
	}
	in := open(r)
	kind := make([]byte, 1)
	if _, err := io.ReadFull(in, kind); err != nil {
		return nil, err
	}
	const noKey, end = 0x00, 0xff
	s := &summed{r: io.MultiReader(bytes.NewReader(append([]byte(magic), kind[0], noKey)),
		io.LimitReader(in, p.Size-1), bytes.NewReader([]byte{end})), wrong: !p.Valid}
	return s, nil
}

// summed puts the sum of what was read behind it.
type summed struct {
	r     io.Reader
	sum   uint64
	wrong bool // the sum is to be
	end   *bytes.Reader
}

// Read implements io.Reader.
func (s *summed) Read(p []byte) (int, error) {
	if s.end != nil {
		return s.end.Read(p)
	}
	n, err := s.r.Read(p)
	s.sum = crc64.Update(s.sum, p[:n])
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	if s.wrong {
		s.sum = ^s.sum
	}
	s.end = bytes.NewReader(binary.LittleEndian.AppendUint64(nil, s.sum))
	return n, nil
}
