package inspect

import (
	"testing"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
)

// TestFailedSyncs: package record finds them; each has its place here.
func TestFailedSyncs(t *testing.T) {
	r := &Report{}
	for n := 1; n <= 3; n++ {
		r.Links = append(r.Links, &Link{Link: record.Link{Number: n, To: "10.0.0.2:1", Resync: record.Full,
			Requested: &record.Request{ID: "?", Offset: -1}, Payload: &record.Payload{End: record.Clean}}})
	}
	found := r.failedSyncs()
	if len(found) != 1 || found[0].Code != finding.SyncFailed || found[0].Count != 2 || found[0].Link != 1 ||
		len(found[0].Places) != 2 || found[0].Places[1].Link != 2 {
		t.Errorf("%+v", found)
	}
}
