package finding

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

// An Entry explains one code of a finding, one cause of a difference, or one code
// of evidence. It is a file of the folder catalogue, named for the code.
type Entry struct {
	Code  string
	Title string
	// Severity says how severe it is for whom; or that it is a cause or evidence.
	Severity string
	// Behaviours names rows of package server, from which come the versions that
	// the code concerns; none where that is no question of versions.
	Behaviours []string
	References []string
	// Mechanism is what happens, Confirm how to make sure, Act what to do. A
	// paragraph is a line; a command to run is one with indent in front.
	Mechanism, Confirm, Act string
}

// indent is in front of commands in the catalogue's files, as in Markdown.
const indent = "    "

//go:embed catalogue/*.md
var catalogue embed.FS

// Catalogue returns all entries, sorted by code.
func Catalogue() []Entry {
	files, err := catalogue.ReadDir("catalogue")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	all := make([]Entry, len(files))
	for i, f := range files {
		all[i], _ = Explain(strings.TrimSuffix(f.Name(), ".md"))
	}
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(a.Code, b.Code) })
	return all
}

// Explain returns the entry of a code.
func Explain(code string) (Entry, bool) {
	text, err := catalogue.ReadFile("catalogue/" + code + ".md")
	if err != nil {
		return Entry{}, false
	}
	e, err := parseEntry(code, string(text))
	if err != nil {
		panic(err) // a test reads every file
	}
	return e, true
}

// parseEntry reads a file of the catalogue: a head of one line a field between
// lines of ---, then sections.
//
//	---
//	title: …
//	severity: …
//	behaviours: [name, …]
//	references: [text, …]
//	---
//
//	## Mechanism
func parseEntry(code, text string) (Entry, error) {
	e := Entry{Code: code}
	head, body, ok := strings.Cut(strings.TrimPrefix(text, "---\n"), "\n---\n")
	if !ok || !strings.HasPrefix(text, "---\n") {
		return e, fmt.Errorf("catalogue: %s has no head", code)
	}
	for line := range strings.Lines(head) {
		if err := e.field(strings.TrimSuffix(line, "\n")); err != nil {
			return e, err
		}
	}
	_, sections, _ := strings.Cut("\n"+body, "\n## ")
	for section := range strings.SplitSeq(sections, "\n## ") {
		name, text, _ := strings.Cut(section, "\n")
		into := map[string]*string{"Mechanism": &e.Mechanism, "Confirm": &e.Confirm, "Act": &e.Act}[name]
		if into == nil {
			return e, fmt.Errorf("catalogue: %s has a section %q", code, name)
		}
		*into = paragraphs(text)
	}
	return e, nil
}

// field reads a line of the head.
func (e *Entry) field(line string) error {
	name, value, _ := strings.Cut(line, ": ")
	switch name {
	case "title":
		e.Title = value
	case "severity":
		e.Severity = value
	case "behaviours":
		e.Behaviours = list(value)
	case "references":
		e.References = list(value)
	default:
		return fmt.Errorf("catalogue: %s has a field %q", e.Code, name)
	}
	return nil
}

// list reads "[one, another]".
func list(text string) []string {
	text = strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	if text == "" {
		return nil
	}
	return strings.Split(text, ", ")
}

// paragraphs joins the lines of each paragraph, and keeps those of commands.
func paragraphs(text string) string {
	var all []string
	for block := range strings.SplitSeq(strings.Trim(text, "\n"), "\n\n") {
		if !strings.HasPrefix(block, indent) {
			block = strings.ReplaceAll(block, "\n", " ")
		}
		all = append(all, block)
	}
	return strings.Join(all, "\n")
}
