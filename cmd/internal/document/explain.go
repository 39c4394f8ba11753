package document

import (
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/server"
)

// Explain is the document of explain.
type Explain struct {
	Schema string  `json:"schema"`
	Codes  []Entry `json:"codes"`
}

// An Entry of the catalogue: a finding's code or a difference's cause.
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
}

// NewExplain makes the document of entries of the catalogue.
func NewExplain(entries []finding.Entry) *Explain {
	d := &Explain{Schema: "redsleuth/explain/1", Codes: []Entry{}}
	for i := range entries {
		d.Codes = append(d.Codes, NewEntry(&entries[i]))
	}
	return d
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
		if fix != "" && len(e.Behaviours) > 1 { // which fix is whose
			who += " (fixed in " + fix + ")"
		}
		affects = append(affects, who)
		if fix != "" && !slices.Contains(fixed, fix) {
			fixed = append(fixed, fix)
		}
	}
	return Entry{
		Code: e.Code, Title: e.Title, Severity: e.Severity,
		Affects: strings.Join(affects, "; "), FixedIn: strings.Join(fixed, "; "),
		Mechanism: e.Mechanism, Confirm: e.Confirm, Act: e.Act, References: e.References,
	}
}
