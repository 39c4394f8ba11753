package inspect

import (
	"testing"

	"github.com/redsleuth/redsleuth/parse/record"
)

func TestFailedSyncs(t *testing.T) {
	all, again := &record.Request{ID: "?", Offset: -1}, &record.Request{ID: "a", Offset: 5}
	sync := func(to string, asked *record.Request, end record.End, acks *record.Acks) *Link {
		return &Link{Link: record.Link{
			To: to, Resync: record.Full, Requested: asked, Payload: &record.Payload{End: end}, Acks: acks,
		}}
	}
	failed := func() *Link { return sync("10.0.0.2:1", all, record.Clean, nil) }
	loaded := func() *Link { return sync("10.0.0.2:1", all, record.Clean, &record.Acks{Count: 3}) }
	for name, test := range map[string]struct {
		links []*Link
		count int64 // of the one finding; 0 for none
	}{
		"three, and then it loads":        {[]*Link{failed(), failed(), failed(), loaded()}, 3},
		"cut each time":                   {[]*Link{sync("10.0.0.2:1", all, record.Truncated, nil), sync("10.0.0.2:1", all, record.Truncated, nil), failed()}, 2},
		"one alone may be a restart":      {[]*Link{failed(), loaded()}, 0},
		"restarts of a replica that runs": {[]*Link{loaded(), loaded(), loaded()}, 0},
		"it continues from what it has":   {[]*Link{failed(), sync("10.0.0.2:1", again, record.Clean, nil), failed()}, 0},
		"three replicas, a sync each": {
			[]*Link{failed(), sync("10.0.0.3:1", all, record.Clean, nil), sync("10.0.0.4:1", all, record.Clean, nil)}, 0,
		},
		"another replica between": {[]*Link{failed(), sync("10.0.0.3:1", all, record.Clean, nil), failed(), failed()}, 2},
		"the replica's side was not seen": {
			[]*Link{sync("", nil, record.Clean, nil), sync("", nil, record.Clean, nil), sync("", nil, record.Clean, nil)}, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			for i, l := range test.links {
				l.Number = i + 1
			}
			found := (&Report{Links: test.links}).failedSyncs()
			switch {
			case test.count == 0 && len(found) > 0:
				t.Errorf("found %+v", found)
			case test.count > 0 && (len(found) != 1 || found[0].Count != test.count):
				t.Errorf("found %+v, not %d in a row", found, test.count)
			}
		})
	}
}
