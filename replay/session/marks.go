package session

// How many commands at either end of a connection are remembered, to find the
// bytes that two connections share.
const (
	marksOfLink    = 1 << 12
	marksOfCapture = 1 << 6
	// manyLinks is how many links may have that many; others have those of a
	// capture's.
	manyLinks = 64
)

// A mark is a command, by its contents.
type mark struct {
	sum   uint64
	end   int64 // bytes of the stream up to and with it
	quiet bool  // PING or REPLCONF, of which one is like the other
}

// marks are the commands at both ends of a stream.
type marks struct {
	head, tail []mark
	at         int // where tail, a ring once it is full, begins
	keep       int // how many each of them holds
}

func (m *marks) add(sum uint64, bytes int64, quiet bool) {
	next := mark{sum, m.bytes() + bytes, quiet}
	if len(m.head) < m.keep {
		m.head = append(m.head, next)
	}
	if len(m.tail) < m.keep {
		m.tail = append(m.tail, next)
		return
	}
	m.tail[m.at] = next
	m.at = (m.at + 1) % m.keep
}

// bytes is the length of the stream's whole commands.
func (m *marks) bytes() int64 {
	if n := len(m.tail); n > 0 {
		return m.tail[(m.at+n-1)%n].end
	}
	return 0
}

// last is the tail in order.
func (m *marks) last() []mark {
	return append(append([]mark(nil), m.tail[m.at:]...), m.tail[:m.at]...)
}

// after finds the marks after so many bytes; nil if no command ends there that
// is remembered.
func (m *marks) after(bytes int64) []mark {
	for _, list := range [][]mark{m.last(), m.head} {
		for i := range list {
			if list[i].end == bytes {
				return list[i+1:]
			}
		}
	}
	if bytes == 0 {
		return append([]mark{}, m.head...)
	}
	return nil
}

// repeats finds how many bytes at the front of m are the last ones of the
// stream before: sent again because they had not arrived. It is sure only
// where the shared commands can't be alike by chance.
func (m *marks) repeats(before *marks) (n int64, sure bool) {
	tail := before.last()
	for k := min(len(tail), len(m.head)); k > 0; k-- {
		if !same(tail[len(tail)-k:], m.head[:k]) {
			continue
		}
		switch various := variety(m.head[:k]); {
		case n == 0:
			n, sure = m.head[k-1].end, various > 1
		case various > 1:
			return 0, false // it could be either
		}
	}
	return n, sure || n == 0
}

// variety counts commands that are not like the one before. One command, or
// PINGs, may well come twice.
func variety(list []mark) int {
	n := 0
	for i, m := range list {
		if !m.quiet && (i == 0 || m.sum != list[i-1].sum) {
			n++
		}
	}
	return n
}

// same reports whether two lists of equal length hold the same commands.
func same(a, b []mark) bool {
	for i := range a {
		if a[i].sum != b[i].sum {
			return false
		}
	}
	return true
}
