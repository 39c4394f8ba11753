package artefact

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/parse/record"
)

// full is a command of which every field is set, each to something else.
func full(t *testing.T, connection int) record.ClientCommand {
	t.Helper()
	var c record.ClientCommand
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		f, n := v.Field(i), int64(1000*connection+i+1)
		switch name := v.Type().Field(i).Name; {
		case name == "Reply":
			c.Reply = replies[1+connection%(len(replies)-1)]
		case name == "Time":
			c.Time = time.Unix(n, n).UTC()
		case name == "Args":
			c.Args = [][]byte{[]byte("SET"), {}, {0, '\r', 0xff}}
		case f.Kind() == reflect.String:
			f.SetString(name + string(rune('a'+connection%26)))
		case f.Kind() == reflect.Bool:
			f.SetBool(true)
		case f.CanInt():
			f.SetInt(n)
		default:
			t.Fatalf("%s: what is it?", name)
		}
	}
	c.Connection = connection
	return c
}

// What a transcript tells is what was written down, field by field, of whoever spoke
// last and of those who share a place with them.
func TestTranscript(t *testing.T) {
	said, err := newTranscript()
	if err != nil {
		t.Fatal(err)
	}
	defer said.close()
	var want []record.ClientCommand
	add := func(c record.ClientCommand) {
		said.add(&c)
		want = append(want, c)
	}
	bare := record.ClientCommand{Connection: 1, DB: record.Unknown, Latency: record.Unknown, Args: [][]byte{[]byte("GET")}}
	add(bare)
	first := full(t, 1)
	add(first)
	first.Scripted, first.Byte = false, 1<<40
	add(first)
	first.Name = "renamed"
	add(first)
	add(full(t, 1+len(speakers{})))
	add(first)
	add(full(t, 2))
	if !said.end() {
		t.Fatal(said.err)
	}
	for range 2 {
		n := 0
		err = said.tell(t.Context(), func(c *record.ClientCommand) error {
			if n == len(want) {
				return errors.New("more than was written down")
			}
			w := want[n]
			if w.Time.IsZero() != c.Time.IsZero() || !w.Time.Equal(c.Time) {
				t.Errorf("command %d: time %v, want %v", n, c.Time, w.Time)
			}
			got := *c
			got.Time, w.Time = time.Time{}, time.Time{}
			if !reflect.DeepEqual(got, w) {
				t.Errorf("command %d: %+v\nwant %+v", n, got, w)
			}
			n++
			return nil
		})
		if err != nil || n != len(want) {
			t.Errorf("%d commands, want %d: %v", n, len(want), err)
		}
	}
}

// A telling ends with the error of who listens, and with its context.
func TestTranscriptEnds(t *testing.T) {
	said, err := newTranscript()
	if err != nil {
		t.Fatal(err)
	}
	defer said.close()
	for range 3 {
		c := full(t, 1)
		said.add(&c)
	}
	if !said.end() {
		t.Fatal(said.err)
	}
	n := 0
	err = said.tell(t.Context(), func(*record.ClientCommand) error { n++; return record.Stop })
	if !errors.Is(err, record.Stop) || n != 1 {
		t.Errorf("%v after %d commands", err, n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = said.tell(ctx, func(*record.ClientCommand) error { t.Error("told after the end"); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A transcript that could not be written whole is not told: the packets are read.
func TestTranscriptThatIsNotWhole(t *testing.T) {
	said, err := newTranscript()
	if err != nil {
		t.Fatal(err)
	}
	if err := said.file.Close(); err != nil { // as if the disk were full
		t.Fatal(err)
	}
	c := full(t, 1)
	said.add(&c)
	if said.end() {
		t.Error("it counts as whole")
	}
}
