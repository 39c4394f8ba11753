package rdb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse"
)

// show is an element in short, for tables of tests.
func show(e *Element) string {
	switch e.Kind {
	case ElementBytes:
		return fmt.Sprintf("%q", e.Member)
	case ElementField:
		if e.ExpireAt != NoExpiry {
			return fmt.Sprintf("%q=%q until %d", e.Member, e.Value, e.ExpireAt)
		}
		return fmt.Sprintf("%q=%q", e.Member, e.Value)
	case ElementScore:
		return fmt.Sprintf("%q:%v", e.Member, e.Score)
	case ElementIndex:
		return fmt.Sprintf("[%d]=%q", e.Index, e.Value)
	case ElementArray:
		return fmt.Sprintf("array %+v", e.Array)
	case ElementEntry:
		return fmt.Sprintf("%s %q", e.ID, e.Fields)
	case ElementStream:
		return fmt.Sprintf("stream %v", *e.Stream)
	case ElementGroup:
		return showGroup(e.Group)
	case ElementProducer:
		return fmt.Sprintf("producer %q %q", e.Producer.Name, e.Producer.Entries)
	case ElementIdempotence:
		return fmt.Sprintf("idempotence %v", *e.Idempotence)
	case ElementVectors:
		return fmt.Sprintf("vectors %+v", *e.Vectors)
	case ElementVector:
		return fmt.Sprintf("%q %q %+v %v", e.Member, e.Value, *e.Vector, e.Vector.Floats(nil, e.Vectors))
	case ElementModule:
		return fmt.Sprintf("item %d %d %v %q", e.Module.Op, e.Module.Int, e.Module.Float, e.Module.String)
	}
	return "unknown element"
}

func showGroup(g *Group) string {
	s := fmt.Sprintf("group %q last %s", g.Name, g.LastID)
	if g.HasEntriesRead {
		s += fmt.Sprintf(" read %d", g.EntriesRead)
	}
	for _, p := range g.Pending {
		s += fmt.Sprintf("; pending %s at %d x%d of %d", p.ID, p.DeliveredAt, p.Deliveries, p.Consumer)
	}
	for _, c := range g.Consumers {
		s += fmt.Sprintf("; consumer %q seen %d active %v %d has %d", c.Name, c.SeenAt, c.HasActive, c.ActiveAt, c.Pending)
	}
	for _, id := range g.Released {
		s += "; released " + id.String()
	}
	return s
}

const inMemory = 0

// decode reads a whole RDB with its values, and holds its records to covering
// it: each key as a line, each of its elements as a line after a tab. It
// comes in blocks, or, if block is inMemory, as one.
func decode(t testing.TB, data []byte, block int) ([]string, error) {
	t.Helper()
	c := parse.NewBytesCursor(data, 0)
	if block != inMemory {
		c = parse.NewCursorSize(bytes.NewReader(data), 0, block)
		defer c.Close()
	}
	return decodeFrom(t, c)
}

