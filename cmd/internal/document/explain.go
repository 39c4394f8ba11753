package document

import "github.com/redsleuth/redsleuth/finding"

// Explain is the document of explain.
type Explain struct {
	Schema string  `json:"schema"`
	Codes  []Entry `json:"codes"`
}

// An Entry of the catalogue: a finding's code or a difference's cause.
type Entry struct {
	Code       string   `json:"code"`
	Title      string   `json:"title"`
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
	for _, e := range entries {
		d.Codes = append(d.Codes, Entry(e))
	}
	return d
}
