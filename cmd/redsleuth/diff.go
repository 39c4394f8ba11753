package main

import (
	"context"
	"errors"
	"io"
	"runtime/debug"
	"slices"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/cmd/internal/text"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/repl"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/redsleuth/redsleuth/cause"
	"github.com/redsleuth/redsleuth/cause/engine"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/report"
)

// diffOptions are the flags of diff.
type diffOptions struct {
	*globalOptions
	filterOptions
	streams      []string
	befores      []string
	info, logs   []string
	folderSides                // told, of a folder
	of           *report.Sides // of a folder; nil of none
	account      report.Account
	listed       *document.Differences // all of them; nil where the report holds them
	ttlSkew      time.Duration
	engine       string
	engineRemote bool
	growth       bool
}

// ttlSkew is what --ttl-skew is where it is not given.
const ttlSkew = 2 * time.Second

// diffMemory is what --max-memory is where it is not given.
const diffMemory = 256 << 20

func (o *diffOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringArrayVar(&o.streams, "stream", nil,
		"a `file` with the replication stream between the two; may be repeated")
	flags.StringArrayVar(&o.befores, "replica-before", nil,
		"an `RDB` that a process of the replica started from; may be repeated")
	flags.StringArrayVar(&o.info, "info", nil,
		"a `file` with INFO output of the master or the replica; may be repeated")
	flags.StringArrayVar(&o.logs, "log", nil,
		"a `file` with the log of the master or the replica; may be repeated")
	flags.DurationVar(&o.ttlSkew, "ttl-skew", ttlSkew,
		"how far apart two expiry times may be and count as equal")
	flags.StringVar(&o.engine, "engine", "",
		"`URL` of an empty server to replay commands in, or none; by default a redis-server on PATH is started")
	flags.BoolVar(&o.engineRemote, "engine-remote", false,
		"allow --engine to be a server on another machine")
	flags.BoolVar(&o.growth, "growth", false,
		"what grew from the first dump to the second and what shrank, by how keys are named; no keys")
	o.addKeyFlags(flags)
}

func newDiffCommand(g *globalOptions) *cobra.Command {
	o := &diffOptions{globalOptions: g}
	cmd := &cobra.Command{
		Use:   "diff MASTER REPLICA | DIR",
		Short: "Compare two states exactly, and say why each difference is there",
		Long: `Compares the keyspaces of two dumps (or of the payload of a link, or of the base
of an AOF), whatever their versions and encodings, and shows what would have to
be done to the replica to make it equal to the master.

A folder of evidence is enough: which dump is whose is told by links, INFO, ids,
offsets and names (or by --master and --replica); captures, INFO output and logs
in it are used as if --stream, --replica-before, --info and --log named them.

With --stream, each difference gets a cause. It is proved where replaying the
stream reproduces what both sides hold, in a private redis-server without
persistence (the one on PATH, or that of --engine). Otherwise it is only likely.
Who wrote is named where a capture of either server holds the connections of
clients too, or where the output of MONITOR is among the streams.

A side may be several dumps, the shards of a cluster: --master FILE and
--replica FILE, each as often as there are shards, in any order. Every key is
compared, whichever shard it is in; slots are told by the keys, and so are keys
in the wrong shard or in two. Causes in streams are asked for shard by shard.

Expiry times may differ by --ttl-skew. A key that only one side holds and that
had expired when the later dump was made (or at --now) has the cause expired,
and does not count as a difference.

A filter says which keys are compared: those that pass it on either side.
With --growth, the two are an earlier and a later dump, and what grew between
them and what shrank is told by how keys are named, in keys, bytes and memory.

Memory stays within --max-memory (256MiB unless given); the rest goes to a
temporary file. So does what is compressed or a pipe, which diff reads twice.`,
		Example: `  redsleuth diff evidence
  redsleuth diff master.rdb replica.rdb
  redsleuth diff yesterday.rdb today.rdb --growth
  redsleuth diff master.rdb replica.rdb --stream capture.pcap \
    --replica-before before.rdb
  redsleuth diff master.rdb replica.rdb --match 'session:*' --output csv
  redsleuth diff master.rdb replica.rdb --info master.info --info replica.info
  redsleuth diff --master m1.rdb --master m2.rdb \
    --replica r1.rdb --replica r2.rdb
  redsleuth diff evidence --master evidence/a.rdb --replica evidence/b.rdb`,
		GroupID: groupCompare,
		Args: func(cmd *cobra.Command, args []string) error {
			return o.folderSides.check(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch len(args) {
			case 0:
				return runDiff(cmd.Context(), o.masters, o.replicas, o)
			case 1:
				return runDiffFolder(cmd.Context(), args[0], o)
			}
			return runDiff(cmd.Context(), args[:1], args[1:], o)
		},
	}
	o.addFlags(cmd.Flags())
	o.folderSides.addFlags(cmd.Flags())
	return cmd
}

func runDiff(ctx context.Context, master, replica []string, o *diffOptions) (err error) {
	if o.maxMemory == 0 {
		o.maxMemory = diffMemory
	}
	// The collector must not let garbage add up to what the entries take.
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(int64(o.maxMemory) / 8 * 7))
	if err := o.validate(formatText, formatJSON, formatNDJSON, formatCSV, formatParquet); err != nil {
		return err
	}
	if o.growth {
		return o.runGrowth(ctx, master, replica)
	}
	if err := o.shardsUse(master, replica); err != nil {
		return err
	}
	if o.listed, err = o.listAll(len(master) > 1 || len(replica) > 1); err != nil {
		return err
	}
	defer func() { err = errors.Join(o.listed.Close(), err) }()
	report, err := o.compare(ctx, master, replica)
	if err != nil {
		return err
	}
	if p := report.Passed(); p != nil && p.Compared == 0 {
		o.remark("nothing passed the filter: looked at %s on the master, %s on the replica",
			render.Plural(p.Master, "key", "keys"), render.Count(p.Replica))
	}
	err = o.writeResult(ctx, func(w io.Writer, t text.Options) error { return o.writeDiff(w, report, t) })
	if err != nil {
		return err
	}
	return diffStatus(report)
}

