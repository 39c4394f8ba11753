package text

import (
	"fmt"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/internal/appendjson"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

func (w *diffText) difference(d *diff.Difference, g *causeGroup) {
	w.blank()
	why := string(d.Cause)
	if d.Confidence != "" {
		why += ", " + string(d.Confidence)
	}
	w.line("db %d %s  %s  %s", d.DB, w.Style.Bold(w.Bytes.Text(d.Key)), d.Kind, why)
	w.held("master ", d.Master)
	w.held("replica", d.Replica)
	for i := range d.Evidence {
		w.evidence(d, &d.Evidence[i], g)
	}
	for i := range d.WrittenBy {
		w.writtenBy(&d.WrittenBy[i])
	}
	w.reordered(d)
	mixed := mixed(d)
	for i := range d.Changes {
		w.change(&d.Changes[i], mixed)
	}
	if d.Note != "" {
		w.wrapped("  %s", d.Note)
	}
	if left := d.ChangesTotal - int64(len(d.Changes)); left > 0 {
		w.line("  %s more", render.Plural(left, "change", "changes"))
	}
}

func (w *diffText) held(side string, h *diff.Held) {
	if h == nil {
		return
	}
	text := h.Object.String()
	if h.Object != rdb.ObjectString && h.Elements != record.Unknown {
		text += " of " + render.Plural(h.Elements, "element", "elements")
	}
	text += fmt.Sprintf(", %s, %s at byte %d", h.Encoding, render.Size(h.Bytes), h.Byte)
	if h.Path != "" {
		text += " of " + quotedPath(h.Path)
	}
	if h.HasExpire {
		text += ", expires " + render.Millis(h.ExpireAt)
	}
	w.line("  %s  %s", w.Style.Dim(side), w.Style.Wrap(text, "           "))
}

// evidence writes where it is, and what it says unless the head of the group has
// said so of all.
func (w *diffText) evidence(d *diff.Difference, e *finding.Evidence, g *causeGroup) {
	var where []string
	switch {
	case e.Command != nil && d.Cause == finding.CauseLag: // others may follow, and the last one's writer is named
		where = append(where, "lacks from "+w.Bytes.CommandText(string(e.Command))+" on")
	case e.Command != nil:
		where = append(where, w.Bytes.CommandText(string(e.Command)))
	}
	if e.Path != "" {
		where = append(where, quotedPath(e.Path))
	}
	if e.Link > 0 {
		where = append(where, fmt.Sprintf("link %d", e.Link))
	}
	if e.Offset != nil && *e.Offset != record.Unknown && (*e.Offset > 0 || e.Command != nil) { // else it is where all began
		where = append(where, fmt.Sprintf("offset %d", *e.Offset))
	}
	if !e.Time.IsZero() {
		where = append(where, render.Time(e.Time))
	}
	text := strings.Join(where, ", ")
	switch said := evidenceText(e); {
	case !g.shared[said] && text != "":
		text += ": " + said
	case !g.shared[said]:
		text = said
	case text == "", e.Code == finding.EvidenceDifferentHistory: // where they part is one place for all
		return
	}
	w.line("  %s", w.Style.Wrap(text, "    "))
}

// writtenBy names a client, on which side it wrote, and what.
func (w *diffText) writtenBy(by *diff.Writer) {
	who := "a client"
	if by.Addr != "" {
		who = w.address(by.Addr)
	}
	if by.Name != "" {
		who += ", name " + w.Bytes.NameText(by.Name)
	}
	if by.User != "" {
		who += ", user " + w.Bytes.NameText(by.User)
	}
	text := fmt.Sprintf("written by %s, on the %s: %s", who, by.Side, w.Bytes.CommandText(string(by.Command)))
	if !by.Time.IsZero() {
		text += ", " + render.Time(by.Time)
	}
	w.line("  %s", w.Style.Wrap(text, "    "))
}

// change shows one edit with a sign: + to be added to the replica, - to be
// taken away, ~ to be changed.
func (w *diffText) change(c *diff.Change, mixed bool) {
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
		where = append(where, position(c, mixed))
	}
	w.line("  %s", w.Style.Change(sign, strings.Join(where, " ")+w.values(c)))
}

func (w *diffText) values(c *diff.Change) string {
	most := datumColumns
	if width := w.Style.Width(); width > 0 { // both have room in a line
		most = max((width-signColumns)/2, 20)
	}
	show := func(d *diff.Datum) string { return w.Style.Cut(w.datum(d), most) }
	switch {
	case c.Master != nil && c.Replica != nil:
		return fmt.Sprintf(": master %s, replica %s", show(c.Master), show(c.Replica))
	case c.Member != nil && (isBytes(c.Master) || isBytes(c.Replica)):
		return "" // a member of a set says it all
	case c.Master != nil:
		return ": " + show(c.Master)
	case c.Replica != nil:
		return ": " + show(c.Replica)
	}
	return ""
}

func isBytes(d *diff.Datum) bool { return d != nil && d.Bytes != nil }

const (
	// datumColumns is how much of a value text output shows.
	datumColumns = 200
	// signColumns are for what stands around two values in a line.
	signColumns = len("  ~ at 1000: master , replica ")
)

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
