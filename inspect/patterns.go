package inspect

import (
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/pattern"
)

// Patterns are how keys are named, heaviest first: by memory where it was measured,
// else by bytes. Each key is counted in one of them, or in Others.
type Patterns struct {
	List []Pattern
	// Others sums what is not in List; of so many patterns, 0 for none.
	Others     Pattern
	OtherCount int
	// ByMemory: shares are of memory and not of bytes.
	ByMemory bool
}

// A Pattern counts the keys of a glob. What nothing tells is record.Unknown.
type Pattern struct {
	Glob                []byte
	Keys, Bytes, Memory int64
	Share               float64 // of the weight of all, 0 to 1
	NoTTL               int64   // keys without an expiry
	// Soon expire within a day of when expiry is judged, or had expired by then.
	Soon int64
	// Idle is the mean time since the last access, in seconds, of those that tell.
	Idle int64
}

// The sums that a patternCounter keeps for keys.
const (
	sumKeys = iota
	sumBytes
	sumMemory
	sumUnmeasured
	sumNoTTL
	sumSoon
	sumIdle
	sumIdleKeys
)

// soonMillis is how far ahead an expiry is soon.
const soonMillis = 24 * 60 * 60 * 1000

// A patternCounter counts keys by how they are named.
type patternCounter struct{ tree *pattern.Tree }

func newPatternCounter(separators string) *patternCounter {
	return &patternCounter{pattern.New(separators)}
}

// add takes in a key; costs is empty where its memory is not known.
func (p *patternCounter) add(rec *rdb.Record, costs []int64, judged bool, now int64) {
	s := p.tree.Add(rec.Key)
	s[sumKeys]++
	s[sumBytes] += rec.Bytes
	if len(costs) > 0 {
		s[sumMemory] += costs[0]
	} else {
		s[sumUnmeasured]++
	}
	switch {
	case !rec.HasExpire:
		s[sumNoTTL]++
	case judged && rec.ExpireAt < now+soonMillis:
		s[sumSoon]++
	}
	if rec.Idle >= 0 {
		s[sumIdle] += rec.Idle
		s[sumIdleKeys]++
	}
}

// report lists at most n patterns.
func (p *patternCounter) report(n int, byMemory, judged bool) *Patterns {
	by := sumBytes
	if byMemory {
		by = sumMemory
	}
	all := p.tree.Rows(n, func(s *pattern.Sums) int64 { return s[by] })
	rows, others, left := pattern.Cut(all, n)
	total := totalOf(rows, &others, by)
	one := func(glob []byte, s *pattern.Sums) Pattern {
		x := patternOf(glob, s)
		x.Share = float64(s[by]) / total
		if !judged {
			x.Soon = record.Unknown
		}
		return x
	}
	out := &Patterns{OtherCount: left, ByMemory: byMemory, Others: one(nil, &others)}
	for i := range rows {
		out.List = append(out.List, one(rows[i].Pattern, &rows[i].Sums))
	}
	return out
}

// totalOf sums a column; it is at least 1, to divide by.
func totalOf(rows []pattern.Row, others *pattern.Sums, column int) float64 {
	total := others[column]
	for i := range rows {
		total += rows[i].Sums[column]
	}
	return float64(max(total, 1))
}

func patternOf(glob []byte, s *pattern.Sums) Pattern {
	x := Pattern{Glob: glob, Keys: s[sumKeys], Bytes: s[sumBytes], Memory: s[sumMemory],
		NoTTL: s[sumNoTTL], Soon: s[sumSoon], Idle: record.Unknown}
	if s[sumUnmeasured] == s[sumKeys] {
		x.Memory = record.Unknown
	}
	if s[sumIdleKeys] > 0 {
		x.Idle = s[sumIdle] / s[sumIdleKeys]
	}
	return x
}

// KeyPatterns are how the keys that commands name are named, those with most bytes
// first.
type KeyPatterns struct {
	List       []KeyPattern
	Others     KeyPattern
	OtherCount int
}

// A KeyPattern counts the times that commands named a key of a glob, those that
// may have changed it, and the bytes of the commands. Those of a command with
// several keys are shared out among them.
type KeyPattern struct {
	Glob                    []byte
	Commands, Writes, Bytes int64
	Share                   float64 // of the bytes
}

// The sums that a keyCounter keeps for commands.
const (
	sumCommands = iota
	sumCommandBytes
	sumWrites
)

// A keyCounter counts the keys of commands by how they are named. A nil one counts
// nothing.
type keyCounter struct {
	tree *pattern.Tree
	keys []command.Key
}

// newKeyCounter is nil where nobody asks for patterns.
func newKeyCounter(separators string) *keyCounter {
	if separators == "" {
		return nil
	}
	return &keyCounter{tree: pattern.New(separators)}
}

// add counts the keys of a command, whose name has the counter c.
func (p *keyCounter) add(args [][]byte, size int64, c *CommandCount) {
	if p == nil {
		return
	}
	writes := c.writesBy(args)
	p.keys, _ = command.Find(p.keys[:0], args)
	n := int64(len(p.keys))
	for i, k := range p.keys {
		s := p.tree.Add(args[k.Index])
		s[sumCommands]++
		s[sumCommandBytes] += size / n
		if i == 0 {
			s[sumCommandBytes] += size % n
		}
		if writes {
			s[sumWrites]++
		}
	}
}

// report lists at most n patterns; nil where nobody asked.
func (p *keyCounter) report(n int) *KeyPatterns {
	if p == nil {
		return nil
	}
	all := p.tree.Rows(n, func(s *pattern.Sums) int64 { return s[sumCommandBytes] })
	rows, others, left := pattern.Cut(all, n)
	total := totalOf(rows, &others, sumCommandBytes)
	one := func(glob []byte, s *pattern.Sums) KeyPattern {
		return KeyPattern{glob, s[sumCommands], s[sumWrites], s[sumCommandBytes],
			float64(s[sumCommandBytes]) / total}
	}
	out := &KeyPatterns{OtherCount: left, Others: one(nil, &others)}
	for i := range rows {
		out.List = append(out.List, one(rows[i].Pattern, &rows[i].Sums))
	}
	return out
}
