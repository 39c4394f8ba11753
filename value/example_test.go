package value_test

import (
	"bytes"
	"fmt"
	"log"
	"os"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/value"
)

// dump is a dump of RDB version 12 that holds a hash.
var dump = append([]byte("REDIS0012"), "\x04\x06user:1\x02\x04name\x03Ada\x04born\x041815"+"\xff\x00\x00\x00\x00\x00\x00\x00\x00"...)

// eachKey visits the keys of a dump.
func eachKey(visit func(d *rdb.Decoder, rec *rdb.Record)) {
	c := parse.NewCursor(bytes.NewReader(dump), 0)
	defer c.Close()
	d := rdb.NewDecoder(c, rdb.Options{})
	for rec, err := range d.Records() {
		if err != nil {
			log.Fatal(err)
		}
		if rec.Kind == rdb.KindKey {
			visit(d, rec)
		}
	}
}

// Values are read whole, up to a size.
func ExampleRead() {
	eachKey(func(d *rdb.Decoder, rec *rdb.Record) {
		v, err := value.Read(d, rec, 64<<20)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: a %s of %d\n", rec.Key, v.Object, v.Count)
		for _, e := range v.Elements {
			fmt.Printf("%s=%s\n", e.Member, e.Value)
		}
	})
	// Output:
	// user:1: a hash of 2
	// name=Ada
	// born=1815
}

// A dump turns into RESTOREs without its values being decoded.
func ExampleRestorePayload() {
	eachKey(func(d *rdb.Decoder, rec *rdb.Record) {
		payload, err := value.RestorePayload(d, rec)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("RESTORE %s 0 %q\n", rec.Key, payload)
	})
	// Output:
	// RESTORE user:1 0 "\x04\x02\x04name\x03Ada\x04born\x041815\f\x00O\xb7;;\xf4=2\xf7"
}

// What DUMP replies is a value too, and may be of an older or a newer server.
func ExampleFromDump() {
	reply := []byte("\x01\x02\x01a\x01b\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	v, err := value.FromDump(reply)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(v.Object, v.Header.Version, string(v.Elements[0].Member), string(v.Elements[1].Member))
	// Output: list 9 a b
}

// Values are equal whatever their encoding.
func ExampleSame() {
	asTable, _ := value.FromDump([]byte("\x02\x02\x011\x012\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	asIntset, _ := value.FromDump([]byte("\x0b\x0c\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00\x02\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	fmt.Println(asTable.Encoding, asIntset.Encoding, value.Same(asTable, asIntset))
	// Output: hashtable intset true
}

// A digest needs no more memory than the largest element.
func ExampleDigester() {
	eachKey(func(d *rdb.Decoder, rec *rdb.Record) {
		var digester value.Digester
		digester.Start(rec)
		if err := d.Value(digester.Add); err != nil {
			log.Fatal(err)
		}
		v, err := value.FromDump([]byte("\x04\x02\x04born\x041815\x04name\x03Ada\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
		if err != nil {
			log.Fatal(err)
		}
		other, _ := v.Digest()
		fmt.Println(digester.Sum() == other)
	})
	// Output: true
}

// Commands build a value where RESTORE can't: on an older server, or for a
// person to read.
func ExampleValue_Commands() {
	eachKey(func(d *rdb.Decoder, rec *rdb.Record) {
		v, err := value.Read(d, rec, 64<<20)
		if err != nil {
			log.Fatal(err)
		}
		commands, loss := v.Commands(rec.Key, 7) // Redis 3.2, whose HSET takes one field
		for _, args := range commands {
			fmt.Printf("%s\n", bytes.Join(args, []byte(" ")))
		}
		fmt.Println(loss == value.Whole)
	})
	// Output:
	// HMSET user:1 name Ada born 1815
	// true
}

// A builder writes the commands while a decoder reads, for redis-cli --pipe.
func ExampleBuilder() {
	b := &value.Builder{Version: 12}
	eachKey(func(d *rdb.Decoder, rec *rdb.Record) {
		b.Start(rec.Key, rec.Object)
		var out []byte
		err := d.Value(func(e *rdb.Element) error {
			out = b.Add(out, e) // and to be written once it is large enough
			return nil
		})
		if err != nil {
			log.Fatal(err)
		}
		out = b.End(out)
		_, _ = os.Stdout.Write(bytes.ReplaceAll(out, []byte("\r\n"), []byte(" ")))
	})
	// Output: *6 $4 HSET $6 user:1 $4 name $3 Ada $4 born $4 1815
}
