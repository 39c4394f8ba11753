package record

import "testing"

func TestFailedSyncs(t *testing.T) {
	all, again := &Request{ID: "?", Offset: -1}, &Request{ID: "a", Offset: 5}
	sync := func(to string, asked *Request, end End, acks *Acks) *Link {
		return &Link{
			To: to, Resync: Full, Requested: asked, Payload: &Payload{End: end}, Acks: acks,
		}
	}
	failed := func() *Link { return sync("10.0.0.2:1", all, Clean, nil) }
	loaded := func() *Link { return sync("10.0.0.2:1", all, Clean, &Acks{Count: 3}) }
	for name, test := range map[string]struct {
		links []*Link
		count int // of the one finding; 0 for none
	}{
		"three, and then it loads":        {[]*Link{failed(), failed(), failed(), loaded()}, 3},
		"cut each time":                   {[]*Link{sync("10.0.0.2:1", all, Truncated, nil), sync("10.0.0.2:1", all, Truncated, nil), failed()}, 2},
		"one alone may be a restart":      {[]*Link{failed(), loaded()}, 0},
		"restarts of a replica that runs": {[]*Link{loaded(), loaded(), loaded()}, 0},
		"it continues from what it has":   {[]*Link{failed(), sync("10.0.0.2:1", again, Clean, nil), failed()}, 0},
		"three replicas, a sync each": {
			[]*Link{failed(), sync("10.0.0.3:1", all, Clean, nil), sync("10.0.0.4:1", all, Clean, nil)}, 0,
		},
		"another replica between": {[]*Link{failed(), sync("10.0.0.3:1", all, Clean, nil), failed(), failed()}, 2},
		"the replica's side was not seen": {
			[]*Link{sync("", nil, Clean, nil), sync("", nil, Clean, nil), sync("", nil, Clean, nil)}, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			for i, l := range test.links {
				l.Number = i + 1
			}
			found := FindFailedSyncs(test.links)
			switch {
			case test.count == 0 && len(found) > 0:
				t.Errorf("found %+v", found)
			case test.count > 0 && (len(found) != 1 || len(found[0]) != test.count):
				t.Errorf("found %+v, not %d in a row", found, test.count)
			}
		})
	}
}
