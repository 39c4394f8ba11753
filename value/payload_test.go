package value

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// TestFromDump reads what redis-server 7.0.15 replied to DUMP of "a\x00b".
func TestFromDump(t *testing.T) {
	payload := unhex(t, `
		00                 // string
		03 610062          // 3 bytes
		0a00               // RDB version 10
		57e523832ed1d7d8   // CRC-64`)
	good := bytes.Clone(payload)
	v, err := FromDump(payload)
	clear(payload) // what it gave are copies
	if err != nil {
		t.Fatal(err)
	}
	if v.Object != rdb.ObjectString || string(v.Elements[0].Member) != "a\x00b" || v.Count != 1 {
		t.Errorf("read as %+v", v)
	}
	if v.Header != (rdb.Header{Magic: "REDIS", Version: 10}) || v.HasExpire || string(v.Stored) != "\x03a\x00b" {
		t.Errorf("its frame: %+v", v)
	}
	again, err := v.RestorePayload(10)
	if err != nil || !bytes.Equal(again, good) {
		t.Errorf("RESTORE would take %x, %v", again, err)
	}
}

func TestFromDumpRefuses(t *testing.T) {
	for name, c := range map[string]struct{ payload, says string }{
		"nothing":               {"", "too short"},
		"a footer alone":        {"0a00 0000000000000000", "too short"},
		"a wrong checksum":      {"00 0161 0a00 0100000000000000", "checksum"},
		"version 0":             {"00 0161 0000 0000000000000000", "version 0"},
		"an opcode":             {"fa 0161 0162 0a00 0000000000000000 ", "no type"},
		"an unknown type":       {"28 0161 0b00 0000000000000000", "neither a type"},
		"bytes after the end":   {"00 0161 00 0a00 0000000000000000", "1 bytes after the end"},
		"a value cut short":     {"00 0561 0a00 0000000000000000", "ends"},
		"what files alone hold": {"20 01 00 0f00 0000000000000000", "template"},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := FromDump(unhex(t, c.payload))
			if err == nil {
				t.Fatalf("read as %+v", v)
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v does not say %q", err, c.says)
			}
		})
	}
}

// TestPayloadIsWhatIsStored: the payload of a record is its bytes in a frame,
// and reads as the value that the dump holds.
func TestPayloadIsWhatIsStored(t *testing.T) {
	for name, dump := range fixtures(t) {
		t.Run(name, func(t *testing.T) {
			want := readAll(t, dump, read)
			eachKey(t, dump, func(d *rdb.Decoder, rec *rdb.Record) {
				payload, err := RestorePayload(d, rec)
				if err != nil {
					t.Fatalf("%q: %v", rec.Key, err)
				}
				stored := dump[rec.ValueByte : rec.Byte+rec.Bytes]
				if !refersToTemplate(rec.Type) && !bytes.Equal(payload[1:len(payload)-footerSize], stored) {
					t.Errorf("%q: other bytes than the dump's", rec.Key)
				}
				if int64(len(payload)) != PayloadSize(int64(len(payload)-11)) {
					t.Errorf("%q: PayloadSize is off", rec.Key)
				}
				v, err := FromDump(payload)
				if err != nil {
					t.Fatalf("%q: %v", rec.Key, err)
				}
				if digestOf(t, v) != digestOf(t, want[nameOf(rec)]) {
					t.Errorf("%q: another value", rec.Key)
				}
			})
		})
	}
}

// TestPayloadForOlderServers: what an older version lacks a type for is
// written anew, or refused; it never reads as another value.
func TestPayloadForOlderServers(t *testing.T) {
	for name, dump := range fixtures(t) {
		t.Run(name, func(t *testing.T) {
			for key, v := range readAll(t, dump, readStored) {
				for _, version := range []int{1, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 80} {
					payload, err := v.RestorePayload(version)
					if errors.Is(err, ErrNoPayload) {
						continue
					}
					if err != nil {
						t.Fatal(err)
					}
					got, err := FromDump(payload)
					if err != nil {
						t.Fatalf("%q (%d) in version %d: %v", key, v.Type, version, err)
					}
					if !HasType(version, got.Type) || digestOf(t, got) != digestOf(t, v) {
						t.Errorf("%q (%d) in version %d is a %d, or another value", key, v.Type, version, got.Type)
					}
				}
			}
		})
	}
}

