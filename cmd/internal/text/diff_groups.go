package text

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
)

// A causeGroup is the keys that differ for one cause.
type causeGroup struct {
	cause    finding.Cause
	keys     []*diff.Difference
	proved   int64
	patterns []patternCount // most keys first
	kinds    map[diff.Kind]int64
	shared   map[string]bool // messages that are evidence of every key
	since    time.Time       // of the first command that led to one; zero where none tells
}

// A patternCount counts keys that are named alike.
type patternCount struct {
	pattern string
	keys    []*diff.Difference
}

// groups puts the differences that the report holds together by cause, in the
// order of causes, and within a cause by pattern.
func (w *diffText) groups() []*causeGroup {
	by := map[finding.Cause]*causeGroup{}
	for _, d := range w.report.Differences {
		g := by[d.Cause]
		if g == nil {
			g = &causeGroup{cause: d.Cause, kinds: map[diff.Kind]int64{}}
			by[d.Cause] = g
		}
		g.add(d)
	}
	var all []*causeGroup
	for _, c := range finding.Causes() {
		if g := by[c]; g != nil {
			g.settle()
			all = append(all, g)
		}
	}
	return all
}

func (g *causeGroup) add(d *diff.Difference) {
	g.keys = append(g.keys, d)
	g.kinds[d.Kind]++
	if d.Confidence == finding.Proved {
		g.proved++
	}
	if at := since(d); !at.IsZero() && (g.since.IsZero() || at.Before(g.since)) {
		g.since = at
	}
	said := map[string]bool{}
	for i := range d.Evidence {
		if text := evidenceText(&d.Evidence[i]); len(g.keys) == 1 || g.shared[text] {
			said[text] = true
		}
	}
	g.shared = said
}

// settle counts the patterns, once all keys are there.
func (g *causeGroup) settle() {
	at := map[string]int{}
	for _, d := range g.keys {
		pattern := keyPattern(d.Key)
		i, ok := at[pattern]
		if !ok {
			i = len(g.patterns)
			at[pattern] = i
			g.patterns = append(g.patterns, patternCount{pattern: pattern})
		}
		g.patterns[i].keys = append(g.patterns[i].keys, d)
	}
	slices.SortStableFunc(g.patterns, func(a, b patternCount) int {
		return cmp.Or(len(b.keys)-len(a.keys), strings.Compare(a.pattern, b.pattern))
	})
}

// keyPattern is a key with * for what varies: parts with a digit, and the last
// one.
func keyPattern(key []byte) string {
	const separators = ":/.|"
	var b strings.Builder
	for len(key) > 0 {
		n := bytes.IndexAny(key, separators)
		if n < 0 {
			if b.Len() == 0 { // one word alone
				key = bytes.TrimRight(key, "0123456789")
				return string(key) + "*"
			}
			b.WriteByte('*')
			break
		}
		if bytes.ContainsAny(key[:n], "0123456789") {
			b.WriteByte('*')
		} else {
			b.Write(key[:n])
		}
		b.WriteByte(key[n])
		key = key[n+1:]
	}
	return b.String()
}

// patternsNamed is how many patterns of a cause its row names.
const patternsNamed = 5

// causes writes a table with a row a cause.
func (w *diffText) causes(groups []*causeGroup) {
	var rows [][]string
	var clock render.Clock
	for _, g := range groups {
		proved := render.Count(g.proved)
		if g.cause == finding.CauseUnexplained {
			proved = ""
		}
		rows = append(rows, []string{string(g.cause), render.Count(w.report.Summary.ByCause[g.cause]),
			proved, clock.Show(g.since), w.patternsText(g.patterns)})
	}
	columns := []render.Column{render.Left("cause"), render.Right("keys"), render.Right("proved"),
		render.Right("first (UTC)"), render.Cutting("keys named like")}
	const first = 3
	columns, rows = withoutColumn(columns, rows, first, func(row []string) bool { return row[first] == "" })
	w.section("Causes", columns, rows)
	if listed := len(w.report.Differences); int64(listed) < w.report.Summary.Different {
		w.wrapped("proved, first and names are of the %s listed; --limit 0 lists all",
			render.Plural(int64(listed), "key", "keys"))
	}
}

// kindsText names the kinds of so many keys, counted where there are several.
func kindsText(counts map[diff.Kind]int64, keys int64) string {
	var all []string
	for _, k := range diff.Kinds() {
		if n := counts[k]; n == keys {
			return string(k)
		} else if n > 0 {
			all = append(all, string(k)+" "+render.Count(n))
		}
	}
	return strings.Join(all, ", ")
}

