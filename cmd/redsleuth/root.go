package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
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
	// page starts a pager, a command line, with more variables in its environment.
	// Closing its input waits for its end. Nil where there is none.
	page func(command string, variables []string) (io.WriteCloser, error)
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

// A hintError is an error with a line on what may help.
type hintError struct {
	error
	hint string
}

func (e hintError) Unwrap() error { return e.error }

// execute runs one command line and returns its exit status.
func execute(ctx context.Context, env environment) int {
	g := &globalOptions{env: env}
	root := newRootCommand(g)
	root.SetArgs(env.args)
	root.SetIn(env.stdin)
	root.SetOut(env.stdout)
	root.SetErr(env.stderr)
	err := root.ExecuteContext(ctx)
	err = errors.Join(err, g.closeInputs())
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
	printError(env.stderr, err)
	return exitUsage
}

func printError(w io.Writer, err error) {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(w, "redsleuth: error: %s\n", strings.TrimSuffix(line, "\n"))
	}
	var hinted hintError
	if errors.As(err, &hinted) {
		fmt.Fprintf(w, "redsleuth: hint: %s\n", hinted.hint)
	}
}

func newRootCommand(g *globalOptions) *cobra.Command {
	root := &cobra.Command{
		Use:   "redsleuth",
		Short: "Forensics for Redis and Valkey dumps and replication streams",
		Long: `redsleuth reads what is left after an incident - RDB dumps, append-only files,
raw replication links, packet captures - and says what they hold, what is wrong
with them, how two of them differ, and what would go wrong on a replica.

In the examples, evidence is a folder with what there is of an incident: dumps,
captures, INFO output, logs.

A FILE may be an RDB, an AOF, a multi-part AOF (its manifest or its folder), the
raw bytes of a replication link, a command stream, a pcap or a pcapng, each of
them gzip, zstd, lz4 or bzip2 compressed. It is recognised by its content; "-"
is standard input. Inputs are never changed.

On a terminal, long output is shown in a pager, which q leaves; --no-pager shows
it all at once.`,
		Example: `  redsleuth report evidence                        what happened; what to do now
  redsleuth report evidence -o incident.html       the same as a page
  redsleuth diff evidence                          which keys differ, and why
  redsleuth replay evidence --key cart:17          all that happened to one key
  redsleuth replay evidence --server-version 7.2   would another version help?
  redsleuth inspect master.rdb --memory            what eats the memory?
  redsleuth inspect a.rdb --server-version 7.0     whole? would 7.0 load it?
  redsleuth diff a.rdb b.rdb --stream link.pcap    of single files
  redsleuth dump a.rdb --match cart:17 --output resp --replace   one key back`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       shortVersion(),
		Args:          cobra.ArbitraryArgs, // noCommand says what is wrong with them
		RunE:          noCommand,
	}
	root.SetFlagErrorFunc(flagError)
	root.SuggestionsMinimumDistance = 2
	root.PersistentPreRun = func(cmd *cobra.Command, _ []string) { g.given = cmd.Flags().Changed }
	root.InitDefaultHelpFlag() // or "--help --color never" would take never for a command
	root.SetVersionTemplate("redsleuth {{.Version}}\n")
	g.addFlags(root.PersistentFlags())
	root.AddGroup(&cobra.Group{ID: groupLook, Title: "Looking into one artefact:"},
		&cobra.Group{ID: groupCompare, Title: "Finding what went wrong:"},
		&cobra.Group{ID: groupHelp, Title: "Help:"})
	root.SetHelpCommandGroupID(groupHelp)
	root.SetCompletionCommandGroupID(groupHelp)
	root.AddCommand(
		newInspectCommand(g),
		newDumpCommand(g),
		newDiffCommand(g),
		newReplayCommand(g),
		newScriptsCommand(g),
		newCollectCommand(g),
		newReportCommand(g),
		newExplainCommand(g),
		newSchemaCommand(g),
		newVersionCommand(g),
		newManCommand(),
	)
	setHelp(root)
	if err := completeFlags(root); err != nil {
		panic(err) // a flag that is completed and does not exist: a slip in this file
	}
	return root
}

// The groups of commands in help.
const (
	groupLook    = "look"
	groupCompare = "compare"
	groupHelp    = "help"
)
