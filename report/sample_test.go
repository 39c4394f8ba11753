package report

import (
	"testing"
	"time"
)

// However many samples there are, a bounded number is kept, in order and evenly
// apart.
func TestThinned(t *testing.T) {
	for _, n := range []int{0, 1, mostSamples, mostSamples + 1, 10_000} {
		var kept thinned
		for i := range n {
			kept.add(Sample{Time: time.Unix(int64(i), 0), Offset: int64(i)})
		}
		if len(kept.List) > mostSamples || n > 0 && len(kept.List) < min(n, mostSamples/2) {
			t.Errorf("%d of %d are kept", len(kept.List), n)
		}
		for i := 2; i < len(kept.List); i++ {
			if kept.List[i].Offset-kept.List[i-1].Offset != kept.List[1].Offset-kept.List[0].Offset {
				t.Fatalf("of %d, those around %d are not evenly apart", n, kept.List[i].Offset)
			}
		}
	}
}
