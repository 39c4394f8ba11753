package main

import (
	"context"
	"fmt"
	"os"

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
	count := func(a []*report.Artefact, one, many string) string {
		return render.Plural(int64(len(a)), one, many)
	}
	o.remark("%s: %s, %s that the replica started from, %s, %s", dir,
		count(found.Streams, "stream", "streams"), count(found.Befores, "dump", "dumps"),
		count(found.Infos, "INFO output", "INFO outputs"), count(found.Logs, "log", "logs"))
	return streams, nil
}
