package rdb

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse"
)

// unhex reads bytes written in hex; "#" begins a comment.
func unhex(t testing.TB, text string) []byte {
	t.Helper()
	var all []byte
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		b, err := hex.DecodeString(strings.Join(strings.Fields(line), ""))
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, b...)
	}
	return all
}

// heads reads a whole RDB without its values, and holds its records to
// covering it.
func heads(t testing.TB, data []byte, block int) ([]Record, error) {
	t.Helper()
	c := parse.NewCursorSize(bytes.NewReader(data), 0, block)
	defer c.Close()
	d := NewDecoder(c, Options{})
	var all []Record
	for at := int64(0); ; {
		rec, err := d.Next()
		if err == nil && rec.Kind == KindKey {
			err = d.Skip()
		}
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		if rec.Kind == KindHeader {
			at = rec.Byte // behind text, where there is some
		}
		if rec.Byte != at {
			t.Fatalf("a record at byte %d, but the one before ended at %d", rec.Byte, at)
		}
		at += rec.Bytes
		kept := *rec
		kept.Key, kept.Name, kept.Value = bytes.Clone(rec.Key), bytes.Clone(rec.Name), bytes.Clone(rec.Value)
		all = append(all, kept)
	}
}

// line is a record in short, for tables of tests.
func line(r Record) string {
	s := fmt.Sprintf("%d+%d ", r.Byte, r.Bytes)
	switch r.Kind {
	case KindHeader:
		return s + fmt.Sprintf("header %s %d", r.Magic, r.Version)
	case KindAux:
		return s + fmt.Sprintf("aux %s=%s", r.Name, r.Value)
	case KindModuleAux:
		return s + fmt.Sprintf("module-aux %s when %d", r.Name, r.When)
	case KindFunction:
		return s + fmt.Sprintf("function %q", r.Value)
	case KindSelectDB:
		return s + fmt.Sprintf("db %d", r.DB)
	case KindResizeDB:
		return s + fmt.Sprintf("resize %d %d", r.Keys, r.Expires)
	case KindSlotInfo:
		return s + fmt.Sprintf("slot %d: %d %d", r.Slot, r.Keys, r.Expires)
	case KindSlotImport:
		return s + fmt.Sprintf("import %s", r.Name)
	case KindHashTemplate:
		return s + fmt.Sprintf("template %d of %d", r.Slot, r.Keys)
	case KindUpdate:
		return s + fmt.Sprintf("update %q", r.Value)
	case KindAttribute:
		return s + "attribute"
	case KindEnd:
		return s + fmt.Sprintf("end %s", r.Checksum.Status)
	}
	s += fmt.Sprintf("key %d %s %s %s %d", r.DB, r.Key, r.Object, r.Encoding, r.Elements)
	if r.HasExpire {
		s += fmt.Sprintf(" expires %d", r.ExpireAt)
	}
	if r.Idle >= 0 {
		s += fmt.Sprintf(" idle %d", r.Idle)
	}
	if r.Freq >= 0 {
		s += fmt.Sprintf(" freq %d", r.Freq)
	}
	if r.Meta > 0 {
		s += fmt.Sprintf(" meta %d", r.Meta)
	}
	return s
}

const (
	redis3   = "52 45 44 49 53 30 30 30 33 # REDIS0003, no checksum\n"
	redis7   = "52 45 44 49 53 30 30 30 37 # REDIS0007\n"
	redis9   = "52 45 44 49 53 30 30 30 39 # REDIS0009\n"
	redis13  = "52 45 44 49 53 30 30 31 33 # REDIS0013\n"
	redis15  = "52 45 44 49 53 30 30 31 35 # REDIS0015\n"
	valkey81 = "56 41 4c 4b 45 59 30 38 31 # VALKEY081\n"
	noSum    = "ff 00 00 00 00 00 00 00 00 # end, checksum disabled\n"
)

