package repl

import (
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/parse/record"
)

// Unknown is the same for all.
func TestUnknown(t *testing.T) {
	if Unknown != record.Unknown {
		t.Errorf("%d here, %d in package record", Unknown, record.Unknown)
	}
}

// What is out of bounds tells nothing, and takes nothing back.
func TestOriginAux(t *testing.T) {
	placed := State{ID: idA, Offset: 70, StreamDB: 3}
	for _, c := range []struct {
		name, field, value string
		want               State
	}{
		{"an id", "repl-id", idB, State{idB, 70, 3}},
		{"an id that is too short", "repl-id", "abc", placed},
		{"no id", "repl-id", "", placed},
		{"an offset", "repl-offset", "1234", State{idA, 1234, 3}},
		{"the first offset", "repl-offset", "0", State{idA, 0, 3}},
		{"a negative offset", "repl-offset", "-2", placed},
		{"the largest offset", "repl-offset", "4611686018427387903", State{idA, MaxOffset, 3}},
		{"an offset whose sums would overflow", "repl-offset", "4611686018427387904", placed},
		{"an offset beyond 64 bits", "repl-offset", "9223372036854775808", placed},
		{"no offset", "repl-offset", "x", placed},
		{"a database", "repl-stream-db", "0", State{idA, 70, 0}},
		{"no database", "repl-stream-db", "-1", placed},
		{"a database beyond int", "repl-stream-db", "4294967296", placed},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := NewOrigin()
			o.State = placed
			o.Aux([]byte(c.field), []byte(c.value))
			if o.State != c.want {
				t.Errorf("got %+v, want %+v", o.State, c.want)
			}
		})
	}
}

func TestOrigin(t *testing.T) {
	o := NewOrigin()
	if o.State != NoState() || o.Placed() {
		t.Errorf("an origin that tells nothing: %+v", o)
	}
	for _, field := range [][2]string{
		{"valkey-ver", "8.0.1"}, {"redis-bits", "64"}, {"ctime", "1700000000"}, {"repl-id", idA}, {"repl-offset", "0"},
	} {
		o.Aux([]byte(field[0]), []byte(field[1]))
	}
	want := Origin{State{idA, 0, Unknown}, version(t, "valkey 8.0.1"), "8.0.1", time.Unix(1700000000, 0).UTC()}
	if o != want || !o.Placed() {
		t.Errorf("got %+v, want %+v", o, want)
	}
	o.Aux([]byte("ctime"), []byte("0"))
	o.Aux([]byte("redis-ver"), []byte("of our own"))
	if o.Created != want.Created || o.Written != "of our own" || !o.Version.IsZero() {
		t.Errorf("after fields that tell nothing: %+v", o)
	}
}
