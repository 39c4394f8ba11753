package replica

import (
	"crypto/sha1"
	"encoding/hex"
	"math"
)

const (
	maxSourcesEach = 16
	maxSources     = 1 << 17
	maxDrops       = 1 << 12
	maxSpans       = 1 << 4 // of one script
)

// A Digest is the SHA-1 of a body, its name.
type Digest [sha1.Size]byte

// String is the Digest in hex.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// ParseDigest reads the argument of an EVALSHA; servers fold its case.
func ParseDigest(b []byte) (d Digest, ok bool) {
	if len(b) != 2*len(d) {
		return d, false
	}
	_, err := hex.Decode(d[:], b)
	return d, err == nil
}

// A span is from which offset up to which the stream made a script known.
type span struct{ since, until int64 }

// knownScript is a script that was met, now in the table or no longer.
type knownScript struct {
	sha         Digest
	generation  int32 // of the table in which it is, or was last
	resumes     int32 // how many doubtful resumes came before its last source
	verdict     int32 // index into the analyser's verdicts, -1 for none
	bytes       int64
	since       int64 // offset after the source that brought it in
	until       int64 // offset after its last source
	first, last spot
	sources     []spot // after the first
	seen, calls int64
	again       int64 // sources while it was known
	againBytes  int64 // what they cost in the stream
}

// chunk is how many scripts are stored together, so that a table that grows
// moves none.
const chunk = 1 << 10

// scriptTable is a server's script cache, and the memory of what was in it.
// Emptying it only starts a new generation.
type scriptTable struct {
	index      map[Digest]int32
	chunks     [][]knownScript
	count      int
	generation int32
	// drops says what ended each of the last generations.
	drops   map[int32]Drop
	learned bool // something was added to this generation
	// past are spans of scripts that came in again since, by their index.
	past map[int32][]span
	// oldest is the first generation of the history that is followed.
	oldest int32
	// complete: nothing can be in the server's cache that is not in here.
	complete bool
	// overflow counts scripts that were not kept for want of room.
	overflow int64
	limit    int
	sources  int
}

func newScriptTable(limit int) *scriptTable {
	return &scriptTable{index: map[Digest]int32{}, drops: map[int32]Drop{}, past: map[int32][]span{}, limit: limit}
}

// at is the i-th script that was met.
func (t *scriptTable) at(i int) *knownScript { return &t.chunks[i/chunk][i%chunk] }

// all lists the scripts that were met, in that order.
func (t *scriptTable) all(yield func(*knownScript) bool) {
	for i := range t.count {
		if !yield(t.at(i)) {
			return
		}
	}
}

func (t *scriptTable) grow(sha Digest, size int64) int32 {
	if t.count%chunk == 0 {
		t.chunks = append(t.chunks, make([]knownScript, chunk))
	}
	i := t.count
	t.count++
	*t.at(i) = knownScript{sha: sha, bytes: size, generation: -1, verdict: -1}
	t.index[sha] = int32(i)
	return int32(i)
}

// holds finds a script that the server has; nil if it hasn't.
func (t *scriptTable) holds(sha Digest) *knownScript {
	if k := t.met(sha); k != nil && k.generation == t.generation {
		return k
	}
	return nil
}

// met finds a script that was met at any time.
func (t *scriptTable) met(sha Digest) *knownScript {
	if i, ok := t.index[sha]; ok {
		return t.at(int(i))
	}
	return nil
}

// add notes a source of a body. It returns the script, and whether the server
// had it already; nil if there is no room.
func (t *scriptTable) add(sha Digest, size int64, at Place) (k *knownScript, had bool) {
	i, ok := t.index[sha]
	if !ok {
		if t.count >= t.limit {
			t.overflow++
			return nil, false
		}
		i = t.grow(sha, size)
	}
	k = t.at(int(i))
	had = k.generation == t.generation
	if !had {
		if s, ok := t.span(k); ok && len(t.past[i]) < maxSpans {
			t.past[i] = append(t.past[i], s)
		}
		k.since = at.Offset
	}
	k.generation, k.last = t.generation, at.spot()
	switch k.seen++; {
	case k.seen == 1:
		k.first = k.last
	case k.seen <= maxSourcesEach && t.sources < maxSources:
		k.sources = append(k.sources, k.last)
		t.sources++
	}
	t.learned = true
	return k, had
}

// isComplete reports whether a script that the table lacks is not in the cache.
func (t *scriptTable) isComplete() bool { return t.complete && t.overflow == 0 }

// empty forgets every script.
func (t *scriptTable) empty(why Drop) {
	if !t.learned {
		return
	}
	t.drops[t.generation] = why
	delete(t.drops, t.generation-maxDrops)
	t.generation++
	t.learned = false
}

// span is from where to where the stream last made a script known; false if
// it never did.
func (t *scriptTable) span(k *knownScript) (span, bool) {
	if k.generation < t.oldest || k.generation < 0 {
		return span{}, false
	}
	until := int64(math.MaxInt64)
	if d, ok := t.drops[k.generation]; ok && d.Flush {
		until = d.Offset
	}
	return span{k.since, until}, true
}

// newHistory forgets at which offsets the table was what: they are of another
// history. What is in it stays.
func (t *scriptTable) newHistory() {
	t.past, t.oldest = map[int32][]span{}, t.generation
	for k := range t.all {
		if k.generation == t.generation {
			k.since = math.MinInt64
		}
	}
}

// rewind makes the table what it was at an offset: what came later goes, what
// was dropped later comes back.
func (t *scriptTable) rewind(offset int64, why Drop) {
	old := t.generation
	t.empty(why)
	i := int32(-1)
	for k := range t.all {
		i++
		if k.generation > old {
			continue
		}
		spans := t.past[i]
		if s, ok := t.span(k); ok {
			spans = append(spans[:len(spans):len(spans)], s)
		}
		for _, s := range spans {
			if s.since <= offset && offset < s.until {
				k.generation, k.since = t.generation, s.since
				t.learned = true
				break
			}
		}
	}
}

// droppedBy says what took a script that was met from the table.
func (t *scriptTable) droppedBy(k *knownScript) (Drop, bool) {
	d, ok := t.drops[k.generation]
	return d, ok
}

// held lists up to n scripts of the server's cache, and how many more it has.
func (t *scriptTable) held(n int) (list [][20]byte, more int64) {
	for k := range t.all {
		if k.generation != t.generation {
			continue
		}
		if len(list) == n {
			more++
			continue
		}
		list = append(list, k.sha)
	}
	return list, more
}
