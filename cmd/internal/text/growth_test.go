package text

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
)

// TestGrowthLimit: a terminal is shown the first patterns and the sum of the others, a
// pipe all of them, and --limit decides for both.
func TestGrowthLimit(t *testing.T) {
	g := &diff.Growth{Before: &diff.Side{}, After: &diff.Side{}}
	for i := range growthShown + 5 {
		g.List = append(g.List, diff.Grown{Pattern: fmt.Appendf(nil, "p%d:*", i), After: diff.Taken{Keys: 1, Bytes: 9}})
	}
	none, two := 0, 2
	for _, c := range []struct {
		width int
		limit *int
		want  int
	}{{80, nil, growthShown}, {0, nil, len(g.List)}, {80, &none, len(g.List)}, {0, &two, two}} {
		var b strings.Builder
		o := Options{Style: render.NewStyle(false, c.width), Bytes: render.NewBytesFormatter(render.Quoted, nil),
			Limit: c.limit}
		if err := Growth(&b, g, o); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(b.String(), `"p`); n != c.want {
			t.Errorf("%d columns, limit %v: %d rows, not %d", c.width, c.limit, n, c.want)
		}
		if others := strings.Contains(b.String(), "other patterns"); others != (c.want < len(g.List)) {
			t.Errorf("%d columns, limit %v: others told: %v", c.width, c.limit, others)
		}
	}
}
