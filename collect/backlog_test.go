package collect

import (
	"errors"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/parse/info"
)

func TestBacklogRequest(t *testing.T) {
	p := func(n int64) *int64 { return &n }
	yes, no := true, false
	at := func(offset int64, b info.Backlog) *info.Info {
		return &info.Info{Role: "master", ReplicationID: "aa", MasterOffset: p(offset), Backlog: b}
	}
	ring := func(first, length int64) info.Backlog {
		return info.Backlog{Active: &yes, Size: p(1 << 20), FirstByte: p(first), Length: p(length)}
	}
	for name, test := range map[string]struct {
		first, second *info.Info
		from          int64
		misaligned    bool
		err           error
	}{
		"idle, and not full": {
			at(900, ring(1, 900)), at(900, ring(1, 900)), 1, false, nil,
		},
		"written, with room enough": {
			at(900, ring(1, 900)), at(1900, ring(1, 1900)), 1, false, nil,
		},
		"full": {
			at(5<<20, ring(4<<20+1, 1<<20)), at(5<<20, ring(4<<20+1, 1<<20)), 4<<20 + 1 + leastRoom, true, nil,
		},
		"full, and written": { // 100,000 bytes in half a second are 600,000 until it is answered
			at(5<<20-100_000, ring(4<<20+1, 1<<20)), at(5<<20, ring(4<<20+1, 1<<20)),
			4<<20 + 1 + leastRoom + 600_000, true, nil,
		},
		"too fast": {
			at(4<<20, ring(3<<20+1, 1<<20)), at(5<<20, ring(4<<20+1, 1<<20)), 0, false, errTooFast,
		},
		"none": {
			at(5, info.Backlog{Active: &no}), at(5, info.Backlog{Active: &no}), 0, false, errNoBacklog,
		},
		"an empty one": {at(5, ring(6, 0)), at(5, ring(6, 0)), 0, false, errEmpty},
		"no id": {
			at(5, ring(1, 5)), &info.Info{MasterOffset: p(5), Backlog: ring(1, 5)}, 0, false, errNoID,
		},
		"before 4.0 the run id is the history's": {
			at(5, ring(1, 5)), &info.Info{Role: "master", RunID: "bb", MasterOffset: p(5), Backlog: ring(1, 5)},
			1, false, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := backlogRequest(test.first, test.second, 500*time.Millisecond)
			if !errors.Is(err, test.err) {
				t.Fatalf("error %v, not %v", err, test.err)
			}
			if err == nil && (got.from != test.from || got.misaligned != test.misaligned) {
				t.Errorf("from %d, misaligned %v; not %d, %v", got.from, got.misaligned, test.from, test.misaligned)
			}
		})
	}
}
