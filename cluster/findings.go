package cluster

import (
	"fmt"

	"github.com/redsleuth/redsleuth/finding"
)

// Findings are what a layout tells of each dump, by its number: keys in the wrong
// shard, whose names are those at StrayPlaces, a shard much fuller than the others,
// and dumps that don't divide the slots, which is told of the first.
func (l *Layout) Findings() map[int][]finding.Finding {
	all := map[int][]finding.Finding{}
	if l.Used > 0 && len(l.Shards) > 1 && !l.Divided {
		all[0] = append(all[0], finding.Finding{Code: finding.SlotsNotDivided, Severity: finding.Info,
			Count: int64(l.Shared), Message: fmt.Sprintf("these are no shards of a Redis "+
				"Cluster: of %d slots with keys, %d have some in several of the dumps, or they make no ranges",
				l.Used, l.Shared)})
	}
	for i := range l.Shards {
		if s := &l.Shards[i]; s.Strays > 0 {
			all[i] = append(all[i], finding.Finding{Code: finding.WrongShard, Severity: finding.Warning,
				Count: s.Strays, Message: wrongShard(s)})
		}
	}
	if i, times := l.Uneven(); times > 0 {
		all[i] = append(all[i], finding.Finding{Code: finding.ShardsUneven, Severity: finding.Info,
			Message: l.uneven(i, times)})
	}
	return all
}

func wrongShard(s *Shard) string {
	if s.Strays == 1 {
		return "a key of this dump belongs to the slots of another shard"
	}
	slots := "one slot"
	if s.StraySlots > 1 {
		slots = fmt.Sprintf("%d slots", s.StraySlots)
	}
	return fmt.Sprintf("%d keys of this dump, in %s, belong to the slots of other shards",
		s.Strays, slots)
}

func (l *Layout) uneven(i int, times float64) string {
	s := &l.Shards[i]
	text := fmt.Sprintf("this shard holds %.1f times the bytes of the mean of %d", times,
		len(l.Shards))
	if h := s.Heaviest; h.Bytes*heavySlot > s.Bytes {
		text += fmt.Sprintf("; slot %d alone has %d%% of them, and no slot can be divided", h.Slot,
			100*h.Bytes/s.Bytes)
	}
	return text
}

// heavySlot: a slot is named that has more than one byte in so many of its shard.
const heavySlot = 10

// InTwo is the finding on keys that are in two dumps, of so many in both. It is
// about the second.
func InTwo(keys int64, sameHistory bool) finding.Finding {
	f := finding.Finding{Code: finding.KeyInTwoShards, Severity: finding.Warning, Count: keys,
		Message: fmt.Sprintf("%d keys of this dump are in another shard's too", keys)}
	if keys == 1 {
		f.Message = "a key of this dump is in another shard's too"
	}
	if sameHistory {
		f.Message += ": the two dumps are of one replication history, and so of one shard"
	}
	return f
}

// Common is how many slots two lists of ranges have in common.
func Common(a, b []Range) (n int) {
	for _, x := range a {
		for _, y := range b {
			n += max(0, min(x.Last, y.Last)-max(x.First, y.First)+1)
		}
	}
	return n
}
