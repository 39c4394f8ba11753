// Package lzf decompresses what LibLZF compressed, the form in which RDB
// files hold strings that got shorter by it.
//
// The bytes are a row of instructions:
//
//	000ccccc                    c+1 bytes follow as they are
//	lllooooo oooooooo           copy l+2 bytes from o+1 bytes back, for l of 1 to 6
//	111ooooo llllllll oooooooo  copy l+9 bytes from o+1 bytes back
//
// A copy may reach into what it is itself writing. Source: redis src/lzf_d.c.
package lzf

import "github.com/redsleuth/redsleuth/parse"

// most is the most bytes that one byte of input can stand for: an instruction
// of three bytes makes 264.
const most = 88

const (
	literalMax = 1 << 5 // the longest run of bytes as they are
	wordSize   = 8
)

// Decompress appends to dst what src stands for, which must be size bytes,
// and returns it. Memory grows with src, whatever size claims; an error is
// parse.ErrDamaged.
func Decompress(dst, src []byte, size int) ([]byte, error) {
	if size < 0 || size > most*len(src) {
		return dst, parse.Damaged("%d compressed bytes can't hold %d", len(src), size)
	}
	start := len(dst)
	if cap(dst)-start < size {
		grown := make([]byte, start, start+size)
		copy(grown, dst)
		dst = grown
	}
	out, ok := expand(dst[start:start+size], src)
	if !ok || out != size {
		return dst, parse.Damaged("compressed bytes don't come out at %d", size)
	}
	return dst[:start+size], nil
}

// Prefix appends to dst the first bytes, at most n, of what src stands for.
// src may be cut: what it does not tell is left out.
func Prefix(dst, src []byte, n int) []byte {
	start := len(dst)
	for range n {
		dst = append(dst, 0)
	}
	out, _ := expand(dst[start:], src)
	return dst[:start+out]
}

// expand fills out as far as src goes, and returns how far. It is not ok if
// src is cut, reaches back before the start, or continues past the end of out.
func expand(out, src []byte) (n int, ok bool) {
	for i := 0; i < len(src); {
		c := int(src[i])
		i++
		if c < 1<<5 {
			c++
			if i+c > len(src) || n+c > len(out) {
				n += copy(out[n:], src[i:min(i+c, len(src))])
				return n, false
			}
			if i+literalMax <= len(src) && n+literalMax <= len(out) {
				// What is copied too much is overwritten by what comes next.
				*(*[literalMax]byte)(out[n:]) = *(*[literalMax]byte)(src[i:])
			} else {
				copy(out[n:], src[i:i+c])
			}
			i, n = i+c, n+c
			continue
		}
		length, back := c>>5, c&0x1f<<8
		if length == 7 {
			if i >= len(src) {
				return n, false
			}
			length += int(src[i])
			i++
		}
		if i >= len(src) {
			return n, false
		}
		back, length = back+int(src[i])+1, length+2
		i++
		if back > n {
			return n, false
		}
		if back >= wordSize && n+length+wordSize <= len(out) {
			from := out[n-back:]
			for at := 0; at < length; at += wordSize {
				*(*[wordSize]byte)(out[n+at:]) = *(*[wordSize]byte)(from[at:])
			}
			n += length
			continue
		}
		whole := n+length <= len(out)
		n += repeat(out, n, back, min(length, len(out)-n))
		if !whole {
			return n, false
		}
	}
	return n, true
}

// repeat copies length bytes from back before at to at; the two may overlap.
func repeat(out []byte, at, back, length int) int {
	from := at - back
	for done := 0; done < length; {
		// What is behind at by now repeats with the period back.
		done += copy(out[at+done:at+length], out[from:at+done])
	}
	return length
}
