package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/cmd/internal/text"
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
		GroupID:           groupHelp,
		Args:              argsRange(0, 1, "at most one CODE"),
		ValidArgsFunction: completeCode,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := g.validate(formatText, formatJSON, formatNDJSON); err != nil {
				return err
			}
			entries := finding.Catalogue()
			if len(args) == 1 {
				e, ok := finding.Explain(strings.ToLower(args[0]))
				if !ok {
					return hintError{fmt.Errorf("%q is no code and no cause", args[0]),
						"redsleuth explain lists them" + similar(args[0])}
				}
				entries = []finding.Entry{e}
			}
			return g.writeResult(cmd.Context(), func(w io.Writer, o text.Options) error {
				switch {
				case g.format == formatText && len(args) == 1:
					return text.Explain(w, entries[0], o)
				case g.format == formatText:
					return text.Codes(w, entries, o)
				}
				return g.writeDocument(w, document.NewExplain(entries))
			})
		},
	}
}

// completeCode completes the one CODE.
func completeCode(
	_ *cobra.Command, args []string, _ string,
) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return explainable(), cobra.ShellCompDirectiveNoFileComp
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
