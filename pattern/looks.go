package pattern

// Looks tells ids by their looks alone, for who has one key at a time to go by. It is
// safe for concurrent use.
type Looks struct{ classes *classes }

// NewLooks is for keys whose parts end at these bytes.
func NewLooks(separators string) *Looks { return &Looks{newClasses(separators)} }

// Append appends a key with "*" where ids stand; where none is, the last of several
// parts is one. What is far behind in a long key is "*" too.
func (l *Looks) Append(dst, key []byte) []byte {
	words, ids, last := 0, 0, 0
	kept := 0 // what is before it stands in dst
	for at, parts := 0, 0; at < len(key); parts++ {
		if parts == mostParts || at >= mostBytes {
			return append(append(dst, key[kept:at]...), '*')
		}
		p, _ := l.classes.cut(key[at:])
		last, at = at, at+len(p.text)
		if p.word > 0 {
			words++
		}
		if p.isID {
			ids++
			dst = append(append(dst, key[kept:last+p.head]...), '*')
			kept = last + p.word
		}
	}
	if words > 1 && ids == 0 && l.classes.of[key[len(key)-1]]&separator == 0 {
		return append(append(dst, key[:last]...), '*')
	}
	return append(dst, key[kept:]...)
}
