package document

import (
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/server"
)

// Explain is the document of explain.
type Explain struct {
	Schema string  `json:"schema"`
	Codes  []Entry `json:"codes"`
}

// An Entry of the catalogue: a finding's code, a difference's cause, or a
// divergence that servers make, whose severity is "divergence".
type Entry struct {
	Code       string   `json:"code"`
	Title      string   `json:"title"`
	Severity   string   `json:"severity"`
	Affects    string   `json:"affects,omitempty"`
	FixedIn    string   `json:"fixed_in,omitempty"`
	Mechanism  string   `json:"mechanism"`
	Confirm    string   `json:"confirm"`
	Act        string   `json:"act"`
	References []string `json:"references"`
	*Divergence
}

// Divergence is what the entry of one tells beside the others.
type Divergence struct {
	Way      divergence.Way   `json:"way"`
	Commands []string         `json:"commands"`
	When     string           `json:"when"`
	Differs  string           `json:"differs"`
	Cause    finding.Cause    `json:"cause,omitempty"`
	Seen     divergence.Seen  `json:"seen"`
	InDumps  divergence.Dumps `json:"in_dumps"`
}

// NewExplain makes the document of entries of the catalogue and of divergences.
func NewExplain(entries []finding.Entry, rows []*divergence.Row) *Explain {
	d := &Explain{Schema: "redsleuth/explain/1", Codes: []Entry{}}
	for i := range entries {
		d.Codes = append(d.Codes, NewEntry(&entries[i]))
	}
	for _, r := range rows {
		d.Codes = append(d.Codes, NewDivergence(r))
	}
	return d
}

// onTrial comes before the commands that show a divergence: most of them write.
const onTrial = "On a master and a replica of these versions for trials, not on those of the\n" +
	"incident, since this may write:\n\n    "

// NewDivergence makes the shape of a row of the catalogue of divergences.
func NewDivergence(r *divergence.Row) Entry {
	commands := r.Commands
	if commands == nil {
		commands = []string{}
	}
	return Entry{
		Code: r.Name, Title: r.Title, Severity: "divergence",
		Affects: r.Affects(), FixedIn: r.FixedIn(server.Version{}, server.Version{}),
		Mechanism: r.Mechanism(), Confirm: onTrial + strings.Join(r.Confirm, "\n    "), Act: r.Act,
		References: addresses(referencesOf(r)),
		Divergence: &Divergence{
			Way: r.Way, Commands: commands, When: r.When, Differs: r.Differs, Cause: r.Way.Cause(),
			Seen: r.Seen, InDumps: r.Dumps,
		},
	}
}

// referencesOf are a row's sources and reports, each once.
func referencesOf(r *divergence.Row) []string {
	var all []string
	reported := len(r.Reports) > 0
	for _, source := range r.Sources() {
		for part := range strings.SplitSeq(source, "; ") {
			all = append(all, part)
			reported = reported || strings.Contains(part, "#")
		}
	}
	for _, report := range r.Reports {
		if !slices.Contains(all, report) {
			all = append(all, report)
		}
	}
	if !reported {
		all = append(all, "no public report found")
	}
	return all
}

// NewEntry makes the shape of one entry. The versions that it concerns come from
// the rows of package server that it names.
func NewEntry(e *finding.Entry) Entry {
	var affects, fixed []string
	for _, name := range e.Behaviours {
		b, ok := server.ByName(name)
		if !ok {
			continue // a test holds that there is none
		}
		fix, who := b.FixedIn(server.Version{}), b.Affects()
		if len(e.Behaviours) > 1 { // which does what, and which fix is whose
			if fix != "" {
				who += " (fixed in " + fix + ")"
			}
			who += ": " + server.Behaviours[b].Does
		}
		affects = append(affects, who)
		if fix != "" && !slices.Contains(fixed, fix) {
			fixed = append(fixed, fix)
		}
	}
	return Entry{
		Code: e.Code, Title: e.Title, Severity: e.Severity,
		Affects: strings.Join(affects, "; "), FixedIn: strings.Join(fixed, "; "),
		Mechanism: e.Mechanism, Confirm: e.Confirm, Act: e.Act,
		References: addresses(e.References),
	}
}

// addresses are references with their full addresses.
func addresses(references []string) []string {
	all := make([]string, 0, len(references))
	for _, r := range references {
		all = append(all, finding.Address(r))
	}
	return all
}
