package page

import (
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/report"
)

// Events that are alike and follow one another are one row, which says how many there
// are and where the last is; a few are told one by one, and what has another text too.
func TestTogether(t *testing.T) {
	at := func(ms int64, offset int64, text string) report.Event {
		return report.Event{Time: time.UnixMilli(1_700_000_000_000 + ms), Offset: &offset, Kind: "critical", Text: text}
	}
	few := []report.Event{at(1, 10, "a"), at(2, 20, "a"), at(3, 30, "a")}
	if got := together(few); len(got) != 3 {
		t.Errorf("%+v", got)
	}
	got := together(append(few, at(4, 25, "a"), at(5, 40, "b")))
	const want = "a (and 3 more such rows, the last at 2023-11-14T22:13:20.004Z, up to offset 30)"
	if len(got) != 2 || got[0].Text != want || *got[0].Offset != 10 || got[1].Text != "b" {
		t.Errorf("%+v", got)
	}
}
