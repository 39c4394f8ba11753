package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/cmd/internal/text"
	"github.com/redsleuth/redsleuth/parse/input"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/redsleuth/redsleuth/glob"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/report"
	"github.com/redsleuth/redsleuth/server"
)

// replayOptions are the flags of replay.
type replayOptions struct {
	*globalOptions
	bases    []string
	offset   int64
	versions []string
	restarts bool
	at       string
	key      string
	info     []string
	logs     []string
	sides    *report.Sides // of a folder; nil of none
	beside   text.Beside
}

func (o *replayOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringArrayVar(&o.bases, "base", nil,
		"an `RDB` that a process of the replica started from; may be repeated")
	offsetFlag(flags, &o.offset)
	flags.StringSliceVar(&o.versions, "server-version", nil,
		"the replica's `version`, such as 4.0.3 or valkey-8.0.1; a list asks which would have helped")
	flags.BoolVar(&o.restarts, "restarts", false,
		"also say at which offsets a restart of the replica is unsafe")
	flags.StringVar(&o.at, "at", "", "show the replica's state at this `offset` or time, as 18:09:30 or -10m")
	flags.StringVar(&o.key, "key", "", "show the history of the keys that match this `glob`")
	flags.StringArrayVar(&o.info, "info", nil,
		"a `file` with INFO output of the master or the replica; may be repeated")
	flags.StringArrayVar(&o.logs, "log", nil,
		"a `file` with the log of the master or the replica; may be repeated")
}

