package inspect

import (
	"fmt"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
)

// inARow is how many full syncs have to come to nothing, one after the other,
// for it to be no accident: a replica may be restarted while it loads.
const inARow = 2

// failedSyncs finds the full syncs of one replica that came to nothing, each
// followed by the next: none of what was sent was acknowledged, and the replica
// asked for a full sync again, as one asks that has kept nothing.
func (r *Report) failedSyncs() []finding.Finding {
	var found []finding.Finding
	counted := map[*Link]bool{}
	for i, first := range r.Links {
		if counted[first] {
			continue
		}
		var failed []*Link
		last := first
		for _, l := range r.Links[i+1:] {
			if !cameToNothing(last) {
				break
			}
			if !sameReplica(last, l) {
				continue
			}
			if !asksForAll(l) {
				break
			}
			counted[last] = true
			failed = append(failed, last)
			last = l
		}
		if len(failed) < inARow {
			continue
		}
		f := finding.Finding{
			Code: finding.SyncFailed, Severity: finding.Warning, Link: first.Number, Count: int64(len(failed)),
			Message: fmt.Sprintf("%d full syncs in a row came to nothing: the replica acknowledged none of "+
				"them, and asked for a full sync again%s", len(failed), why(failed)),
		}
		for _, l := range failed {
			f.Places = append(f.Places, finding.Place{Link: l.Number})
		}
		found = append(found, f)
	}
	return found
}

// cameToNothing: a full sync of which the replica's side was seen, and nothing
// was acknowledged.
func cameToNothing(l *Link) bool {
	return l.Resync == record.Full && asksForAll(l) && l.Acks == nil
}

// asksForAll: the replica asks as one that has nothing to continue from.
func asksForAll(l *Link) bool { return l.Requested != nil && l.Requested.ID == "?" }

// why says where the payloads end, as far as that tells who gave up.
func why(failed []*Link) string {
	cut := 0
	for _, l := range failed {
		if l.Payload != nil && l.Payload.End != record.Clean {
			cut++
		}
	}
	switch cut {
	case 0:
		return "; the payloads came whole, so that it may not have loaded them (its log says why)"
	case len(failed):
		return "; each payload was cut"
	}
	return fmt.Sprintf("; %d of the payloads were cut", cut)
}