func TestWhatHasAPayload(t *testing.T) {
	hash := func(at ...int64) *Value {
		v := &Value{Object: rdb.ObjectHash}
		for _, at := range at {
			v.Elements = append(v.Elements, rdb.Element{Kind: rdb.ElementField, Member: []byte{byte(at)}, Value: []byte("v"), ExpireAt: at})
		}
		return v
	}
	scores := &Value{Object: rdb.ObjectZSet, Elements: []rdb.Element{
		{Kind: rdb.ElementScore, Member: []byte("a"), Score: math.Inf(1)},
		{Kind: rdb.ElementScore, Member: []byte("b"), Score: math.Inf(-1)},
		{Kind: rdb.ElementScore, Member: []byte("c"), Score: math.NaN()},
		{Kind: rdb.ElementScore, Member: []byte("d"), Score: 0.1},
	}}
	long := &Value{Object: rdb.ObjectString, Elements: []rdb.Element{{Kind: rdb.ElementBytes, Member: make([]byte, 1<<14)}}}
	medium := &Value{Object: rdb.ObjectString, Elements: []rdb.Element{{Kind: rdb.ElementBytes, Member: make([]byte, 1<<6)}}}
	for name, c := range map[string]struct {
		v       *Value
		version int
		want    rdb.Type
		err     error
	}{
		"fields that live":                {hash(rdb.NoExpiry), 11, rdb.TypeHash, nil},
		"fields that expire":              {hash(7, rdb.NoExpiry, 5), 12, rdb.TypeHashTTL, nil},
		"a field that expired at 0":       {hash(0), 12, rdb.TypeHashTTL, nil},
		"fields that expire, for 7.2":     {hash(7), 11, 0, ErrNoPayload},
		"fields that expire, for Valkey":  {hash(7, rdb.NoExpiry), 80, rdb.TypeValkeyHash2, nil},
		"scores as doubles":               {scores, 8, rdb.TypeZSet2, nil},
		"scores as text":                  {scores, 7, rdb.TypeZSet, nil},
		"14 bits of length":               {medium, 9, rdb.TypeString, nil},
		"32 bits of length":               {long, 9, rdb.TypeString, nil},
		"a string without its bytes":      {&Value{Object: rdb.ObjectString}, 9, 0, ErrNoPayload},
		"elements that were not read":     {&Value{Object: rdb.ObjectSet, Count: 3}, 9, 0, ErrNoPayload},
		"a large value":                   {&Value{Object: rdb.ObjectSet, Large: true}, 9, 0, ErrNoPayload},
		"a stream without stored bytes":   {&Value{Object: rdb.ObjectStream}, 12, 0, ErrNoPayload},
		"stored bytes of no known type":   {&Value{Object: rdb.ObjectModule, Type: rdb.TypeModulePreGA, Header: rdb.Header{Version: 8}, Stored: []byte{0}}, 12, 0, ErrNoPayload},
		"stored bytes beyond all bounds":  {&Value{Type: rdb.TypeString, Header: rdb.Header{Version: 9}, Stored: make([]byte, MaxPayload-10)}, 12, 0, ErrTooLarge},
		"lengths as they were before 4.0": {&Value{Object: rdb.ObjectStream, Type: rdb.TypeSet, Header: rdb.Header{Version: 7}, Stored: []byte{0x81, 0, 0, 0, 0}}, 8, 0, ErrNoPayload},
		"Redis 7.4's fields, for Valkey":  {&Value{Object: rdb.ObjectStream, Type: rdb.TypeHashTTL, Header: rdb.Header{Version: 12}, Stored: []byte{0}}, 80, 0, ErrNoPayload},
		"Valkey's fields, for Redis":      {&Value{Object: rdb.ObjectStream, Type: rdb.TypeValkeyHash2, Header: rdb.Header{Version: 80}, Stored: []byte{0}}, 14, 0, ErrNoPayload},
	} {
		t.Run(name, func(t *testing.T) {
			payload, err := c.v.RestorePayload(c.version)
			if !errors.Is(err, c.err) {
				t.Fatalf("got %v, want %v", err, c.err)
			}
			if err != nil {
				return
			}
			got, err := FromDump(payload)
			if err != nil {
				t.Fatal(err)
			}
			if got.Type != c.want || digestOf(t, got) != digestOf(t, c.v) {
				t.Errorf("a %d: %+v", got.Type, got)
			}
		})
	}
}

