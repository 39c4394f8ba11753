package chart

import (
	"cmp"
	"slices"
)

// A label is the number of an event above its lane.
type label struct {
	number  string
	mark, x float64 // where the event is, and the label
	bad     bool
}

// room is how wide a label is, with what parts it from the next.
func (l *label) room() float64 { return 6.5*float64(len(l.number)) + 6 }

// spread puts labels side by side between two ends, in the order of their marks, and as
// near to these as they can be: where each of a cluster moves by as little as all of it
// has to (isotonic regression, by pooling those that would stand on one another). Where
// there is no room for all, every second of those goes that are not bad.
func spread(all []label, from, to float64) []label {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b label) int { return cmp.Compare(a.mark, b.mark) })
	for width(all) > to-from && len(all) > 1 {
		all = thinned(all)
	}
	// Each label wants to be at its mark; less the room of those before it, all that has
	// to hold is that none is before another.
	type pool struct {
		sum   float64
		count int
	}
	var pools []pool
	before := make([]float64, len(all))
	room := 0.0
	for i := range all {
		before[i] = room + all[i].room()/2
		room += all[i].room()
		p := pool{all[i].mark - before[i], 1}
		for n := len(pools); n > 0 && pools[n-1].sum/float64(pools[n-1].count) > p.sum/float64(p.count); n-- {
			p = pool{p.sum + pools[n-1].sum, p.count + pools[n-1].count}
			pools = pools[:n-1]
		}
		pools = append(pools, p)
	}
	i := 0
	for _, p := range pools {
		at := min(max(p.sum/float64(p.count), from), to-room)
		for range p.count {
			all[i].x = at + before[i]
			i++
		}
	}
	return all
}

func width(all []label) (sum float64) {
	for i := range all {
		sum += all[i].room()
	}
	return sum
}

// thinned leaves out every second label, of those that are not bad while there are any.
func thinned(all []label) (kept []label) {
	good := slices.ContainsFunc(all, func(l label) bool { return !l.bad })
	second := true
	for _, l := range all {
		if l.bad == good {
			kept = append(kept, l)
			continue
		}
		if second = !second; second {
			kept = append(kept, l)
		}
	}
	return kept
}
