package inspect

import "github.com/redsleuth/redsleuth/parse/record"

// tie finds for each partial resync the link that it went on from.
func (r *Report) tie() {
	for i, l := range r.Links {
		l.Continues = 0
		if l.Resync != record.Partial || l.StartOffset == record.Unknown {
			continue
		}
		for k := i - 1; k >= 0; k-- {
			before := r.Links[k]
			if before.EndOffset != record.Unknown && before.StartOffset <= l.StartOffset &&
				sameHistory(before, l) && record.SameReplica(&before.Link, &l.Link) {
				l.Continues = before.Number
				break
			}
		}
	}
}

// sameHistory reports whether b continues the history of a: under a's id, or
// because that is what its replica asked for.
func sameHistory(a, b *Link) bool {
	if a.ReplicationID == "" {
		return false
	}
	return a.ReplicationID == b.ReplicationID ||
		b.Requested != nil && b.Requested.ID == a.ReplicationID
}
