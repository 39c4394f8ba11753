package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/cmd/internal/text"
	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/finding"
)

func newExplainCommand(g *globalOptions) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [CODE…]",
		Short: "Say what a finding, cause or divergence means, and what to do",
		Long: `Says what a finding's code, a difference's cause or the name of a divergence
means: the mechanism, the server versions concerned, how to make sure, what to do,
and where to read on. Without CODE it lists them all; divergences are what servers
do that makes a replica hold something else than its master.`,
		Example: `  redsleuth explain
  redsleuth explain script-missing
  redsleuth explain bitfield-overflow-fail
  redsleuth explain --output json`,
		GroupID:           groupHelp,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeCode,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := g.validate(formatText, formatJSON, formatNDJSON); err != nil {
				return err
			}
			entries, rows := finding.Catalogue(), divergence.All()
			if len(args) > 0 {
				entries, rows = nil, nil
			}
			for _, name := range args { // as what to do lists them, with commas
				entry, row, err := explained(strings.ToLower(strings.TrimSuffix(name, ",")))
				if err != nil {
					return err
				}
				entries, rows = append(entries, entry...), append(rows, row...)
			}
			d := document.NewExplain(entries, rows)
			return g.writeResult(cmd.Context(), func(w io.Writer, o text.Options) error {
				switch {
				case g.format == formatText && len(args) > 0:
					return text.Explain(w, d.Codes, o)
				case g.format == formatText:
					return text.Codes(w, d, o)
				}
				return g.writeDocument(w, d)
			})
		},
	}
}

// explained finds the one entry, or the one divergence, of a name.
func explained(name string) ([]finding.Entry, []*divergence.Row, error) {
	if e, ok := finding.Explain(name); ok {
		return []finding.Entry{e}, nil, nil
	}
	if r, ok := divergence.ByName(name); ok {
		return nil, []*divergence.Row{r}, nil
	}
	return nil, nil, hintError{fmt.Errorf("%q is no code, no cause and no divergence", name),
		"redsleuth explain lists them" + similar(name)}
}

func explainable() []string {
	var codes []string
	for _, e := range finding.Catalogue() {
		codes = append(codes, e.Code)
	}
	for _, r := range divergence.All() {
		codes = append(codes, r.Name)
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
