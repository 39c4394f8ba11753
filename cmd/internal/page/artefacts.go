package page

import (
	"fmt"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/chart"
	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/report"
)

func (b *builder) artefacts() {
	e := &b.Evidence
	for _, a := range b.r.Artefacts[:min(len(b.r.Artefacts), mostArtefacts)] {
		shown := Artefact{
			Path: b.path(a.Path), Kind: string(a.Kind), Role: string(a.Role), From: fromText(a),
			Size: render.Size(a.Bytes), SHA256: a.SHA256, Holds: b.holds(a),
		}
		for _, s := range a.Sums {
			shown.Sums = append(shown.Sums, Sum{b.path(s.Name), s.SHA256})
		}
		switch {
		case a.Why != "":
			shown.Why = "could not be read"
		case a.Kind == report.KindUnknown:
			shown.Why = "not recognised, and left alone"
		}
		e.Artefacts = append(e.Artefacts, shown)
	}
	e.Unshown = len(b.r.Artefacts) - len(e.Artefacts)
	for i := range b.r.Chain {
		e.Covers = append(e.Covers, b.cover(&b.r.Chain[i]))
	}
}

// fromText says what told a role, to people.
func fromText(a *report.Artefact) string {
	if a.Kind == report.KindInfo && a.RoleFrom == "content" {
		return "the role that it names"
	}
	switch a.RoleFrom {
	case "told":
		return "a flag"
	case "links":
		return "direction of the links"
	case "info":
		return "INFO with the same keys, offset and memory"
	case "request":
		return "a replica asked for what follows it"
	case "ids":
		return "replication ids"
	case "offsets":
		return "offsets"
	case "name":
		return "its name, which is a guess"
	case "content":
		return "its content"
	}
	return a.RoleFrom
}

// wasPromoted reports whether INFO that says master is of the replica, by its history.
func (b *builder) wasPromoted(a *report.Artefact) bool {
	return a.Role == report.Master && b.r.Ending.Parted && slices.ContainsFunc(b.r.Artefacts, func(x *report.Artefact) bool {
		return x.Role == report.Replica && x.State != nil && x.State.ID == a.Info.ReplicationID
	})
}

// holds is what an artefact covers.
func (b *builder) holds(a *report.Artefact) string {
	var parts []string
	switch {
	case a.Info != nil:
		if b.wasPromoted(a) {
			parts = append(parts, "of the replica: promoted by then")
		}
		if !a.Info.Version.IsZero() {
			parts = append(parts, "version "+a.Info.Version.String())
		}
		if a.Info.MasterOffset != nil {
			parts = append(parts, "offset "+render.Offset(*a.Info.MasterOffset))
		}
	case a.Log != nil:
		parts = append(parts, render.Plural(int64(a.Log.Lines), "line", "lines"))
	case a.Inspect != nil && a.Inspect.RDB != nil:
		parts = holdsKeys(a)
	case a.Inspect != nil:
		parts = holdsLinks(a)
	}
	return strings.Join(parts, ", ")
}

func holdsKeys(a *report.Artefact) []string {
	d := a.Inspect.RDB
	parts := []string{render.Plural(d.Keys, "key", "keys")}
	if a.State != nil && a.State.Placed() {
		parts = append(parts, "offset "+render.Offset(a.State.Offset))
	}
	if !d.CreatedAt.IsZero() {
		parts = append(parts, "saved "+secondText(d.CreatedAt))
	}
	if !d.Server.IsZero() {
		parts = append(parts, "by "+d.Server.String())
	}
	return parts
}

func holdsLinks(a *report.Artefact) []string {
	var parts []string
	commands := int64(0)
	var first, last *inspect.Link
	for _, l := range a.Inspect.Links {
		commands += l.Commands
		if !l.Began.IsZero() && (first == nil || l.Began.Before(first.Began)) {
			first = l
		}
		if last == nil || l.Ended.After(last.Ended) {
			last = l
		}
	}
	if n := len(a.Inspect.Links); n > 0 {
		parts = append(parts, render.Plural(int64(n), "link", "links"),
			render.Plural(commands, "command", "commands"))
	}
	if c := a.Inspect.Clients; c != nil {
		parts = append(parts, render.Plural(c.Commands, "command of a client", "commands of clients"))
	}
	if first != nil {
		parts = append(parts, render.Time(first.Began)+" to "+render.Time(last.Ended))
	}
	return parts
}

// cover draws what the artefacts hold of a history.
func (b *builder) cover(h *report.History) Cover {
	c := Cover{ID: h.ID}
	drawn := chart.Cover{Title: "Offsets of a history", Count: render.Offset,
		Holes: coverSpans(h.Holes), Overlaps: coverSpans(h.Overlaps)}
	for _, s := range h.Spans[:min(len(h.Spans), mostSpans)] {
		label := b.path(s.Path)
		if s.Link > 0 {
			label += fmt.Sprintf(", link %d", s.Link)
		} else if s.What != "dump" {
			label += ", " + s.What
		}
		drawn.Rows = append(drawn.Rows, chart.CoverRow{
			Label: label, CoverSpan: chart.CoverSpan{From: s.From, To: s.To},
			State: s.From == s.To, Outside: s.What == "backlog",
		})
	}
	drawn.Width = chart.Wide
	c.Chart, c.Unshown = drawn.SVG(), len(h.Spans)-len(drawn.Rows)
	drawn.Width = chart.Narrow
	c.Chart += drawn.SVG()
	c.Holes, c.Overlaps = rangeTexts(h.Holes), rangeTexts(h.Overlaps)
	return c
}

func coverSpans(ranges []report.Range) (spans []chart.CoverSpan) {
	for _, r := range ranges[:min(len(ranges), mostSpans)] {
		spans = append(spans, chart.CoverSpan{From: r.From, To: r.To})
	}
	return spans
}

func rangeTexts(ranges []report.Range) (texts []string) {
	for _, r := range ranges[:min(len(ranges), mostPlaces)] {
		texts = append(texts, render.Count(r.From)+" to "+render.Count(r.To))
	}
	if more := len(ranges) - len(texts); more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return texts
}