func (w *diffText) patternsText(patterns []patternCount) string {
	var all []string
	named := min(len(patterns), w.most(patternsNamed))
	for _, p := range patterns[:named] {
		all = append(all, w.Bytes.Text([]byte(p.pattern))+" "+render.Count(len(p.keys)))
	}
	if more := int64(len(patterns) - named); more > 0 {
		all = append(all, "and "+render.Plural(more, "pattern more", "patterns more"))
	}
	return strings.Join(all, ", ")
}

// examplesShown is how many keys a terminal is shown, of all causes together.
const examplesShown = 20

// differences writes the keys, cause by cause, and says of how many. Where not
// all are shown, each pattern of each cause gets its turn.
func (w *diffText) differences(groups []*causeGroup) (shown int64) {
	chosen := examples(groups, w.most(examplesShown))
	for _, g := range groups {
		w.groupHead(g)
		written := 0
		for _, d := range g.keys {
			if chosen[d] {
				w.difference(d, g)
				written++
			}
		}
		if left := w.report.Summary.ByCause[g.cause] - int64(written); left > 0 && len(groups) > 1 {
			w.line("\n… and %s of this cause", render.Plural(left, "more key", "more keys"))
		}
		shown += int64(written)
	}
	return shown
}

// examples chooses most keys, of every cause in turn, and within a cause of every
// pattern.
func examples(groups []*causeGroup, most int) map[*diff.Difference]bool {
	chosen := map[*diff.Difference]bool{}
	queues := make([][]*diff.Difference, len(groups))
	for i, g := range groups {
		queues[i] = g.inTurn()
	}
	for left := true; left; {
		left = false
		for i, queue := range queues {
			if len(queue) == 0 {
				continue
			}
			if len(chosen) == most {
				return chosen
			}
			chosen[queue[0]], left = true, true
			queues[i] = queue[1:]
		}
	}
	return chosen
}

// inTurn are the keys of a cause, one of each pattern before the next of any.
func (g *causeGroup) inTurn() []*diff.Difference {
	all := make([]*diff.Difference, 0, len(g.keys))
	for turn := 0; len(all) < len(g.keys); turn++ {
		for _, p := range g.patterns {
			if turn < len(p.keys) {
				all = append(all, p.keys[turn])
			}
		}
	}
	return all
}

// groupHead names a cause, and what is evidence of all its keys.
func (w *diffText) groupHead(g *causeGroup) {
	w.blank()
	keys := w.report.Summary.ByCause[g.cause]
	kinds := " (" + kindsText(g.kinds, keys) + ")"
	if int64(len(g.keys)) < keys { // of the others no kind is known here
		kinds = ""
	}
	w.line("%s", w.headed(w.Style.Heading, string(g.cause), ": "+render.Plural(keys, "key", "keys")+kinds))
	said := map[string]bool{}
	for i := range g.keys[0].Evidence {
		if text := evidenceText(&g.keys[0].Evidence[i]); g.shared[text] && !said[text] {
			said[text] = true
			w.line("  %s", w.Style.Wrap(text, "  "))
		}
	}
	pages := g.pages()
	if slices.Contains(pages, string(finding.CommandRefused)) {
		w.line("  %s", w.Style.Wrap("both were sent it, and the replica refused it: command-refused is one way to "+
			"be re-evaluated", "  "))
	}
	for _, page := range pages {
		w.line("  %s", w.Style.Dim("redsleuth explain "+page+" tells what to do"))
	}
}

// pages are those of explain on the ways of a cause that the evidence names, or on
// the cause.
func (g *causeGroup) pages() (pages []string) {
	for _, d := range g.keys {
		page := string(g.cause)
		for i := range d.Evidence {
			switch e := &d.Evidence[i]; {
			case e.Divergence != "":
				page = e.Divergence
			case e.Code == finding.EvidenceCommandRefused:
				page = string(e.Code)
			}
		}
		if !slices.Contains(pages, page) {
			pages = append(pages, page)
		}
	}
	slices.Sort(pages)
	return pages
}

// evidenceText is what a piece of evidence says, without its place.
func evidenceText(e *finding.Evidence) string {
	if e.Divergence != "" {
		return e.Message + " [" + e.Divergence + "]"
	}
	return e.Message
}
