package document

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/server"
)

// TestCatalogueNamesBehaviours: what the catalogue says of versions is a row of
// the table, and no row's fix is a version that crashes.
func TestCatalogueNamesBehaviours(t *testing.T) {
	for _, e := range finding.Catalogue() {
		for _, name := range e.Behaviours {
			if _, ok := server.ByName(name); !ok {
				t.Errorf("%s names %q, which is no row of package server", e.Code, name)
			}
		}
		if fixed := NewEntry(&e).FixedIn; regexp.MustCompile(`4\.0\.[45]\b`).MatchString(fixed) {
			t.Errorf("%s is said to be fixed in %s", e.Code, fixed)
		}
	}
}

// TestFindingsPage holds docs/findings.md, which is the catalogue in one page.
func TestFindingsPage(t *testing.T) {
	const path = "../../../docs/findings.md"
	got := findingsPage()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/findings.md is not what the catalogue says; go test ./cmd/internal/document -update rewrites it")
	}
}

func findingsPage() []byte {
	var b bytes.Buffer
	b.WriteString("# Findings and causes\n\n" +
		"What each code means; `redsleuth explain CODE` prints one of them. Made from\n" +
		"finding/catalogue and the table of server behaviours: edit those, and run\n" +
		"`go test ./cmd/internal/document -update`.\n\n")
	entries := NewExplain(finding.Catalogue(), nil).Codes
	for _, e := range entries {
		fmt.Fprintf(&b, "- [%s](#%s): %s\n", e.Code, e.Code, e.Title)
	}
	for _, e := range entries {
		fmt.Fprintf(&b, "\n## %s\n\n%s%s.\n\n", e.Code, strings.ToUpper(e.Title[:1]), e.Title[1:])
		for _, row := range [][2]string{
			{"Severity", e.Severity}, {"Affects", e.Affects}, {"Fixed in", e.FixedIn}, {"References", strings.Join(e.References, "; ")},
		} {
			if row[1] != "" {
				fmt.Fprintf(&b, "- %s: %s\n", row[0], row[1])
			}
		}
		for _, part := range [][2]string{
			{"What happens", e.Mechanism}, {"How to make sure", e.Confirm}, {"What to do", e.Act},
		} {
			fmt.Fprintf(&b, "\n### %s\n", part[0])
			command := false
			for line := range strings.SplitSeq(part[1], "\n") {
				if !command || !strings.HasPrefix(line, " ") {
					b.WriteString("\n")
				}
				command = strings.HasPrefix(line, " ")
				b.WriteString(line + "\n")
			}
		}
	}
	return b.Bytes()
}

// TestDivergencesPage holds docs/divergences.md, which is the catalogue of
// divergences in one page.
func TestDivergencesPage(t *testing.T) {
	const path = "../../../docs/divergences.md"
	got := divergencesPage()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/divergences.md is not what the catalogue says; go test ./cmd/internal/document -update rewrites it")
	}
}

func divergencesPage() []byte {
	var b bytes.Buffer
	b.WriteString("# What servers do that makes replicas diverge\n\n" +
		"Each was found on real pairs of servers or is known from their histories.\n" +
		"`replay` reports the commands (`divergent-command`), `diff` names them as the cause\n" +
		"of differences, `redsleuth explain NAME` prints one of them. Made from package\n" +
		"divergence and the table of server behaviours: edit those, and run\n" +
		"`go test ./cmd/internal/document -update`.\n")
	for _, way := range divergence.Ways() {
		fmt.Fprintf(&b, "\n## %s%s\n", strings.ToUpper(string(way[:1])), way[1:])
		for _, r := range divergence.All() {
			if r.Way == way {
				divergenceSection(&b, r)
			}
		}
	}
	return b.Bytes()
}

func divergenceSection(b *bytes.Buffer, r *divergence.Row) {
	e := NewDivergence(r)
	fmt.Fprintf(b, "\n### %s\n\n%s%s.\n\n", e.Code, strings.ToUpper(e.Title[:1]), e.Title[1:])
	for _, row := range [][2]string{
		{"Commands", strings.Join(e.Commands, ", ")}, {"When", e.When}, {"What differs", e.Differs},
		{"Mechanism", e.Mechanism}, {"Affects", e.Affects}, {"Fixed in", e.FixedIn},
		{"Cause", string(e.Cause)}, {"Seen", string(e.Seen)}, {"Shown by dumps", string(e.InDumps)},
		{"What to do", e.Act}, {"References", strings.Join(e.References, "; ")},
	} {
		if row[1] != "" {
			fmt.Fprintf(b, "- %s: %s\n", row[0], row[1])
		}
	}
	b.WriteString("\n" + e.Confirm + "\n")
}