// TestTypeBytesDifferByVersion: one type of Redis 8.10's development changed
// its number, and two servers use one number for two types.
func TestTypeBytesDifferByVersion(t *testing.T) {
	for _, c := range []struct {
		t       rdb.Type
		version int
		want    byte
	}{
		{rdb.TypeGCRA, 14, 29}, {rdb.TypeGCRA, 15, 33}, {rdb.TypeValkeyHash2, 80, 22}, {rdb.TypeHashTTL, 12, 24},
	} {
		if got := NewPayload(c.t, c.version).Begin(nil); got[0] != c.want {
			t.Errorf("type %d of version %d is byte %d, want %d", c.t, c.version, got[0], c.want)
		}
	}
}

// TestReadKeepsItsBound: a value past the limit is Large and no more, and the
// next key is read all the same.
func TestReadKeepsItsBound(t *testing.T) {
	dump := bytes.Join([][]byte{
		[]byte("REDIS0009"), []byte("\x01\x01k\x02\x01a\x01b"), []byte("\x00\x01l\x01x"), []byte("\xff\x00\x00\x00\x00\x00\x00\x00\x00"),
	}, nil)
	for name, read := range map[string]func(*rdb.Decoder, *rdb.Record, int64) (*Value, error){"Read": Read, "ReadStored": ReadStored} {
		for _, limit := range []int64{1, 4, valueOverhead, valueOverhead + elementOverhead + 3, 1 << 20} {
			c := parse.NewBytesCursor(dump, 0)
			d := rdb.NewDecoder(c, rdb.Options{})
			seen := 0
			for rec, err := range d.Records() {
				if err != nil {
					t.Fatal(err)
				}
				if rec.Kind != rdb.KindKey {
					continue
				}
				seen++
				v, err := read(d, rec, limit)
				if err != nil || v.Bytes != rec.Bytes || v.Bytes == 0 || v.Count != rec.Elements || v.Type != rec.Type {
					t.Fatalf("%s to %d of %q: %+v, %v", name, limit, rec.Key, v, err)
				}
				if v.Large != (v.Elements == nil) || v.Large && v.Stored != nil || !v.Large && v.Size() > limit+5 {
					t.Errorf("%s to %d of %q: %+v", name, limit, rec.Key, v)
				}
				if limit == 1<<20 && (v.Large || name == "ReadStored" && v.Stored == nil) {
					t.Errorf("%s to %d of %q: %+v", name, limit, rec.Key, v)
				}
			}
			if seen != 2 {
				t.Errorf("%s to %d: %d keys", name, limit, seen)
			}
		}
	}
}

// TestReadStoredKeepsBoth: the elements of Read, and the bytes of the dump.
func TestReadStoredKeepsBoth(t *testing.T) {
	for name, dump := range fixtures(t) {
		t.Run(name, func(t *testing.T) {
			plain := readAll(t, dump, read)
			for key, v := range readAll(t, dump, readStored) {
				if digestOf(t, v) != digestOf(t, plain[key]) {
					t.Errorf("%q: another value", key)
				}
				if want := dump[v.Byte+v.Bytes-int64(len(v.Stored)) : v.Byte+v.Bytes]; v.Stored != nil && !bytes.Equal(v.Stored, want) {
					t.Errorf("%q: other bytes", key)
				}
				if (v.Stored == nil) != refersToTemplate(v.Type) {
					t.Errorf("%q of type %d: stored bytes are %v", key, v.Type, v.Stored)
				}
			}
		})
	}
}

// TestDamagedValues: what is wrong is told with its place in the dump.
func TestDamagedValues(t *testing.T) {
	// A listpack that ends within its second entry.
	dump := append([]byte("REDIS0011"), unhex(t, `
		10 01 6b                       // a hash as listpack, key k
		0b 0b000000 0200 8161 02 85 ff // its second string goes on past the end
		ff 0000000000000000`)...)
	for name, read := range map[string]func(*rdb.Decoder, *rdb.Record) error{
		"Read":       func(d *rdb.Decoder, rec *rdb.Record) error { _, err := read(d, rec); return err },
		"ReadStored": func(d *rdb.Decoder, rec *rdb.Record) error { _, err := readStored(d, rec); return err },
	} {
		t.Run(name, func(t *testing.T) {
			d := rdb.NewDecoder(parse.NewBytesCursor(dump, 0), rdb.Options{})
			for rec, err := range d.Records() {
				if err != nil {
					t.Fatal(err)
				}
				if rec.Kind != rdb.KindKey {
					continue
				}
				damage, ok := parse.AsDamage(read(d, rec))
				if !ok || damage.ByteOffset < rec.ValueByte || damage.ByteOffset > int64(len(dump)) {
					t.Errorf("%+v", damage)
				}
				return
			}
		})
	}
}