func TestRecords(t *testing.T) {
	for _, c := range []struct{ name, hex, want string }{
		{"an empty file of version 12", "52 45 44 49 53 30 30 31 32 ff 10d0db4120bef4d3", `
0+9 header REDIS 12
9+9 end valid`},
		{"an empty file of Valkey", "56 41 4c 4b 45 59 30 38 30 ff 439da48fc1806c23", `
0+9 header VALKEY 80
9+9 end valid`},
		{"a wrong sum", "52 45 44 49 53 30 30 31 32 ff 10d0db4120bef4d4", `
0+9 header REDIS 12
9+9 end invalid`},
		{"versions before 5 have none", redis3 + "ff", `
0+9 header REDIS 3
9+1 end absent`},
		{"AUX fields are strings of every encoding, and may stand anywhere", redis9 + `
fa 0a 72656469732d62697473 c0 40   # redis-bits = 64, as int8
fa 01 61 c3 05 1e 00 61 e0 14 00   # a = 30 x 'a', LZF
00 01 6b c1 e8 03                  # a key with no database selected: k = 1000
fa 03 6c7561 01 78                 # lua = x, after a key
` + noSum, `
0+9 header REDIS 9
9+14 aux redis-bits=64
23+11 aux a=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
34+6 key 0 k string int 1
40+7 aux lua=x
47+9 end disabled`},
		{"attributes belong to their key", redis9 + `
fe 02                              # SELECTDB 2
fb 01 01                           # RESIZEDB
fc 00d8c32cbb030000 f8 07          # expires 4102444800000, idle 7
00 01 6b 01 76                     # k = v
fd 80510100 f9 ff                  # expires at 86400 s, freq 255
00 01 6c 01 76                     # l = v
00 01 6d 01 76                     # m = v has none of them
` + noSum, `
0+9 header REDIS 9
9+2 db 2
11+3 resize 1 1
14+16 key 2 k string embstr 1 expires 4102444800000 idle 7
30+12 key 2 l string embstr 1 expires 86400000 freq 255
42+5 key 2 m string embstr 1
47+9 end disabled`},
		{"attributes wait for their key after other records", redis9 + `
fc 00d8c32cbb030000
fa 01 61 01 62
fe 01
00 01 6b 01 76
` + noSum, `
0+9 header REDIS 9
9+9 attribute
18+5 aux a=b
23+2 db 1
25+5 key 1 k string embstr 1 expires 4102444800000
30+9 end disabled`},
		{"an expiry in the byte order of a big-endian machine", redis7 + `
fc 000003bb2cc3d800 00 01 6b 01 76
` + noSum, `
0+9 header REDIS 7
9+14 key 0 k string embstr 1 expires 4102444800000
23+9 end disabled`},
		{"key metadata", redis13 + `
fc 00d8c32cbb030000 f8 00
f3 01 19f5c428                     # one class
05 06 6d6574612d31 02 01 03 0000c03f 00
00 02 6b32 01 76
` + noSum, `
0+9 header REDIS 13
9+39 key 0 k2 string embstr 1 expires 4102444800000 idle 0 meta 1
48+9 end disabled`},
		{"243 and 242 of Valkey", valkey81 + `
f3 03 6a6f62 01 00 43 e8           # an import of slots 0 to 1000
f2 2a320d0a 24330d0a 44454c0d0a 24310d0a 6b0d0a
` + noSum, `
0+9 header VALKEY 81
9+9 import job
18+21 update "*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n"
39+9 end disabled`},
		{"242 of Redis, and a hash that refers to it", redis15 + `
f2 05 02 01 61 02 6262             # template 5: a, bb
20 01 68 05 01 78 01 79            # h = {a: x, bb: y}
` + noSum, `
0+9 header REDIS 15
9+8 template 5 of 2
17+8 key 0 h hash  2
25+9 end disabled`},
		{"libraries of both kinds, slot and module data", redis13 + `
f7 81bde72da2bb1eb400 02 02 02 07 00   # module data of vectorset, after the keys
f6 01 6c 03 4c5541 00 01 78             # 7.0-rc1: l, LUA, no description, code x
f5 0d 23216c7561206e616d653d6c0a        # #!lua name=l
f4 03 02 01
` + noSum, `
0+9 header REDIS 13
9+15 module-aux vectorset when 2
24+10 function "#!LUA name=l\nx"
34+15 function "#!lua name=l\n"
49+4 slot 3: 2 1
53+9 end disabled`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, block := range []int{1, 2, 3, 7, 64, 1 << 18} {
				records, err := heads(t, unhex(t, c.hex), block)
				if err != nil {
					t.Error(err)
				}
				var got strings.Builder
				for _, r := range records {
					got.WriteString("\n" + line(r))
				}
				if got.String() != c.want {
					t.Errorf("blocks of %d:%s\nwant:%s", block, got.String(), c.want)
				}
			}
		})
	}
}

