package capture_test

import (
	"context"
	"fmt"
	"log"

	"github.com/redsleuth/redsleuth/parse/capture"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// links is a record.Handler that looks at the links alone.
type links struct{}

func (links) RDB(*record.Link, *rdb.Decoder) error { return nil }
func (links) LinkStart(*record.Link) error         { return nil }
func (links) Command(*record.Command) error        { return nil }
func (links) Note(*record.Note) error              { return nil }

func (links) LinkEnd(l *record.Link) error {
	fmt.Printf("link %d from %s: %s resync, %d commands, offsets %d to %d, %s\n",
		l.Number, l.From, l.Resync, l.Commands, l.StartOffset, l.EndOffset, l.End)
	return nil
}

// The replication links of what tcpdump wrote, here compressed.
func ExampleWalk() {
	in, err := input.Open("../../testdata/incidents/evalsha-4.0.2/link.pcap.gz", input.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer in.Close()
	c, err := in.Cursor()
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	if err := capture.Walk(context.Background(), c, capture.Options{}, links{}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// link 1 from 127.0.0.1:23001: full resync, 201 commands, offsets 0 to 14029, clean
	// link 2 from 127.0.0.1:23001: partial resync, 45 commands, offsets 14029 to 16963, clean
}
