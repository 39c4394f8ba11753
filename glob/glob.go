// Package glob matches byte strings against the patterns of KEYS, SCAN and
// PSUBSCRIBE.
//
//	?        one byte
//	*        any bytes, none too
//	[abc]    one of these bytes; [a-z] a range, either way round; [^abc] none of them
//	\x       x itself, within brackets too
//
// A bracket that is not closed ends with the pattern, and a backslash that
// ends it stands for itself. Source: redis src/util.c, stringmatchlen.
//
// Where the server tries every length for every star, here only the last star
// is ever tried again, which matches the same strings: time grows with the
// product of the two lengths at most, whatever the pattern.
package glob

// Match reports whether the whole of text matches pattern.
func Match(pattern, text []byte) bool {
	p, t := 0, 0
	star, resume := -1, 0 // behind the last star, and where in text it was last tried
	for t < len(text) {
		if p < len(pattern) && pattern[p] == '*' {
			p++
			star, resume = p, t
			continue
		}
		if n, ok := matchByte(pattern[p:], text[t]); ok {
			p += n
			t++
			continue
		}
		if star < 0 {
			return false
		}
		resume++
		p, t = star, resume
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// matchByte matches one byte against the front of the pattern, and returns how
// much of the pattern stood for it.
func matchByte(pattern []byte, c byte) (size int, ok bool) {
	if len(pattern) == 0 {
		return 0, false
	}
	switch pattern[0] {
	case '?':
		return 1, true
	case '[':
		return matchSet(pattern, c)
	case '\\':
		if len(pattern) > 1 {
			return 2, pattern[1] == c
		}
	}
	return 1, pattern[0] == c
}

// matchSet matches c against the bracket at the front of the pattern.
func matchSet(pattern []byte, c byte) (size int, ok bool) {
	i, negated := 1, false
	if i < len(pattern) && pattern[i] == '^' {
		i, negated = i+1, true
	}
	found := false
	for ; i < len(pattern) && pattern[i] != ']'; i++ {
		switch {
		case pattern[i] == '\\' && i+1 < len(pattern):
			i++
			found = found || pattern[i] == c
		case i+2 < len(pattern) && pattern[i+1] == '-':
			low, high := pattern[i], pattern[i+2]
			found = found || min(low, high) <= c && c <= max(low, high)
			i += 2
		default:
			found = found || pattern[i] == c
		}
	}
	return min(i+1, len(pattern)), found != negated
}