func decodeFrom(t testing.TB, c *parse.Cursor) ([]string, error) {
	t.Helper()
	d := NewDecoder(c, Options{Limits: parse.Limits{MaxElement: 1 << 26}})
	var lines []string
	for at := int64(0); ; {
		rec, err := d.Next()
		if err == nil && rec.Kind == KindKey {
			err = d.Value(func(e *Element) error {
				lines = append(lines, "\t"+show(e))
				return nil
			})
		}
		if err == io.EOF {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
		if rec.Kind == KindHeader {
			at = rec.Byte // behind text, where there is some
		}
		if rec.Byte != at {
			t.Fatalf("a record at byte %d, but the one before ended at %d", rec.Byte, at)
		}
		at += rec.Bytes
		lines = append(lines, line(*rec))
	}
}

// oneKey is a file with one key, given as type, key and value.
func oneKey(t testing.TB, header, key string) []byte {
	t.Helper()
	end := noSum
	if header == redis3 {
		end = "ff"
	}
	return unhex(t, header+key+"\n"+end)
}

// elements decodes one key.
func elements(t testing.TB, header, key string) (string, error) {
	t.Helper()
	lines, err := decode(t, oneKey(t, header, key), inMemory)
	var shown []string
	for _, l := range lines {
		if l[0] == '\t' {
			shown = append(shown, l[1:])
		}
	}
	return strings.Join(shown, "\n"), err
}

const (
	redis12  = "52 45 44 49 53 30 30 31 32 # REDIS0012\n"
	redis14  = "52 45 44 49 53 30 30 31 34 # REDIS0014\n"
	valkey80 = "56 41 4c 4b 45 59 30 38 30 # VALKEY080\n"
)

// valueTests have each type of value once in every form. Other tests reuse
// them: chunks, skipping, damage.
var valueTests = []struct{ name, header, key, want string }{
	{"string", redis12, "00 01 6b 03 61 62 63", `"abc"`},
	{"string kept as an integer", redis12, "00 01 6b c2 c0 1d fe ff", `"-123456"`},
	{"string compressed", redis12, "00 01 6b c3 05 1e 00 61 e0 14 00", `"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"`},
	{"list", redis12, "01 01 6b 03 01 61 c0 05 00", "\"a\"\n\"5\"\n\"\""},
	{"set", redis12, "02 01 6b 02 01 61 01 62", "\"a\"\n\"b\""},
	{"hash", redis12, "04 01 6b 02 01 66 01 76 c0 01 c0 02", "\"f\"=\"v\"\n\"1\"=\"2\""},
	{"sorted set, scores in text", redis3, `03 01 6b 04
01 61 03 31 2e 35   # a 1.5
01 62 fd            # b, no number
01 63 fe 01 64 ff   # c and d, the infinities`, "\"a\":1.5\n\"b\":NaN\n\"c\":+Inf\n\"d\":-Inf"},
	{"sorted set", redis12, "05 01 6b 02 01 61 00 00 00 00 00 00 f8 3f 01 62 00 00 00 00 00 00 f0 ff", "\"a\":1.5\n\"b\":-Inf"},
	{"hash as zipmap", redis3, "09 01 6b 15 02 03 666f6f 03 00 626172 05 68656c6c6f 01 01 77 00 ff",
		"\"foo\"=\"bar\"\n\"hello\"=\"w\""},
	{"list as ziplist", redis3, "0a 01 6b 0f 0f000000 0c000000 0200 00 f3 02 f6 ff", "\"2\"\n\"5\""},
	{"set as intset", redis3, "0b 01 6b 0c 02000000 02000000 ffff 2c01", "\"-1\"\n\"300\""},
	{"sorted set as ziplist", redis7, "0c 01 6b 13 13000000 0d000000 0200 00 01 61 03 03 312e35 ff", `"a":1.5`},
	{"hash as ziplist", redis7, "0d 01 6b 10 10000000 0d000000 0200 00 01 61 03 f6 ff", `"a"="5"`},
	{"list as quicklist of two ziplists", redis7, `0e 01 6b 02
0f 0f000000 0c000000 0200 00 f3 02 f6 ff
0e 0e000000 0a000000 0100 00 fe ff ff`, "\"2\"\n\"5\"\n\"-1\""},
	{"hash as listpack", redis12, "10 01 6b 0d 0d000000 0200 81 61 02 81 62 02 ff", `"a"="b"`},
	{"sorted set as listpack", redis12, "11 01 6b 14 14000000 0400 81 61 02 07 01 81 62 02 83 302e35 04 ff", "\"a\":7\n\"b\":0.5"},
	{"list as quicklist 2, plain and packed", redis12, `12 01 6b 02
01 02 68 69                           # plain: hi
02 0c 0c000000 0200 81 61 02 05 01 ff # packed: a, 5`, "\"hi\"\n\"a\"\n\"5\""},
	{"set as listpack", redis12, "14 01 6b 11 11000000 0300 01 01 dfff 02 83 616263 04 ff", "\"1\"\n\"-1\"\n\"abc\""},
	{"hash with field expiry", redis12, `18 01 6b 00d8c32cbb030000 02
01 01 61 02 3178   # a=1x, at the first time
00 01 62 02 3278   # b=2x, never`, "\"a\"=\"1x\" until 4102444800000\n\"b\"=\"2x\""},
	{"hash with field expiry as listpack", redis12, `19 01 6b 0000000000000000 1f
1f000000 0600
81 61 02 81 31 02 f4 00d8c32cbb030000 09  # a=1, a time
81 62 02 81 32 02 00 01                   # b=2, never
ff`, "\"a\"=\"1\" until 4102444800000\n\"b\"=\"2\""},
	{"hash with field expiry of 7.4-rc1", redis12, "16 01 6b 02 81 000003bb2cc3d800 01 61 01 31 00 01 62 01 32",
		"\"a\"=\"1\" until 4102444800000\n\"b\"=\"2\""},
	{"hash with field expiry as listpack of 7.4-rc1", redis12, "17 01 6b 0f 0f000000 0300 81 61 02 81 31 02 07 01 ff", `"a"="1" until 7`},
	{"hash with field expiry of Valkey", valkey80, `16 01 68 02
01 61 c0 01 00d8c32cbb030000
01 62 02 7878 ffffffffffffffff`, "\"a\"=\"1\" until 4102444800000\n\"b\"=\"xx\""},
	{"array", redis14, `1c 01 6b 06 01 07
00 03 01 78                    # [0] short text x
01 00 01 79                    # [1] text y
02 01 f6ffffffffffffff         # [2] integer -10
03 02 000000000000f03f         # [3] double 1.0
04 02 0000000000205940         # [4] double 100.5
81 fffffffffffffffe 01 0000000000000000`, `array {InsertIndex:7 HasInsert:true Count:6}
[0]="x"
[1]="y"
[2]="-10"
[3]="1.0"
[4]="100.5"
[18446744073709551614]="0"`},
	{"hash with a template, listpack", redis15, `f2 03 02 01 61 02 6262     # template 3: a, bb
1e 01 6b 0d 0d000000 0300 03 01 07 01 01 01 ff`, "\"a\"=\"7\"\n\"bb\"=\"1\""},
	{"hash with a template", redis15, `f2 03 02 01 61 02 6262
20 01 6b 03 c0 07 01 78`, "\"a\"=\"7\"\n\"bb\"=\"x\""},
	{"rate limiter", redis14, "1d 01 6b 81 0000000000000009", "item 2 9 0 \"\""},
	{"module", redis12, `07 01 6b 81 45e25238df912c03   # ReJSON-RL 3
01 81 ffffffffffffffff     # signed -1
02 05                      # unsigned
03 0000c03f                # float
04 000000000000f83f        # double
05 02 7b7d                 # string
00`, "item 1 18446744073709551615 0 \"\"\nitem 2 5 0 \"\"\nitem 3 0 1.5 \"\"\nitem 4 0 1.5 \"\"\nitem 5 0 0 \"{}\""},
	{"vector set", redis12, `07 01 6b 81 bde72da2bb1eb400
02 02 02 01 02 01 02 02        # 2 dimensions, 1 element, q8 and M 0, attributes
05 01 61 05 02 7b7d            # a, {}
05 02 7f 81                    # 127 and -127
02 06                          # parameters:
02 07 02 80 01000000           # node 7, version 1, level 0
02 00 02 20 02 00              # no links of 32, the worst link
02 81 3f800000 40000000        # range 1, length 2
00`, `vectors {Dimension:2 Elements:1 Quantization:q8 Links:16 InputDim:0 Projection:[] Attributes:true}
"a" "{}" {Raw:[127 129] L2:2 Range:1 Node:7 Level:0 Links:[]} [2 -2]`},
}

func TestValues(t *testing.T) {
	for _, c := range valueTests {
		t.Run(c.name, func(t *testing.T) {
			if got, err := elements(t, c.header, c.key); err != nil || got != c.want {
				t.Errorf("%v\n%s\nwant\n%s", err, got, c.want)
			}
		})
	}
}

// TestValueAgreesWithSkip: both leave the record with the same length and
// number of elements.
func TestValueAgreesWithSkip(t *testing.T) {
	for _, c := range slices.Concat(valueTests, streamTests) {
		data := oneKey(t, c.header, c.key)
		skipped, err := heads(t, data, 1<<16)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		values, _ := decode(t, data, inMemory)
		i := 0
		for _, l := range values {
			if l[0] == '\t' {
				continue
			}
			if l != line(skipped[i]) {
				t.Errorf("%s: %s after Value, %s after Skip", c.name, l, line(skipped[i]))
			}
			i++
		}
	}
}

func TestVisitorStops(t *testing.T) {
	data := unhex(t, redis12+"02 01 6b 03 01 61 01 62 01 63\n00 01 6c 01 78"+noSum)
	c := parse.NewBytesCursor(data, 0)
	d := NewDecoder(c, Options{})
	var seen []string
	for rec, err := range d.Records() {
		if err != nil {
			t.Fatal(err)
		}
		if rec.Kind != KindKey {
			continue
		}
		if err := d.Value(func(e *Element) error {
			seen = append(seen, string(e.Member))
			return SkipRest
		}); err != nil {
			t.Fatal(err)
		}
		if len(seen) == 1 && rec.Elements != 3 {
			t.Errorf("%d elements of a set whose rest was skipped", rec.Elements)
		}
	}
	if strings.Join(seen, " ") != "a x" {
		t.Errorf("saw %q", seen)
	}
}

func TestVisitorFails(t *testing.T) {
	c := parse.NewBytesCursor(unhex(t, redis12+"02 01 6b 02 01 61 01 62"+noSum), 0)
	d := NewDecoder(c, Options{})
	full := errors.New("the disk is full")
	for rec, err := range d.Records() {
		if errors.Is(err, full) {
			return // and stays so
		}
		if err != nil {
			t.Fatal(err)
		}
		if rec.Kind == KindKey {
			if err := d.Value(func(*Element) error { return full }); !errors.Is(err, full) {
				t.Fatalf("the visitor's error came back as %v", err)
			}
		}
	}
	t.Error("the decoder forgot the error")
}
