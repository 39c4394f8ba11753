package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/input"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/dump"
	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/server"
)

// memoryVersion reads the version whose memory is told; none of "".
func memoryVersion(text string) (server.Version, error) {
	if text == "" {
		return server.Version{}, nil
	}
	v, _, err := server.ParseLine(text)
	if err != nil {
		return v, fmt.Errorf("--server-version: %w", err)
	}
	if _, ok := v.Memory(); !ok {
		return v, fmt.Errorf("--server-version %s: how it lays out keys is not known", text)
	}
	return v, nil
}

// dumpOptions are the flags of dump.
type dumpOptions struct {
	*globalOptions
	filterOptions
	keysOnly, full, hex, salvage bool
	memory                       bool
	memoryOf                     string
	withClients, replace         bool
	atByte                       int64
	base                         string
	offset                       int64
}

const dumpHelp = `Writes every record of an artefact: of a dump its AUX fields, function libraries
and keys with their values, of a stream its commands with their offsets, of the
output of MONITOR its commands with their clients. --clients writes what the
ordinary clients of a capture sent too, with what was replied.

--output csv has a row for each key and each command. --output resp has the
commands that rebuild the keyspace of a dump in an empty server (redis-cli
--pipe), or those of a stream, each in its database; what it leaves out is named
on stderr and makes the exit status 1. --output raw has the bytes of the one
string that the filters leave. --output parquet is a file of columns for DuckDB,
Spark and the like, with a digest of each value in place of the value.

--replace puts a DEL in front of each key, for a server that is not empty. With
a filter, only keys and commands that pass it are written.`

const dumpExamples = `  redsleuth dump dump.rdb
  redsleuth dump dump.rdb --match 'session:*' --type hash --output ndjson
  redsleuth dump dump.rdb --output resp | redis-cli --pipe
  redsleuth dump link.pcap --match cart:17 --to 18:09:30 --output resp
  redsleuth dump link.psync --from 1200 --to 5600 --command set,del
  redsleuth dump capture.pcap --clients --match 'cart:*' --output ndjson
  redsleuth dump monitor.txt --client 10.0.0.7:51034 --command set
  redsleuth dump dump.rdb --at-byte 158 --hex
  redsleuth dump dump.rdb --keys-only --memory --min-memory 1MiB --output csv
  redsleuth dump dump.rdb --match config:blob --output raw > blob
  redsleuth dump dump.rdb --output parquet --out dump.parquet`

