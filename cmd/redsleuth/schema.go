package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/cmd/internal/schema"
	"github.com/redsleuth/redsleuth/cmd/internal/text"
)

func newSchemaCommand(g *globalOptions) *cobra.Command {
	return &cobra.Command{
		Use:   "schema [COMMAND]",
		Short: "Print the JSON Schema of what a command writes",
		Long: `Prints the JSON Schema (2020-12) of the documents that a command writes as
--output json and ndjson, or without COMMAND of all of them. Those of dump and
diff have the columns of --output parquet too (with x-columns for their order).`,
		Example: `  redsleuth schema diff > diff.schema.json
  redsleuth schema dump | jq '."$defs".parquet'`,
		GroupID:   groupHelp,
		Args:      argsRange(0, 1, "at most one COMMAND"),
		ValidArgs: schema.Commands(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := g.validate(formatText, formatJSON, formatNDJSON); err != nil {
				return err
			}
			s := schema.For(strings.Join(args, ""))
			if s == nil {
				return hintError{fmt.Errorf("%s writes no document of its own", args[0]),
					"these do: " + strings.Join(schema.Commands(), ", ")}
			}
			return g.writeResult(cmd.Context(), func(w io.Writer, _ text.Options) error {
				if g.format == formatNDJSON {
					return document.WriteLine(w, s)
				}
				return document.Write(w, s)
			})
		},
	}
}
