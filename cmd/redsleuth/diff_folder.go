package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/report"
)

// folderSides are the files whose side is told by flags, instead of by their place
// on the command line.
type folderSides struct{ masters, replicas []string }

func (s *folderSides) addFlags(flags *pflag.FlagSet) {
	flags.StringArrayVar(&s.masters, "master", nil,
		"the `file` that is the master's dump, of a folder or without arguments; repeated, the dumps "+
			"of a cluster's shards")
	flags.StringArrayVar(&s.replicas, "replica", nil, "the `file` that is the replica's dump, likewise")
}

// check refuses sides that are told twice, or not at all.
func (s *folderSides) check(cmd *cobra.Command, args []string) error {
	switch told := len(s.masters) + len(s.replicas); {
	case len(args) == 0 && len(s.masters) > 0 && len(s.replicas) > 0:
		return nil
	case len(args) == 0 && told > 0:
		return errors.New("--master FILE and --replica FILE go together where no folder is given")
	case len(args) == 1 && max(len(s.masters), len(s.replicas)) > 1:
		return errors.New("the sides of a folder are one dump each: a side of several is given by " +
			"--master FILE and --replica FILE without a folder")
	case len(args) == 2 && told > 0:
		return errors.New("MASTER and REPLICA say which the sides are: not with --master or --replica")
	}
	return argsRange(1, 2, "two files, MASTER and REPLICA, or a folder")(cmd, args)
}

// shardsUse refuses what a side of several dumps has no use for: each shard has a
// history of its own.
func (o *diffOptions) shardsUse(master, replica []string) error {
	if len(master) == 1 && len(replica) == 1 {
		return nil
	}
	for _, flag := range []string{"stream", "replica-before", "engine", "engine-remote"} {
		if o.isGiven(flag) {
			return hintError{fmt.Errorf("--%s is of one history: not with the dumps of several shards", flag),
				"the report says which dumps are of one shard; diff the two with their streams"}
		}
	}
	return nil
}

// runDiffFolder is diff of the two sides in a folder of evidence.
func runDiffFolder(ctx context.Context, dir string, o *diffOptions) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() || input.IsAOFSet(dir) {
		return hintError{fmt.Errorf("%s is one side alone, and no folder of evidence", dir),
			"redsleuth diff --help has examples"}
	}
	if o.growth {
		return errors.New("--growth compares an earlier with a later dump: name the two")
	}
	sides, err := report.FindSides(ctx, report.Options{
		Paths: []string{dir}, Masters: o.masters, Replicas: o.replicas, Befores: o.befores,
		Limits: o.limits(), Open: o.openInput,
	})
	if err != nil {
		return hintError{fmt.Errorf("%s: %w", dir, err), "--master FILE and --replica FILE say which are the two sides"}
	}
	o.take(sides)
	if o.show != render.Redacted {
		o.remark("%s is the master's (%s), %s the replica's (%s)", sides.Master.Path, sides.Master.RoleFrom,
			sides.Replica.Path, sides.Replica.RoleFrom)
	}
	return runDiff(ctx, []string{sides.Master.File}, []string{sides.Replica.File}, o)
}

// take adds what a folder holds to what was given, and calls it as the folder does.
func (o *diffOptions) take(sides *report.Sides) {
	o.names = map[string]string{sides.Master.File: sides.Master.Path, sides.Replica.File: sides.Replica.Path}
	o.takeFiles(&o.streams, sides.Streams)
	o.takeFiles(&o.befores, sides.Befores)
	o.takeFiles(&o.info, sides.Infos)
	o.takeFiles(&o.logs, sides.Logs)
	o.of = sides
}

// takeFiles adds artefacts of a folder, but for what flags told, which is there
// already, and calls them as the folder does.
func (g *globalOptions) takeFiles(to *[]string, artefacts []*report.Artefact) {
	for _, a := range artefacts {
		g.names[a.File] = a.Path
		if told := a.Role == report.ReplicaBefore && a.RoleFrom == report.FromTold; !told {
			*to = append(*to, a.File)
		}
	}
}
