package artefact

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/parse/tempfile"
)

// A transcript is what the ordinary clients of a capture sent, written down to be told
// again without the packets: in a temporary file, a record a command, each after its
// length (4 bytes). Of who sent it no more is written than changed (speakers).
type transcript struct {
	file *os.File // without a name
	out  *bufio.Writer
	who  *speakers
	buf  []byte
	err  error // of writing: what is there is not whole
}

// A speaker is who sent a command, and to whom.
type speaker struct {
	connection           int
	addr, to, name, user string
	id                   int64
}

// speakers are those that were come by last, the same while a transcript is written and
// while it is told. Of connections that share a place, each has to be told anew.
type speakers [1 << 10]speaker

func (s *speakers) of(connection int) *speaker { return &s[uint(connection)%uint(len(s))] }

// Marks of a command.
const (
	markNewSpeaker = 1 << iota
	markScripted
	markCut
	markReplyEmpty
)

// replies are numbered as they are written.
var replies = []record.Reply{"", record.ReplyOK, record.ReplyError, record.ReplyNil, record.ReplyValue,
	record.ReplyNone}

const recordHead = 4 // the length of a record

func newTranscript() (*transcript, error) {
	file, err := tempfile.New("redsleuth-clients")
	if err != nil {
		return nil, err
	}
	return &transcript{file: file, out: bufio.NewWriterSize(file, 1<<16), who: new(speakers)}, nil
}

// add writes a command down.
func (t *transcript) add(c *record.ClientCommand) {
	if t.err != nil {
		return
	}
	who := speaker{c.Connection, c.Addr, c.To, c.Name, c.User, c.ID}
	marks := byte(0)
	for i, set := range []bool{*t.who.of(c.Connection) != who, c.Scripted, c.Cut, c.ReplyEmpty} {
		if set {
			marks |= 1 << i
		}
	}
	b := append(t.buf[:0], 0, 0, 0, 0, marks)
	b = binary.AppendVarint(b, int64(c.Connection))
	if marks&markNewSpeaker != 0 {
		*t.who.of(c.Connection) = who
		for _, s := range []string{who.addr, who.to, who.name, who.user} {
			b = appendString(b, s)
		}
		b = binary.AppendVarint(b, who.id)
	}
	reply := slices.Index(replies, c.Reply)
	if reply < 0 {
		t.err = fmt.Errorf("a reply of no known kind: %q", c.Reply)
		return
	}
	b = append(b, byte(reply))
	b = appendString(b, c.ReplyError)
	for _, n := range [...]int64{c.Byte, c.Bytes, c.Packet, int64(c.DB), c.Time.Unix(), int64(c.Time.Nanosecond()),
		int64(c.Within), int64(c.Transaction), int64(c.Latency), int64(len(c.Args))} {
		b = binary.AppendVarint(b, n)
	}
	for _, a := range c.Args {
		b = append(binary.AppendVarint(b, int64(len(a))), a...)
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)-recordHead))
	t.buf = b
	_, t.err = t.out.Write(b)
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendVarint(b, int64(len(s))), s...)
}

// end ends the writing; false where not all could be written.
func (t *transcript) end() bool {
	t.err = errors.Join(t.err, t.out.Flush())
	t.out, t.buf, t.who = nil, nil, nil
	return t.err == nil
}

// close forgets it. A nil one holds nothing.
func (t *transcript) close() error {
	if t == nil {
		return nil
	}
	return t.file.Close()
}

// tell gives all commands to whom they are for, as they came.
func (t *transcript) tell(ctx context.Context, to func(*record.ClientCommand) error) error {
	r := bufio.NewReaderSize(io.NewSectionReader(t.file, 0, 1<<62), 1<<16)
	d := transcriptReader{who: new(speakers)}
	for n := 0; ; n++ {
		if n%commandsBetweenLooks == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		var head [recordHead]byte
		if _, err := io.ReadFull(r, head[:]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		size := int(binary.LittleEndian.Uint32(head[:]))
		d.buf = slices.Grow(d.buf[:0], size)[:size]
		if _, err := io.ReadFull(r, d.buf); err != nil {
			return err
		}
		if err := to(d.read()); err != nil {
			return err
		}
	}
}

// A transcriptReader takes the records of a transcript apart, which it trusts.
type transcriptReader struct {
	who  *speakers
	buf  []byte // a record
	rest []byte // what is left of it
	args [][]byte
	c    record.ClientCommand
}

// read takes a record apart; borrowed.
func (d *transcriptReader) read() *record.ClientCommand {
	d.rest = d.buf[1:]
	marks, c := d.buf[0], &d.c
	connection := int(d.number())
	who := d.who.of(connection)
	if marks&markNewSpeaker != 0 {
		*who = speaker{connection, d.text(), d.text(), d.text(), d.text(), d.number()}
	}
	*c = record.ClientCommand{
		Connection: connection, Addr: who.addr, To: who.to, Name: who.name, User: who.user, ID: who.id,
		Scripted: marks&markScripted != 0, Cut: marks&markCut != 0, ReplyEmpty: marks&markReplyEmpty != 0,
	}
	c.Reply, d.rest = replies[d.rest[0]], d.rest[1:]
	c.ReplyError = d.text()
	c.Byte, c.Bytes, c.Packet, c.DB = d.number(), d.number(), d.number(), int(d.number())
	c.Time = time.Unix(d.number(), d.number()).UTC()
	c.Within, c.Transaction, c.Latency = time.Duration(d.number()), int(d.number()), time.Duration(d.number())
	d.args = d.args[:0]
	for range d.number() {
		d.args = append(d.args, d.bytes())
	}
	c.Args = d.args
	return c
}

func (d *transcriptReader) number() int64 {
	n, size := binary.Varint(d.rest)
	d.rest = d.rest[size:]
	return n
}

func (d *transcriptReader) bytes() []byte {
	n := d.number()
	b := d.rest[:n:n]
	d.rest = d.rest[n:]
	return b
}

func (d *transcriptReader) text() string { return string(d.bytes()) }
