package main

import (
	"context"
	"errors"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/input"
)

// surveyMemory is what the keys of --cluster may take; the rest goes to disk.
const surveyMemory = 24 << 20

// survey is --cluster: it reads the dumps once more, and tells with each what it holds
// of the cluster.
func (o *inspectOptions) survey(ctx context.Context, all []*inspection) error {
	dumps, err := o.shards(all)
	if err != nil || dumps == nil {
		return err
	}
	f, err := o.filter()
	if err != nil {
		return err
	}
	if f.KeysOnly() || f.CommandsOnly() || f.Sized() {
		return errByName
	}
	inputs, at, err := o.openAgain(dumps)
	if err != nil {
		return err
	}
	defer boundMemory(surveyMemory)()
	side, found, err := diff.Survey(ctx, inputs,
		diff.Options{MaxMemory: surveyMemory, Filter: f, Tell: o.remark})
	if err != nil {
		return err
	}
	for _, s := range side.Shards {
		at[s.Path].report.RDB.Shard = &s.Shard
	}
	for i := range found {
		r := at[found[i].Path].report
		r.Findings = append(r.Findings, found[i])
	}
	return nil
}

// openAgain opens dumps by the names that findings have.
func (o *inspectOptions) openAgain(dumps []*inspection) (
	inputs []*input.Input, at map[string]*inspection, err error) {
	at = map[string]*inspection{}
	for _, one := range dumps {
		in, err := o.openInput(one.file.path)
		if err != nil {
			return nil, nil, err
		}
		in.Path = one.file.name
		inputs = append(inputs, in)
		at[in.Path] = one
	}
	return inputs, at, nil
}

// Errors of --cluster.
var (
	errByName = errors.New("--cluster goes by what keys are called: not with --type, --no-ttl, " +
		"--expired, --min-size, --min-memory, or what filters commands")
	errNoShards = hintError{errors.New("--cluster tells how several dumps divide the keys, and here " +
		"are not two"), "name the dumps of all shards"}
)

// shards are the dumps of a cluster: with --cluster all that there are. Without it,
// none; where they might be some, that is said.
func (o *inspectOptions) shards(all []*inspection) (dumps []*inspection, err error) {
	for _, one := range all {
		if one.report.RDB != nil && one.file.path != "-" {
			dumps = append(dumps, one)
		}
	}
	switch {
	case o.cluster && len(dumps) < 2:
		return nil, errNoShards
	case o.cluster:
		return dumps, nil
	case mayBeShards(dumps):
		o.remark("if these dumps are the shards of a cluster, --cluster tells how it is divided")
	}
	return nil, nil
}

// mayBeShards: there are dumps of two histories, or one of a cluster beside another.
func mayBeShards(dumps []*inspection) bool {
	first := ""
	for _, one := range dumps {
		r := one.report.RDB
		if r.Slots > 0 && len(dumps) > 1 {
			return true
		}
		switch {
		case r.Replication == nil || r.Replication.ID == "":
		case first == "":
			first = r.Replication.ID
		case first != r.Replication.ID:
			return true
		}
	}
	return false
}
