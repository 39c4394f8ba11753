package cause

import (
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/diff"
)

// A dump may hold what was written in its second, and up to a tick of the clock later.
func TestMayHold(t *testing.T) {
	saved := time.Unix(1_700_000_000, 0)
	for _, test := range []struct {
		name    string
		created time.Time
		after   time.Duration
		want    bool
	}{
		{"before it", saved, -time.Hour, true},
		{"in its second", saved, 999 * time.Millisecond, true},
		{"as the next one begins", saved, 1002 * time.Millisecond, true},
		{"in the next one", saved, 1010 * time.Millisecond, false},
		{"a dump that tells no time", time.Time{}, time.Hour, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			side := &diff.Side{}
			side.Created = test.created
			if got := mayHold(side, saved.Add(test.after)); got != test.want {
				t.Error(got)
			}
		})
	}
}