func TestBrokenRecords(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		kind      error
		offset    int64
		want      string
	}{
		{"no file at all", "", parse.ErrTruncated, 0, "the header"},
		{"cut header", "52 45 44", parse.ErrTruncated, 3, "the header"},
		{"another magic", "52 45 44 49 54 30 30 30 39", parse.ErrDamaged, 0, "no RDB begins here"},
		{"no end", redis9, parse.ErrTruncated, 9, "no end-of-file opcode"},
		{"cut checksum", redis9 + "ff 00 00", parse.ErrTruncated, 12, "the checksum"},
		{"cut AUX name", redis9 + "fa 05 61", parse.ErrTruncated, 12, "the name of an AUX field"},
		{"cut AUX value", redis9 + "fa 01 61 05 62", parse.ErrTruncated, 14, "the value of an AUX field"},
		{"cut RESIZEDB", redis9 + "fb 01", parse.ErrTruncated, 11, "database sizes"},
		{"a type that was never assigned", redis9 + "08 01 6b 01 76", parse.ErrDamaged, 10, "byte 8 is neither"},
		{"a type of a later server", "52 45 44 49 53 30 30 39 39 c8", parse.ErrUnsupported, 10, "newest known is 15"},
		{"an encoding where a length belongs", redis9 + "fe c0 01", parse.ErrDamaged, 11, "0xc0 is no length"},
		{"0x82 is no length", redis9 + "fe 82 01", parse.ErrDamaged, 10, "0x82 is no length"},
		{"a database past all", redis9 + "fe 81 ffffffffffffffff", parse.ErrDamaged, 19, "does not exist"},
		{"a key of 2^63 bytes", redis9 + "00 81 8000000000000000 6b", parse.ErrLimit, 19, "MaxElement"},
		{"a string of 2^62 bytes", redis9 + "00 01 6b 81 4000000000000000 6b", parse.ErrTruncated, 22, "the value"},
		{"2^63 members", redis9 + "01 01 6b 81 8000000000000000 01 61", parse.ErrDamaged, 21, "members"},
		{"2^60 members, one of them there", redis9 + "01 01 6b 81 1000000000000000 01 61", parse.ErrTruncated, 23, "member 1"},
		{"an unknown string encoding", redis9 + "00 01 6b c4", parse.ErrDamaged, 13, "no encoding of a string"},
		{"a compressed key that claims gigabytes", redis9 + "00 c3 03 81 0000000fffffffff e0ff00", parse.ErrLimit, 21, "MaxElement"},
		{"a compressed key that claims more than it can hold", redis9 + "00 c3 03 80 0fffffff e0ff00", parse.ErrDamaged, 20, "can't hold"},
		{"template that is not there", redis15 + "20 01 68 05", parse.ErrDamaged, 13, "hash template 5"},
		{"module of a release candidate", redis9 + "06 01 6b 00", parse.ErrUnsupported, 12, "release candidates"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, block := range []int{1, 2, 5, 1 << 18} {
				_, err := heads(t, unhex(t, c.hex), block)
				var placed *parse.Error
				if !errors.As(err, &placed) || !errors.Is(err, c.kind) || placed.ByteOffset != c.offset || !strings.Contains(err.Error(), c.want) {
					t.Errorf("blocks of %d: %v", block, err)
				}
			}
		})
	}
}

