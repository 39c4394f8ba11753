package rdb_test

import (
	"bytes"
	"fmt"
	"log"
	"os"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// The keys of a dump, none of their values decoded.
func ExampleNewReader() {
	file, err := os.Open("../../testdata/dumps/sink10.rdb")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	r := rdb.NewReader(file)
	defer r.Close()
	for rec, err := range r.Records() {
		if err != nil {
			log.Fatal(err)
		}
		if rec.Kind == rdb.KindKey {
			fmt.Printf("byte %d: database %d, %s, %s as %s\n", rec.Byte, rec.DB, rec.Key, rec.Object, rec.Encoding)
		}
	}
	// Output:
	// byte 32: database 3, h, hash as listpack
	// byte 48: database 3, l, list as quicklist
	// byte 79: database 3, s, stream as stream
}

// The members of one key, visited one by one.
func ExampleDecoder_Value() {
	file, err := os.Open("../../testdata/dumps/types-7.0.15.rdb")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	r := rdb.NewReader(file)
	defer r.Close()
	for rec, err := range r.Records() {
		if err != nil {
			log.Fatal(err)
		}
		if rec.Kind != rdb.KindKey || rec.Object != rdb.ObjectHash {
			continue
		}
		err = r.Value(func(e *rdb.Element) error { // e is borrowed
			fmt.Printf("%s: %q = %q\n", rec.Key, e.Member, e.Value)
			return nil
		})
		if err != nil {
			log.Fatal(err)
		}
		break
	}
	// Output:
	// h:small: "f" = "v"
	// h:small: "n" = "12"
	// h:small: "e" = ""
	// h:small: "" = "emptyfield"
}

// A dump that was cut, or holds bytes that can't be, is told from a disk that
// can't be read; what came before stays read.
func ExampleDecoder_Records_damage() {
	r := rdb.NewReader(bytes.NewReader([]byte("REDIS0011\xfe\x00\x00\x03key\x05va")))
	defer r.Close()
	for rec, err := range r.Records() {
		damage, ok := parse.AsDamage(err)
		switch {
		case ok:
			fmt.Printf("byte %d: %v\n", damage.ByteOffset, damage.Err)
		case err != nil:
			log.Fatal(err)
		case rec.Kind == rdb.KindKey:
			fmt.Printf("key %s\n", rec.Key)
		}
	}
	// Output:
	// key key
	// byte 19: the file ends early
}

// After damage, reading continues with the next record that is plausible.
func ExampleResume() {
	data, err := os.ReadFile("../../testdata/dumps/types-7.0.15.rdb")
	if err != nil {
		log.Fatal(err)
	}
	copy(data[600:], "################")
	open := func(at int64) (*parse.Cursor, error) { return parse.NewBytesCursor(data[at:], at), nil }
	c, _ := open(0) // which never fails
	d := rdb.NewDecoder(c, rdb.Options{})
	keys := 0
	for d.Err() == nil {
		rec, err := d.Next()
		switch {
		case parse.IsDamage(err):
			next, lost, err := rdb.Resume(d, err, open)
			if err != nil {
				log.Fatal(err)
			}
			fmt.Printf("bytes %d to %d are lost\n", lost.Byte, lost.Byte+lost.Bytes)
			d = next
		case err == nil && rec.Kind == rdb.KindKey:
			keys++
		}
	}
	fmt.Println(keys, "keys")
	// Output:
	// bytes 531 to 7791 are lost
	// 66 keys
}
