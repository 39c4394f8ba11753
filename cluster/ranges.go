package cluster

// A run is used slots one after the other with one owner: so many, from a position
// among the used slots.
type run struct {
	owner       int16
	from, slots int
}

// What makes a slot stand alone: the runs beside it are of so many slots at least,
// and no more than one used slot in so many stands alone, nor does a run end more
// often.
const (
	leastBeside = 3
	mostAlone   = 20
	mostRuns    = 8
)

// runs puts the used slots together; those without an owner belong to the run that
// they are in.
func (l *Layout) runs(used []int) []run {
	var all []run
	for i, slot := range used {
		owner := l.owner[slot]
		if n := len(all); n > 0 && (owner == none || owner == all[n-1].owner) {
			all[n-1].slots++
		} else if owner != none {
			all = append(all, run{owner, i, 1})
		}
	}
	return all
}

// enclosed gives single slots amid another dump's to that dump, where the slots
// make ranges otherwise.
func (l *Layout) enclosed(m *Map, used []int) {
	all := l.runs(used)
	var alone []int // runs
	for i := 1; i+1 < len(all); i++ {
		before, after := all[i-1], all[i+1]
		if all[i].slots == 1 && before.owner == after.owner &&
			min(before.slots, after.slots) >= leastBeside && len(m.held[used[all[i].from]]) == 1 {
			alone = append(alone, i)
		}
	}
	// Each takes a run of its own, and cuts the one around it in two.
	rest := len(all) - 2*len(alone)
	if len(alone)*mostAlone > len(used) || rest*mostRuns > len(used) {
		return
	}
	for _, i := range alone {
		l.owner[used[all[i].from]] = all[i-1].owner
	}
}

// ranges tells each dump's slots.
func (l *Layout) ranges(used []int) {
	for _, r := range l.runs(used) {
		s := &l.Shards[r.owner]
		s.Ranges = append(s.Ranges, Range{used[r.from], used[r.from+r.slots-1]})
	}
}

// straysNamed is how many keys of a dump that belong elsewhere can be named.
const straysNamed = 16

// strays counts what belongs elsewhere.
func (m *Map) strays(l *Layout, used []int) {
	for _, slot := range used {
		owner, known := l.Owner(slot)
		if !known {
			continue
		}
		for _, h := range m.held[slot] {
			if h.shard == owner {
				continue
			}
			s := &l.Shards[h.shard]
			s.Strays += h.keys
			s.StraySlots++
			if len(s.StrayPlaces) < straysNamed {
				s.StrayPlaces = append(s.StrayPlaces, h.first)
			}
		}
	}
}

// Uneven is how many times the mean the fullest shard holds, by bytes; 0 where it
// is not more than chance does, or there are no shards to compare.
func (l *Layout) Uneven() (fullest int, times float64) {
	var sum int64
	for i := range l.Shards {
		sum += l.Shards[i].Bytes
		if l.Shards[i].Bytes > l.Shards[fullest].Bytes {
			fullest = i
		}
	}
	if len(l.Shards) < 2 || sum == 0 {
		return 0, 0
	}
	mean := float64(sum) / float64(len(l.Shards))
	if times = float64(l.Shards[fullest].Bytes) / mean; times < leastUneven || l.Keys() < leastKeys {
		return fullest, 0
	}
	return fullest, times
}

// What is uneven: so many times the mean, of so many keys, since few differ by
// chance.
const (
	leastUneven = 1.25
	leastKeys   = 1000
)

// Keys is how many were counted in all shards.
func (l *Layout) Keys() (n int64) {
	for i := range l.Shards {
		n += l.Shards[i].Keys
	}
	return n
}
