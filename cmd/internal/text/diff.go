package text

import (
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
)

// A diffText writes the view of diff.
type diffText struct {
	*writer
	report *diff.Report
}

// Diff writes a report: how many keys differ and why, how the two states
// relate to each other, then the keys.
func Diff(out io.Writer, r *diff.Report, o Options) error {
	w := &diffText{newWriter(out, o), r}
	w.answer()
	w.relation()
	w.counts()
	w.sides()
	w.extras()
	for _, d := range r.Differences {
		w.difference(d)
	}
	if left := r.Summary.Different - int64(len(r.Differences)); left > 0 {
		w.blank()
		w.wrapped("%s more; --limit shows more of them", render.Plural(left, "difference", "differences"))
	}
	return w.err
}

// answer says whether the two states differ.
func (w *diffText) answer() {
	s := &w.report.Summary
	switch {
	case s.Different == 0:
		w.noDifference()
		return
	case s.Different == s.ExpiredOnly:
		w.wrapped("%s by expiry alone, which is nothing to report",
			render.Plural(s.Different, "key differs", "keys differ"))
	default:
		w.line("%s", w.Style.Bad(w.Style.Plain().Wrap(w.differ(), "  ")))
	}
	w.wrapped("%s equal; %s on the master, %s on the replica",
		render.Plural(s.Equal, "key is", "keys are"), render.Count(s.MasterKeys),
		render.Count(s.ReplicaKeys))
}

// differ counts the keys that differ, and their causes.
func (w *diffText) differ() string {
	s := &w.report.Summary
	var causes []string
	for _, c := range finding.Causes() {
		if n := s.ByCause[c]; n > 0 {
			causes = append(causes, string(c)+" "+render.Count(n))
		}
	}
	return render.Plural(s.Different, "key differs", "keys differ") + ": " + strings.Join(causes, ", ")
}

func (w *diffText) noDifference() {
	s := &w.report.Summary
	text := fmt.Sprintf("no difference: %s on both sides", render.Plural(s.MasterKeys, "key", "keys"))
	broken := w.report.Master.Broken + w.report.Replica.Broken
	if s.MasterKeys != s.ReplicaKeys || s.Unread > 0 || broken > 0 {
		text = fmt.Sprintf("no difference found: %s on the master, %s on the replica",
			render.Plural(s.MasterKeys, "key", "keys"), render.Count(s.ReplicaKeys))
	}
	if s.Equal < min(s.MasterKeys, s.ReplicaKeys) { // filters left keys out
		text += fmt.Sprintf("; %s compared", render.Count(s.Equal))
	}
	if broken > 0 {
		text += "; " + render.Plural(broken, "value is", "values are") + " broken"
		w.line("%s", w.Style.Bad(text))
		return
	}
	w.line("%s", w.Style.Good(text))
}

// relation says how the states relate in a replication history.
func (w *diffText) relation() {
	v := &w.report.Replication
	bytes := func(n int64) string { return render.Plural(n, "byte", "bytes") }
	switch v.Verdict {
	case diff.SameOffset:
		w.wrapped("comparable: same replication history, same offset")
	case diff.ReplicaBehind:
		text := fmt.Sprintf("comparable: same replication history, the replica is %s%s behind",
			bytes(*v.LagBytes), lagDetail(v))
		if v.StaleOffset {
			text += " by the offset that it reports, which is that of its restart: it may be less"
		}
		w.wrapped("%s", text)
	case diff.ReplicaAhead:
		w.wrapped("comparable: same replication history, the replica's dump is %s%s later",
			bytes(-*v.LagBytes), lagDetail(v))
	case diff.DifferentHistory:
		w.wrapped("not comparable by offset: different replication histories%s", parting(v))
	default:
		w.wrapped("not known whether these are states of one replication history")
	}
	w.wrapped("partial resync: %s%s", possible(v.Resync.Possible), v.Resync.Why)
	for _, note := range v.Notes {
		w.wrapped("%s", note)
	}
}

func possible(known *bool) string {
	switch {
	case known == nil:
		return "not known; "
	case *known:
		return "possible; "
	}
	return "not possible; "
}

