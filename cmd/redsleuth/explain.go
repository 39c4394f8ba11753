package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/finding"
)

func newExplainCommand(g *globalOptions) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [CODE]",
		Short: "Say what a finding or a cause means and what to do about it",
		Long: `Says what a finding's code or a difference's cause means: the mechanism, the
server versions concerned, how to make sure, what to do, and where to read on.
Without CODE it lists them all.` + exitHelp,
		Example: `  redsleuth explain
  redsleuth explain script-missing
  redsleuth explain --output json`,
		GroupID: groupHelp,
		Args:    takes(0, 1, "at most one CODE"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return explainable(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := g.validate(formatText, formatJSON, formatNDJSON); err != nil {
				return err
			}
			entries := finding.Catalogue()
			if len(args) == 1 {
				e, ok := finding.Explain(strings.ToLower(args[0]))
				if !ok {
					return hintError{fmt.Errorf("%q is no code and no cause", args[0]), "redsleuth explain lists them" + similar(args[0])}
				}
				entries = []finding.Entry{e}
			}
			return g.document(cmd.Context(), func(w io.Writer, s render.Style) error {
				return writeExplain(w, s, g.format, entries, len(args) == 1)
			})
		},
	}
}

func explainable() []string {
	var codes []string
	for _, e := range finding.Catalogue() {
		codes = append(codes, e.Code)
	}
	return codes
}

// similar suggests codes that share a word with what was typed.
func similar(typed string) string {
	var close []string
	for _, code := range explainable() {
		for word := range strings.SplitSeq(code, "-") {
			if len(word) > 3 && strings.Contains(strings.ToLower(typed), word[:len(word)-1]) {
				close = append(close, code)
				break
			}
		}
	}
	if len(close) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(close, ", ") + "?"
}

// explainDocument is the document of explain --output json.
type explainDocument struct {
	Schema string         `json:"schema"`
	Codes  []explainEntry `json:"codes"`
}

type explainEntry struct {
	Code       string   `json:"code"`
	Title      string   `json:"title"`
	Affects    string   `json:"affects,omitempty"`
	FixedIn    string   `json:"fixed_in,omitempty"`
	Mechanism  string   `json:"mechanism"`
	Confirm    string   `json:"confirm"`
	Act        string   `json:"act"`
	References []string `json:"references"`
}

func writeExplain(w io.Writer, s render.Style, format string, entries []finding.Entry, whole bool) error {
	if format != formatText {
		doc := explainDocument{Schema: "redsleuth/explain/1"}
		for _, e := range entries {
			doc.Codes = append(doc.Codes, explainEntry(e))
		}
		return render.Document(w, doc, format == formatNDJSON)
	}
	if !whole {
		return listCodes(w, s, entries)
	}
	e := entries[0]
	fmt.Fprintf(w, "%s\n%s\n", s.Bold(e.Code), s.Wrap(e.Title, ""))
	for _, part := range []struct{ name, text string }{
		{"Affects", e.Affects}, {"Fixed in", e.FixedIn}, {"What happens", e.Mechanism}, {"How to make sure", e.Confirm},
		{"What to do", e.Act}, {"References", strings.Join(e.References, "; ")},
	} {
		if part.text != "" {
			fmt.Fprintf(w, "\n%s\n  %s\n", s.Heading(part.name), s.Wrap(part.text, "  "))
		}
	}
	return nil
}

func listCodes(w io.Writer, s render.Style, entries []finding.Entry) error {
	widest := 0
	for _, e := range entries {
		widest = max(widest, len(e.Code))
	}
	indent := strings.Repeat(" ", widest+2)
	for _, e := range entries {
		fmt.Fprintf(w, "%s%s%s\n", s.Bold(e.Code), indent[len(e.Code):], s.Wrap(e.Title, indent))
	}
	_, err := fmt.Fprintf(w, "\n%s\n", s.Dim("redsleuth explain CODE tells the whole of one."))
	return err
}