func newReplayCommand(g *globalOptions) *cobra.Command {
	o := &replayOptions{globalOptions: g}
	cmd := &cobra.Command{
		Use:   "replay STREAM… | DIR",
		Short: "Follow a stream as a replica would, and say what would go wrong",
		Long: `Follows replication links, command streams, AOFs or captures as a replica of a
given server version would, and says where its state would not be what its
master assumes: scripts that it does not have, commands that run in the wrong
database, loads that crash it, histories and offsets that do not match.

A folder of evidence is enough: the streams, the dumps that the replica started
from, INFO output and logs in it are taken for what they are. How many keys
differ in the dumps of both sides is said beside it; diff says which, and why.
With --key, what they hold stands in the history, and why they differ.

The replica's version comes from --server-version, from the dumps given with
--base, from its INFO or log, or is assumed to be its master's; the report says
which. Each --base is a dump that a process of the replica started from; it is
matched to the PSYNC request for the offset after its own.

One --server-version says what a process of that version makes of these very
dumps. A list asks it of each version, and beside that the question of upgrades:
what a replica would have met that had run this version all along, and started
from what it would have saved itself at that offset, scripts and database
included.

Memory is bounded whatever the size of the input; --max-memory raises how many
distinct scripts are tracked.`,
		Example: `  redsleuth replay evidence --key cart:17
  redsleuth replay capture.pcap --base replica-before.rdb
  redsleuth replay link-1.psync link-2.psync --server-version 4.0.2,4.0.4,4.0.6
  redsleuth replay capture.pcap --restarts
  redsleuth replay capture.pcap --key 'session:*' --output json`,
		GroupID: groupCompare,
		Args:    argsRange(1, -1, "one or more STREAMs, or a folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runReplay(cmd.Context(), args, o)
		},
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func runReplay(ctx context.Context, streams []string, o *replayOptions) error {
	if err := o.validate(formatText, formatJSON, formatNDJSON); err != nil {
		return err
	}
	if folder(streams) {
		found, err := o.takeFolder(ctx, streams[0])
		if err != nil {
			return err
		}
		streams = found
	}
	if err := o.compareKeys(ctx, streams); err != nil {
		return err
	}
	options, err := o.replayOptions(ctx, streams)
	if err != nil {
		return err
	}
	defer boundMemory(max(int64(o.maxMemory), replayRoom))()
	reader, err := o.contentReader(ctx)
	if err != nil {
		return err
	}
	if o.format != formatText {
		options.Beside = reader.beside
	}
	report, err := replay.Run(ctx, options)
	if errors.Is(err, replay.ErrNoStream) {
		return hintError{err, "inspect and dump read RDBs; for replay, --base gives the one that a replica started from"}
	}
	if err != nil {
		return err
	}
	o.settle(report)
	var contents linkContents
	if o.format != formatText {
		if contents, err = reader.contents(report, &options); err != nil {
			return err
		}
	}
	err = o.writeResult(ctx, func(w io.Writer, t text.Options) error {
		if o.format == formatText {
			return text.Replay(w, report, &options, o.beside, t)
		}
		return o.writeDocument(w, document.NewReplay(report, contents, &options, t.Bytes))
	})
	if err != nil {
		return err
	}
	return replayStatus(report)
}

// replayStatus is the exit status that a report asks for.
func replayStatus(report *replay.Report) error {
	switch {
	case report.Damaged:
		return errDamaged
	case report.HasProblems():
		return errFindings
	}
	return nil
}

// parseVersions reads what --server-version lists.
func parseVersions(all []string) (versions []server.Version, err error) {
	for _, v := range all {
		version, _, err := server.ParseLine(v)
		if err != nil {
			return nil, fmt.Errorf("--server-version: %w", err)
		}
		versions = append(versions, version)
	}
	return versions, nil
}

// tellLines says which version was made of "7.0" and the like: servers of one line
// differ.
func (g *globalOptions) tellLines(versions []string) {
	var taken []string
	for _, text := range versions {
		if v, whole, err := server.ParseLine(text); err == nil && !whole {
			taken = append(taken, text+" is "+v.String())
		}
	}
	if len(taken) > 0 {
		g.remark("--server-version %s: without a patch, the last release known of that line",
			strings.Join(taken, ", "))
	}
}

// replayOptions turns flags into what is to be done.
func (o *replayOptions) replayOptions(ctx context.Context, streams []string) (r replay.Options, err error) {
	r = replay.Options{Offset: o.offset, Restarts: o.restarts, Limits: o.limits(),
		MaxScripts: o.maxScripts()}
	if r.Versions, err = parseVersions(o.versions); err != nil {
		return r, err
	}
	o.tellLines(o.versions)
	if o.key != "" {
		pattern := []byte(o.key)
		r.Key = func(key []byte) bool { return glob.Match(pattern, key) }
	}
	if err := readFacts(o.info, r.Facts.ReadInfo); err != nil {
		return r, err
	}
	if err := readFacts(o.logs, r.Facts.ReadLog); err != nil {
		return r, err
	}
	if r.Streams, err = o.openStreams(streams); err != nil {
		return r, err
	}
	at, err := o.moments(ctx, [][2]string{{"--at", o.at}}, r.Streams...)
	if err != nil {
		return r, err
	}
	if p := at[0]; p != nil {
		r.At = &replay.Point{Offset: p.Offset, Time: p.Time}
	}
	if r.Sides, err = o.openSides(); err != nil {
		return r, err
	}
	r.Bases, err = o.openAll(o.bases)
	return r, err
}

// replayRoom is what a replay holds unless --max-memory says otherwise.
const replayRoom = 36 << 20

// scriptRoom is what a distinct script may cost of --max-memory.
const scriptRoom = 512

func (o *replayOptions) maxScripts() int {
	if o.maxMemory == 0 {
		return replay.DefaultMaxScripts
	}
	return max(1<<10, int(int64(o.maxMemory)/scriptRoom))
}

func (g *globalOptions) openAll(paths []string) (all []*input.Input, err error) {
	for _, path := range paths {
		in, err := g.openInput(path)
		if err != nil {
			return nil, err
		}
		all = append(all, in)
	}
	return all, nil
}

// openStreams is openAll for streams, of which a file without a byte is one that
// holds no link: of a connection that came to nothing, or a capture of no packets.
func (g *globalOptions) openStreams(paths []string) (all []*input.Input, err error) {
	for _, path := range paths {
		as := input.Kind(g.as)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Size() == 0 {
			as = input.KindCommands
		}
		in, err := g.open(path, as)
		if err != nil {
			return nil, err
		}
		all = append(all, in)
	}
	return all, nil
}

// readFacts reads INFO output or logs.
func readFacts(paths []string, read func(io.Reader) error) error {
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		if err := errors.Join(read(file), file.Close()); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}
