package rdb

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse"
)

// fixtures are real dumps: those beside this test, those of other decoders'
// tests, and those that all tests share.
func fixtures(t testing.TB) []string {
	t.Helper()
	var all []string
	for _, dir := range []string{"testdata", "testdata/peers", "../../testdata/dumps"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.rdb"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no dumps in %s: %v", dir, err)
		}
		all = append(all, files...)
	}
	return all
}

func readFixture(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestFixturesInChunks: it does not matter how the bytes come, and stepping
// over a value comes out where reading it does.
func TestFixturesInChunks(t *testing.T) {
	for _, path := range fixtures(t) {
		data := readFixture(t, path)
		whole, err := decode(t, data, inMemory)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		last := whole[len(whole)-1]
		if !strings.Contains(last, " end ") || strings.HasSuffix(last, "invalid") {
			t.Errorf("%s ends with %s", path, last)
		}
		for _, block := range []int{1, 2, 3, 7, 64} {
			again, err := decode(t, data, block)
			if err != nil || !slices.Equal(whole, again) {
				t.Errorf("%s in blocks of %d: %v, or another value", path, block, err)
			}
		}
		skipped, err := heads(t, data, 64)
		if err != nil {
			t.Errorf("%s skipped: %v", path, err)
		}
		if i := firstDifference(whole, skipped); i >= 0 {
			t.Errorf("%s: record %d, %s, differs when it is skipped", path, i, line(skipped[i]))
		}
	}
}

// TestStoredShowsTheBytes as they are in the file, however they come.
func TestStoredShowsTheBytes(t *testing.T) {
	for _, path := range fixtures(t) {
		data := readFixture(t, path)
		for _, block := range []int{1, 7, 64, 4096} {
			c := parse.NewCursorSize(bytes.NewReader(data), 0, block)
			d := NewDecoder(c, Options{})
			for rec, err := range d.Records() {
				if err != nil {
					t.Fatalf("%s: %v", path, err)
				}
				if rec.Kind != KindKey {
					continue
				}
				var got []byte
				last, err := d.Stored(func(piece []byte) { got = append(got, piece...) })
				if got = append(got, last...); err != nil || !bytes.Equal(got, data[rec.ValueByte:rec.Byte+rec.Bytes]) {
					t.Errorf("%s in blocks of %d: the value of %q is shown as %x, %v", path, block, rec.Key, got, err)
				}
			}
			c.Close()
		}
	}
}

// firstDifference compares the record lines of decode with records.
func firstDifference(lines []string, records []Record) int {
	i := 0
	for _, l := range lines {
		if l[0] == '\t' {
			continue
		}
		if i == len(records) || l != line(records[i]) {
			return i
		}
		i++
	}
	return -1
}

// A told key is a key as the server itself answered.
type toldKey struct {
	DB       int
	Key      any
	Type     string
	Encoding string
	Expires  bool
	Elements *int64
	Value    any
}

// TestFixturesAgainstServer compares each key with what the server said.
func TestFixturesAgainstServer(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.keys.json")
	if err != nil || len(paths) == 0 {
		t.Fatal("no answers of servers", err)
	}
	for _, path := range paths {
		var told []toldKey
		if err := json.Unmarshal(readFixture(t, path), &told); err != nil {
			t.Fatal(err)
		}
		dump := strings.TrimSuffix(path, ".keys.json") + ".rdb"
		got := decodedKeys(t, readFixture(t, dump))
		if len(got) != len(told) {
			t.Errorf("%s: %d keys, the server had %d", dump, len(got), len(told))
		}
		for _, key := range told {
			name := fmt.Sprintf("%d/%s", key.DB, text(t, key.Key))
			if want := key.String(t); got[name] != want {
				t.Errorf("%s: %q is\n%.300s\nthe server said\n%.300s", dump, name, got[name], want)
			}
		}
	}
}

func (k *toldKey) String(t *testing.T) string {
	s := fmt.Sprintf("%s expires %v", k.Type, k.Expires)
	if k.Type == "set" || k.Type == "hash" || k.Type == "zset" {
		s += " " + k.Encoding
	}
	if k.Value == nil {
		return s
	}
	var parts []string
	switch k.Type {
	case "string":
		parts = []string{text(t, k.Value)}
	default:
		for _, e := range k.Value.([]any) {
			parts = append(parts, k.element(t, e))
		}
	}
	if k.Type != "list" && k.Type != "stream" {
		slices.Sort(parts)
	}
	return fmt.Sprintf("%s %d %q", s, *k.Elements, parts)
}

func (k *toldKey) element(t *testing.T, e any) string {
	switch k.Type {
	case "zset":
		pair := e.([]any)
		score, err := strconv.ParseFloat(pair[1].(string), 64)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%s:%v", text(t, pair[0]), score)
	case "hash":
		pair := e.([]any)
		return text(t, pair[0]) + "=" + text(t, pair[1])
	case "stream":
		pair := e.([]any)
		s := pair[0].(string)
		for _, f := range pair[1].([]any) {
			s += " " + text(t, f)
		}
		return s
	}
	return text(t, e)
}

// text is a string of the answers: as it is, or in base64.
func text(t *testing.T, v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, err := base64.StdEncoding.DecodeString(v.(map[string]any)["base64"].(string))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// decodedKeys gives every key in the form of toldKey.String.
func decodedKeys(t *testing.T, data []byte) map[string]string {
	c := parse.NewBytesCursor(data, 0)
	d := NewDecoder(c, Options{})
	keys := map[string]string{}
	for rec, err := range d.Records() {
		if err != nil {
			t.Fatal(err)
		}
		if rec.Kind != KindKey {
			continue
		}
		var parts []string
		if err := d.Value(func(e *Element) error {
			parts = appendElement(parts, e)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		s := fmt.Sprintf("%s expires %v", rec.Object, rec.HasExpire)
		switch rec.Object {
		case ObjectSet, ObjectHash, ObjectZSet:
			s += " " + rec.Encoding
			slices.Sort(parts)
		}
		if rec.Object != ObjectVectorSet && rec.Object != ObjectArray {
			s += fmt.Sprintf(" %d %q", rec.Elements, parts)
		}
		keys[fmt.Sprintf("%d/%s", rec.DB, rec.Key)] = s
	}
	return keys
}

func appendElement(parts []string, e *Element) []string {
	switch e.Kind {
	case ElementBytes:
		return append(parts, string(e.Member))
	case ElementField:
		return append(parts, string(e.Member)+"="+string(e.Value))
	case ElementScore:
		return append(parts, fmt.Sprintf("%s:%v", e.Member, e.Score))
	case ElementEntry:
		return append(parts, e.ID.String()+" "+string(bytes.Join(e.Fields, []byte(" "))))
	}
	return parts
}

// TestModuleOfEachKey: a module's name belongs to its own key, and not to those
// that follow.
func TestModuleOfEachKey(t *testing.T) {
	named, others := 0, 0
	for _, path := range fixtures(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		c := parse.NewCursor(bytes.NewReader(data), 0)
		defer c.Close()
		d := NewDecoder(c, Options{})
		for rec, err := range d.Records() {
			if err != nil {
				break // some fixtures are damaged
			}
			if rec.Kind != KindKey {
				continue
			}
			module := rec.Object == ObjectModule || rec.Object == ObjectVectorSet
			switch {
			case rec.Module != "" && !module:
				t.Errorf("%s: a %s of module %s", path, rec.Object, rec.Module)
			case rec.Module != "":
				named++
			case named > 0:
				others++
			}
		}
	}
	if named == 0 || others == 0 {
		t.Errorf("%d keys of modules and %d behind them show nothing", named, others)
	}
}
