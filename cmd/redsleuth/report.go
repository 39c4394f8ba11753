package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/cmd/internal/page"
	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/cmd/internal/text"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/report"
)

// The formats that report alone has.
const (
	formatHTML     = "html"
	formatMarkdown = "markdown"
)

// reportOptions are the flags of report.
type reportOptions struct {
	*globalOptions
	masters, replicas, befores []string
}

func newReportCommand(g *globalOptions) *cobra.Command {
	o := &reportOptions{globalOptions: g}
	cmd := &cobra.Command{
		Use:   "report DIR|FILE... -o incident.html",
		Short: "Make the postmortem of a folder of evidence",
		Long: `Recognises every file (dumps, AOFs, raw links, captures, INFO output, logs, what
collect wrote), works out whose it is, runs inspect, replay and diff over them
once, and writes one document: what happened, since when, which keys and why,
and what the artefacts can't tell. --output html, markdown, text or json; html
unless it goes to a terminal, which is shown text.

Where nothing tells whose a dump is, its role is unknown, and no cause is named;
--master, --replica and --replica-before say it. Files of no known kind are listed
and left alone. The exit status is 1 where something is wrong, as it is of every
command.`,
		Example: `  redsleuth report evidence -o incident.html
  redsleuth report evidence
  redsleuth report evidence --output markdown --show redacted
  redsleuth report a.rdb b.rdb link.pcap --master a.rdb --output json`,
		GroupID: groupCompare,
		Args:    argsRange(1, -1, "a folder, or files"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runReport(cmd.Context(), o, args)
		},
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *reportOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringArrayVar(&o.masters, "master", nil, "a `file` that is the master's dump")
	flags.StringArrayVar(&o.replicas, "replica", nil, "a `file` that is the replica's dump")
	flags.StringArrayVar(&o.befores, "replica-before", nil, "an earlier dump of the replica; more than once")
}

func runReport(ctx context.Context, o *reportOptions, paths []string) error {
	if !o.isGiven("output") {
		o.format = o.usualFormat()
	}
	if err := o.validate(formatHTML, formatMarkdown, formatJSON, formatText); err != nil {
		return err
	}
	if o.maxMemory == 0 {
		o.maxMemory = diffMemory
	}
	now, _, err := o.clock()
	if err != nil {
		return err
	}
	defer boundMemory(int64(o.maxMemory) / 8 * 7)()
	formatter, err := o.bytesFormatter()
	if err != nil {
		return err
	}
	all, err := o.openAll(formatter)
	if err != nil {
		return err
	}
	r, err := o.report(ctx, paths, now, formatter, all)
	if err == nil {
		err = o.write(ctx, r, formatter, all)
	}
	if err = errors.Join(err, all.close()); err != nil {
		return err
	}
	return reportStatus(r)
}

// report makes the account that is to be written.
func (o *reportOptions) report(ctx context.Context, paths []string, now time.Time,
	f *render.BytesFormatter, all *allDifferences) (*report.Report, error) {
	d := &diffOptions{globalOptions: o.globalOptions}
	options := report.Options{
		Paths: paths, Masters: o.masters, Replicas: o.replicas, Befores: o.befores, Now: now,
		Limits: o.limits(), MaxMemory: int64(o.maxMemory), Limit: o.limit, Tell: o.remark,
		Name:   f.Place,
		Open:   func(path string) (*input.Input, error) { return o.openInput(path) },
		Engine: d.startEngine, Bare: o.format != formatJSON,
		Measure: o.format != formatJSON, Each: all.each(),
	}
	if all.listed != nil {
		options.Keep = page.MostRows
	}
	if o.format != formatJSON && (o.limit == 0 || o.limit > page.MostRows) {
		options.Limit = page.MostRows // a page shows no more, JSON has all
	}
	return report.Run(ctx, options)
}

// usualFormat is text for a terminal, off which nobody can read a page, else a page.
func (o *reportOptions) usualFormat() string {
	if (o.out == "" || o.out == "-") && o.env.width(o.env.stdout) > 0 {
		return formatText
	}
	return formatHTML
}

// write writes the report, and puts the CSV beside a page that has no room for all keys.
func (o *reportOptions) write(ctx context.Context, r *report.Report, f *render.BytesFormatter,
	all *allDifferences) error {
	p := page.New(r, f, all.beside.name(), shortVersion())
	if p.Keys.CSV != "" {
		if err := all.beside.keep(*o.globalOptions); err != nil {
			return err
		}
	}
	err := o.writeResult(ctx, func(w io.Writer, t text.Options) error {
		switch o.format {
		case formatText:
			return p.Text(w, t.Style)
		case formatJSON:
			return document.WriteReport(w, document.NewReport(r, f), all.listed)
		case formatMarkdown:
			return p.Markdown(w)
		}
		return p.HTML(w)
	})
	if err == nil {
		o.tellWritten(p.Headline)
	}
	return err
}

// tellWritten says what was written where: a file is silent, and an exit status of 1
// looks like a failure.
func (o *reportOptions) tellWritten(headline string) {
	switch {
	case o.out != "" && o.out != "-":
		o.remark("wrote %s: %s", o.out, headline)
	case !o.isGiven("output") && o.format == formatText:
		o.remark("--out incident.html writes this as a page, with drawings")
	}
}

// reportStatus is the exit status that a report asks for.
func reportStatus(r *report.Report) error {
	status := error(nil)
	for _, a := range r.Artefacts {
		if a.Inspect != nil {
			status = worst(status, statusOf(a.Inspect.Findings, a.Inspect.Damaged))
		}
	}
	if r.Replay != nil {
		status = worst(status, replayStatus(r.Replay))
	}
	if r.Diff != nil {
		status = worst(status, diffStatus(r.Diff))
	}
	return status
}
