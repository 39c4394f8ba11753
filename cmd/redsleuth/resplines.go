package main

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// respLines shows RESP on a terminal: a command a line, with its words as redis-cli
// takes them, so that none of their bytes reaches the terminal unescaped. What is
// written to it is what package dump wrote: whole commands, cut anywhere.
type respLines struct {
	to    io.Writer
	head  []byte // of a line "*3" or "$5" that is not whole yet
	words int    // of this command, that are still to come
	left  int64  // bytes of this word, that are still to come, with the end of its line
	word  []byte
	// quoted: the word has begun with a quote.
	quoted bool
	line   []byte
}

// wordRoom is how much of a word is held at once.
const wordRoom = 64 << 10

// Write takes in a piece of RESP.
func (l *respLines) Write(p []byte) (int, error) {
	written := len(p)
	for len(p) > 0 {
		if l.left > 0 {
			n := min(l.left, int64(len(p)))
			l.word = append(l.word, p[:n]...)
			p, l.left = p[n:], l.left-n
			if err := l.flush(); err != nil {
				return 0, err
			}
			continue
		}
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			l.head = append(l.head, p...)
			break
		}
		l.head = append(l.head, p[:end]...)
		p = p[end+1:]
		l.begin(strings.TrimSuffix(string(l.head), "\r"))
		l.head = l.head[:0]
	}
	return written, nil
}

// begin takes a line that says how many words or bytes follow.
func (l *respLines) begin(head string) {
	if len(head) < 2 {
		return
	}
	n, err := strconv.ParseInt(head[1:], 10, 64)
	switch {
	case err != nil:
	case head[0] == '*':
		l.words = int(n)
	case head[0] == '$':
		l.left = n + int64(len("\r\n"))
		l.quoted = false
	}
}

// flush shows what there is of a word: all of it at its end, and else what there is no
// room to hold, but for bytes that may be the first of a character or of its end.
func (l *respLines) flush() error {
	ends := l.left == 0
	if !ends && len(l.word) < wordRoom {
		return nil
	}
	whole := len(l.word) - len("\r\n")
	if !ends {
		whole -= utf8.UTFMax
		for least := whole - utf8.UTFMax; whole > least && !utf8.RuneStart(l.word[whole]); {
			whole--
		}
	}
	l.piece(l.word[:whole], ends)
	l.word = append(l.word[:0], l.word[whole:]...)
	if !ends {
		return l.show()
	}
	l.word = l.word[:0]
	if l.words--; l.words > 0 {
		l.line = append(l.line, ' ')
		return nil
	}
	l.line = append(l.line, '\n')
	return l.show()
}

// piece appends what there is of a word, between quotes unless that is all of it and
// needs none.
func (l *respLines) piece(b []byte, ends bool) {
	bare := func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(":._-", c) >= 0
	}
	if ends && !l.quoted && len(b) > 0 && !slices.ContainsFunc(b, func(c byte) bool { return !bare(c) }) {
		l.line = append(l.line, b...)
		return
	}
	if !l.quoted {
		l.line = append(l.line, '"')
	}
	l.line, l.quoted = appendWord(l.line, b), true
	if ends {
		l.line = append(l.line, '"')
	}
}

func (l *respLines) show() error {
	_, err := l.to.Write(l.line)
	l.line = l.line[:0]
	return err
}

// appendWord appends bytes as redis-cli takes them between double quotes, which knows
// \x and no other escape of what is not ASCII (sds.c, sdssplitargs).
func appendWord(dst, b []byte) []byte {
	const digits = "0123456789abcdef"
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case (r != utf8.RuneError || n > 1) && unicode.IsPrint(r):
			dst = append(dst, b[:n]...)
		default:
			for _, c := range b[:n] {
				dst = append(dst, '\\', 'x', digits[c>>4], digits[c&15])
			}
		}
		b = b[n:]
	}
	return dst
}
