package diff

import (
	"slices"

	"github.com/redsleuth/redsleuth/internal/hashjoin"
	"github.com/redsleuth/redsleuth/value"
)

// suspects are the keys that may differ, as far as there are few of them: who
// reads a stream can then step over the commands of all others.
type suspects struct {
	keys map[hashjoin.Hash]struct{} // by value.HashKey
	dbs  []int                      // that hold any
	many bool                       // there are too many to be remembered
}

// How many are remembered: about 2 MiB of them, and no more databases than it
// is quick to look through.
const (
	suspectsKept  = 1 << 16
	databasesKept = 16
)

func (s *suspects) add(key hashjoin.Hash, db int) {
	switch {
	case s.many:
		return
	case len(s.keys) == suspectsKept, len(s.dbs) == databasesKept && !slices.Contains(s.dbs, db):
		*s = suspects{many: true}
		return
	case s.keys == nil:
		s.keys = map[hashjoin.Hash]struct{}{}
	}
	s.keys[key] = struct{}{}
	if !slices.Contains(s.dbs, db) {
		s.dbs = append(s.dbs, db)
	}
}

// MayDiffer reports whether a key of this name may be among the differences, in
// whatever database.
func (c *Comparison) MayDiffer(name []byte) bool {
	s := &c.suspects
	if s.many {
		return true
	}
	for _, db := range s.dbs {
		if _, ok := s.keys[hashjoin.Hash(value.HashKey(db, name))]; ok {
			return true
		}
	}
	return false
}
