package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/report"
)

// folder reports whether the only argument is a folder of evidence.
func folder(args []string) bool {
	if len(args) != 1 || args[0] == "-" {
		return false
	}
	info, err := os.Stat(args[0])
	return err == nil && info.IsDir() && !input.IsAOFSet(args[0])
}

// takeFolder adds what a folder holds to what was given, and returns its streams.
func (o *replayOptions) takeFolder(ctx context.Context, dir string) (streams []string, err error) {
	found, err := report.FindStreams(ctx, report.Options{
		Paths: []string{dir}, Befores: o.bases, Limits: o.limits(), Open: o.openInput,
	})
	if err != nil {
		return nil, hintError{fmt.Errorf("%s: %w", dir, err),
			"redsleuth inspect " + shellWord(dir) + " says what is"}
	}
	o.names = map[string]string{}
	o.takeFiles(&streams, found.Streams)
	o.takeFiles(&o.bases, found.Befores)
	o.takeFiles(&o.info, found.Infos)
	o.takeFiles(&o.logs, found.Logs)
	o.remark("%s: %s", dir, taken(found))
	o.sides = found
	if found.Master != nil && found.Replica != nil {
		o.beside.Compare = "redsleuth diff " + shellWord(dir)
	}
	if r := found.Replica; r != nil && r.State != nil && r.State.Placed() {
		o.beside.Replica = r.State
	}
	return streams, nil
}

// countedBytes is the size of a dump that is soon read.
const countedBytes = 256 << 20

// settleRoom is the memory for comparing the two dumps of a folder by some keys.
const settleRoom = 24 << 20

// compareKeys compares the two dumps of a folder by the keys asked for, as diff does: a
// stream may leave open what became of a command there, and the values settle it. Where
// none are asked for, text says how many keys differ, if that is soon known, and asks
// nothing of why.
func (o *replayOptions) compareKeys(ctx context.Context, streams []string) (err error) {
	if o.beside.Compare == "" || o.key == "" && (o.format != formatText ||
		max(o.sides.Master.Bytes, o.sides.Replica.Bytes) > countedBytes) {
		return nil
	}
	defer func(given sizeFlag) { o.maxMemory = given }(o.maxMemory)
	o.maxMemory = cmp.Or(o.maxMemory, settleRoom)
	defer boundMemory(int64(o.maxMemory))()
	d := &diffOptions{globalOptions: o.globalOptions, ttlSkew: ttlSkew}
	master, replica := []string{o.sides.Master.File}, []string{o.sides.Replica.File}
	if o.key == "" {
		o.beside.Whole, err = d.count(ctx, master, replica)
		return err
	}
	d.match, d.streams, d.befores, d.info, d.logs = []string{o.key}, streams, o.bases, o.info, o.logs
	o.beside.Diff, err = d.compare(ctx, master, replica)
	return err
}

// count counts the keys that differ; nil where one side can't be read whole, which diff
// tells.
func (o *diffOptions) count(ctx context.Context, master, replica []string) (*diff.Summary, error) {
	options, err := o.diffOptions()
	if err != nil {
		return nil, err
	}
	masters, replicas, err := o.openSides(master, replica)
	if err != nil {
		return nil, err
	}
	options.Limit, options.Bare, options.Tell = 1, true, nil
	report, err := diff.Compare(ctx, masters, replicas, options)
	switch {
	case err != nil && !unreadable(err):
		return nil, err
	case err != nil || errors.Is(diffStatus(report), errDamaged):
		return nil, nil
	}
	return &report.Summary, nil
}

// unreadable reports whether it is the bytes of a dump that are to blame for an error, and
// not a disk that is full or fails.
func unreadable(err error) bool { return parse.IsDamage(err) || errors.Is(err, input.ErrUnrecognised) }

// settle tells a report which of the commands of a key that may have been refused were,
// by why the dumps differ.
func (o *replayOptions) settle(r *replay.Report) {
	if o.beside.Diff == nil {
		return
	}
	for _, d := range o.beside.Diff.Differences {
		var places []finding.Place
		for i := range d.Evidence {
			if e := &d.Evidence[i]; e.Code == finding.EvidenceCommandRefused && e.Offset != nil {
				places = append(places, finding.Place{Path: e.Path, Link: e.Link, Offset: e.Offset})
			}
		}
		if len(places) > 0 {
			r.Settle(d.DB, d.Key, places, d.Confidence == finding.Proved)
		}
	}
}

// openSides opens the dumps of both sides that a folder holds.
func (o *replayOptions) openSides() (all []replay.Side, err error) {
	if o.sides == nil || o.key == "" {
		return nil, nil
	}
	for _, side := range []struct {
		name string
		is   *report.Artefact
	}{{replay.MasterSide, o.sides.Master}, {replay.ReplicaSide, o.sides.Replica}} {
		if side.is == nil {
			continue
		}
		in, err := o.openInput(side.is.File)
		if err != nil {
			return nil, err
		}
		all = append(all, replay.Side{Name: side.name, In: in})
	}
	return all, nil
}

// taken says how many of what a replay takes of a folder, but for what is not there.
func taken(found *report.Sides) string {
	var parts []string
	for _, p := range []struct {
		of        []*report.Artefact
		one, many string
	}{
		{found.Streams, "stream", "streams"}, {found.Befores, "dump to start from", "dumps to start from"},
		{found.Infos, "INFO output", "INFO outputs"}, {found.Logs, "log", "logs"},
	} {
		if len(p.of) > 0 {
			parts = append(parts, render.Plural(int64(len(p.of)), p.one, p.many))
		}
	}
	return strings.Join(parts, ", ")
}
