package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/redsleuth/redsleuth/cmd/internal/schema"
	"github.com/redsleuth/redsleuth/dump"
)

// hold holds what a command wrote as JSON against its schema. Other output, and
// none, is as it should be.
func hold(args []string, written []byte) error {
	i := slices.Index(args, "--output")
	if i < 0 || i+1 >= len(args) || !slices.Contains(schema.Commands(), args[0]) || len(written) == 0 {
		return nil
	}
	switch format := args[i+1]; format {
	case formatJSON, formatNDJSON:
		return validate(args[0], written)
	}
	return nil
}

// validate holds one or more JSON values, one behind the other, against the schema
// of a command, and wants no member that the schema does not name.
func validate(command string, documents []byte) error {
	s, err := compile(command)
	if err != nil {
		return err
	}
	values := json.NewDecoder(bytes.NewReader(documents))
	values.UseNumber()
	for n := 1; ; n++ {
		var v any
		err := values.Decode(&v)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = s.Validate(v)
		}
		if err != nil {
			return fmt.Errorf("value %d: %w", n, err)
		}
	}
}

func compile(command string) (*jsonschema.Schema, error) {
	text, err := json.Marshal(schema.For(command))
	if err != nil {
		return nil, err
	}
	s, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	closed(s)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", s); err != nil {
		return nil, err
	}
	return c.Compile("schema.json")
}

// closed makes objects have no other members than those that are named.
func closed(s any) {
	switch s := s.(type) {
	case []any:
		for _, x := range s {
			closed(x)
		}
	case map[string]any:
		for _, x := range s {
			closed(x)
		}
		if _, ok := s["properties"].(map[string]any); ok && s["type"] == "object" {
			s["additionalProperties"] = false
		}
	}
}

// run runs a command line.
func output(t *testing.T, args ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	execute(context.Background(), environment{
		args: args, stdin: strings.NewReader(""), stdout: &out, stderr: io.Discard,
		getenv: func(string) string { return "" }, width: func(any) int { return 0 },
		now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
	})
	return out.Bytes()
}

// TestSchemas: the documents made of everything in testdata are as the schemas say,
// redacted as well.
func TestSchemas(t *testing.T) {
	var dumps, streams []string
	err := filepath.WalkDir("../../testdata", func(path string, entry os.DirEntry, err error) error {
		switch filepath.Ext(path) {
		case ".rdb":
			dumps = append(dumps, path)
		case ".psync", ".pcap", ".aof", ".gz", ".pcapng":
			streams = append(streams, path)
		}
		return err
	})
	if err != nil || len(dumps) < 10 || len(streams) < 3 {
		t.Fatalf("%d dumps, %d streams, %v", len(dumps), len(streams), err)
	}
	check := func(args ...string) {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			out := output(t, args...)
			if err := validate(args[0], out); err != nil {
				t.Errorf("%.2000v", err)
			}
		})
	}
	for i, path := range append(slices.Clone(dumps), streams...) {
		if testing.Short() && i%4 > 0 {
			continue
		}
		check("inspect", path, "--output", "json", "--top", "3", "--prefixes")
		check("scripts", path, "--output", "ndjson")
		check("dump", path, "--output", "ndjson", "--clients")
		check("dump", path, "--output", "json", "--memory", "--show", "redacted")
		if i > 0 && i < len(dumps) {
			check("diff", dumps[i-1], path, "--output", "json")
			check("diff", dumps[i-1], path, "--output", "ndjson", "--limit", "5")
		}
	}
	for _, path := range streams {
		check("replay", path, "--output", "json", "--restarts", "--server-version", "4.0.1,7.2.4",
			"--key", "*", "--at", "100")
	}
	check("report", "../../testdata", "--output", "json")
	check("explain", "--output", "json")
	check("version", "--output", "json")
}

// TestSchemaFinds: a schema that lets everything pass would prove nothing.
func TestSchemaFinds(t *testing.T) {
	for _, c := range []struct{ command, document string }{
		{"version", `{"schema":"redsleuth/version/1"}`},
		{"version", `{"schema":"redsleuth/version/2","version":"","modified":false,"go":"","platform":"",
			"rdb":"","reads":[],"compressions":[]}`},
		{"dump", `{"record":"key","db":0,"key":5,"type":"string","byte":1}`},
		{"dump", `{"record":"key","db":0,"key":"k","type":"string","byte":1,"colour":"red"}`},
		{"dump", `{"record":"unheard-of"}`},
		{"inspect", `[{}]`},
	} {
		if err := validate(c.command, []byte(c.document)); err == nil {
			t.Errorf("%s: %s passes", c.command, c.document)
		}
	}
	for _, name := range append(schema.Commands(), "") {
		if _, err := compile(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestSchemaOfParquet: the columns are those of the contract, in their order.
func TestSchemaOfParquet(t *testing.T) {
	var s struct {
		Defs map[string]struct {
			Columns []string `json:"x-columns"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(output(t, "schema", "dump"), &s); err != nil {
		t.Fatal(err)
	}
	got := s.Defs["parquet"].Columns
	want := strings.Fields(`source db key key_base64 type encoding elements bytes memory slot expire_at
		idle_seconds lfu prefix digest`)
	if len(got) != len(dump.Columns()) || !slices.Equal(got[:len(want)], want) {
		t.Errorf("columns %v", got)
	}
}
