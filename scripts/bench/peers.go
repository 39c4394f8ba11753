package main

import (
	"bytes"
	"fmt"
	"hash/crc64"
	"io"
	"os"

	"github.com/hdt3213/rdb/helper"
	"github.com/hdt3213/rdb/parser"

	jones "github.com/redsleuth/redsleuth/parse/crc64"
)

// runPeer does in this process what a library would do for its user, so that
// it can be timed like a program.
func runPeer(name string, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("peer %s takes one file", name)
	}
	f, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer f.Close()
	switch name {
	case "crc64":
		return sumAlone(f)
	case "memchr":
		return scanAlone(f)
	case "hdt-parse":
		return parser.NewDecoder(f).Parse(func(parser.RedisObject) bool { return true })
	case "hdt-json":
		return helper.ToJsons(args[0], os.DevNull)
	}
	return fmt.Errorf("no peer %q", name)
}

const readSize = 1 << 20

// sumAlone is the floor: reading, and the standard library's CRC-64 with the
// polynomial of RDB files.
func sumAlone(r io.Reader) error {
	table, sum, buf := crc64.MakeTable(jones.Poly), uint64(0), make([]byte, readSize)
	for {
		n, err := r.Read(buf)
		sum = crc64.Update(sum, table, buf[:n])
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// scanAlone reads, and looks at every byte for one that ends a line.
func scanAlone(r io.Reader) error {
	lines, buf := 0, make([]byte, readSize)
	for {
		n, err := r.Read(buf)
		for rest := buf[:n]; ; lines++ {
			i := bytes.IndexByte(rest, '\n')
			if i < 0 {
				break
			}
			rest = rest[i+1:]
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
