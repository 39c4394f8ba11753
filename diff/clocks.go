package diff

import "time"

// clocks are, of each dump of the master and of the replica, the time before which a
// key of it has expired, in Unix milliseconds; 0 is unknown.
type clocks [2][]int64

// newClocks: a key has expired at --now, or by the end of the second in which the
// later one of its dump and that dump's counterpart was made.
func newClocks(sides [2]*side, pairs []ShardPair, now time.Time) (c clocks) {
	for i, s := range sides {
		for _, d := range s.dumps {
			later := now
			if now.IsZero() {
				later = d.Created
				for _, other := range counterparts(&d.Side, pairs, sides[1-i]) {
					if other.Created.After(later) {
						later = other.Created
					}
				}
				if !later.IsZero() {
					later = later.Add(999 * time.Millisecond)
				}
			}
			at := int64(0)
			if !later.IsZero() {
				at = later.UnixMilli()
			}
			c[i] = append(c[i], at)
		}
	}
	return c
}

// at is when a key had expired, by the dumps that hold it; 0 where nothing tells.
func (c *clocks) at(m, r spot) (at int64) {
	if m.held() {
		at = c[0][m.dump()]
	}
	if r.held() {
		at = max(at, c[1][r.dump()])
	}
	return at
}
