package rdb

import (
	"bytes"
	"errors"
	stdcrc "hash/crc64"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/hdt3213/rdb/core"
	"github.com/hdt3213/rdb/encoder"
	"github.com/hdt3213/rdb/model"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/crc64"
)

// mixed is a dump of keys of every type that hdt3213/rdb can write.
func mixed(tb testing.TB, keys int) []byte {
	tb.Helper()
	var out bytes.Buffer
	random := rand.New(rand.NewPCG(2017, 11))
	enc := encoder.NewEncoder(&out)
	text := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = 'a' + byte(random.IntN(26))
		}
		return b
	}
	texts := func() (all [][]byte) {
		n := 3 + random.IntN(12)
		if random.IntN(50) == 0 {
			n = 200 + random.IntN(200)
		}
		for range n {
			all = append(all, text(4+random.IntN(12)))
		}
		return all
	}
	errs := []error{enc.WriteHeader(), enc.WriteAux("redis-ver", "7.2.0"), enc.WriteDBHeader(0, uint64(keys), 0)}
	for i := range keys {
		key := "key:" + strconv.Itoa(i)
		var err error
		switch i % 8 {
		case 0, 1, 2:
			err = enc.WriteStringObject(key, text(20+random.IntN(180)))
		case 3:
			err = enc.WriteStringObject(key, strconv.AppendInt(nil, random.Int64N(1<<40), 10), encoder.WithTTL(4102444800000))
		case 4:
			err = enc.WriteListObject(key, texts())
		case 5:
			err = enc.WriteSetObject(key, texts())
		case 6:
			hash := map[string][]byte{}
			for _, f := range texts() {
				hash[string(f)] = f
			}
			err = enc.WriteHashMapObject(key, hash)
		case 7:
			var entries []*model.ZSetEntry
			for j, m := range texts() {
				entries = append(entries, &model.ZSetEntry{Member: string(m), Score: float64(j) / 3})
			}
			err = enc.WriteZSetObject(key, entries)
		}
		errs = append(errs, err)
	}
	if err := errors.Join(append(errs, enc.WriteEnd())...); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

const benchKeys = 100_000

func BenchmarkSkip(b *testing.B) {
	data := mixed(b, benchKeys)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		c := parse.NewCursor(bytes.NewReader(data), 0)
		d := NewDecoder(c, Options{})
		if err := d.SkipAll(); err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}

func BenchmarkValue(b *testing.B) {
	data := mixed(b, benchKeys)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		c := parse.NewCursor(bytes.NewReader(data), 0)
		d := NewDecoder(c, Options{})
		for rec, err := range d.Records() {
			if err == nil && rec.Kind == KindKey {
				err = d.Value(func(*Element) error { return nil })
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		c.Close()
	}
}

// BenchmarkFloor is the checksum alone, with the standard library.
func BenchmarkFloor(b *testing.B) {
	data, table := mixed(b, benchKeys), stdcrc.MakeTable(crc64.Poly)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		stdcrc.Update(0, table, data)
	}
}

// BenchmarkHDT3213 is the other decoder of this repository's go.mod.
func BenchmarkHDT3213(b *testing.B) {
	data := mixed(b, benchKeys)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if err := core.NewDecoder(bytes.NewReader(data)).Parse(func(model.RedisObject) bool { return true }); err != nil {
			b.Fatal(err)
		}
	}
}
