package input_test

import (
	"fmt"
	"log"

	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// A file of any kind, compressed or not; "-" is Options.Stdin.
func ExampleOpen() {
	in, err := input.Open("testdata/small.rdb.bz2", input.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer in.Close()
	fmt.Println(in.Kind, in.Compression)
	c, err := in.Cursor()
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	d := rdb.NewDecoder(c, rdb.Options{Limits: in.Limits})
	if err := d.SkipAll(); err != nil {
		log.Fatal(err)
	}
	fmt.Println("RDB version", d.Header().Version)
	// Output:
	// rdb bzip2
	// RDB version 11
}

func ExampleSniff() {
	for _, head := range []string{"REDIS0011", "*1\r\n$4\r\nPING\r\n", "+FULLRESYNC 8de1787ba490", "Dear diary"} {
		fmt.Printf("%q\n", input.Sniff([]byte(head)))
	}
	// Output:
	// "rdb"
	// "commands"
	// "psync"
	// ""
}
