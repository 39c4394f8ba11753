// Command bench measures redsleuth against its peers on one machine in one
// run: it makes a large mixed dump and a command stream with a real
// redis-server, times every program several times as a whole process, and
// prints medians, ratios and peak memory.
//
//	go run ./scripts/bench            # about 370 MB of dump, 700 MB of stream
//	go run ./scripts/bench -keys 100000 -runs 3
//	go run ./scripts/bench -capture   # 500 MB of a capture with 250 clients
//	go run ./scripts/bench -fleet     # many small keys, and as the shards of a cluster
//	go run ./scripts/bench -report    # that and 1 GB of dumps, in a report
//	go run ./scripts/bench -many      # a million keys that differ, in a report
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

func main() {
	if len(os.Args) > 2 && os.Args[1] == "peer" {
		exit(runPeer(os.Args[2], os.Args[3:]))
	}
	if len(os.Args) > 2 && os.Args[1] == "measured" {
		exit(runMeasured(os.Args[2:]))
	}
	b := &bench{}
	flag.IntVar(&b.keys, "keys", 1_500_000, "keys in the dump")
	flag.IntVar(&b.commands, "commands", 10_000_000, "commands in the stream")
	flag.IntVar(&b.runs, "runs", 5, "counted runs of each program, after one to warm up")
	flag.BoolVar(&b.capture, "capture", false,
		"measure a capture with many clients instead, of a tenth as many commands")
	flag.BoolVar(&b.fleet, "fleet", false,
		"measure many small keys and the shards of a cluster instead")
	flag.BoolVar(&b.report, "report", false, "measure report of such a capture and of 1 GB of dumps instead")
	flag.BoolVar(&b.many, "many", false,
		"measure report of many keys that differ instead, a tenth of the commands")
	flag.StringVar(&b.dir, "dir", filepath.Join(os.TempDir(), "redsleuth-bench"), "where the input files are made and kept")
	flag.Parse()
	exit(b.run())
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// bench is one measurement of everything.
type bench struct {
	keys, commands, runs int
	capture, report      bool
	fleet, many          bool
	dir                  string
	program, self        string // redsleuth, and this program for the peers that are libraries
}

func (b *bench) run() error {
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return err
	}
	var files files
	var captured captureFiles
	var fleet fleetFiles
	var many manyFiles
	var err error
	switch {
	case b.fleet:
		fleet, err = makeFleet(b.dir, b.keys)
	case b.many:
		many, err = makeMany(b.dir, b.commands/10)
	case b.report:
		captured, err = makeCapture(b.dir, b.commands/10, bulkKeys)
	case b.capture:
		captured, err = makeCapture(b.dir, b.commands/10, 0)
	default:
		files, err = makeFiles(b.dir, b.keys, b.commands)
	}
	if err != nil {
		return err
	}
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	b.program = filepath.Join(b.dir, "redsleuth")
	build := exec.Command("go", "build", "-o", b.program, "./cmd/redsleuth")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building redsleuth: %w", err)
	}
	switch {
	case b.fleet:
		return b.measureFleet(fleet)
	case b.many:
		return b.measureMany(many)
	case b.report:
		return b.measureReport(captured)
	case b.capture:
		return b.measureCapture(captured)
	}
	return b.measureAll(files)
}

// measureAll runs the rows of the table in ARCHITECTURE.md, "Speed".
func (b *bench) measureAll(f files) error {
	peer := func(name, path string) []string { return []string{b.self, "peer", name, path} }
	quick := []string{b.program, "inspect", "--quick", "--quiet", f.dump}
	inspect := []string{b.program, "inspect", "--quiet", f.dump}
	dump := func(format string) []string {
		return []string{b.program, "dump", "--quiet", "--output", format, f.dump}
	}
	for _, row := range []row{
		{"inspect --quick / CRC-64 alone", quick, peer("crc64", f.dump), "at most 1.5"},
		{"hdt3213/rdb bare parse / inspect --quick", peer("hdt-parse", f.dump), quick, "at least 8"},
		{"inspect / CRC-64 alone", inspect, peer("crc64", f.dump), "at most 2.5"},
		{"redis-check-rdb / inspect", []string{"redis-check-rdb", f.dump}, inspect, "at least 4"},
		{"hdt3213/rdb JSON / dump ndjson", peer("hdt-json", f.dump), dump("ndjson"), "at least 8"},
		{"dump parquet / dump ndjson", dump("parquet"), dump("ndjson"), "at most 1"},
		{"redis-check-aof / replay", []string{"redis-check-aof", f.stream}, []string{b.program, "replay", "--quiet", f.stream}, "at least 5"},
		{"replay / reading and memchr alone", []string{b.program, "replay", "--quiet", f.stream}, peer("memchr", f.stream), "at most 2, or 1 GB/s"},
		{"diff / inspect --quick of both", []string{b.program, "diff", "--quiet", f.dump, f.changed},
			[]string{b.program, "inspect", "--quick", "--quiet", f.dump, f.changed}, "at most 2.5"},
	} {
		if err := b.compare(row); err != nil {
			return err
		}
	}
	return nil
}
