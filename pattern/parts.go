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

// How many bytes of each class there are is counted in one number, in 20 bits each;
// of a part that is longer nobody asks.
const (
	oneDigit  = 1
	oneHex    = 1 << 20
	oneLetter = 1 << 40
	mostTally = 1<<20 - 1
)

// tally is what a byte of a class counts for.
func tally(class uint8) (n uint64) {
	if class&digit != 0 {
		n += oneDigit
	}
	if class&hexLetter != 0 {
		n += oneHex
	}
	if class&letter != 0 {
		n += oneLetter
	}
	return n
}

// classes tells bytes apart.
type classes struct {
	of    [256]uint8
	tally [256]uint64
}

func newClasses(separators string) *classes {
	var c classes
	for b := range c.of {
		switch {
		case '0' <= b && b <= '9':
			c.of[b] = digit
		case 'a' <= b && b <= 'f', 'A' <= b && b <= 'F':
			c.of[b] = letter | hexLetter
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z':
			c.of[b] = letter
		}
	}
	for _, b := range []byte(separators + braces) {
		c.of[b] = separator
	}
	for b, class := range c.of {
		c.tally[b] = tally(class)
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
	n, seen := 0, uint64(0)
	if c.isUUID(key) {
		n, seen = uuidBytes, uuidBytes*oneDigit
	}
	for ; n < len(key); n++ {
		if c.of[key[n]]&separator != 0 {
			break
		}
		seen += c.tally[key[n]]
	}
	digits, hex, letters := int(seen&mostTally), int(seen>>20&mostTally), int(seen>>40)
	end := n
	for end < len(key) && c.of[key[end]]&separator != 0 {
		end++
	}
	p = part{text: key[:end], word: n}
	switch {
	case n == 0:
	case digits == n, n > longPart, digits > 0 && n >= 8 && digits+hex == n,
		digits > 0 && letters > 0 && n >= 16 && digits+letters == n:
		p.isID = true
	case digits >= 4 && c.endsInDigits(key[n-digits:n]):
		p.isID, p.head = true, n-digits
	}
	return p, key[end:]
}

// endsInDigits: the last bytes of a part are all digits.
func (c *classes) endsInDigits(last []byte) bool {
	for _, b := range last {
		if c.of[b]&digit == 0 {
			return false
		}
	}
	return true
}

// isUUID: 8, 4, 4, 4 and 12 hexadecimal digits with dashes between.
func (c *classes) isUUID(key []byte) bool {
	if len(key) < uuidBytes || key[8] != '-' || key[13] != '-' || key[18] != '-' || key[23] != '-' {
		return false
	}
	for i, b := range key[:uuidBytes] {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if !dash && c.of[b]&(digit|hexLetter) == 0 {
			return false
		}
	}
	return true
}

// numbered is where the digits at the end of a word begin; false where it has
// none, or nothing before them.
func (c *classes) numbered(word string) (int, bool) {
	n := len(word)
	for n > 0 && c.of[word[n-1]]&digit != 0 {
		n--
	}
	return n, n > 0 && n < len(word)
}