func (o *diffOptions) writeDiff(w io.Writer, report *diff.Report, t text.Options) error {
	switch o.format {
	case formatJSON:
		return document.WriteDiff(w, document.NewDiff(report, t.Bytes), o.listed)
	case formatNDJSON:
		return document.NewDiff(report, t.Bytes).WriteLines(w, o.listed)
	case formatCSV:
		return document.WriteDiffCSV(w, report, t.Bytes, o.listed)
	case formatParquet:
		return document.WriteDiffParquet(w, report, t.Bytes)
	}
	o.account.Diff = report
	return text.Diff(w, &o.account, o.of, t)
}

// diffStatus is the exit status that a report asks for.
func diffStatus(r *diff.Report) error {
	for _, s := range []*diff.Side{r.Master, r.Replica} {
		if s.End != record.Clean || s.Trailing || s.Broken > 0 || s.Checksum.Status == rdb.ChecksumInvalid {
			return errDamaged
		}
	}
	if r.Summary.Different > r.Summary.ExpiredOnly || len(r.Libraries) > 0 || finding.HasProblems(r.Findings) {
		return errFindings
	}
	return nil
}

// compare opens the inputs and compares them.
func (o *diffOptions) compare(
	ctx context.Context, master, replica []string,
) (report *diff.Report, err error) {
	options, err := o.diffOptions()
	if err != nil {
		return nil, err
	}
	masters, replicas, err := o.openSides(master, replica)
	if err != nil {
		return nil, err
	}
	facts, err := o.facts(&options)
	if err != nil {
		return nil, err
	}
	explainer, err := o.explainer(options, facts)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, explainer.Close()) }()
	o.account = newAccount(o.of)
	if o.format == formatText {
		options.Each = o.account.Tally.Count
	}
	found, err := explainer.CompareSides(ctx, masters, replicas, options)
	o.account.Replay = explainer.Followed()
	return found, err
}

