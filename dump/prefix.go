package dump

const (
	// prefixBytes are looked at of a key; what is behind them is "*".
	prefixBytes = 256
	longID      = 40 // a longer part is an id
	uuidBytes   = 36
)

// appendPrefix appends a key with "*" where ids stand: what is grouped by where
// one key is all there is to go by. A part of a key ends at a separator; one of
// digits, one that ends in four of them, one of eight hexadecimal digits or more,
// and a very long one is an id. Where none is, the last of several parts is.
func appendPrefix(dst, key []byte) []byte {
	parts, ids, last, at := 0, 0, 0, len(dst)
	for i := 0; i < len(key); {
		if i >= prefixBytes {
			return append(dst, '*')
		}
		if isSeparator(key[i]) {
			dst = append(dst, key[i])
			i++
			continue
		}
		end := partEnd(key, i)
		kept, isID := idIn(key[i:end])
		parts++
		last = len(dst)
		dst = append(dst, key[i:i+kept]...)
		if isID {
			dst = append(dst, '*')
			ids++
		}
		i = end
	}
	if parts > 1 && ids == 0 && last > at && !isSeparator(dst[len(dst)-1]) {
		dst = append(dst[:last], '*')
	}
	return dst
}

// partEnd is where the part that begins at i ends; the dashes of a UUID are in it.
func partEnd(key []byte, i int) int {
	if isUUID(key[i:]) {
		return i + uuidBytes
	}
	for i < len(key) && !isSeparator(key[i]) {
		i++
	}
	return i
}

// idIn says how much of a part is a word in front of an id, and whether there is
// one.
func idIn(part []byte) (word int, isID bool) {
	digits, hex, tail := 0, 0, 0
	for _, c := range part {
		switch {
		case '0' <= c && c <= '9':
			digits++
			tail++
			continue
		case isHexLetter(c):
			hex++
		}
		tail = 0
	}
	switch {
	case len(part) > longID, digits == len(part), len(part) == uuidBytes && isUUID(part),
		len(part) >= 8 && digits > 0 && digits+hex == len(part):
		return 0, true
	case tail >= 4:
		return len(part) - tail, true
	}
	return len(part), false
}

func isHexLetter(c byte) bool { return 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }

// isSeparator: punctuation of ASCII ends a part, but not a star.
func isSeparator(c byte) bool {
	switch c {
	case ':', '/', '.', '_', '-', '|', '#', '@', ' ', ',', ';', '{', '}', '[', ']', '(', ')':
		return true
	}
	return false
}

// isUUID: 8, 4, 4, 4 and 12 hexadecimal digits with dashes between.
func isUUID(b []byte) bool {
	if len(b) < uuidBytes {
		return false
	}
	for i, c := range b[:uuidBytes] {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && !isHexLetter(c) {
				return false
			}
		}
	}
	return true
}
