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
	before, room := make([]float64, len(all)), 0.0 // of those before each, up to its middle
	for i := range all {
		before[i] = room + all[i].room()/2
		room += all[i].room()
	}
	i := 0
	for _, p := range pooled(all, before) {
		at := min(max(p.sum/float64(p.count), from), to-room)
		for range p.count {
			all[i].x = at + before[i]
			i++
		}
	}
	return all
}

// A pool is labels that stand side by side; sum is of where they want to begin.
type pool struct {
	sum   float64
	count int
}

func (p pool) add(q pool) pool    { return pool{p.sum + q.sum, p.count + q.count} }
func (p pool) behind(q pool) bool { return p.sum/float64(p.count) > q.sum/float64(q.count) }

// pooled puts labels together that would stand on one another. Each wants to be at its
// mark; less the room of those before it, all that has to hold is that none is before
// another.
func pooled(all []label, before []float64) (pools []pool) {
	for i := range all {
		p := pool{all[i].mark - before[i], 1}
		for n := len(pools); n > 0 && pools[n-1].behind(p); n-- {
			p, pools = p.add(pools[n-1]), pools[:n-1]
		}
		pools = append(pools, p)
	}
	return pools
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
