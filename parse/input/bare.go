package input

import (
	"bytes"
	"errors"
	"io"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// footerSize is that of the end of a dump: an opcode and the sum.
const footerSize = 1 + 8

// barePayload is the length of the payload of a full resync that the input begins
// with, of which the line with its length is not there: its fields say that it is
// no head of an AOF and at which offset it was made, and commands follow. 0 where
// it is something else. Only a plain file that ends as no dump does is read for it.
func (in *Input) barePayload(head []byte) (int64, error) {
	if in.file == nil || in.Compression != "" || !isBarePayload(head) {
		return 0, nil
	}
	end := make([]byte, footerSize)
	if _, err := in.file.ReadAt(end, max(0, in.Size-footerSize)); err != nil {
		return 0, err
	}
	if end[0] == 0xff {
		return 0, nil
	}
	c := parse.NewCursor(io.NewSectionReader(in.file, 0, in.Size), 0)
	defer c.Close()
	d := rdb.NewDecoder(c, rdb.Options{Limits: in.Limits})
	if err := d.SkipAll(); parse.IsDamage(err) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	after, err := c.Fill(sniffLen)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	if !startsCommand(bytes.TrimLeft(after, "\n")) {
		return 0, nil
	}
	return c.Offset(), nil
}

// isBarePayload reports whether the first fields of an RDB are those that a master
// sends: aof-preamble (aof-base from 7.0 on) is 0, and the offset is told.
func isBarePayload(head []byte) bool {
	fields := map[string]string{}
	d := rdb.NewDecoder(parse.NewBytesCursor(head, 0), rdb.Options{})
	for rec, err := range d.Records() {
		if err != nil || rec.Kind == rdb.KindSelectDB || rec.Kind == rdb.KindKey {
			break
		}
		if rec.Kind == rdb.KindAux && rec.Byte < fieldsSize {
			fields[string(rec.Name)] = string(rec.Value)
		}
	}
	return fields["repl-offset"] != "" && (fields["aof-preamble"] == "0" || fields["aof-base"] == "0")
}

// fieldsSize is within which servers write the fields at the head of a dump.
const fieldsSize = 4 << 10
