package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/parse/input"
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
	return streams, nil
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
