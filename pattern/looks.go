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
	rest, begun := key, len(dst)
	for parts := 0; len(rest) > 0; parts++ {
		if parts == mostParts || len(key)-len(rest) >= mostBytes {
			return append(dst, '*')
		}
		var p part
		p, rest = l.classes.cut(rest)
		last = len(dst)
		if p.word > 0 {
			words++
		}
		if !p.isID {
			dst = append(dst, p.text...)
			continue
		}
		ids++
		dst = append(append(dst, p.text[:p.head]...), '*')
		dst = append(dst, p.sep()...)
	}
	if words > 1 && ids == 0 && !l.ended(dst[begun:]) {
		dst = append(dst[:last], '*')
	}
	return dst
}

// ended reports whether a key ends in a separator.
func (l *Looks) ended(key []byte) bool { return l.classes[key[len(key)-1]]&separator != 0 }
