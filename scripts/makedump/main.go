// Command makedump writes a dump of any number of keys, for measuring diff on
// more keys than one likes to put into a server:
//
//	go run ./scripts/makedump -keys 20000000 -out a.rdb
//	go run ./scripts/makedump -keys 20000000 -every 1000 -out b.rdb
//	redsleuth diff a.rdb b.rdb --max-memory 256MiB
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/redsleuth/redsleuth/internal/rdbgen"
)

func main() {
	var o rdbgen.Options
	out := flag.String("out", "", "file to write")
	flag.IntVar(&o.Keys, "keys", 1_000_000, "number of keys")
	flag.IntVar(&o.Every, "every", 0, "change each n-th key; 0 changes none")
	flag.IntVar(&o.Shards, "shards", 1, "divide the keys among so many shards of a cluster, by their slots")
	flag.IntVar(&o.Shard, "shard", 0, "which of the shards to write, from 0")
	flag.Uint64Var(&o.Seed, "seed", 1, "what changed keys get")
	flag.Parse()
	if err := write(*out, o); err != nil {
		fmt.Fprintln(os.Stderr, "makedump:", err)
		os.Exit(1)
	}
}

func write(path string, o rdbgen.Options) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	keys, err := rdbgen.Write(f, o)
	if err == nil {
		fmt.Printf("%s: %d keys\n", path, keys)
	}
	return err
}
