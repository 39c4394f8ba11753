package artefact_test

import (
	"context"
	"fmt"
	"log"

	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// counter is a record.Handler.
type counter struct{ keys, commands int }

func (k *counter) RDB(_ *record.Link, d *rdb.Decoder) error {
	for rec, err := range d.Records() {
		if err != nil {
			return err
		}
		if rec.Kind == rdb.KindKey {
			k.keys++
		}
	}
	return nil
}

func (k *counter) Command(*record.Command) error { k.commands++; return nil }
func (k *counter) LinkStart(*record.Link) error  { return nil }
func (k *counter) Note(*record.Note) error       { return nil }
func (k *counter) LinkEnd(*record.Link) error    { return nil }

// One handler for dumps, raw links, captures and append-only files.
func ExampleWalk() {
	incident := "../../testdata/incidents/evalsha-4.0.2/"
	for _, path := range []string{incident + "master.rdb", incident + "link-1.psync", incident + "link.pcap.gz",
		"../../testdata/appendonlydir-7.0.15"} {
		in, err := input.Open(path, input.Options{})
		if err != nil {
			log.Fatal(err)
		}
		var k counter
		kind, err := artefact.Walk(context.Background(), in, artefact.Options{}, &k)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: %d keys, %d commands\n", kind, k.keys, k.commands)
		if err := in.Close(); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// rdb: 202 keys, 0 commands
	// psync: 0 keys, 201 commands
	// pcap: 0 keys, 246 commands
	// aof-set: 2 keys, 10 commands
}
