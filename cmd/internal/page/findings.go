package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/finding"
)

func (b *builder) findings() {
	all := b.everyFinding()
	times := map[finding.Code]int{}
	for i := range all {
		times[all[i].Code]++
		if times[all[i].Code] <= fewOfACode && len(b.Findings) < mostFindings {
			b.Findings = append(b.Findings, b.finding(&all[i]))
		}
	}
	for i := range b.Findings {
		code := finding.Code(b.Findings[i].Code)
		last := i+1 == len(b.Findings) || b.Findings[i+1].Code != b.Findings[i].Code
		if more := times[code] - fewOfACode; more > 0 && last {
			b.Findings[i].More = fmt.Sprintf("and %s more of this code", render.Count(int64(more)))
			times[code] = 0
		}
	}
}

// fewOfACode is how many findings of one code are shown.
const fewOfACode = 3

func (b *builder) finding(f *finding.Finding) Finding {
	var keys []string
	for _, k := range f.Keys[:min(len(f.Keys), mostPlaces)] {
		keys = append(keys, b.cut(k))
	}
	versions := f.Affects
	if f.FixedIn != "" {
		versions += "; fixed in " + f.FixedIn
	}
	shown := Finding{
		Severity: string(f.Severity), Code: string(f.Code), Message: f.Message,
		Place: b.place(f), Keys: strings.Join(keys, ", "), Versions: versions,
	}
	if len(f.Command) > 0 {
		shown.Command = b.f.CommandText(cutText(string(f.Command), longestCell))
	}
	return shown
}

// everyFinding is those of all engines, the worst first.
func (b *builder) everyFinding() []finding.Finding {
	var all []finding.Finding
	if b.r.Replay != nil {
		all = append(all, b.r.Replay.Findings...)
	}
	for _, a := range b.r.Artefacts {
		if a.Inspect != nil {
			all = append(all, a.Inspect.Findings...)
		}
	}
	if b.r.Diff != nil {
		all = append(all, b.r.Diff.Findings...)
	}
	order := []finding.Severity{finding.Error, finding.Warning, finding.Info}
	slices.SortStableFunc(all, func(x, y finding.Finding) int {
		return cmp.Or(slices.Index(order, x.Severity)-slices.Index(order, y.Severity),
			strings.Compare(string(x.Code), string(y.Code)))
	})
	return all
}

func (b *builder) place(f *finding.Finding) string {
	var place []string
	if f.Path != "" {
		place = append(place, b.path(f.Path))
	}
	if f.Link > 0 {
		place = append(place, fmt.Sprintf("link %d", f.Link))
	}
	if f.Offset != nil {
		place = append(place, "offset "+render.Count(*f.Offset))
	}
	if f.Byte != nil {
		place = append(place, "byte "+render.Count(*f.Byte))
	}
	return strings.Join(place, ", ")
}