func TestErrorNamesTheKey(t *testing.T) {
	_, err := heads(t, unhex(t, redis9+"fe 03 01 03 6b6579 02 01 61 05 62"), 64)
	var placed *parse.Error
	if !errors.As(err, &placed) || placed.DB != 3 || string(placed.Key) != "key" {
		t.Fatalf("got %v", err)
	}
	want := "the file ends early while reading the value, member 1 in database 3 at byte 21"
	if err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestEncodings(t *testing.T) {
	long := strings.Repeat("61", 45)
	for _, c := range []struct{ name, hex, want string }{
		{"int8", redis9 + "00 01 6b c0 ff", "int"},
		{"digits past int32", redis9 + "00 01 6b 0a 34323934393637323936", "int"},
		{"the smallest int64", redis9 + "00 01 6b 14 2d39323233333732303336383534373735383038", "int"},
		{"one less", redis9 + "00 01 6b 14 2d39323233333732303336383534373735383039", "embstr"},
		{"a leading zero", redis9 + "00 01 6b 02 3031", "embstr"},
		{"minus zero", redis9 + "00 01 6b 02 2d30", "embstr"},
		{"empty", redis9 + "00 01 6b 00", "embstr"},
		{"45 bytes", redis9 + "00 01 6b 2d" + long, "raw"},
		{"44 bytes", redis9 + "00 01 6b 2c" + long[2:], "embstr"},
		{"30 bytes out of 5", redis9 + "00 01 6b c3 05 1e 00 61 e0 14 00", "embstr"},
		{"before 3.0", redis3 + "00 01 6b 01 61", "raw"},
		{"plain list of 2.2", redis3 + "01 01 6b 00", "linkedlist"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c0 := c.hex + "\n" + noSum
			if strings.HasPrefix(c.hex, redis3) {
				c0 = c.hex + " ff"
			}
			for _, block := range []int{1, 1 << 18} {
				records, err := heads(t, unhex(t, c0), block)
				if err != nil || len(records) < 2 || records[1].Encoding != c.want {
					t.Errorf("%v, %v, want %s", records, err, c.want)
				}
			}
		})
	}
}

func TestRecordsEndAsTheInputDoes(t *testing.T) {
	const db, key = "fe 00\n", "00 01 6b 01 76\n"
	for _, c := range []struct {
		name, file string
		kinds      []Kind
		cause      error
	}{
		{"whole", redis12 + db + key + noSum, []Kind{KindHeader, KindSelectDB, KindKey, KindEnd}, nil},
		{"cut", redis12 + db + key, []Kind{KindHeader, KindSelectDB, KindKey}, parse.ErrTruncated},
		{"damaged", redis12 + db + "99", []Kind{KindHeader, KindSelectDB}, parse.ErrDamaged},
		{"no RDB", "00 01 02 03 04 05 06 07 08 09", nil, parse.ErrDamaged},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := unhex(t, c.file)
			var kinds []Kind
			var failed []error
			for rec, err := range NewDecoder(parse.NewBytesCursor(data, 0), Options{}).Records() {
				if err != nil {
					if failed = append(failed, err); rec != nil {
						t.Errorf("a record with an error: %+v", rec)
					}
					continue
				}
				kinds = append(kinds, rec.Kind)
			}
			if !slices.Equal(kinds, c.kinds) {
				t.Errorf("records %v, want %v", kinds, c.kinds)
			}
			if c.cause == nil && failed != nil || c.cause != nil && (len(failed) != 1 || !errors.Is(failed[0], c.cause)) {
				t.Errorf("errors %v, want one that is %v", failed, c.cause)
			}
			err := NewDecoder(parse.NewBytesCursor(data, 0), Options{}).SkipAll()
			if !errors.Is(err, c.cause) || parse.IsDamage(err) != (c.cause != nil) {
				t.Errorf("SkipAll: %v, want %v", err, c.cause)
			}
		})
	}
}

func TestRecordsGoOnWhereALoopWasLeft(t *testing.T) {
	d := NewDecoder(parse.NewBytesCursor(unhex(t, redis12+"fe 00\n00 01 6b 01 76\n"+noSum), 0), Options{})
	for rec := range d.Records() {
		if rec.Kind == KindSelectDB {
			break
		}
	}
	left := 0
	for range d.Records() {
		left++
	}
	if left != 2 {
		t.Errorf("%d records were left, want a key and the end", left)
	}
}

func TestHasMagic(t *testing.T) {
	for _, c := range []struct {
		head string
		want bool
	}{
		{"REDIS0011\xfa", true},
		{"REDIS0011", true},
		{"VALKEY080", true},
		{"REDIS", true},
		{"REDIS00", true},
		{"VALKE", true},
		{"VALKEY0", true},
		{"", false},
		{"REDI", false},
		{"VALKER", false},
		{"VALKER080", false},
		{"REDIS001x", false},
		{"VALKEY08\xfa", false},
		{"redis0011", false},
	} {
		t.Run(fmt.Sprintf("%q", c.head), func(t *testing.T) {
			if got := HasMagic([]byte(c.head)); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}
