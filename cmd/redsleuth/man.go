package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// newManCommand writes the man pages, for packagers.
func newManCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Short:   "Write the man pages into a folder",
		Long:    "Writes a man page for each command into DIR, which is made if it is not there.",
		Example: "  redsleuth man ./man && man ./man/redsleuth-inspect.1",
		GroupID: groupHelp,
		Args:    argsRange(1, 1, "one DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true
			for _, topic := range []string{exitHelp, filesHelp, timesHelp} { // they have no pages
				root.Long += "\n\n" + topic
			}
			// A fixed date makes the pages the same wherever they are made.
			date := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			header := &doc.GenManHeader{Title: "REDSLEUTH", Section: "1", Date: &date, Source: "redsleuth",
				Manual: "redsleuth manual"}
			if err := doc.GenManTree(root, header, args[0]); err != nil {
				return fmt.Errorf("man pages: %w", err)
			}
			return nil
		},
	}
}
