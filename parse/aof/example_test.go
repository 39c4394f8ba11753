package aof_test

import (
	"fmt"
	"log"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/aof"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// printer is a record.Handler.
type printer struct{}

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
	fmt.Println(keys, "keys in the preamble")
	return nil
}

func (printer) Command(c *record.Command) error {
	fmt.Printf("byte %d, database %d: %q\n", c.Byte, c.DB, c.Args)
	return nil
}

func (printer) Note(n *record.Note) error {
	if n.Err != nil {
		fmt.Println(n.Kind, n.Err)
	} else {
		fmt.Printf("%s %s\n", n.Kind, n.Text)
	}
	return nil
}

func (printer) LinkStart(*record.Link) error { return nil }
func (printer) LinkEnd(l *record.Link) error { fmt.Println("end:", l.End); return nil }

// One file, of which the last command was cut.
func ExampleWalk() {
	file := "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n" + "*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n" + "*2\r\n$4\r\nIN"
	c := parse.NewBytesCursor([]byte(file), 0)
	if err := aof.Walk(c, parse.Limits{}, printer{}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// byte 0, database -1: ["SELECT" "0"]
	// byte 23, database 0: ["INCR" "n"]
	// truncated the input ends within a command; the file is good up to byte 44 at byte 44
	// end: truncated
}

// A folder with a manifest, its files in order.
func ExampleWalkSet() {
	in, err := input.Open("../../testdata/appendonlydir-7.0.15", input.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer in.Close()
	if err := aof.WalkSet(in, printer{}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// file appendonly.aof.2.base.rdb
	// 2 keys in the preamble
	// file appendonly.aof.2.incr.aof
	// byte 16, database 0: ["SELECT" "0"]
	// byte 39, database 0: ["set" "user:1" "hello"]
	// byte 91, database 0: ["MULTI"]
	// byte 106, database 0: ["SET" "user:2" "1"]
	// byte 138, database 0: ["INCR" "user:n"]
	// byte 164, database 0: ["EXEC"]
	// byte 178, database 0: ["SELECT" "3"]
	// byte 201, database 3: ["rpush" "user:list" "a" "b" "c"]
	// byte 252, database 3: ["SELECT" "0"]
	// byte 275, database 0: ["function" "delete" "mylib"]
	// end: clean
}
