package main

import (
	"context"
	"fmt"
	"io"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/cmd/internal/text"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// runGrowth is diff --growth. What grew is no difference between two states that
// should be one, so that the status is 0 unless a dump is damaged.
func (o *diffOptions) runGrowth(ctx context.Context, before, after []string) error {
	if err := o.growthUse(); err != nil {
		return err
	}
	options, err := o.diffOptions()
	if err != nil {
		return err
	}
	befores, afters, err := o.openSides(before, after)
	if err != nil {
		return err
	}
	g, err := diff.MeasureGrowth(ctx, befores, afters, options)
	if err != nil {
		return err
	}
	if g.Filtered && g.Total.Before == g.Total.After && g.Total.After.Keys == 0 {
		o.remark("nothing passed the filter: looked at %s", lookedAt(g.Before.Read+g.After.Read, 0))
	}
	err = o.writeResult(ctx, func(w io.Writer, t text.Options) error { return o.writeGrowth(w, g, t) })
	if err != nil {
		return err
	}
	return growthStatus(g)
}

// growthUse refuses what --growth has no use for.
func (o *diffOptions) growthUse() error {
	for _, flag := range []string{"stream", "replica-before", "info", "log", "ttl-skew", "engine",
		"engine-remote"} {
		if o.isGiven(flag) {
			return fmt.Errorf("--growth adds up the keys of two dumps: not with --%s", flag)
		}
	}
	if o.format == formatParquet {
		return fmt.Errorf("--growth: not with --output %s", o.format)
	}
	return nil
}

func (o *diffOptions) writeGrowth(w io.Writer, g *diff.Growth, t text.Options) error {
	switch o.format {
	case formatJSON:
		return document.Write(w, document.NewGrowth(g, o.limit, t.Bytes))
	case formatNDJSON:
		return document.NewGrowth(g, o.limit, t.Bytes).WriteLines(w)
	case formatCSV:
		return document.WriteGrowthCSV(w, g, o.limit, t.Bytes)
	}
	return text.Growth(w, g, t)
}

// growthStatus is the exit status that a growth asks for.
func growthStatus(g *diff.Growth) error {
	for _, s := range []*diff.Side{g.Before, g.After} {
		if s.End != record.Clean || s.Trailing || s.Broken > 0 || s.Checksum.Status == rdb.ChecksumInvalid {
			return errDamaged
		}
	}
	return nil
}
