package text

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
)

// manyDiffer is a report of two causes: many keys of two patterns, and one key.
func manyDiffer() *diff.Report {
	r := &diff.Report{
		Master: &diff.Side{End: record.Clean}, Replica: &diff.Side{End: record.Clean},
		Summary: diff.Summary{Equal: 5, Different: 301, MasterKeys: 306, ReplicaKeys: 306,
			ByCause: map[finding.Cause]int64{finding.CauseLag: 300, finding.CauseUnexplained: 1}},
	}
	for i := range 300 {
		d := &diff.Difference{Key: fmt.Appendf(nil, "user:%d:name", i), Kind: diff.ValueDiffers}
		if i == 299 {
			d.Key = []byte("other")
		}
		d.Explain(finding.CauseLag, finding.Proved, finding.Evidence{Code: "lag", Message: "it is behind"})
		r.Differences = append(r.Differences, d)
	}
	last := &diff.Difference{Key: []byte("alone"), Kind: diff.TTLDiffers}
	last.Unexplained("no-stream", "there is no stream")
	r.Differences = append(r.Differences, last)
	return r
}

// TestDiffExamples: a terminal is shown some keys of every cause and pattern, and
// told how many more there are; a pipe gets all. The verdict is first and last.
func TestDiffExamples(t *testing.T) {
	three, none := 3, 0
	const verdict = "NOT consistent: 301 of 306 keys differ: lag 300, unexplained 1"
	for _, c := range []struct {
		name  string
		width int
		limit *int
		keys  int
		more  string
	}{
		{"terminal", 80, nil, 20, "… and 281 more keys; --limit 0 shows all"},
		{"terminal with --limit 0", 80, &none, 301, ""},
		{"pipe", 0, nil, 301, ""},
		{"pipe with --limit 3", 0, &three, 3, "… and 298 more keys; --limit 0 shows all"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			err := Diff(&b, accountOf(manyDiffer()), nil, Options{Style: render.NewStyle(false, c.width),
				Bytes: render.NewBytesFormatter(render.Quoted, nil), Limit: c.limit})
			text := b.String()
			if err != nil || strings.Count(text, "\ndb 0 ") != c.keys || !strings.Contains(text, c.more) {
				t.Errorf("%v, %d keys, want %d, and %q in\n%s", err, strings.Count(text, "\ndb 0 "), c.keys, c.more, text)
			}
			if c.more == "" && strings.Contains(text, "… and") {
				t.Errorf("it leaves out nothing:\n%s", text)
			}
			if !strings.HasPrefix(text, verdict+"\n") || !strings.HasSuffix(text, "\n"+verdict+"\n") {
				t.Errorf("the verdict is not first and last:\n%s", text)
			}
			for _, want := range []string{`"user:*:*" 299, "other*" 1`, `"other"`, `"alone"`} {
				if !strings.Contains(text, want) {
					t.Errorf("no %s in\n%s", want, text)
				}
			}
			if strings.Count(text, "it is behind") != 1 {
				t.Errorf("what is so of all keys is told once:\n%s", text)
			}
		})
	}
}

func TestKeyPattern(t *testing.T) {
	for key, want := range map[string]string{
		"user:17:name": "user:*:*", "session:ab": "session:*", "job123": "job*", "lonely": "lonely*",
		"a/b2/c": "a/*/*", "": "",
	} {
		if got := keyPattern([]byte(key)); got != want {
			t.Errorf("%q: %q, want %q", key, got, want)
		}
	}
}
