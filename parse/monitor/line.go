package monitor

import (
	"bytes"
	"time"
)

// A line is what one line of MONITOR tells.
type line struct {
	time   time.Time
	db     int
	client []byte // as it stands there: an address, or "lua"
	args   [][]byte
}

const (
	mostSeconds = 1 << 38 // of a time that RFC 3339 can tell
	mostDB      = 1 << 30
)

// parse reads text, a line without its end. Arguments are unescaped in place,
// into text. False: it is no line of MONITOR.
func (l *line) parse(text []byte) bool {
	text = bytes.TrimPrefix(text, []byte("+"))
	seconds, text := number(text, '.', mostSeconds)
	micros, text := number(text, ' ', 1e6-1)
	if text == nil || text[0] != '[' {
		return false
	}
	db, text := number(text[1:], ' ', mostDB)
	end := bytes.Index(text, []byte(`] "`))
	if end <= 0 {
		return false
	}
	l.time = time.Unix(seconds, micros*1000).UTC()
	l.db, l.client = int(db), text[:end]
	return l.arguments(text[end+2:])
}

// number reads digits and the byte after them, which is to be end, and returns
// what follows, which is nil where it is not so, or nothing follows.
func number(text []byte, end byte, most int64) (n int64, rest []byte) {
	for i, c := range text {
		switch {
		case c == end && i > 0 && i+1 < len(text):
			return n, text[i+1:]
		case c < '0' || c > '9':
			return 0, nil
		}
		if n = n*10 + int64(c-'0'); n > most {
			return 0, nil
		}
	}
	return 0, nil
}

// arguments reads quoted strings with a blank between any two.
func (l *line) arguments(text []byte) bool {
	l.args = l.args[:0]
	for {
		if len(text) == 0 || text[0] != '"' {
			return false
		}
		arg, rest, ok := unquote(text[1:])
		if !ok {
			return false
		}
		l.args = append(l.args, arg)
		if len(rest) == 0 {
			return true
		}
		text = rest[1:]
	}
}

// escapes are the bytes that a letter after a backslash stands for.
var escapes = [256]byte{'\\': '\\', '"': '"', 'n': '\n', 'r': '\r', 't': '\t', 'a': '\a', 'b': '\b'}

// unquote reads up to the quote that ends an argument, and returns its bytes,
// which take the place of the text, and what follows. What is no escape stands
// for itself.
func unquote(text []byte) (arg, rest []byte, ok bool) {
	n := bytes.IndexAny(text, `"\`)
	if n < 0 {
		return nil, nil, false
	}
	for i := n; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' && endsArgument(text[i+1:]):
			return text[:n:n], text[i+1:], true
		case c != '\\':
			text[n] = c
		case i+1 < len(text) && escapes[text[i+1]] != 0:
			i++
			text[n] = escapes[text[i]]
		case i+3 < len(text) && text[i+1] == 'x' && isHex(text[i+2]) && isHex(text[i+3]):
			text[n] = hex(text[i+2])<<4 | hex(text[i+3])
			i += 3
		default:
			text[n] = c
		}
		n++
	}
	return nil, nil, false
}

// endsArgument: a quote before rest ends an argument.
func endsArgument(rest []byte) bool {
	return len(rest) == 0 || len(rest) > 1 && rest[0] == ' ' && rest[1] == '"'
}

func isHex(c byte) bool { return c-'0' <= 9 || c|0x20 >= 'a' && c|0x20 <= 'f' }

// hex is the value of a digit.
func hex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
