package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
)

// environment is all that the program takes from outside.
type environment struct {
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	now            func() time.Time
	// width of a terminal in columns; 0 if it is none.
	width func(stream any) int
}

// The exit statuses. Every command and every output format has the same.
const (
	exitClean       = 0
	exitFindings    = 1 // differences, or findings that are warnings or errors
	exitUsage       = 2 // wrong usage, or an input that can't be read at all
	exitDamaged     = 3 // a dump or an AOF is damaged or ends early
	exitInterrupted = 130
)

// errFindings and errDamaged end a command whose output is complete.
var (
	errFindings = errors.New("there are findings")
	errDamaged  = errors.New("an input is damaged")
)

// execute runs one command line and returns its exit status.
func execute(ctx context.Context, env environment) int {
	root := newRootCommand(env)
	root.SetArgs(env.args)
	root.SetIn(env.stdin)
	root.SetOut(env.stdout)
	root.SetErr(env.stderr)
	err := root.ExecuteContext(ctx)
	if ctx.Err() != nil && err != nil {
		fmt.Fprintln(env.stderr, "redsleuth: interrupted")
		return exitInterrupted
	}
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errDamaged):
		return exitDamaged
	case errors.Is(err, errFindings):
		return exitFindings
	}
	fmt.Fprintf(env.stderr, "redsleuth: %v\n", err)
	return exitUsage
}

func newRootCommand(env environment) *cobra.Command {
	root := &cobra.Command{
		Use:           "redsleuth",
		Short:         "Forensics for Redis and Valkey dumps and replication streams",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	g := &globalOptions{env: env}
	g.addFlags(root.PersistentFlags())
	root.AddCommand()
	return root
}
