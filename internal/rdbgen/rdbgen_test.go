package rdbgen

import (
	"bytes"
	"testing"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

func TestDumpsAreWhole(t *testing.T) {
	var b bytes.Buffer
	keys, err := Write(&b, Options{Keys: 1000, Every: 10, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	c := parse.NewCursor(&b, 0)
	defer c.Close()
	d := rdb.NewDecoder(c, rdb.Options{})
	found := 0
	for rec, err := range d.Records() {
		if err != nil {
			t.Fatal(err)
		}
		if rec.Kind == rdb.KindKey {
			found++
		}
		if rec.Kind == rdb.KindEnd && rec.Checksum.Status != rdb.ChecksumValid {
			t.Errorf("checksum %v", rec.Checksum)
		}
	}
	if found != keys || keys != 1000-33 {
		t.Errorf("%d keys found, %d said to be written", found, keys)
	}
}
