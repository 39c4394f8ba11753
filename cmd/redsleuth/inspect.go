package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/cmd/internal/text"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/pattern"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/info"
)

// inspectOptions are the flags of inspect.
type inspectOptions struct {
	*globalOptions
	filterOptions
	memory     bool
	top        int
	prefixes   bool
	separators string
	salvage    bool
	quick      bool
	crossCheck bool
	base       string
	offset     int64
	info       string
	versions   []string
	cluster    bool
	server     *info.Memory // of --info, with --memory
	several    bool         // inputs: a flag need not act on each
}

func newInspectCommand(g *globalOptions) *cobra.Command {
	o := &inspectOptions{globalOptions: g}
	cmd := &cobra.Command{
		Use:   "inspect FILE|DIR...",
		Short: "Say what an artefact is, what it holds and what is wrong with it",
		Long: `Says what an artefact is, what it holds, how it ends, and what is wrong with it.

Of a dump: the server that wrote it and when, the replication state in it and
what of it a restarted replica would resume, scripts and function libraries,
databases, types and encodings, the largest keys, expiry and size, the checksum.
Every value is opened and checked as deeply as redis-check-rdb does; a broken
one is an error, though the file around it be whole. --quick steps over them.
A filter says which keys and commands are counted; all are checked.
Whether the version that wrote it would load it, and those of --server-version,
is told apart from that: servers look less deeply, each version otherwise.
--memory tells what the keys cost in a server that loads the dump, as MEMORY
USAGE counts it, and with --server-version what they would cost elsewhere.
--prefixes finds how keys are named, of dumps and streams; what varies is *.
Of a link, a capture or an AOF: who synchronised with whom and how, offsets,
commands by name, the rate of writes, scripts, gaps, and every payload like a
dump. Of a capture and of the output of MONITOR: which clients wrote most.

Several files are reported one after the other. A folder is read with all below
it (an AOF set is one artefact, links are not followed); files of no
known kind are listed as unknown. --max-memory bounds the table
that finds duplicate keys (36 MiB by default, enough for three million keys).

With --cluster, the dumps are the shards of one cluster: how many keys and slots
each holds, keys in the wrong shard or in two, and uneven shards are told too.
Their keys are read once more for that.`,
		Example: `  redsleuth inspect dump.rdb
  redsleuth inspect dump.rdb --prefixes --top 20
  redsleuth inspect dump.rdb --memory --server-version 8.0,valkey-9.1
  redsleuth inspect dump.rdb --no-ttl --match 'session:*' --exclude '*:lock'
  redsleuth inspect link.psync --prefixes --from 1200 --to 5600
  redsleuth inspect --cluster shard-*.rdb
  redsleuth inspect link.pcap --output json
  zcat dump.rdb.gz | redsleuth inspect -`,
		GroupID: groupLook,
		Args:    argsRange(1, -1, "one or more FILEs"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runInspect(cmd.Context(), o, args)
		},
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *inspectOptions) addFlags(flags *pflag.FlagSet) {
	o.filterOptions.addFlags(flags)
	flags.IntVar(&o.top, "top", 10, "how many of the largest keys, prefixes and commands to name")
	flags.BoolVar(&o.memory, "memory", false,
		"what keys cost in a server's memory, by type, encoding, database and prefix, against what it used")
	flags.BoolVar(&o.prefixes, "prefixes", false,
		"how keys are named, such as user:*:profile, and what the keys of each pattern take")
	flags.StringVar(&o.separators, "separators", pattern.Separators,
		"the `characters` that end a part of a key's name")
	flags.BoolVar(&o.cluster, "cluster", false,
		"the dumps are the shards of one cluster: slots, keys in the wrong shard or in two, uneven shards")
	flags.BoolVar(&o.quick, "quick", false, "step over values without opening them")
	flags.StringSliceVar(&o.versions, "server-version", nil,
		"say whether servers of these `versions` would load it, such as 7.2 or valkey-8.0.1; "+
			"with --memory, what it costs there")
	flags.BoolVar(&o.salvage, "salvage", false, "continue after damage where records decode plausibly")
	flags.BoolVar(&o.crossCheck, "cross-check", false,
		"decode keys a second time with another decoder, and report differences")
	flags.StringVar(&o.base, "base", "", "the `RDB` at whose replication offset a stream begins")
	offsetFlag(flags, &o.offset)
	flags.StringVar(&o.info, "info", "",
		"a `file` with INFO output of the server: whose backlog a stream is, for its offset; "+
			"with --memory, what the server uses memory for beside keys")
}

func (o *inspectOptions) validate() error {
	switch {
	case o.top < 0:
		return fmt.Errorf("--top %d: not a number of keys", o.top)
	case o.quick && o.crossCheck:
		return errors.New("--cross-check opens every value: not with --quick")
	case o.memory && (o.quick || o.crossCheck):
		return errors.New("--memory opens every value, once: not with --quick or --cross-check")
	case o.minMem > 0 && (o.quick || o.crossCheck):
		return errors.New("--min-memory opens every value, once: not with --quick or --cross-check")
	case o.prefixes && o.separators == "":
		return errors.New("--prefixes needs --separators")
	}
	return o.globalOptions.validate(formatText, formatJSON, formatNDJSON)
}

// runInspect is the command inspect.
func runInspect(ctx context.Context, o *inspectOptions, paths []string) error {
	if err := o.validate(); err != nil {
		return err
	}
	start, err := o.startOrMemory(ctx)
	if err != nil {
		return err
	}
	files, folder, err := listInputs(paths)
	if err != nil {
		return err
	}
	o.several = folder || len(files) > 1
	o.tellLines(o.versions)
	o.sum = !o.quick
	all, unread := o.inspectAll(ctx, files, start)
	if unread != nil && (!o.several || ctx.Err() != nil) {
		return unread
	}
	if err := o.survey(ctx, all); err != nil {
		return err
	}
	err = o.writeResult(ctx, func(w io.Writer, t text.Options) error {
		return writeInspections(w, o.format, all, o.several, t)
	})
	if err = errors.Join(err, unread); err != nil {
		return err
	}
	var status error
	for _, one := range all {
		status = worst(status, statusOf(one.report.Findings, one.report.Damaged))
	}
	return status
}

// startOrMemory takes --info for what it is about: where a stream begins, and with
// --memory what the server uses it for.
func (o *inspectOptions) startOrMemory(ctx context.Context) (artefact.Options, error) {
	if !o.memory || o.info == "" {
		return o.start(ctx, o.base, o.info, o.offset)
	}
	said, err := readInfo(o.info)
	if err != nil {
		return artefact.Options{}, err
	}
	if o.server = said.Memory(); o.server == nil {
		return artefact.Options{}, fmt.Errorf("--info %s: it has no section of memory", o.info)
	}
	return o.start(ctx, o.base, "", o.offset)
}

// inspectAll inspects all that can be read; unread is what could not be.
func (o *inspectOptions) inspectAll(ctx context.Context, files []listed, start artefact.Options) (
	all []*inspection, unread error,
) {
	for _, f := range files {
		one, err := o.inspectFile(ctx, f, start)
		if ctx.Err() != nil {
			return nil, errors.Join(err, ctx.Err())
		}
		if err != nil {
			unread = errors.Join(unread, err)
			continue
		}
		all = append(all, one)
	}
	return all, unread
}

// inspectFile reads one input.
func (o *inspectOptions) inspectFile(
	ctx context.Context, file listed, start artefact.Options,
) (*inspection, error) {
	in, err := o.openInput(file.path)
	if errors.Is(err, input.ErrUnrecognised) {
		return o.inspectOther(file, err)
	}
	if err != nil {
		return nil, err
	}
	if o.sum {
		in.StartSum()
	}
	if err := o.actsOn(in); err != nil && !o.several {
		return nil, err
	} else if err != nil {
		o.remark("left alone: %v", err)
	}
	o.remarkSalvage(o.salvage, in)
	options, err := o.inspector(ctx, in)
	if err != nil {
		return nil, err
	}
	defer boundMemory(max(options.Memory, inspect.DefaultMemory))()
	inspector := inspect.New(options)
	start.Clients = inspector.Client
	if _, err := artefact.Walk(ctx, in, start, inspector); err != nil {
		return nil, fmt.Errorf("%s: %w", file.path, err)
	}
	about, err := aboutInput(in, file)
	one := &inspection{file, about, inspector.Report()}
	o.remarkNothing(one)
	o.memoryBeside(ctx, file.path, one.report.RDB)
	return one, err
}

// remarkNothing says so where nothing passed the filter.
func (o *inspectOptions) remarkNothing(one *inspection) {
	f, err := o.filter()
	if err != nil || !f.Any() {
		return
	}
	keys, commands, passed := one.report.Looked()
	if passed == 0 {
		o.remark("%s: nothing passed the filter: looked at %s", one.input.Path, lookedAt(keys, commands))
	}
}

// aboutInput says which input was read.
func aboutInput(in *input.Input, file listed) (about document.Input, err error) {
	about = document.Input{Path: file.name, Compression: in.Compression}
	if about.SHA256, err = in.SHA256(); err == nil {
		about.Sums, err = in.FileSums()
	}
	if err != nil {
		return about, fmt.Errorf("%s: %w", file.path, err)
	}
	if in.Size >= 0 {
		about.Bytes = &in.Size
	}
	return about, nil
}

// inspector says how an input is inspected. One that is to be read again is
// copied where that needs it.
func (o *inspectOptions) inspector(ctx context.Context, in *input.Input) (inspect.Options, error) {
	now, _, err := o.clock()
	options := inspect.Options{
		Limits: in.Limits, Kind: in.Kind, Now: now, Top: o.top, Memory: int64(o.maxMemory),
		Measure: o.memory, Server: o.server,
		Salvage: o.salvage, Quick: o.quick, CrossCheck: o.crossCheck && in.Kind == input.KindRDB, Interrupted: ctx.Err,
	}
	var versionsErr error
	options.Versions, versionsErr = parseVersions(o.versions)
	err = errors.Join(err, versionsErr)
	var filterErr error
	options.Filter, filterErr = o.window(ctx, &o.filterOptions, in)
	err = errors.Join(err, filterErr)
	if o.prefixes || o.memory {
		options.Separators = o.separators
	}
	if o.salvage || o.crossCheck {
		if in.Kind == input.KindRDB {
			err = errors.Join(err, in.Spool())
		}
	}
	if in.Rereadable() {
		options.Again = in.CursorAt
	}
	return options, err
}

// remarkSalvage says so where --salvage has nothing to work on.
func (g *globalOptions) remarkSalvage(asked bool, in *input.Input) {
	if asked && in.Kind == input.KindCommands {
		g.remark("%s: --salvage is for RDBs; commands are read on after damage anyway", in.Path)
	}
}

// boundMemory makes the collector keep to what a command holds and room for
// its buffers, rather than to twice that. The function that it returns ends it.
func boundMemory(held int64) func() {
	const buffers = 8 << 20
	before := debug.SetMemoryLimit(-1)
	debug.SetMemoryLimit(min(before, held+buffers))
	return func() { debug.SetMemoryLimit(before) }
}

// An inspection is the report on one input.
type inspection struct {
	file   listed
	input  document.Input
	report *inspect.Report
}

func writeInspections(w io.Writer, format string, all []*inspection, several bool,
	o text.Options) error {
	if format == formatText {
		return writeInspectTexts(w, all, several, o)
	}
	var documents []*document.Inspect
	for _, one := range all {
		for i := range one.report.Findings {
			if f := &one.report.Findings[i]; several && f.Path == "" {
				f.Path = one.input.Path
			}
		}
		documents = append(documents, document.NewInspect(one.input, one.report, o.Bytes))
	}
	if format == formatNDJSON {
		return document.WriteInspectLines(w, documents)
	}
	return document.WriteInspects(w, documents, several)
}

func writeInspectTexts(w io.Writer, all []*inspection, several bool, o text.Options) error {
	var inputs []text.Inspected
	for _, one := range all {
		if !several {
			return text.Inspect(w, one.input, one.report, o)
		}
		inputs = append(inputs, text.Inspected{Input: one.input, Report: one.report})
	}
	return text.Inspects(w, inputs, o)
}

// statusOf is the error that makes the exit status.
func statusOf(findings []finding.Finding, damaged bool) error {
	switch {
	case damaged:
		return errDamaged
	case finding.HasProblems(findings):
		return errFindings
	}
	return nil
}

// worst is the one of two statuses that counts: damage before findings.
func worst(a, b error) error {
	if a == nil || errors.Is(b, errDamaged) {
		return b
	}
	return a
}
