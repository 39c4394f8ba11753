package main

import (
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/record"
)

// diffPrinter writes a report for people.
type diffPrinter struct {
	io.Writer
	style render.Style
	sh    *render.Shower
	err   error
}

func (p *diffPrinter) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.Writer, format+"\n", args...)
	}
}

func (p *diffPrinter) wrapped(text string) { p.line("%s", p.style.Wrap(text, "  ")) }

// writeDiff answers first: comparable or not, how far apart, how many keys
// differ and why; then the keys.
func writeDiff(w io.Writer, style render.Style, sh *render.Shower, r *diff.Report) error {
	p := &diffPrinter{Writer: w, style: style, sh: sh}
	p.verdict(r)
	p.counts(r)
	p.sides(r)
	p.extras(r)
	for _, d := range r.Differences {
		p.difference(d)
	}
	if left := r.Summary.Different - int64(len(r.Differences)); left > 0 {
		p.line("")
		p.wrapped(fmt.Sprintf("%s more; --limit shows more of them", render.Plural(left, "difference", "differences")))
	}
	return p.err
}

func (p *diffPrinter) verdict(r *diff.Report) {
	v := &r.Replication
	bytes := func(n int64) string { return render.Plural(n, "byte", "bytes") }
	switch v.Verdict {
	case diff.SameOffset:
		p.title("comparable: both sides stand at the same offset of one history")
	case diff.ReplicaBehind:
		text := "comparable: one history, the replica " + bytes(*v.LagBytes) + " behind"
		if v.StaleOffset {
			text += " by the offset that it reports, which is the one it restarted from"
		}
		p.title(text + lagDetail(v))
	case diff.ReplicaAhead:
		p.title("comparable: one history, the replica's dump " + bytes(-*v.LagBytes) + " later than the master's" + lagDetail(v))
	case diff.DifferentHistory:
		p.title("not comparable by offset: the two sides have different histories" + parting(v))
	default:
		p.title("the dumps don't tell how they stand to each other in a replication history")
	}
	p.wrapped("partial resync: " + possible(v.Resync.Possible) + v.Resync.Why)
	for _, note := range v.Notes {
		p.wrapped(note)
	}
}

func (p *diffPrinter) title(text string) { p.line("%s", p.style.Bold(p.style.Wrap(text, "  "))) }

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

func (p *diffPrinter) counts(r *diff.Report) {
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
		p.line("%s", p.style.Good(text))
	} else if s.Different == s.ExpiredOnly {
		p.line("%s", text)
	} else {
		p.line("%s", p.style.Bad(text))
	}
	if s.ExpiredOnly > 0 {
		p.wrapped(fmt.Sprintf("%s by expiry alone, which is nothing to report", render.Plural(s.ExpiredOnly, "of them differs", "of them differ")))
	}
	if s.SkewedKeys > 0 {
		p.wrapped(fmt.Sprintf("the expiry of %s differs by up to %d ms, which --ttl-skew lets pass", render.Plural(s.SkewedKeys, "equal key", "equal keys"), s.SkewMax))
	}
	if r.Judge != "" {
		p.wrapped("commands of the stream were applied by " + r.Judge)
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
	p.table(render.Left("kind"), rows)
	rows = nil
	for _, c := range diff.Causes() {
		if n := s.ByCause[c]; n > 0 {
			rows = append(rows, []string{string(c), render.Count(n)})
		}
	}
	p.table(render.Left("cause"), rows)
	p.table(render.Cutting("prefix"), p.prefixes(s.ByPrefix))
}

// prefixesShown is how many prefixes of keys text output names.
const prefixesShown = 10

func (p *diffPrinter) prefixes(counts map[string]int64) [][]string {
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
		rows = append(rows, []string{p.sh.Text([]byte(name)), render.Count(counts[name])})
	}
	return rows
}

func (p *diffPrinter) table(first render.Column, rows [][]string) {
	if p.err == nil && len(rows) > 0 {
		p.line("")
		p.err = render.Table(p.Writer, p.style, []render.Column{first, render.Right("keys")}, rows)
	}
}

