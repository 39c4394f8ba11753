package finding

import "slices"

// An Entry explains one code of a finding, or one cause of a difference.
type Entry struct {
	Code  string
	Title string
	// Affects and FixedIn are server versions, in words; "" where that is no
	// question of versions.
	Affects, FixedIn string
	// Mechanism is what happens, Confirm how to make sure, Act what to do.
	Mechanism, Confirm, Act string
	References              []string
}

// Catalogue returns an entry for each code and each cause, the codes first.
// script-missing is both, and has one.
func Catalogue() []Entry {
	return slices.Concat(fileEntries(), streamEntries(), databaseEntries(), scriptEntries(), causeEntries(), comparisonEntries(), evidenceEntries())
}

// Explain returns the entry of a code or cause.
func Explain(code string) (Entry, bool) {
	for _, e := range Catalogue() {
		if e.Code == code {
			return e, true
		}
	}
	return Entry{}, false
}
