package inspect

import (
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
)

// failedSyncs tells of full syncs that came to nothing, one after the other.
func (r *Report) failedSyncs() []finding.Finding {
	var links []*record.Link
	for _, l := range r.Links {
		links = append(links, &l.Link)
	}
	var found []finding.Finding
	for _, failed := range record.FindFailedSyncs(links) {
		f := finding.Finding{Code: finding.SyncFailed, Severity: finding.Warning, Link: failed[0].Number,
			Count: int64(len(failed)), Message: failed.String()}
		for _, l := range failed {
			f.Places = append(f.Places, finding.Place{Link: l.Number})
		}
		found = append(found, f)
	}
	return found
}
