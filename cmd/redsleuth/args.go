package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// argsRange refuses another number of arguments than from least to most (-1 for
// no bound), in words that say what belongs there.
func argsRange(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && (most < 0 || len(args) <= most) {
			return nil
		}
		given := fmt.Sprintf("%d arguments were given", len(args))
		switch len(args) {
		case 0:
			given = "nothing was given"
		case 1:
			given = "one argument was given"
		}
		return hintError{fmt.Errorf("%s takes %s; %s", cmd.Name(), what, given),
			cmd.CommandPath() + " --help has examples"}
	}
}