func newDumpCommand(g *globalOptions) *cobra.Command {
	o := &dumpOptions{globalOptions: g}
	cmd := &cobra.Command{
		Use:     "dump FILE",
		Short:   "Write every record: keys and values, fields, libraries, commands",
		Long:    dumpHelp,
		Example: dumpExamples,
		GroupID: groupLook,
		Args:    argsRange(1, 1, "one FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runDump(cmd.Context(), o, args[0])
		},
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *dumpOptions) addFlags(flags *pflag.FlagSet) {
	o.filterOptions.addFlags(flags)
	flags.BoolVar(&o.keysOnly, "keys-only", false, "leave the values out")
	flags.BoolVar(&o.memory, "memory", false,
		"what each key costs in the memory of the server that loads the dump, as MEMORY USAGE tells")
	flags.StringVar(&o.memoryOf, "server-version", "",
		"the `version` of that server, if it is not the one that wrote the dump")
	flags.BoolVar(&o.withClients, "clients", false, "of a capture, the commands of ordinary clients too")
	flags.BoolVar(&o.full, "full", false, "text: show values in full")
	flags.BoolVar(&o.replace, "replace", false, "resp: a DEL in front of each key")
	flags.BoolVar(&o.hex, "hex", false, "show the bytes of records, field by field")
	flags.BoolVar(&o.salvage, "salvage", false, "continue after damage where records decode plausibly")
	flags.Int64Var(&o.atByte, "at-byte", -1,
		"only the record that holds this `byte` of the dump, or of the stream")
	flags.StringVar(&o.base, "base", "", "the `RDB` at whose replication offset a stream begins")
	offsetFlag(flags, &o.offset)
}

func (o *dumpOptions) validate() error {
	if o.memoryOf != "" && !o.memory && o.minMem == 0 {
		return errors.New("--server-version says whose memory: it goes with --memory or --min-memory")
	}
	return o.globalOptions.validate(formatText, formatJSON, formatNDJSON, formatCSV, formatRESP,
		formatRaw, formatParquet)
}

// runDump is the command dump.
// parquetGarbage is how much garbage may stand beside what is held, in percent.
const parquetGarbage = 50

func runDump(ctx context.Context, o *dumpOptions, path string) error {
	if err := o.validate(); err != nil {
		return err
	}
	options, err := o.dumpOptions(ctx)
	if err != nil {
		return err
	}
	start, err := o.start(ctx, o.base, "", o.offset)
	if err != nil {
		return err
	}
	o.sum = o.format == formatJSON || o.format == formatNDJSON
	in, err := o.openInput(path)
	if err != nil {
		return err
	}
	if err := o.actsOn(in); err != nil {
		return err
	}
	o.remarkSalvage(o.salvage, in)
	if err := o.letReread(in, &options); err != nil {
		return err
	}
	if options.Filter, err = o.window(ctx, &o.filterOptions, in); err != nil {
		return err
	}
	if o.format == formatParquet {
		// Row groups stay for long: garbage as much as twice would go past the bound.
		defer debug.SetGCPercent(debug.SetGCPercent(parquetGarbage))
	}
	sink, err := o.openSink()
	if err != nil {
		return err
	}
	options.Recording, options.Seconds = in.Kind.Recording(), in.Kind.Seconds()
	options.Path = in.Path
	if o.sum {
		in.StartSum()
		options.Sums = func() ([]dump.Sum, error) { return sumsOf(in) }
	}
	options.Commands = in.Kind != input.KindRDB && in.Kind != input.KindDumpPayload || in.Preamble
	options.Width = o.style(sink.terminal).Room()
	if err := o.refuseTerminal(sink); err != nil {
		return sink.finish(err)
	}
	d, err := dump.New(o.shownAs(sink, path, !options.Commands), options)
	if err != nil {
		return sink.finish(err)
	}
	if o.withClients || o.clients != nil || in.Kind.Clients() {
		start.Clients = d.Client
	}
	err = writeDump(ctx, d, in, start)
	if err == nil || errors.Is(err, errDamaged) || errors.Is(err, errFindings) {
		o.remarkPassed(d.Seen())
	}
	return sink.finish(err)
}

// shownAs is where records are written: commands that a terminal is shown are not the
// bytes that --output resp is for.
func (o *dumpOptions) shownAs(s *sink, path string, keys bool) io.Writer {
	if o.format != formatRESP || s.terminal == nil || o.env.width(s.terminal) == 0 {
		return s
	}
	words := []string{"redsleuth"}
	for _, a := range o.env.args {
		words = append(words, shellWord(a))
	}
	host, port := "HOST", "PORT"
	if len(o.match) > 0 { // never a whole dump at a master that runs
		host, port = masterBeside(path)
	}
	to, how := "a server", ""
	if port != "PORT" {
		to = "the master, by what lies beside it"
	}
	if keys {
		how = "; each key takes the place of what is there of that name"
		if !o.replace {
			words = append(words, "--replace")
		}
	}
	o.remark("shown as one types it into redis-cli; this sends it to %s%s:", to, how)
	o.remark("  %s | redis-cli -h %s -p %s --pipe", strings.Join(words, " "), host, port)
	if keys && !o.replace {
		o.remark("without --replace a string still takes the place of anything; lists, sets, hashes and " +
			"sorted sets are added to what is there, and another type there is an error")
	}
	return &respLines{to: s}
}

// remarkPassed says how many of the records passed what was asked for.
func (o *dumpOptions) remarkPassed(seen dump.Seen) {
	f, err := o.undated().filter()
	filtered := f.Any() || o.from != "" || o.to != ""
	if err != nil || !filtered && (o.atByte < 0 || seen.Written > 0) {
		return
	}
	looked := lookedAt(seen.Keys, seen.Commands)
	switch {
	case o.atByte >= 0 && seen.Written == 0:
		o.remark("no record holds byte %d: looked at %s", o.atByte, looked)
	case seen.Written == 0:
		o.remark("nothing passed the filter: looked at %s", looked)
	default:
		o.remark("%s of %s passed the filter", render.Count(seen.Written), looked)
	}
}

func (o *dumpOptions) dumpOptions(ctx context.Context) (dump.Options, error) {
	filter, err := o.undated().filter() // the rest once the input is there
	if err != nil {
		return dump.Options{}, err
	}
	formatter, err := o.bytesFormatter()
	if err != nil {
		return dump.Options{}, err
	}
	now, _, err := o.clock()
	options := dump.Options{
		Format: dump.Format(o.format), Filter: filter, Show: formatter, Now: now,
		Redacted:  o.show == render.Redacted,
		ShowWhole: o.show == render.SizeOnly || o.show == render.Redacted,
		Memory:    o.memory,
		KeysOnly:  o.keysOnly, Limit: int64(o.limit), Full: o.full, Replace: o.replace, AtByte: o.atByte, Salvage: o.salvage,
		Limits: o.limits(), Interrupted: ctx.Err,
		Remark: func(message string, key []byte) {
			if key != nil {
				message += ", key " + formatter.Text(key)
			}
			o.remark("%s", message)
		},
	}
	if o.hex {
		options.Format = dump.Hex
	}
	if err == nil {
		options.MemoryOf, err = memoryVersion(o.memoryOf)
		o.tellLines([]string{o.memoryOf})
	}
	return options, err
}

// letReread makes it possible to read records again where that may be needed:
// a pipe and a compressed file are copied to a temporary one for it.
func (o *dumpOptions) letReread(in *input.Input, options *dump.Options) error {
	if in.Kind == input.KindPCAP || in.Kind == input.KindAOFSet || in.Kind.Clients() {
		return nil // places are not those of one file
	}
	if o.hex || o.salvage || o.atByte >= 0 || o.minSize > 0 || o.minMem > 0 || o.format == formatRESP {
		if err := in.Spool(); err != nil {
			return err
		}
		options.Again = in.RecordCursor
	}
	return nil
}

func writeDump(ctx context.Context, d *dump.Dumper, in *input.Input, start artefact.Options) error {
	if _, err := artefact.Walk(ctx, in, start, d); err != nil {
		if parse.IsDamage(err) {
			err = fmt.Errorf("%s: %w", in.Path, err)
		}
		return errors.Join(err, d.Close())
	}
	if err := d.Close(); err != nil {
		return err
	}
	switch {
	case d.Damaged():
		return errDamaged
	case d.Incomplete(), d.Faulty():
		return errFindings
	}
	return nil
}

// sumsOf are the sums of an input as stored, or of each file of a set.
func sumsOf(in *input.Input) (sums []dump.Sum, err error) {
	files, err := in.FileSums()
	if err != nil {
		return nil, err
	}
	for _, s := range files {
		sums = append(sums, dump.Sum{File: s.Name, SHA256: s.SHA256})
	}
	if one, err := in.SHA256(); one != "" || err != nil {
		return []dump.Sum{{SHA256: one}}, err
	}
	return sums, nil
}