// newAccount has nothing counted yet. of is a folder of evidence; nil of none, of which
// nothing tells how things stood at the end.
func newAccount(of *report.Sides) report.Account {
	a := report.Account{Tally: &report.Tally{}, Ending: &report.Ending{}}
	if of != nil {
		a.Ending, a.Refusals = &of.Ending, of.Refusals
	}
	return a
}

// openSides opens the dumps of both sides.
func (o *diffOptions) openSides(master, replica []string) (masters, replicas []*input.Input, err error) {
	all, err := o.openAll(slices.Concat(master, replica))
	if err != nil {
		return nil, nil, err
	}
	return all[:len(master)], all[len(master):], nil
}

// diffOptions turns flags into what is to be compared.
func (o *diffOptions) diffOptions() (d diff.Options, err error) {
	d = diff.Options{MaxMemory: int64(o.maxMemory), TTLSkew: o.ttlSkew, Limit: o.most(),
		Tell: o.remark}
	d.Bare = o.format == formatParquet // it has their number alone
	if o.listed != nil {
		d.Each, d.Keep, d.Bare = o.listed.Add, 1, true
	}
	if o.ttlSkew < 0 {
		return d, errors.New("--ttl-skew can't be negative")
	}
	if d.Now, _, err = o.clock(); err != nil {
		return d, err
	}
	d.Filter, err = o.filter()
	return d, err
}

// listAll begins the list of all differences, where the format has one that need not be
// held in memory; nil where it has none.
func (o *diffOptions) listAll(sharded bool) (*document.Differences, error) {
	shape, ok := map[string]document.Shape{
		formatJSON: document.InDiff, formatNDJSON: document.InLines, formatCSV: document.InCSV,
	}[o.format]
	if !ok || o.most() != 0 {
		return nil, nil
	}
	f, err := o.bytesFormatter()
	if err != nil {
		return nil, err
	}
	return document.NewDifferences(shape, f, sharded), nil
}

// terminalDifferences are what a terminal is shown unless --limit is given.
const terminalDifferences = 10_000

// most is how many differences are shown; 0 for all. Machines, pipes and files
// get all of them.
func (o *diffOptions) most() int {
	if o.format == formatText && o.out == "" && o.env.width(o.env.stdout) > 0 && !o.isGiven("limit") {
		return terminalDifferences
	}
	return o.limit
}

// facts reads INFO output and logs, for the comparison and for the replay.
func (o *diffOptions) facts(d *diff.Options) (facts repl.Facts, err error) {
	if err := readFacts(o.logs, facts.ReadLog); err != nil {
		return facts, err
	}
	err = readFacts(o.info, facts.ReadInfo)
	d.Servers = facts.Servers
	return facts, err
}

// explainer finds causes in the streams and the replica's earlier dumps.
func (o *diffOptions) explainer(d diff.Options, facts repl.Facts) (*cause.Explainer, error) {
	streams, err := o.openStreams(o.streams)
	if err != nil {
		return nil, err
	}
	bases, err := o.openAll(o.befores)
	if err != nil {
		return nil, err
	}
	c := cause.Options{
		Replay: replay.Options{
			Streams: streams, Bases: bases, Offset: record.Unknown, Facts: facts, Limits: o.limits(),
			MaxScripts: replay.DefaultMaxScripts,
		},
		MaxBytes: d.MaxMemory / 4, Tell: o.remark,
	}
	for _, in := range slices.Concat(streams, bases) {
		if err := o.spool(in); err != nil {
			return nil, err
		}
	}
	if o.engine != "none" {
		c.Engine, c.Insist = o.startEngine, o.engine != ""
	}
	return cause.New(c), nil
}

// spool makes an input readable more than once, and says so.
func (o *diffOptions) spool(in *input.Input) error {
	if in.Rereadable() || in.Folder() {
		return nil
	}
	o.remark("%s is compressed or a pipe, and diff reads it twice: a temporary file holds it meanwhile", in.Path)
	return in.Spool()
}

// startEngine starts or connects to the engine of --engine.
func (o *diffOptions) startEngine(ctx context.Context, databases int) (*engine.Engine, error) {
	if o.engine != "" {
		return engine.Connect(ctx, o.engine, o.engineRemote)
	}
	return engine.Start(ctx, databases)
}
