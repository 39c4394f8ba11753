package record

import (
	"fmt"
	"net"
)

// FailedSyncs are full syncs of one replica, one after the other, that came to
// nothing: none of what was sent was acknowledged, and each was followed by a
// request for the next, as one asks that has kept nothing.
type FailedSyncs []*Link

// failedInARow is how many make it no accident: a replica may be restarted while it
// loads.
const failedInARow = 2

// FindFailedSyncs looks through the links of an artefact, in order.
func FindFailedSyncs(links []*Link) []FailedSyncs {
	var found []FailedSyncs
	counted := map[*Link]bool{}
	for i, first := range links {
		if counted[first] {
			continue
		}
		var failed FailedSyncs
		last := first
		for _, l := range links[i+1:] {
			if !last.cameToNothing() {
				break
			}
			if !SameReplica(last, l) {
				continue
			}
			if !l.asksForAll() {
				break
			}
			counted[last] = true
			failed = append(failed, last)
			last = l
		}
		if len(failed) >= failedInARow {
			found = append(found, failed)
		}
	}
	return found
}

// cameToNothing: a full sync of which the replica's side was seen, and nothing
// was acknowledged.
func (l *Link) cameToNothing() bool { return l.Resync == Full && l.asksForAll() && l.Acks == nil }

// asksForAll: the replica asks as one that has nothing to continue from.
func (l *Link) asksForAll() bool { return l.Requested != nil && l.Requested.ID == "?" }

// SameReplica is false where two links are known to lead to different replicas: by
// the address, or by the port on which they listen.
func SameReplica(a, b *Link) bool {
	if p, q := a.Replica.ListeningPort, b.Replica.ListeningPort; p != 0 && q != 0 && p != q {
		return false
	}
	hostA, _, errA := net.SplitHostPort(a.To)
	hostB, _, errB := net.SplitHostPort(b.To)
	return errA != nil || errB != nil || hostA == hostB
}

// String says how many there were, and where the payloads end, as far as that
// tells who gave up.
func (f FailedSyncs) String() string {
	return fmt.Sprintf("%d full syncs in a row came to nothing: the replica acknowledged none of them, and "+
		"asked for a full sync again%s", len(f), f.why())
}

func (f FailedSyncs) why() string {
	cut := 0
	for _, l := range f {
		if l.Payload != nil && l.Payload.End != Clean {
			cut++
		}
	}
	switch cut {
	case 0:
		return "; the payloads came whole, so that it may not have loaded them (its log says why)"
	case len(f):
		return "; each payload was cut"
	}
	return fmt.Sprintf("; %d of the payloads were cut", cut)
}
