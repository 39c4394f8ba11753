// Restore turns the RDB on standard input into the commands that restore it:
//
//	restore <dump.rdb | redis-cli --pipe
package main

import (
	"bufio"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/resp"
	"github.com/redsleuth/redsleuth/value"
)

func main() {
	out := bufio.NewWriter(os.Stdout)
	if err := errors.Join(restore(out), out.Flush()); err != nil {
		log.Fatal(err)
	}
}

// restore leaves errors of out to its Flush, which returns the first one.
func restore(out *bufio.Writer) error {
	d := rdb.NewReader(os.Stdin)
	defer d.Close()
	write := func(args ...string) { _, _ = out.Write(resp.AppendCommand(nil, args...)) }
	for rec, err := range d.Records() {
		switch {
		case err != nil:
			return err
		case rec.Kind == rdb.KindSelectDB:
			write("SELECT", fmt.Sprint(rec.DB))
		case rec.Kind == rdb.KindFunction:
			write("FUNCTION", "LOAD", "REPLACE", string(rec.Value))
		case rec.Kind == rdb.KindKey:
			payload, err := value.RestorePayload(d, rec)
			if err != nil {
				return err
			}
			// An ExpireAt of 0 is none.
			write("RESTORE", string(rec.Key), fmt.Sprint(rec.ExpireAt), string(payload), "REPLACE", "ABSTTL")
		}
	}
	return nil
}
