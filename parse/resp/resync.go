package resp

import (
	"bytes"
	"errors"
	"io"

	"github.com/redsleuth/redsleuth/parse"
)

const (
	// enoughCommands in a row make a place one where commands begin. Values
	// may hold the text of commands, but rarely several, back to back.
	enoughCommands = 3
	// probeWindow is how far a place is tried.
	probeWindow = 1 << 20
	// probeArgs bounds the work at one place.
	probeArgs = 4096
)

// Resync moves the cursor to the next place from which commands parse: three
// in a row, or as many whole ones as are left before the end of the input. It
// returns how many bytes it moved over, and io.EOF if no such place comes; the
// cursor then is at the end.
func (r *Reader) Resync() (skipped int64, err error) {
	from := r.c.Offset()
	if n := r.resumeAt - from; n > 0 {
		if err := r.c.Skip(n); err != nil {
			return r.c.Offset() - from, err
		}
	}
	for {
		w, err := r.c.Fill(probeWindow)
		if err != nil && !errors.Is(err, io.EOF) {
			return r.c.Offset() - from, err
		}
		whole := err != nil
		last := len(w)
		if !whole {
			last -= probeWindow / 2
		}
		if i := r.find(w, last, whole); i >= 0 {
			r.c.Advance(i)
			return r.c.Offset() - from, nil
		}
		r.c.Advance(last)
		if whole {
			return r.c.Offset() - from, io.EOF
		}
	}
}

// Find returns the first place in w from which commands parse, as Resync would
// find it, or -1. It moves nothing. whole: the input ends with w; where it does
// not, only the first half is looked through.
func (r *Reader) Find(w []byte, whole bool) int {
	last := len(w)
	if !whole {
		last /= 2
	}
	return r.find(w, last, whole)
}

// find looks at the places before last.
func (r *Reader) find(w []byte, last int, whole bool) int {
	for i := 0; i < last; i++ {
		next := bytes.IndexByte(w[i:last], '*')
		if next < 0 {
			break
		}
		i += next
		if r.plausible(w[i:], whole) {
			return i
		}
	}
	return -1
}

// plausible reports whether commands begin at w. whole: the input ends with w.
func (r *Reader) plausible(w []byte, whole bool) bool {
	args := 0
	for n := 0; n < enoughCommands; n++ {
		if len(w) == 0 {
			return n > 0
		}
		if between := lineBetween(w); between > 0 && n > 0 {
			w = w[between:]
			n--
			continue
		}
		size, argc, ok := r.measure(w)
		if !ok {
			return false
		}
		if args += argc; args > probeArgs {
			return true // so many arguments, each with its length right
		}
		if size > len(w) { // continues past what can be seen
			return n > 0 || !whole
		}
		w = w[size:]
	}
	return true
}

// lineBetween is the length of a heartbeat or an annotation at w, which may
// are between commands; 0 if there is none.
func lineBetween(w []byte) int {
	switch {
	case w[0] == '\n':
		return 1
	case w[0] == '#':
		return bytes.IndexByte(w[:min(len(w), maxLine)], '\n') + 1
	}
	return 0
}

// measure returns the length of the command at w, or one that is larger than
// w if it may continue past it. A name and what is in w have to be right.
func (r *Reader) measure(w []byte) (size, argc int, ok bool) {
	if w[0] != '*' {
		return 0, 0, false
	}
	argc, i := number(w, 1)
	if i == 0 || argc == 0 || argc > r.limits.MaxArgs {
		return len(w) + 1, 0, len(w) < maxHeader && i == 0 && onlyDigits(w[1:])
	}
	for k := range min(argc, probeArgs) {
		if i >= len(w) {
			return len(w) + 1, k, true
		}
		if w[i] != '$' {
			return 0, 0, false
		}
		n, at := number(w, i+1)
		if at == 0 {
			return len(w) + 1, k, len(w)-i < maxHeader && onlyDigits(w[i+1:])
		}
		if int64(n) > r.limits.MaxElement || k == 0 && !nameLike(w[at:min(len(w), at+n)]) {
			return 0, 0, false
		}
		i = at + n
		if i+1 >= len(w) {
			return len(w) + 1, k, true
		}
		if w[i] != '\r' || w[i+1] != '\n' {
			return 0, 0, false
		}
		i += 2
	}
	if argc > probeArgs {
		return len(w) + 1, probeArgs, true
	}
	return i, argc, true
}

// nameLike: the name of a command has letters, digits, and the marks that
// modules use.
func nameLike(b []byte) bool {
	for _, c := range b {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && !bytes.ContainsRune([]byte("._-|"), rune(c)) {
			return false
		}
	}
	return len(b) > 0
}

// Limits are the bounds that the reader holds.
func (r *Reader) Limits() parse.Limits { return r.limits }
