package text

import (
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/internal/appendjson"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A diffText writes the view of diff.
type diffText struct {
	*writer
	report *diff.Report
}

// Diff writes a report: whether the two can be compared, how many keys differ
// and why, then the keys.
func Diff(out io.Writer, r *diff.Report, o Options) error {
	w := &diffText{newWriter(out, o), r}
	w.verdict()
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

func (w *diffText) verdict() {
	r := w.report
	v := &r.Replication
	bytes := func(n int64) string { return render.Plural(n, "byte", "bytes") }
	switch v.Verdict {
	case diff.SameOffset:
		w.title("comparable: both sides stand at the same offset of one history")
	case diff.ReplicaBehind:
		text := "comparable: one history, the replica " + bytes(*v.LagBytes) + " behind"
		if v.StaleOffset {
			text += " by the offset that it reports, which is the one it restarted from"
		}
		w.title(text + lagDetail(v))
	case diff.ReplicaAhead:
		w.title("comparable: one history, the replica's dump " + bytes(-*v.LagBytes) + " later than the master's" + lagDetail(v))
	case diff.DifferentHistory:
		w.title("not comparable by offset: the two sides have different histories" + parting(v))
	default:
		w.title("the dumps don't tell how they stand to each other in a replication history")
	}
	w.wrapped("partial resync: %s%s", possible(v.Resync.Possible), v.Resync.Why)
	for _, note := range v.Notes {
		w.wrapped("%s", note)
	}
}

func (w *diffText) title(text string) { w.line("%s", w.Style.Bold(w.Style.Wrap(text, "  "))) }

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
	text := ""
	if v.LagCommands != nil {
		text += ", " + render.Plural(*v.LagCommands, "command", "commands")
	}
	if v.LagTime != nil {
		text += fmt.Sprintf(", %.3f s", v.LagTime.Seconds())
	}
	return text
}

func parting(v *diff.Replication) string {
	switch {
	case v.PartedAt != nil:
		return fmt.Sprintf(", which part at offset %d", *v.PartedAt)
	case v.PartedBetween != nil:
		return fmt.Sprintf(", which part between the offsets %d and %d", v.PartedBetween[0], v.PartedBetween[1])
	}
	return ""
}

func (w *diffText) counts() {
	r := w.report
	s := &r.Summary
	text := fmt.Sprintf("%s on the master, %s on the replica: %s equal, %s", render.Plural(s.MasterKeys, "key", "keys"),
		render.Count(s.ReplicaKeys), render.Count(s.Equal), render.Plural(s.Different, "differs", "differ"))
	if s.Different == 0 {
		text = fmt.Sprintf("no difference: %s on both sides", render.Plural(s.MasterKeys, "key", "keys"))
		if s.MasterKeys != s.ReplicaKeys || s.Unread > 0 {
			text = fmt.Sprintf("no difference found: %s on the master, %s on the replica", render.Plural(s.MasterKeys, "key", "keys"), render.Count(s.ReplicaKeys))
		}
		if s.Equal < min(s.MasterKeys, s.ReplicaKeys) { // filters left keys out
			text += fmt.Sprintf("; %s compared", render.Count(s.Equal))
		}
		w.line("%s", w.Style.Good(text))
	} else if s.Different == s.ExpiredOnly {
		w.line("%s", text)
	} else {
		w.line("%s", w.Style.Bad(text))
	}
	if s.ExpiredOnly > 0 {
		w.wrapped("%s by expiry alone, which is nothing to report", render.Plural(s.ExpiredOnly, "of them differs", "of them differ"))
	}
	if s.SkewedKeys > 0 {
		w.wrapped("the expiry of %s differs by up to %d ms, which --ttl-skew lets pass", render.Plural(s.SkewedKeys, "equal key", "equal keys"), s.SkewMax)
	}
	if r.Engine != "" {
		w.wrapped("commands of the stream were applied by %s", r.Engine)
	}
	if s.Different == 0 {
		return
	}
	var rows [][]string
	for _, k := range diff.Kinds() {
		if n := s.ByKind[k]; n > 0 {
			rows = append(rows, []string{string(k), render.Count(n)})
		}
	}
	w.keyTable(render.Left("kind"), rows)
	rows = nil
	for _, c := range finding.Causes() {
		if n := s.ByCause[c]; n > 0 {
			rows = append(rows, []string{string(c), render.Count(n)})
		}
	}
	w.keyTable(render.Left("cause"), rows)
	w.keyTable(render.Cutting("prefix"), w.prefixes(s.ByPrefix))
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
		if x.ServerVersion != "" {
			parts = append(parts, "version "+w.Bytes.WordText(x.ServerVersion))
		}
		if !x.CreatedAt.IsZero() {
			parts = append(parts, "saved "+render.Time(x.CreatedAt))
		}
		w.line("%s  %s", w.Style.Dim(fmt.Sprintf("%-7s", x.name)), w.Style.Wrap(strings.Join(parts, ", "), "         "))
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
		w.line("script %s: only in the dump of the %s", s.SHA1, s.OnlyOn)
	}
	if len(r.Findings) > 0 {
		w.blank()
		w.findings(r.Findings)
	}
}

