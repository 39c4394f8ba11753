package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/redsleuth/redsleuth/internal/rdbgen"
)

// manyFiles are folders of two dumps that hold every key otherwise, and of the link by
// which the replica got the master's: by SETs, and each by a script of its own.
type manyFiles struct{ keys, scripts string }

// makeMany makes what is not there yet, of n keys.
func makeMany(dir string, n int) (f manyFiles, err error) {
	f.keys = filepath.Join(dir, fmt.Sprintf("many-%d", n))
	f.scripts = filepath.Join(dir, fmt.Sprintf("many-%d-scripts", n))
	for _, folder := range []string{f.keys, f.scripts} {
		if err == nil && !exists(filepath.Join(folder, "replica.rdb")) {
			err = makeManyFolder(folder, n, folder == f.scripts)
		}
	}
	return f, err
}

func makeManyFolder(dir string, n int, scripts bool) error {
	const id = "0123456789abcdef0123456789abcdef01234567"
	dump := func(value string, offset int) []byte {
		held := map[string]string{}
		for i := range n {
			if offset > 0 {
				held["key:"+strconv.Itoa(i)] = value + strconv.Itoa(i)
			}
		}
		d := &rdbgen.Dump{Magic: "REDIS", Version: 8, Databases: map[int]map[string]string{0: held},
			Aux: [][2]string{{"redis-ver", "4.0.14"}, {"ctime", "1700000100"}, {"repl-stream-db", "0"},
				{"repl-id", id}, {"repl-offset", strconv.Itoa(offset)}}}
		return d.Encode()
	}
	var stream bytes.Buffer
	stream.WriteString(request("SELECT", "0"))
	for i := range n {
		key, value := "key:"+strconv.Itoa(i), "v"+strconv.Itoa(i)
		if scripts {
			body := "return redis.call('set', KEYS[1], ARGV[1]) -- " + strconv.Itoa(i)
			stream.WriteString(request("EVAL", body, "1", key, value))
		} else {
			stream.WriteString(request("SET", key, value))
		}
	}
	payload := dump("", 0)
	link := fmt.Appendf(nil, "+FULLRESYNC %s 0\r\n$%d\r\n%s", id, len(payload), payload)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, file := range []struct {
		name string
		data []byte
	}{
		{"link.psync", append(link, stream.Bytes()...)}, {"master.rdb", dump("v", stream.Len())},
		{"replica.rdb", dump("w", stream.Len())},
	} {
		if err := os.WriteFile(filepath.Join(dir, file.name), file.data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// measureMany runs the rows about many differences.
func (b *bench) measureMany(f manyFiles) error {
	report := func(folder, format string) []string {
		return []string{b.program, "report", "--quiet", "--force", "--output", format, "-o", filepath.Join(b.dir, "report"), folder}
	}
	for _, row := range []row{
		{"report as JSON / as a page", report(f.keys, "json"), report(f.keys, "html"), "256 MiB"},
		{"report, a script a key / SETs", report(f.scripts, "html"), report(f.keys, "html"), "256 MiB"},
	} {
		if err := b.compare(row); err != nil {
			return err
		}
	}
	return nil
}
