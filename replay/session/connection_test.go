package session

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
)

// An edit changes a connection of a test.
type edit func(*Connection)

// made is a connection with a stream, a letter for each command of 10 bytes; "."
// is a PING. Its offsets are known where start is.
func made(l record.Link, start int64, stream string, edits []edit) *Connection {
	l.StartOffset, l.EndOffset, l.Commands = start, record.Unknown, int64(len(stream))
	l.Bytes = 10 * l.Commands
	if known(start) {
		l.EndOffset = start + l.Bytes
	}
	c := newConnection(0, &l)
	c.keep = marksOfCapture
	for _, r := range stream {
		c.add(uint64(r), 10, r == '.')
	}
	for _, e := range edits {
		e(c)
	}
	return c
}

// fullAt is a full resync at an offset, goesOn a partial one of which nothing
// else is known, asks one whose request is, and bare a stream without a
// handshake.
func fullAt(id string, start int64, stream string, edits ...edit) *Connection {
	l := record.Link{Resync: record.Full, ReplicationID: id, Payload: &record.Payload{}}
	return made(l, start, stream, edits)
}

func goesOn(id, stream string, edits ...edit) *Connection {
	return made(record.Link{Resync: record.Partial, ReplicationID: id}, record.Unknown, stream, edits)
}

func asks(id string, offset int64, stream string, edits ...edit) *Connection {
	return goesOn(id, stream, append([]edit{asked(id, offset)}, edits...)...)
}

func bare(stream string, edits ...edit) *Connection {
	return made(record.Link{Resync: record.NoSync}, record.Unknown, stream, edits)
}

// mainOf and payloadOf are the two connections of a sync over two.
func mainOf(client, stream string, edits ...edit) *Connection {
	l := record.Link{Resync: record.NoSync, Channel: record.ChannelMain, ClientID: client}
	return made(l, record.Unknown, stream, edits)
}

func payloadOf(client, id string, start int64, edits ...edit) *Connection {
	c := fullAt(id, start, "", edits...)
	c.Link.ClientID = client
	return c
}

// captured puts a connection into a capture: to the host of a replica that
// listens on a port, 0 where that was not seen.
func captured(host string, port int) edit {
	return func(c *Connection) {
		c.Capture, c.Link.To, c.Link.Replica.ListeningPort = true, host+":40000", port
	}
}

// asked is a request for what follows an offset, asksAll one for a full resync.
func asked(id string, offset int64) edit {
	return func(c *Connection) { c.Link.Requested = &record.Request{ID: id, Offset: offset + 1} }
}

func asksAll(c *Connection) { c.Link.Requested = &record.Request{ID: AnyID, Offset: -1} }

// acks is the last offset that the replica acknowledged, onInput the input that
// holds the connection, at the minute at which it began.
func acks(last int64) edit {
	return func(c *Connection) { c.Link.Acks = &record.Acks{Last: last} }
}

func onInput(i int) edit { return func(c *Connection) { c.Stream = i } }

func at(minute int) edit {
	return func(c *Connection) {
		c.Link.Began = time.Date(2024, 5, 1, 12, minute, 0, 0, time.UTC)
	}
}

func inAOF(c *Connection) { c.Link.AOF = true }
func torn(c *Connection)  { c.torn = true }

// number numbers connections as a test names them.
func number(all []*Connection) []*Connection {
	for i, c := range all {
		c.Link.Number = i + 1
	}
	return all
}

// numbers writes those of connections.
func numbers(all []*Connection) string {
	var list []string
	for _, c := range all {
		list = append(list, fmt.Sprint(c.Link.Number))
	}
	return strings.Join(list, " ")
}

// A stream continues another after a partial resync, or where a recording
// without a handshake begins with a whole command.
func TestContinues(t *testing.T) {
	for _, c := range []struct {
		name      string
		conn      *Connection
		continues bool
		began     record.Resync
		lacks     bool // its payload
	}{
		{"a full resync", fullAt(idA, 1, "a"), false, record.Full, false},
		{"a partial one", goesOn(idA, "a"), true, record.Partial, false},
		{"commands alone", bare("a"), true, record.NoSync, false},
		{"from within a command", bare("a", torn), false, record.NoSync, false},
		{"an AOF", bare("a", inAOF), false, record.NoSync, false},
		{"the stream of two connections", mainOf("7", "a"), false, record.Full, true},
		{"with its payload", mainOf("7", "a", func(c *Connection) {
			c.channel = payloadOf("7", idA, 1)
		}), false, record.Full, false},
		{"in a capture, where both are one", mainOf("7", "a", captured("h", 1)), true, record.Full, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.conn.Continues(); got != c.continues {
				t.Errorf("continues: %v", got)
			}
			if got := c.conn.Began(); got != c.began {
				t.Errorf("began as %s", got)
			}
			if got := c.conn.LacksPayload(); got != c.lacks {
				t.Errorf("lacks its payload: %v", got)
			}
		})
	}
}

