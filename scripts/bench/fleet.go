package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/redsleuth/redsleuth/internal/rdbgen"
)

// fleetFiles are a dump of many small keys, and the same keys as the shards of a
// cluster, once as the masters hold them and once as the replicas do.
type fleetFiles struct {
	dump              string
	masters, replicas []string
}

// fleetShards is among how many shards the keys are divided, and one key in
// fleetChanged differs on the replicas.
const (
	fleetShards  = 3
	fleetChanged = 1000
)

func makeFleet(dir string, keys int) (f fleetFiles, err error) {
	f.dump = filepath.Join(dir, fmt.Sprintf("small-%d.rdb", keys))
	err = generate(f.dump, rdbgen.Options{Keys: keys})
	for i := range fleetShards {
		o := rdbgen.Options{Keys: keys, Shards: fleetShards, Shard: i}
		f.masters = append(f.masters, filepath.Join(dir, fmt.Sprintf("master-%d-%d.rdb", keys, i)))
		err = errors.Join(err, generate(f.masters[i], o))
		o.Every = fleetChanged
		f.replicas = append(f.replicas, filepath.Join(dir, fmt.Sprintf("replica-%d-%d.rdb", keys, i)))
		err = errors.Join(err, generate(f.replicas[i], o))
	}
	return f, err
}

// generate writes a dump that is not there yet.
func generate(path string, o rdbgen.Options) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	f, err := os.Create(path + ".part")
	if err != nil {
		return err
	}
	_, err = rdbgen.Write(f, o)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}

// measureFleet runs what is asked of many dumps, and of many keys.
func (b *bench) measureFleet(f fleetFiles) error {
	out := filepath.Join(b.dir, "out")
	dump := func(format string) []string {
		return []string{b.program, "dump", "--quiet", "--force", "--output", format, "--out", out, f.dump}
	}
	inspect := func(args ...string) []string {
		return append([]string{b.program, "inspect", "--quiet"}, args...)
	}
	diff := []string{b.program, "diff", "--quiet", "--limit", "10"}
	for i := range f.masters {
		diff = append(diff, "--master", f.masters[i], "--replica", f.replicas[i])
	}
	defer os.Remove(out)
	for _, row := range []row{
		{"dump parquet / dump ndjson, into files", dump("parquet"), dump("ndjson"), "at most 1; 64 MiB"},
		{"inspect --memory / inspect", inspect("--memory", f.dump), inspect(f.dump), "at most 1.5"},
		{"inspect --cluster / inspect of the shards", inspect(append([]string{"--cluster"}, f.masters...)...),
			inspect(f.masters...), "at most 2"},
		{"diff of a cluster / inspect --quick of it", diff,
			inspect(append(append([]string{"--quick"}, f.masters...), f.replicas...)...), "at most 2.5; 256 MiB"},
	} {
		if err := b.compare(row); err != nil {
			return err
		}
	}
	return nil
}