func (w *diffText) difference(d *diff.Difference) {
	w.blank()
	w.line("db %d %s  %s  %s", d.DB, w.Style.Bold(w.Bytes.Text(d.Key)), w.Style.Warn(string(d.Kind)), causeText(d))
	w.held("master ", d.Master)
	w.held("replica", d.Replica)
	for i := range d.Evidence {
		w.evidence(&d.Evidence[i])
	}
	for i := range d.Changes {
		w.change(&d.Changes[i])
	}
	if d.Note != "" {
		w.wrapped("  %s", d.Note)
	}
	if left := d.ChangesTotal - int64(len(d.Changes)); left > 0 {
		w.line("  %s more", render.Plural(left, "change", "changes"))
	}
}

func causeText(d *diff.Difference) string {
	if d.Cause == finding.CauseUnexplained {
		return string(d.Cause)
	}
	return string(d.Cause) + ", " + string(d.Confidence)
}

func (w *diffText) held(side string, h *diff.Held) {
	if h == nil {
		return
	}
	text := fmt.Sprintf("%s of %s, %s, %s at byte %d", h.Object, render.Plural(h.Elements, "element", "elements"), h.Encoding, render.Size(h.Bytes), h.Byte)
	if h.HasExpire {
		text += ", expires " + render.Millis(h.ExpireAt)
	}
	w.line("  %s  %s", w.Style.Dim(side), w.Style.Wrap(text, "           "))
}

func (w *diffText) evidence(e *finding.Evidence) {
	var where []string
	if e.Command != nil {
		where = append(where, w.Bytes.Text(e.Command))
	}
	if e.Path != "" {
		where = append(where, quotedPath(e.Path))
	}
	if e.Link > 0 {
		where = append(where, fmt.Sprintf("link %d", e.Link))
	}
	if e.Offset != nil && *e.Offset != record.Unknown {
		where = append(where, fmt.Sprintf("offset %d", *e.Offset))
	}
	if !e.Time.IsZero() {
		where = append(where, render.Time(e.Time))
	}
	text := e.Message
	if len(where) > 0 {
		text = strings.Join(where, ", ") + ": " + text
	}
	w.line("  %s", w.Style.Wrap(text, "    "))
}

// change shows one edit with a sign: + to be added to the replica, - to be
// taken away, ~ to be changed.
func (w *diffText) change(c *diff.Change) {
	sign := map[diff.Op]string{diff.Add: "+", diff.Remove: "-", diff.Alter: "~"}[c.Op]
	var where []string
	if c.Part != "" {
		where = append(where, c.Part)
	}
	if c.Group != nil {
		where = append(where, w.Bytes.Text(c.Group))
	}
	for _, b := range [][]byte{c.Field, c.Member} {
		if b != nil {
			where = append(where, w.Bytes.Text(b))
		}
	}
	if c.ID != nil {
		where = append(where, c.ID.String())
	}
	if c.At != nil {
		where = append(where, fmt.Sprintf("at %d", *c.At))
	}
	w.line("  %s %s%s", sign, strings.Join(where, " "), w.values(c))
}

func (w *diffText) values(c *diff.Change) string {
	show := func(d *diff.Datum) string { return render.Cut(w.datum(d), datumColumns) }
	switch {
	case c.Master != nil && c.Replica != nil:
		return fmt.Sprintf(": master %s, replica %s", show(c.Master), show(c.Replica))
	case c.Member != nil && c.Master != nil && c.Master.Bytes != nil, c.Member != nil && c.Replica != nil && c.Replica.Bytes != nil:
		return "" // a member of a set says it all
	case c.Master != nil:
		return ": " + show(c.Master)
	case c.Replica != nil:
		return ": " + show(c.Replica)
	}
	return ""
}

// datumColumns is how much of a value text output shows.
const datumColumns = 200

// datum shows one thing held, in the way of its kind.
func (w *diffText) datum(d *diff.Datum) string {
	switch {
	case d.IsScore:
		return strings.Trim(string(appendjson.Score(nil, d.Score)), `"`)
	case d.IsFields:
		fields := make([]string, 0, len(d.Fields))
		for _, f := range d.Fields {
			fields = append(fields, w.Bytes.Text(f))
		}
		return "[" + strings.Join(fields, " ") + "]"
	case d.IsVector:
		return w.vector(d)
	case d.Text != "" && d.Bytes == nil:
		return d.Text
	case d.Text != "":
		return w.Bytes.Text(d.Bytes) + " (" + d.Text + ")"
	}
	return w.Bytes.Text(d.Bytes)
}

func (w *diffText) vector(d *diff.Datum) string {
	numbers := make([]string, 0, len(d.Vector))
	for _, f := range d.Vector {
		numbers = append(numbers, string(appendjson.Float32(nil, f)))
	}
	text := "[" + strings.Join(numbers, " ") + "]"
	if d.Attributes != nil {
		text += " " + w.Bytes.Text(d.Attributes)
	}
	return text
}
