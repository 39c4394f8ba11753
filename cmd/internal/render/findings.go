package render

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/redsleuth/redsleuth/finding"
)

// FindingJSON is a finding as the documents have it.
type FindingJSON struct {
	Code       finding.Code      `json:"code"`
	Severity   finding.Severity  `json:"severity"`
	Message    string            `json:"message"`
	Path       string            `json:"path,omitempty"`
	File       json.RawMessage   `json:"file,omitempty"` // of a multi-part AOF
	Link       int               `json:"link,omitempty"`
	Offset     *int64            `json:"offset,omitempty"`
	Byte       *int64            `json:"byte,omitempty"`
	DB         *int              `json:"db,omitempty"`
	SHA1       string            `json:"sha1,omitempty"`
	Command    json.RawMessage   `json:"command,omitempty"`
	Keys       []json.RawMessage `json:"keys,omitempty"`
	ExpectedDB json.RawMessage   `json:"expected_db,omitempty"` // null where it is asked and not known
	Commands   int64             `json:"commands,omitempty"`
	Count      int64             `json:"count,omitempty"`
	Bytes      int64             `json:"bytes,omitempty"`
	Affects    string            `json:"affects,omitempty"`
	FixedIn    string            `json:"fixed_in,omitempty"`
}

// FindingsJSON converts findings; an empty list is [], not null.
func FindingsJSON(findings []finding.Finding, s *Shower) []FindingJSON {
	out := make([]FindingJSON, 0, len(findings))
	for i := range findings {
		f := &findings[i]
		j := FindingJSON{
			Code: f.Code, Severity: f.Severity, Message: f.Message, Path: f.Path, Link: f.Link,
			Offset: f.Offset, Byte: f.Byte, DB: f.DB, SHA1: f.SHA1,
			Keys: s.BytesList(f.Keys), Commands: f.Commands, Count: f.Count, Bytes: f.Bytes,
			Affects: f.Affects, FixedIn: f.FixedIn,
		}
		if len(f.Command) > 0 {
			j.Command = s.Bytes(f.Command)
		}
		if len(f.File) > 0 {
			j.File = s.Bytes(f.File)
		}
		switch {
		case f.ExpectedDB != nil:
			j.ExpectedDB = strconv.AppendInt(nil, int64(*f.ExpectedDB), 10)
		case f.ExpectedDBUnknown:
			j.ExpectedDB = json.RawMessage("null")
		}
		out = append(out, j)
	}
	return out
}

// How much of the findings text output shows; documents have them all.
const (
	groupsShown = 40
	placesShown = 8
	keysShown   = 5
	keyColumns  = 48 // of one key
	shaShown    = 12 // of a digest: enough to tell a script from others
)

// A group is findings that say the same of several places. The first stands
// for them all.
type group struct {
	*finding.Finding
	all []*finding.Finding
}

// Findings writes findings for people, errors before warnings: severity and
// code, where, and what. Those that say the same become one paragraph.
func Findings(w io.Writer, st Style, sh *Shower, findings []finding.Finding) error {
	groups := grouped(findings)
	left := 0
	for i := range groups {
		if i >= groupsShown {
			left += len(groups[i].all)
			continue
		}
		if err := writeGroup(w, st, sh, &groups[i]); err != nil {
			return err
		}
	}
	if left == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w, "… and %s; --output json has them all\n", Plural(int64(left), "more finding", "more findings"))
	return err
}