func lagDetail(v *diff.Replication) string {
	var parts []string
	if v.LagCommands != nil {
		parts = append(parts, render.Plural(*v.LagCommands, "command", "commands"))
	}
	if v.LagTime != nil {
		parts = append(parts, fmt.Sprintf("%.3f s", v.LagTime.Seconds()))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func parting(v *diff.Replication) string {
	switch {
	case v.PartedAt != nil:
		return fmt.Sprintf(", which part at offset %d", *v.PartedAt)
	case v.PartedBetween != nil:
		return fmt.Sprintf(", which part between offsets %d and %d", v.PartedBetween[0],
			v.PartedBetween[1])
	}
	return ""
}

// counts says what kinds of differences there are, and what was let pass.
func (w *diffText) counts() {
	s := &w.report.Summary
	if s.ExpiredOnly > 0 && s.ExpiredOnly < s.Different {
		w.wrapped("%s by expiry alone, which is nothing to report",
			render.Plural(s.ExpiredOnly, "of them differs", "of them differ"))
	}
	if s.SkewedKeys > 0 {
		w.wrapped("the expiry of %s differs by up to %d ms, which --ttl-skew allows",
			render.Plural(s.SkewedKeys, "equal key", "equal keys"), s.SkewMax)
	}
	if w.report.Engine != "" {
		w.wrapped("commands of the stream were applied by %s", w.report.Engine)
	}
	if s.Different == 0 {
		return
	}
	w.keyTable(render.Left("kind"), countRows(diff.Kinds(), s.ByKind))
	w.keyTable(render.Left("cause"), countRows(finding.Causes(), s.ByCause))
	w.keyTable(render.Left("prefix"), w.prefixes(s.ByPrefix))
}

// countRows has a row for each name that occurs, in their order.
func countRows[K ~string](names []K, counts map[K]int64) [][]string {
	var rows [][]string
	for _, name := range names {
		if n := counts[name]; n > 0 {
			rows = append(rows, []string{string(name), render.Count(n)})
		}
	}
	return rows
}

// prefixesShown is how many prefixes of keys text output names.
const prefixesShown = 10

func (w *diffText) prefixes(counts map[string]int64) [][]string {
	names := make([]string, 0, len(counts))
	for name := range counts {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool {
		a, b := names[i], names[j]
		if counts[a] != counts[b] {
			return counts[a] > counts[b]
		}
		return a < b
	})
	var rows [][]string
	for _, name := range names[:min(len(names), prefixesShown)] {
		rows = append(rows, []string{w.Bytes.Text([]byte(name)), render.Count(counts[name])})
	}
	return rows
}

// keyTable counts keys by something.
func (w *diffText) keyTable(by render.Column, rows [][]string) {
	if len(rows) > 0 {
		w.blank()
		w.table([]render.Column{by, render.Right("keys")}, rows)
	}
}

func (w *diffText) sides() {
	r := w.report
	w.blank()
	for _, x := range []struct {
		name string
		*diff.Side
	}{{"master", r.Master}, {"replica", r.Replica}} {
		parts := []string{quotedPath(x.Path), string(x.Kind)}
		if x.Written != "" {
			parts = append(parts, "version "+w.Bytes.WordText(x.Written))
		}
		if !x.Created.IsZero() {
			parts = append(parts, "saved "+render.Time(x.Created))
		}
		w.line("%s  %s", w.Style.Dim(fmt.Sprintf("%-7s", x.name)),
			w.Style.Wrap(strings.Join(parts, ", "), "         "))
		if x.State != nil {
			w.line("         id %s, offset %d", w.Bytes.WordText(x.State.ID), x.State.Offset)
		}
	}
}

func (w *diffText) extras() {
	r := w.report
	for _, l := range r.Libraries {
		w.line("library %s: %s (%s)", w.Bytes.Text(l.Name), l.Kind, l.Cause)
	}
	for _, s := range r.Scripts {
		w.line("script %s: only in the %s's dump", s.SHA1, s.OnlyOn)
	}
	if len(r.Findings) > 0 {
		w.blank()
		w.findings(r.Findings)
	}
}