func (p *diffPrinter) sides(r *diff.Report) {
	p.line("")
	for _, x := range []struct {
		name string
		*diff.Side
	}{{"master", r.Master}, {"replica", r.Replica}} {
		parts := []string{string(render.AppendQuoted(nil, []byte(x.Path))), string(x.Kind)}
		if x.ServerVersion != "" {
			parts = append(parts, "version "+p.sh.OwnText(x.ServerVersion))
		}
		if !x.CreatedAt.IsZero() {
			parts = append(parts, "saved "+render.Time(x.CreatedAt))
		}
		p.line("%s  %s", p.style.Dim(fmt.Sprintf("%-7s", x.name)), p.style.Wrap(strings.Join(parts, ", "), "         "))
		if x.State != nil {
			p.line("         id %s, offset %d", p.sh.OwnText(x.State.ID), x.State.Offset)
		}
	}
}

func (p *diffPrinter) extras(r *diff.Report) {
	for _, l := range r.Libraries {
		p.line("library %s: %s (%s)", p.sh.Text(l.Name), l.Kind, l.Cause)
	}
	for _, s := range r.Scripts {
		p.line("script %s: only in the dump of the %s", s.SHA1, s.OnlyOn)
	}
	if p.err == nil && len(r.Findings) > 0 {
		p.line("")
		p.err = render.Findings(p.Writer, p.style, p.sh, r.Findings)
	}
}

func (p *diffPrinter) difference(d *diff.Difference) {
	p.line("")
	p.line("db %d %s  %s  %s", d.DB, p.style.Bold(p.sh.Text(d.Key)), p.style.Warn(string(d.Kind)), causeText(d))
	p.held("master ", d.Master)
	p.held("replica", d.Replica)
	for i := range d.Evidence {
		p.evidence(&d.Evidence[i])
	}
	for i := range d.Changes {
		p.change(&d.Changes[i])
	}
	if d.Note != "" {
		p.wrapped("  " + d.Note)
	}
	if left := d.ChangesTotal - int64(len(d.Changes)); left > 0 {
		p.line("  %s more", render.Plural(left, "change", "changes"))
	}
}

func causeText(d *diff.Difference) string {
	if d.Cause == diff.Unexplained {
		return string(d.Cause)
	}
	return string(d.Cause) + ", " + string(d.Confidence)
}

func (p *diffPrinter) held(side string, h *diff.Held) {
	if h == nil {
		return
	}
	text := fmt.Sprintf("%s of %s, %s, %s at byte %d", h.Object, render.Plural(h.Elements, "element", "elements"), h.Encoding, render.Size(h.Bytes), h.Byte)
	if h.HasExpire {
		text += ", expires " + render.Millis(h.ExpireAt)
	}
	p.line("  %s  %s", p.style.Dim(side), p.style.Wrap(text, "           "))
}

func (p *diffPrinter) evidence(e *diff.Evidence) {
	var where []string
	if e.Command != nil {
		where = append(where, p.sh.Text(e.Command))
	}
	if e.Path != "" {
		where = append(where, string(render.AppendQuoted(nil, []byte(e.Path))))
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
	p.line("  %s", p.style.Wrap(text, "    "))
}

// change shows one edit with a sign: + to be added to the replica, - to be
// taken away, ~ to be changed.
func (p *diffPrinter) change(c *diff.Change) {
	sign := map[diff.Op]string{diff.Add: "+", diff.Remove: "-", diff.Alter: "~"}[c.Op]
	var where []string
	if c.Part != "" {
		where = append(where, c.Part)
	}
	if c.Group != nil {
		where = append(where, p.sh.Text(c.Group))
	}
	for _, b := range [][]byte{c.Field, c.Member} {
		if b != nil {
			where = append(where, p.sh.Text(b))
		}
	}
	if c.ID != nil {
		where = append(where, c.ID.String())
	}
	if c.At != nil {
		where = append(where, fmt.Sprintf("at %d", *c.At))
	}
	p.line("  %s %s%s", sign, strings.Join(where, " "), p.values(c))
}

func (p *diffPrinter) values(c *diff.Change) string {
	show := func(d *diff.Datum) string {
		text := string(datumJSON(d, p.sh))
		if d.Bytes != nil && d.Text == "" {
			text = p.sh.Text(d.Bytes)
		}
		const widest = 200
		if runes := []rune(text); len(runes) > widest {
			text = string(runes[:widest]) + "…"
		}
		return text
	}
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
