package inspect

import (
	"fmt"
	"unicode/utf8"

	"github.com/redsleuth/redsleuth/parse"
)

const (
	// looked is how much of a file is looked at for the marks of a transfer that
	// took it for text.
	looked = 4 << 20
	// enoughMarks are so many that they are no chance.
	enoughMarks = 8
)

// byteCounts are what such a transfer leaves behind in a file.
type byteCounts struct {
	bytes    int64
	count    [256]int64
	crlf     int64 // LF that CR precedes
	replaced int64 // U+FFFD
	wide     int64 // runes above U+00FF
	letters  int64 // runes from U+0080 on
	invalid  int64 // bytes that are no UTF-8
	last     byte
	rest     [utf8.UTFMax]byte
	held     int
}

// transferred says by what transfer the bytes were changed, as far as they show
// it; "" where they don't.
func transferred(at parse.Opener) string {
	c, err := at(0)
	if err != nil {
		return "" // the damage itself is told
	}
	defer c.Close()
	var n byteCounts
	for n.bytes < looked {
		w, err := c.Fill(1)
		if err != nil || len(w) == 0 {
			break
		}
		n.add(w)
		c.Advance(len(w))
	}
	return n.verdict()
}

func (n *byteCounts) add(w []byte) {
	n.bytes += int64(len(w))
	for _, b := range w {
		n.count[b]++
		if b == '\n' && n.last == '\r' {
			n.crlf++
		}
		n.last = b
	}
	if n.held > 0 { // a rune that the pieces cut
		w = append(append([]byte{}, n.rest[:n.held]...), w...)
		n.held = 0
	}
	n.runes(w)
}

// runes counts those from U+0080 on.
func (n *byteCounts) runes(w []byte) {
	for len(w) > 0 {
		if w[0] < utf8.RuneSelf {
			w = w[1:]
			continue
		}
		if !utf8.FullRune(w) {
			n.held = copy(n.rest[:], w)
			return
		}
		r, size := utf8.DecodeRune(w)
		w = w[size:]
		switch {
		case r == utf8.RuneError && size == 1:
			n.invalid++
		case r == utf8.RuneError:
			n.replaced++
			n.letters++
		default:
			n.letters++
			if r > 0xff {
				n.wide++
			}
		}
	}
}

// verdict: a dump holds bytes above 127 that are no UTF-8, and every byte about
// as often as its neighbours.
func (n *byteCounts) verdict() string {
	const again = "; fetch it again in binary mode, for these bytes can't be mended"
	high := int64(0)
	for b := 0x80; b < 0x100; b++ {
		high += n.count[b]
	}
	switch {
	case n.invalid == 0 && n.replaced >= enoughMarks:
		return fmt.Sprintf("all of it is valid UTF-8, and U+FFFD (EF BF BD) stands in it %d times: it was "+
			"decoded as text, and every byte that was none is lost", n.replaced) + again
	case n.invalid == 0 && n.letters >= enoughMarks && n.wide == 0:
		return fmt.Sprintf("all of it is valid UTF-8, which no dump is: it was taken for Latin-1 and encoded "+
			"as UTF-8 (%d bytes became two); fetch it again in binary mode, or try "+
			"iconv -f UTF-8 -t ISO-8859-1 on a copy", n.letters)
	case n.invalid == 0 && n.letters >= enoughMarks:
		return "all of it is valid UTF-8, which no dump is: it was converted as text" + again
	case high == 0 && n.bytes > 64:
		return "no byte of it is above 7F, which no dump is without: the eighth bit was cut off, or they " +
			"were left out" + again
	case n.count['\n'] >= enoughMarks && n.crlf == n.count['\n']:
		return fmt.Sprintf("a CR stands before every LF (%d): it was transferred in text mode, which made "+
			"CR LF of each LF; fetch it again in binary mode", n.crlf)
	case n.lacks('\r', 0x0b, 0x0c, 0x0e, 0x0f):
		return "it holds no CR at all, among bytes where some were to be expected: it was transferred in " +
			"text mode, which removed them" + again
	case n.lacks(0, 1, 2, 3, 4):
		return "it holds no zero byte at all, among bytes where some were to be expected: what passed it on " +
			"removed them" + again
	}
	return ""
}

// lacks reports whether b is nowhere, and those like it are not rare.
func (n *byteCounts) lacks(b byte, like ...byte) bool {
	if n.count[b] > 0 {
		return false
	}
	sum := int64(0)
	for _, l := range like {
		sum += n.count[l]
	}
	return sum >= enoughMarks*int64(len(like))
}
