package page

import (
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/report"
	"github.com/redsleuth/redsleuth/server"
)

// An Explained is an entry of a catalogue, with what it says of the servers of this
// incident.
type Explained struct {
	document.Entry
	// Concerns are the servers that it is about, a line a behaviour, and Here says
	// whether those of this incident are among them; "" where not all that is known.
	Here     string
	Concerns []string
}

// explained are the entries of the catalogue for what is on the page.
func (b *builder) explained() {
	var codes []string
	add := func(code string) {
		if code != "" && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	for _, c := range b.Causes {
		add(c.Name)
		add(c.Way)
	}
	if b.r.Verdict.Causes[finding.CauseExpired] > 0 {
		add(string(finding.CauseExpired))
	}
	for _, c := range b.Codes {
		add(c.Code)
	}
	for _, code := range codes {
		if e, ok := finding.Explain(code); ok {
			b.Explained = append(b.Explained, b.explain(document.NewEntry(&e), behaviours(e.Behaviours)))
		} else if row, ok := divergence.ByName(code); ok {
			b.Explained = append(b.Explained, b.explain(document.NewDivergence(row), row.Behaviours))
		}
	}
}

func behaviours(names []string) (all []server.Behaviour) {
	for _, name := range names {
		if one, ok := server.ByName(name); ok {
			all = append(all, one)
		}
	}
	return all
}

// explain adds which servers show the behaviours of an entry, and whether these do.
func (b *builder) explain(e document.Entry, all []server.Behaviour) Explained {
	x := Explained{Entry: e}
	if b.split() && strings.Contains(x.Act, "REPLICAOF") {
		x.Act = "What to do now, above, has the steps for two masters: a full sync by what is said of " +
			"one master and its replica would throw one side's writes away."
	}
	told, shown := 0, 0
	for _, one := range all {
		row := server.Behaviours[one]
		role := report.Master
		if row.Role == server.Replica {
			role = report.Replica
		}
		line := one.Affects()
		if fix := one.FixedIn(server.Version{}); fix != "" {
			line += " (fixed in " + fix + ")"
		}
		line += ": each " + row.Does + "."
		v := b.versionOf(role)
		switch one.Of(v) {
		case server.Yes:
			told, shown = told+1, shown+1
			line += " This " + string(role) + ", " + v.String() + ", is one."
		case server.No:
			told++
			line += " This " + string(role) + ", " + v.String() + ", is none."
		}
		x.Concerns = append(x.Concerns, line)
	}
	switch {
	case len(all) == 0 || told < len(all):
	case shown == 0:
		x.Here = "None of these concerns the versions of this incident:"
	default:
		x.Here = "The versions of this incident are among these:"
	}
	return x
}

// versionOf is that of the server of a role; none where nothing tells.
func (b *builder) versionOf(role report.Role) server.Version {
	if d := b.r.Diff; d != nil && b.r.Verdict.Sided {
		if role == report.Master && !d.Master.Version.IsZero() {
			return d.Master.Version
		}
		if role == report.Replica && !d.Replica.Version.IsZero() {
			return d.Replica.Version
		}
	}
	if role == report.Replica {
		v, _ := server.Parse(strings.TrimSpace(b.r.Verdict.ReplicaVersion))
		return v
	}
	return server.Version{}
}
