package render

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/redsleuth/redsleuth/finding"
)

// FindingJSON is a finding as the documents have it.
type FindingJSON struct {
	Code       finding.Code      `json:"code"`
	Severity   finding.Severity  `json:"severity"`
	Message    string            `json:"message"`
	Path       string            `json:"path,omitempty"`
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

// keysShown is how many keys of a finding text output names.
const keysShown = 5

// Findings writes findings for people: severity and code, where, and what,
// wrapped below.
func Findings(w io.Writer, st Style, sh *Shower, findings []finding.Finding) error {
	for i := range findings {
		f := &findings[i]
		if _, err := fmt.Fprintf(w, "%s %s%s\n", st.Severity(f.Severity), st.Bold(string(f.Code)), st.Dim(where(f))); err != nil {
			return err
		}
		text := f.Message
		if len(f.Keys) > 0 {
			text += "; " + keyList(f.Keys, sh)
		}
		if f.Affects != "" {
			text += "; affects " + f.Affects
		}
		if f.FixedIn != "" {
			text += "; fixed in " + f.FixedIn
		}
		if _, err := fmt.Fprintf(w, "  %s\n", st.Wrap(text, "  ")); err != nil {
			return err
		}
	}
	return nil
}

// shaShown is how much of a digest tells a script from others.
const shaShown = 12

func keyList(keys [][]byte, sh *Shower) string {
	word := "key "
	if len(keys) > 1 {
		word = "keys "
	}
	var names []string
	for _, k := range keys[:min(len(keys), keysShown)] {
		names = append(names, sh.Text(k))
	}
	if more := len(keys) - keysShown; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return word + strings.Join(names, ", ")
}

// where is the place of a finding, in words.
func where(f *finding.Finding) string {
	var parts []string
	add := func(format string, v any) { parts = append(parts, fmt.Sprintf(format, v)) }
	if f.Path != "" {
		add("%s", string(AppendQuoted(nil, []byte(f.Path))))
	}
	if f.Link > 0 {
		add("link %d", f.Link)
	}
	if f.Offset != nil {
		add("offset %d", *f.Offset)
	}
	if f.Byte != nil {
		add("byte %d", *f.Byte)
	}
	if f.DB != nil {
		add("db %d", *f.DB)
	}
	if f.SHA1 != "" {
		add("script %s", f.SHA1[:min(len(f.SHA1), shaShown)])
	}
	if len(parts) == 0 {
		return ""
	}
	return "  " + strings.Join(parts, ", ")
}
