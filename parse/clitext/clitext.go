// Package clitext reads the text that redis-cli --replica (--slave) writes as the
// commands that it stands for.
//
//	status    lines about the handshake (stderr): sending REPLCONF …, SYNC with
//	          master, discarding … of bulk transfer …, SYNC done …
//	command   its arguments in quotes, with commas between them: "set","k","v";
//	          \" \\ \n \r \t \a \b and \xHH are escapes
//
// Source: redis src/redis-cli.c (slaveMode, cliFormatReplyCSV), src/sds.c
// (sdscatrepr).
//
// The bytes of a command are those that the master sent, so that lengths, and from
// a known one on offsets, are right. The payload is not in the text.
//
// Stable: Begins, Reader.
package clitext

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/resp"
)

// status begins the line that redis-cli writes before the first command.
var status = [][]byte{[]byte("SYNC with master, discarding "), []byte("SYNC with master failed"),
	[]byte("SYNC done"), []byte("sending REPLCONF "), []byte("Full resync with master"),
	[]byte("Partial resync")}

// IsStatus reports whether a line is one that redis-cli writes in its handshake.
func IsStatus(line []byte) bool {
	for _, s := range status {
		if bytes.HasPrefix(line, s) {
			return true
		}
	}
	return false
}

// looked is how many lines Begins looks at.
const looked = 16

// Begins reports whether text is of redis-cli --replica: each whole line is its
// status or a command, and the first command is one that a master sends.
func Begins(head []byte) bool {
	commands := 0
	for range looked {
		line, rest, whole := bytes.Cut(head, []byte("\n"))
		if !whole {
			break
		}
		head, line = rest, bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 || IsStatus(line) {
			continue
		}
		args, ok := split(line)
		if !ok || commands == 0 && !sent(args) {
			return false
		}
		commands++
	}
	return commands > 0
}

// sent: masters send what writes, and what goes with it.
func sent(args [][]byte) bool {
	switch string(bytes.ToLower(args[0])) {
	case "select", "ping", "multi", "publish":
		return len(args) <= 3
	}
	return command.Lookup(args) != nil && command.Writes(args...)
}

// Reader gives the commands of a text, as a master sends them. A line that is
// neither status nor command stands in it as it is.
func Reader(r io.Reader) io.Reader { return &reader{from: bufio.NewReader(r)} }

type reader struct {
	from *bufio.Reader
	out  []byte // not yet read
	buf  []byte
	err  error
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	for len(r.out) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.next()
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

// next takes a line.
func (r *reader) next() {
	line, err := r.from.ReadBytes('\n')
	if err != nil {
		r.err = err
	}
	bare := bytes.TrimRight(line, "\r\n")
	if len(bare) == 0 || IsStatus(bare) {
		return
	}
	args, ok := split(bare)
	switch {
	case ok:
		r.buf = resp.AppendCommand(r.buf[:0], args...)
		r.out = r.buf
	case errors.Is(err, io.EOF) && bare[0] == '"': // cut within a command
		r.err = io.ErrUnexpectedEOF
	default:
		r.out = line
	}
}

// escapes that stand for one byte, but for \x.
var escapes = map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', 'a': '\a', 'b': '\b', '"': '"', '\\': '\\'}

// split reads the arguments of a line.
func split(line []byte) (args [][]byte, ok bool) {
	for {
		if len(line) == 0 || line[0] != '"' {
			return nil, false
		}
		arg, rest, ok := unquote(line[1:])
		if !ok {
			return nil, false
		}
		args = append(args, arg)
		if len(rest) == 0 {
			return args, true
		}
		if rest[0] != ',' {
			return nil, false
		}
		line = rest[1:]
	}
}

// unquote reads up to the quote that ends an argument.
func unquote(text []byte) (arg, rest []byte, ok bool) {
	arg = []byte{}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '"':
			return arg, text[i+1:], true
		case c != '\\':
			arg = append(arg, c)
			continue
		}
		if i++; i == len(text) {
			return nil, nil, false
		}
		if plain, ok := escapes[text[i]]; ok {
			arg = append(arg, plain)
			continue
		}
		if text[i] != 'x' || i+2 >= len(text) {
			return nil, nil, false
		}
		v, err := strconv.ParseUint(string(text[i+1:i+3]), 16, 8)
		if err != nil {
			return nil, nil, false
		}
		arg, i = append(arg, byte(v)), i+2
	}
	return nil, nil, false
}
