// Command commands writes command/table_gen.go from the servers' own command
// descriptions.
//
//	go run ./scripts/commands [-o FILE] DIR…
//
// Each DIR is the unpacked source of a server: src/commands/*.json and, where
// it is there, modules/vector-sets/commands.json; src/version.h tells family
// and version. On Debian,
//
//	apt-get source --download-only redis valkey
//
// gets both, and with their folders in REDIS_SOURCE and VALKEY_SOURCE
// "go generate ./command" does the rest. What is newer than those sources, or in none of them, stands in
// data/*.json in the same shape, each with the commit where it was read; an
// entry there adds to what the source says. What the descriptions leave out,
// or say wrongly for our purpose, is corrected by overlay.json, each entry
// with its reason and source.
//
// Facts alone are taken over: names, flags, key specifications, versions and
// the tokens of the arguments.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	out := flag.String("o", "command/table_gen.go", "the file to write")
	flag.Parse()
	if err := run(*out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "commands: error:", err)
		os.Exit(1)
	}
}

func run(out string, dirs []string) error {
	if len(dirs) == 0 {
		return fmt.Errorf("no directory with a server's source was named")
	}
	var sources []*source
	for _, dir := range dirs {
		s, err := readTree(dir)
		if err != nil {
			return err
		}
		sources = append(sources, s)
	}
	newer, err := readData()
	if err != nil {
		return err
	}
	t := newTable()
	for _, s := range append(sources, newer...) {
		if err := t.add(s); err != nil {
			return err
		}
	}
	corrections, err := readOverlay()
	if err != nil {
		return err
	}
	if err := t.correct(corrections); err != nil {
		return err
	}
	code, err := t.code()
	if err != nil {
		return err
	}
	return os.WriteFile(out, code, 0o666)
}
