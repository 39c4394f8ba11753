package pattern

// Separators are the bytes that end a part of a key unless others are asked for.
const Separators = ":/._-|#@ "

const (
	braces    = "{}"
	longPart  = 40  // a longer one is an id
	mostParts = 12  // of a key; what is behind is one
	mostBytes = 512 // of a key that are looked at
	uuidBytes = 36
)

// The classes of bytes.
const (
	separator = 1 << iota
	digit
	hexLetter
	letter
)

// classes tells bytes apart.
type classes [256]uint8

func newClasses(separators string) *classes {
	var c classes
	for b := range c {
		switch {
		case '0' <= b && b <= '9':
			c[b] = digit
		case 'a' <= b && b <= 'f', 'A' <= b && b <= 'F':
			c[b] = letter | hexLetter
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z':
			c[b] = letter
		}
	}
	for _, b := range []byte(separators + braces) {
		c[b] = separator
	}
	return &c
}

// A part is a piece of a key: text[:word] is what it is called, the rest the
// separators that end it. Where isID, text[:head] stands before the id.
type part struct {
	text       []byte
	word, head int
	isID       bool
}

// sep is what ends the part.
func (p *part) sep() []byte { return p.text[p.word:] }

// cut takes the first part off a key.
func (c *classes) cut(key []byte) (p part, rest []byte) {
	n, digits, hex, letters, tail := 0, 0, 0, 0, 0
	if c.isUUID(key) {
		n, digits = uuidBytes, uuidBytes
	}
	for ; n < len(key); n++ {
		class := c[key[n]]
		if class&separator != 0 {
			break
		}
		if class&digit != 0 {
			digits++
			tail++
			continue
		}
		tail = 0
		if class&hexLetter != 0 {
			hex++
		}
		if class&letter != 0 {
			letters++
		}
	}
	end := n
	for end < len(key) && c[key[end]]&separator != 0 {
		end++
	}
	p = part{text: key[:end], word: n}
	switch {
	case n == 0:
	case digits == n, n > longPart, digits > 0 && n >= 8 && digits+hex == n,
		digits > 0 && letters > 0 && n >= 16 && digits+letters == n:
		p.isID = true
	case tail >= 4 && tail == digits:
		p.isID, p.head = true, n-tail
	}
	return p, key[end:]
}

// isUUID: 8, 4, 4, 4 and 12 hexadecimal digits with dashes between.
func (c *classes) isUUID(key []byte) bool {
	if len(key) < uuidBytes || key[8] != '-' || key[13] != '-' || key[18] != '-' || key[23] != '-' {
		return false
	}
	for i, b := range key[:uuidBytes] {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if !dash && c[b]&(digit|hexLetter) == 0 {
			return false
		}
	}
	return true
}

// numbered is where the digits at the end of a word begin; false where it has
// none, or nothing before them.
func (c *classes) numbered(word string) (int, bool) {
	n := len(word)
	for n > 0 && c[word[n-1]]&digit != 0 {
		n--
	}
	return n, n > 0 && n < len(word)
}
