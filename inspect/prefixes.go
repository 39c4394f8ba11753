package inspect

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
)

// Prefixes counts keys by what is before a separator.
type Prefixes struct {
	// List has the prefixes with the most bytes first. One that holds the
	// same keys as a longer one is left out.
	List []Prefix
	// Missed: there were too many prefixes, and those that came rarely were
	// dropped; a count may be up to Missed keys too low.
	Missed int64
}

// A Prefix is the front of keys, separator included.
type Prefix struct {
	Name        []byte
	Keys, Bytes int64
}

const (
	prefixDepth = 3        // separators of a key that are looked at
	prefixMost  = 32 << 10 // prefixes that are counted at a time
	prefixSize  = 256      // longer ones are not counted
)

type prefixCounter struct {
	separators string
	counts     map[string]*Counts
	missed     int64
}

func newPrefixCounter(separators string) *prefixCounter {
	return &prefixCounter{separators: separators, counts: map[string]*Counts{}}
}

func (p *prefixCounter) add(key []byte, size int64) {
	end := 0
	for range prefixDepth {
		i := bytes.IndexAny(key[end:], p.separators)
		if i < 0 || end+i+1 > prefixSize {
			return
		}
		end += i + 1
		c := p.counts[string(key[:end])]
		if c == nil {
			if len(p.counts) >= prefixMost {
				p.prune()
			}
			c = &Counts{}
			p.counts[string(key[:end])] = c
		}
		c.add(0, size)
	}
}

// prune drops the rarest prefixes until half are left. One that comes back
// begins at 0, so that its count is too low by what was dropped.
func (p *prefixCounter) prune() {
	for len(p.counts) > prefixMost/2 {
		p.missed++
		maps.DeleteFunc(p.counts, func(_ string, c *Counts) bool { return c.Keys <= p.missed })
	}
}

// report lists at most n prefixes.
func (p *prefixCounter) report(n int) *Prefixes {
	r := &Prefixes{Missed: p.missed}
	same := map[string]bool{} // prefixes that a longer one says more than
	for name, c := range p.counts {
		if i := bytes.LastIndexAny([]byte(name[:len(name)-1]), p.separators); i >= 0 {
			if parent := p.counts[name[:i+1]]; parent != nil && parent.Keys == c.Keys {
				same[name[:i+1]] = true
			}
		}
	}
	for name, c := range p.counts {
		if !same[name] {
			r.List = append(r.List, Prefix{[]byte(name), c.Keys, c.Bytes})
		}
	}
	slices.SortFunc(r.List, func(a, b Prefix) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(b.Keys, a.Keys), bytes.Compare(a.Name, b.Name))
	})
	r.List = r.List[:min(n, len(r.List))]
	return r
}