func writeGroup(w io.Writer, st Style, sh *Shower, g *group) error {
	plain := Style{width: st.width} // for text that is painted when its lines are known
	head := string(g.Severity) + " " + string(g.Code)
	at := where(g, sh)
	gap := "  "
	if len(head)+len(gap)+twwidth.Width(at) > st.width {
		gap, at = "\n  ", plain.Wrap(at, "  ")
	}
	if at != "" {
		at = gap + st.Dim(at)
	}
	text := g.Message
	if keys := keyList(g, sh); keys != "" {
		text += "; " + keys
	}
	if g.Code == finding.ReplicaError && len(g.Command) > 0 {
		text += "; command " + Cut(sh.Text(g.Command), keyColumns)
	}
	if g.Affects != "" {
		text += "; affects " + g.Affects
	}
	if g.FixedIn != "" {
		text += "; fixed in " + g.FixedIn
	}
	_, err := fmt.Fprintf(w, "%s %s%s\n  %s\n", st.Severity(g.Severity), st.Bold(string(g.Code)), at, plain.Wrap(text, "  "))
	return err
}

// grouped puts findings together that differ in offset, byte and keys alone.
func grouped(findings []finding.Finding) []group {
	type likeness struct {
		severity                  finding.Severity
		code                      finding.Code
		path, file, sha           string
		message, affects, fixedIn string
		link, db                  int
	}
	index := map[likeness]int{}
	var groups []group
	for i := range findings {
		f := &findings[i]
		like := likeness{f.Severity, f.Code, f.Path, string(f.File), f.SHA1, f.Message, f.Affects, f.FixedIn, f.Link, -1}
		if f.DB != nil {
			like.db = *f.DB
		}
		at, ok := index[like]
		if !ok {
			at = len(groups)
			index[like] = at
			groups = append(groups, group{Finding: f})
		}
		groups[at].all = append(groups[at].all, f)
	}
	weight := map[finding.Severity]int{finding.Error: 0, finding.Warning: 1, finding.Info: 2}
	slices.SortStableFunc(groups, func(a, b group) int { return weight[a.Severity] - weight[b.Severity] })
	return groups
}

// keyList names the keys of a group, each of them once.
func keyList(g *group, sh *Shower) string {
	var names []string
	seen := map[string]bool{}
	for _, f := range g.all {
		for _, k := range f.Keys {
			if seen[string(k)] {
				continue
			}
			seen[string(k)] = true
			if len(seen) <= keysShown {
				names = append(names, Cut(sh.Text(k), keyColumns))
			}
		}
	}
	if len(names) == 0 {
		return ""
	}
	if more := len(seen) - keysShown; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	word := "keys "
	if len(seen) == 1 {
		word = "key "
	}
	return word + strings.Join(names, ", ")
}

// where is the place of a group, in words.
func where(g *group, sh *Shower) string {
	var parts []string
	add := func(format string, v any) { parts = append(parts, fmt.Sprintf(format, v)) }
	if g.Path != "" {
		add("%s", string(AppendQuoted(nil, []byte(g.Path))))
	}
	if len(g.File) > 0 {
		parts = append(parts, "file "+sh.Text(g.File))
	}
	if g.Link > 0 {
		add("link %d", g.Link)
	}
	offsets := places(g, "offset", func(f *finding.Finding) *int64 { return f.Offset })
	if offsets != "" {
		parts = append(parts, offsets)
	}
	if len(g.all) == 1 || offsets == "" {
		if bytes := places(g, "byte", func(f *finding.Finding) *int64 { return f.Byte }); bytes != "" {
			parts = append(parts, bytes)
		}
	}
	if g.DB != nil {
		add("db %d", *g.DB)
	}
	if g.SHA1 != "" {
		add("script %s", g.SHA1[:min(len(g.SHA1), shaShown)])
	}
	return strings.Join(parts, ", ")
}

// places lists a number of each finding of a group that has it.
func places(g *group, word string, number func(*finding.Finding) *int64) string {
	var list []string
	n := 0
	for _, f := range g.all {
		at := number(f)
		if at == nil {
			continue
		}
		if n++; n <= placesShown {
			list = append(list, strconv.FormatInt(*at, 10))
		}
	}
	switch {
	case n == 0:
		return ""
	case n == 1:
		return word + " " + list[0]
	case n > placesShown:
		list = append(list, fmt.Sprintf("and %s more", Count(n-placesShown)))
	}
	return word + "s " + strings.Join(list, ", ")
}
