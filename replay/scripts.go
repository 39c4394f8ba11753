package replay

import (
	"crypto/sha1"
	"encoding/hex"
)

const (
	maxSourcesEach  = 16
	maxSources      = 1 << 17
	maxDrops        = 1 << 12
	maxAnalysed     = 1 << 12
	maxAnalysedSize = 64 << 10
)

// digest is the SHA-1 of a body, its name.
type digest [sha1.Size]byte

// parseDigest reads the argument of an EVALSHA; servers fold its case.
func parseDigest(b []byte) (d digest, ok bool) {
	if len(b) != 2*len(d) {
		return d, false
	}
	_, err := hex.Decode(d[:], b)
	return d, err == nil
}

// A drop is an event that emptied a script table.
type drop struct {
	what   string // in words
	link   int
	offset int64
}

// knownScript is a script that was met, now in the table or no longer.
type knownScript struct {
	sha         digest
	bytes       int64
	generation  int32 // of the table in which it is, or was last
	resumes     int32 // how many doubtful resumes came before its last source
	risk        int32 // the resume for which a risk was reported,
	riskFinding int32 // and the finding
	since       int64 // offset behind the source that brought it in
	until       int64 // offset behind its last source
	last        Place
	sources     []Place
	seen, calls int64
	again       int64 // sources while it was known
	againBytes  int64 // what they cost in the stream
	verdict     int32 // index into verdicts, -1 for none
}

// scriptTable is a server's script cache, and the memory of what was in it.
// Emptying it only starts a new generation.
type scriptTable struct {
	index      map[digest]int32
	scripts    []knownScript
	generation int32
	// drops says what ended each of the last generations.
	drops   map[int32]drop
	learned bool // something was added to this generation
	// complete: nothing can be in the server's cache that is not in here.
	complete bool
	// overflow counts scripts that were not kept for want of room.
	overflow int64
	limit    int
	sources  int
}

func newScriptTable(limit int) *scriptTable {
	return &scriptTable{index: map[digest]int32{}, drops: map[int32]drop{}, limit: limit}
}

// holds finds a script that the server has; nil if it hasn't.
func (t *scriptTable) holds(sha digest) *knownScript {
	if k := t.met(sha); k != nil && k.generation == t.generation {
		return k
	}
	return nil
}

// met finds a script that was met at any time.
func (t *scriptTable) met(sha digest) *knownScript {
	if i, ok := t.index[sha]; ok {
		return &t.scripts[i]
	}
	return nil
}

// add notes a source of a body. It returns the script, and whether the server
// had it already; nil if there is no room.
func (t *scriptTable) add(sha digest, size int64, at Place) (k *knownScript, had bool) {
	i, ok := t.index[sha]
	if !ok {
		if len(t.scripts) >= t.limit {
			t.overflow++
			return nil, false
		}
		i = int32(len(t.scripts))
		t.scripts = append(t.scripts, knownScript{sha: sha, bytes: size, generation: -1, verdict: -1})
		t.index[sha] = i
	}
	k = &t.scripts[i]
	had = k.generation == t.generation
	if !had {
		k.since = at.Offset
	}
	k.generation, k.last = t.generation, at
	k.seen++
	if len(k.sources) < maxSourcesEach && t.sources < maxSources {
		k.sources = append(k.sources, at)
		t.sources++
	}
	t.learned = true
	return k, had
}

// empty forgets every script.
func (t *scriptTable) empty(why drop) {
	if !t.learned {
		return
	}
	t.drops[t.generation] = why
	delete(t.drops, t.generation-maxDrops)
	t.generation++
	t.learned = false
}

// rewind makes the table what it was at an offset: what came later goes, what
// was dropped later comes back.
func (t *scriptTable) rewind(offset int64, why drop) {
	old := t.generation
	t.empty(why)
	for i := range t.scripts {
		k := &t.scripts[i]
		if k.generation == old && k.since <= offset {
			k.generation = t.generation
			t.learned = true
			continue
		}
		if d, ok := t.drops[k.generation]; ok && k.generation < old && k.since <= offset && d.offset > offset {
			k.generation = t.generation
			t.learned = true
		}
	}
}

// droppedBy says what took a script that was met from the table.
func (t *scriptTable) droppedBy(k *knownScript) (drop, bool) {
	d, ok := t.drops[k.generation]
	return d, ok
}

// held lists up to n scripts of the server's cache, and how many more it has.
func (t *scriptTable) held(n int) (list [][20]byte, more int64) {
	for i := range t.scripts {
		if t.scripts[i].generation != t.generation {
			continue
		}
		if len(list) == n {
			more++
			continue
		}
		list = append(list, t.scripts[i].sha)
	}
	return list, more
}