// What shows that a process lived through its payload.
func TestSurvived(t *testing.T) {
	framed := func(f record.Framing) edit {
		return func(c *Connection) { c.Link.Payload.Framing = f }
	}
	for _, c := range []struct {
		name string
		conn *Connection
		want bool
	}{
		{"it acknowledged", fullAt(idA, 1, "a", acks(11)), true},
		{"it did not", fullAt(idA, 1, "a", framed(record.FramingLength)), false},
		{"its master sent on after a mark", fullAt(idA, 1, "a", framed(record.FramingEOFMark)), true},
		{"nothing came after the mark", fullAt(idA, 1, "", framed(record.FramingEOFMark)), false},
		{"no payload", goesOn(idA, "a"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.conn.Survived(); got != c.want {
				t.Errorf("%v", got)
			}
		})
	}
}

// The end of a connection is its link's where that starts as the link told.
func TestEndOfConnection(t *testing.T) {
	from := func(start int64) edit { return func(c *Connection) { c.Start = start } }
	for _, c := range []struct {
		name       string
		conn       *Connection
		end, acked int64
	}{
		{"as the link tells", fullAt(idA, 100, "abc", from(100)), 130, 100},
		{"as it was placed", goesOn(idA, "abc", from(50)), 80, 50},
		{"placed elsewhere than the link tells", fullAt(idA, 100, "abc", from(50)), 80, 50},
		{"not placed", goesOn(idA, "abc"), record.Unknown, record.Unknown},
		{"acknowledged", fullAt(idA, 100, "abc", from(100), acks(120)), 130, 120},
		{"acknowledged before it began", fullAt(idA, 100, "abc", from(100), acks(90)), 130, 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.conn.end(); got != c.end {
				t.Errorf("ends at %d, want %d", got, c.end)
			}
			if got := c.conn.acked(); got != c.acked {
				t.Errorf("acknowledged %d, want %d", got, c.acked)
			}
		})
	}
}

func TestHistoryOfRequest(t *testing.T) {
	for _, c := range []struct {
		name string
		conn *Connection
		want string
	}{
		{"asked for", goesOn(idA, "a", asked(idB, 9)), idB},
		{"granted", goesOn(idA, "a"), idA},
		{"a full resync, of whatever it had", fullAt(idA, 1, "a"), ""},
		{"asked for all", fullAt(idA, 1, "a", asksAll), AnyID},
		{"nothing tells", bare("a"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.conn.historyID(); got != c.want {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestEntries(t *testing.T) {
	for e, want := range map[Entry]string{
		Unknown: "unknown", SameProcess: "reconnect", Empty: "fresh",
		FromBase: "restart", FromPayload: "restart", FromOlder: "restart",
	} {
		if got := e.String(); got != want || e.IsRestart() != (want == "restart") {
			t.Errorf("%d: %s, restart %v", e, got, e.IsRestart())
		}
	}
}

func TestHost(t *testing.T) {
	for endpoint, want := range map[string]string{
		"10.0.0.2:40000": "10.0.0.2", "[fd00::2]:40000": "[fd00::2]", "": "", "name": "name",
	} {
		if got := host(endpoint); got != want {
			t.Errorf("%q: %q", endpoint, got)
		}
	}
}

// The head of an RDB, which may end early or be none.
func TestReadHead(t *testing.T) {
	aux := func(name, value string) string {
		return fmt.Sprintf("\xfa%c%s%c%s", len(name), name, len(value), value)
	}
	head := "REDIS0009" + aux("redis-ver", "7.0.15") + aux("repl-id", idA) + aux("repl-offset", "500")
	const end = "\xff"
	sum := strings.Repeat("\x00", 8)
	for _, c := range []struct {
		name, bytes string
		offset      int64
		end         record.End
	}{
		{"whole", head + end + sum, 500, record.Clean},
		{"what comes after keys is no head", // 0xfe 0: database 0; 0x00: a string
			"REDIS0009\xfe\x00\x00\x01k\x01v" + aux("repl-offset", "500") + end + sum, record.Unknown, record.Clean},
		{"cut behind the fields", head, 500, record.Truncated},
		{"cut within one", head[:len(head)-1], record.Unknown, record.Truncated},
		{"a field of a type that no RDB has", "REDIS0009\xfa\xc4" + end + sum, record.Unknown, record.Damaged},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, _ := open(t, c.bytes)
			d, err := ReadHead(in)
			if err != nil {
				t.Fatal(err)
			}
			if d.Offset != c.offset || d.End != c.end || (d.Err == nil) != (c.end == record.Clean) {
				t.Errorf("offset %d, %s, %v", d.Offset, d.End, d.Err)
			}
			if d.Path != in.Path {
				t.Errorf("of %q", d.Path)
			}
		})
	}
	d := NewDump()
	if gone := errors.New("disk"); d.Broken(gone) != gone || d.End != record.Clean {
		t.Error("what the disk does is no damage of a dump")
	}
	if d.State != repl.NoState() {
		t.Errorf("%+v", d.State)
	}
}
