package artefact

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
)

const (
	replID = "0123456789012345678901234567890123456789"
	header = "REDIS0009"
	end    = "\xff\x00\x00\x00\x00\x00\x00\x00\x00" // its checksum is disabled
	ping   = "*1\r\n$4\r\nPING\r\n"
	incr   = "*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n"
)

func aux(name, value string) string {
	return "\xfa" + string(rune(len(name))) + name + string(rune(len(value))) + value
}

// recorder writes down what a walk yields, and reads no more of an RDB than
// its header.
type recorder struct {
	strings.Builder
	stopAt string // the event at which it has seen enough
	cancel context.CancelFunc
}

func (r *recorder) event(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	r.WriteString(text + "\n")
	if r.cancel != nil {
		r.cancel()
	}
	if r.stopAt != "" && strings.HasPrefix(text, r.stopAt) {
		return record.Stop
	}
	return nil
}

func (r *recorder) RDB(_ *record.Link, d *rdb.Decoder) error {
	_, err := d.Next()
	return errors.Join(r.event("rdb %d", d.Header().Version), err)
}

func (r *recorder) LinkStart(l *record.Link) error {
	return r.event("link %s at %d %q", l.Anchor, l.StartOffset, l.ReplicationID)
}

func (r *recorder) Command(c *record.Command) error {
	return r.event("%s at %d db %d", c.Args[0], c.Offset, c.DB)
}

func (r *recorder) Note(n *record.Note) error { return r.event("%s @%d+%d", n.Kind, n.Byte, n.Bytes) }

func (r *recorder) LinkEnd(l *record.Link) error { return r.event("%s", l.End) }

func open(t *testing.T, data string) *input.Input {
	t.Helper()
	in, err := input.Open("-", input.Options{Stdin: strings.NewReader(data)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	return in
}

func TestWalk(t *testing.T) {
	for _, c := range []struct {
		name, data string
		options    Options
		kind       input.Kind
		want       string
	}{
		{"a dump", header + end, Options{}, input.KindRDB, "rdb 9\n"},
		{"a dump and what follows it", header + end + "\x00\x00\x00", Options{}, input.KindRDB, "rdb 9\ntrailing @18+3\n"},
		{"a dump and the mark of a diskless sync", header + end + replID, Options{}, input.KindRDB, "rdb 9\neof-mark @18+40\n"},
		{"a dump and forty bytes that are no mark", header + end + "G" + replID[1:], Options{}, input.KindRDB, "rdb 9\ntrailing @18+40\n"},
		{"an AOF with a preamble", header + end + incr, Options{}, input.KindAOF,
			"rdb 9\nlink none at -1 \"\"\nINCR at -1 db -1\nclean\n"},
		{"an AOF with a preamble and a time", header + end + "#TS:1\r\n" + incr, Options{}, input.KindAOF,
			"rdb 9\nlink none at -1 \"\"\nINCR at -1 db -1\nclean\n"},
		{"an AOF with a damaged preamble", header + "\xfa\x0caof-preamble\xc0\x01" + "\x99\x99" + incr + incr + incr, Options{}, input.KindAOF,
			"rdb 9\nlink none at -1 \"\"\ndamage @26+1\nINCR at -1 db -1\nINCR at -1 db -1\nINCR at -1 db -1\ndamaged\n"},
		{"a dump that is damaged", header + "\x99\x99" + incr + incr + incr, Options{}, input.KindRDB, "rdb 9\n"},
		{"commands", ping + incr, Options{}, input.KindCommands,
			"link none at -1 \"\"\nPING at -1 db -1\nINCR at -1 db -1\nclean\n"},
		{"commands from a byte that the user knows", ping + incr, Options{Offset: 101}, input.KindCommands,
			"link flag at 100 \"\"\nPING at 100 db -1\nINCR at 114 db -1\nclean\n"},
		{"commands after a dump", incr, Options{Base: &repl.State{ID: replID, Offset: 70, StreamDB: 4}}, input.KindCommands,
			"link base at 70 \"" + replID + "\"\nINCR at 70 db 4\nclean\n"},
		{"commands after a dump that tells nothing", incr, Options{Base: &repl.State{Offset: repl.Unknown, StreamDB: repl.Unknown}}, input.KindCommands,
			"link none at -1 \"\"\nINCR at -1 db -1\nclean\n"},
		{"a link, which knows better than the user", "+FULLRESYNC " + replID + " 7\r\n$18\r\n" + header + end + ping, Options{Offset: 101}, input.KindPSYNC,
			"link fullresync at 7 \"" + replID + "\"\nrdb 9\nPING at 7 db -1\nclean\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r recorder
			kind, err := Walk(t.Context(), open(t, c.data), c.options, &r)
			if err != nil {
				t.Error(err)
			}
			if r.String() != c.want || kind != c.kind {
				t.Errorf("%s\n%s\nwant %s\n%s", kind, r.String(), c.kind, c.want)
			}
		})
	}
}

func TestWalkStopsWhenToldTo(t *testing.T) {
	r := recorder{stopAt: "PING"}
	if _, err := Walk(t.Context(), open(t, ping+incr), Options{}, &r); err != nil || strings.Contains(r.String(), "INCR") {
		t.Errorf("%v\n%s", err, r.String())
	}
	ctx, cancel := context.WithCancel(t.Context())
	r = recorder{cancel: cancel}
	if _, err := Walk(ctx, open(t, ping+incr), Options{}, &r); !errors.Is(err, context.Canceled) || strings.Contains(r.String(), "INCR") {
		t.Errorf("%v\n%s", err, r.String())
	}
}

func TestReadBase(t *testing.T) {
	state := aux("redis-ver", "7.0.15") + aux("repl-stream-db", "3") + aux("repl-id", replID) + aux("repl-offset", "1234")
	for _, c := range []struct {
		name, data string
		want       repl.State
	}{
		{"a replica's dump", header + state + end, repl.State{ID: replID, Offset: 1234, StreamDB: 3}},
		{"a dump without", header + aux("valkey-ver", "8.0.1") + end, repl.NoState()},
		{"fields that are no numbers", header + aux("repl-offset", "x") + aux("repl-stream-db", "-1") + end, repl.NoState()},
		{"cut after the fields", header + state + "\xfe\x00\x00", repl.State{ID: replID, Offset: 1234, StreamDB: 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ReadBase(t.Context(), open(t, c.data))
			if err != nil || *got != c.want {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	if _, err := ReadBase(t.Context(), open(t, header+"\xfa\x09redis")); !errors.Is(err, parse.ErrTruncated) {
		t.Errorf("cut within the fields: %v", err)
	}
}
