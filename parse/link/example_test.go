package link_test

import (
	"fmt"
	"log"
	"os"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/link"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// printer is a record.Handler.
type printer struct{}

func (printer) LinkStart(l *record.Link) error {
	fmt.Printf("%s resync, %.8s… from offset %d\n", l.Resync, l.ReplicationID, l.StartOffset)
	return nil
}

func (printer) RDB(_ *record.Link, d *rdb.Decoder) error {
	keys := 0
	for rec, err := range d.Records() {
		if err != nil {
			return nil // a note follows
		}
		if rec.Kind == rdb.KindKey {
			keys++
		}
	}
	fmt.Println(keys, "keys in the payload")
	return nil
}

func (printer) Command(c *record.Command) error {
	if c.Link.Commands <= 3 {
		fmt.Printf("offset %d, database %d: %s with %d arguments\n", c.Offset, c.DB, c.Args[0], len(c.Args)-1)
	}
	return nil
}

func (printer) Note(n *record.Note) error {
	fmt.Println(n.Kind, "at byte", n.Byte)
	return nil
}

func (printer) LinkEnd(l *record.Link) error {
	fmt.Printf("%s end after %d commands, at offset %d\n", l.End, l.Commands, l.EndOffset)
	return nil
}

// What nc or a proxy wrote down of a replication connection.
func ExampleWalk() {
	file, err := os.Open("../../testdata/incidents/evalsha-4.0.2/link-1.psync")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	c := parse.NewCursor(file, 0)
	defer c.Close()
	if err := link.Walk(c, link.Options{DB: record.Unknown}, printer{}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// full resync, 2a7a8d23… from offset 0
	// 0 keys in the payload
	// offset 0, database -1: SELECT with 1 arguments
	// offset 23, database 0: SET with 2 arguments
	// offset 82, database 0: RPUSH with 6 arguments
	// clean end after 201 commands, at offset 14029
}
