package diff

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/redsleuth/redsleuth/value"
)

func letters(s string) []value.Digest {
	var d []value.Digest
	for _, c := range s {
		d = append(d, value.Digest{Lo: uint64(c)})
	}
	return d
}

// applied runs a script over the old sequence.
func applied(old, new []value.Digest, edits []edit) []value.Digest {
	var out []value.Digest
	from := 0
	for _, e := range edits {
		until := e.at
		if e.insert {
			until = e.after
		}
		out = append(out, old[from:until]...)
		from = until
		if e.insert {
			out = append(out, new[e.at])
		} else {
			from++
		}
	}
	return append(out, old[from:]...)
}

func TestEditScripts(t *testing.T) {
	for _, c := range []struct {
		old, new string
		edits    int
	}{
		{"", "", 0}, {"abc", "abc", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abcabba", "cbabac", 5}, {"abc", "xbc", 2}, {"abcd", "acbd", 2},
	} {
		edits, ok := editScript(letters(c.old), letters(c.new))
		if !ok || len(edits) != c.edits || !slices.Equal(applied(letters(c.old), letters(c.new), edits), letters(c.new)) {
			t.Errorf("%q to %q: %+v, %v", c.old, c.new, edits, ok)
		}
	}
}

func TestRandomEditScripts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	word := func() []value.Digest {
		w := make([]value.Digest, random.IntN(30))
		for i := range w {
			w[i].Lo = random.Uint64N(4)
		}
		return w
	}
	for range 2000 {
		old, new := word(), word()
		edits, ok := editScript(old, new)
		if !ok || !slices.Equal(applied(old, new, edits), new) {
			t.Fatalf("%v to %v: %+v", old, new, edits)
		}
		if shortest := len(old) + len(new) - 2*commonSubsequence(old, new); len(edits) != shortest {
			t.Fatalf("%v to %v: %d edits, %d would do", old, new, len(edits), shortest)
		}
	}
}

// commonSubsequence is the length of the longest one.
func commonSubsequence(a, b []value.Digest) int {
	row := make([]int, len(b)+1)
	for i := range a {
		before := 0
		for j := range b {
			above := row[j+1]
			if a[i] == b[j] {
				row[j+1] = before + 1
			} else {
				row[j+1] = max(row[j+1], row[j])
			}
			before = above
		}
	}
	return row[len(b)]
}

func TestTooManyEditsAreNoScript(t *testing.T) {
	a, b := make([]value.Digest, scriptEdits), make([]value.Digest, scriptEdits)
	for i := range a {
		a[i].Lo, b[i].Lo = uint64(i), uint64(i+1e6)
	}
	if _, ok := editScript(a, b); ok {
		t.Error("a script of more edits than the limit")
	}
}
