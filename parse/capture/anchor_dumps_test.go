package capture

import (
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
)

// Dumps that were made along a link tie it to offsets where ACKs leave a choice: each
// lies between two commands, where the database was selected that it tells. Where
// that leaves a choice too, or too little speaks for it, nothing does.
func TestDumpsAlongALink(t *testing.T) {
	type conversation = *pcaptest.Conversation
	const master, other = pcaptest.Master, "ffffffffffffffffffffffffffffffffffffffff"
	ping, set := pcaptest.Command("PING"), pcaptest.Command("SET", "a", "1")                               // 14 and 27 bytes
	third, long := pcaptest.Command("SELECT", "3"), pcaptest.Command("RPUSH", "list", "an element", "two") // 23 and 51
	at := func(offset int64, db int) repl.State { return repl.State{ID: id, Offset: offset, StreamDB: db} }
	// Of a stream that begins at 500: SELECT to 523, SET to 550, PING to 564, PING to
	// 578, and after ACKs that leave two beginnings open, RPUSH to 629 and SET to 656.
	pinged := func(c conversation) {
		c.Say(master, third, set, ping).Rest(100*time.Millisecond).Ack(564).Say(master, ping).Rest(100 * time.Millisecond).Ack(578)
		c.Say(master, long, set)
	}
	silent := func(c conversation) { c.Say(master, third, set, ping, ping, long, set) }
	for _, test := range []struct {
		name  string
		say   func(c conversation)
		dumps []repl.State
		want  int64
	}{
		{"none", pinged, nil, record.Unknown},
		{"the replica's where it acknowledged, the master's at the end", pinged, []repl.State{at(578, 3), at(656, 3)}, 500},
		{"the master's alone, within the stream", pinged, []repl.State{at(629, 3)}, 500},
		{"the master's alone, at the end", pinged, []repl.State{at(656, 3)}, 500},
		{"one where the master was later", pinged, []repl.State{at(900, 3)}, record.Unknown},
		{"one a PING later than the capture, as it may be", pinged, []repl.State{at(670, 3)}, record.Unknown},
		{"one where another database was selected", pinged, []repl.State{at(629, 5)}, record.Unknown},
		{"one that tells no database", pinged, []repl.State{at(629, repl.Unknown)}, 500},
		{"one within a command", pinged, []repl.State{at(656, 3), at(600, 3)}, record.Unknown},
		{"one that both beginnings allow for", pinged, []repl.State{at(578, 3)}, record.Unknown},
		{"one of another history", pinged, []repl.State{at(578, 3), {ID: other, Offset: 10_656, StreamDB: 3}}, record.Unknown},
		{"those of two histories", pinged, []repl.State{at(629, 3), {ID: other, Offset: 629, StreamDB: 3}}, record.Unknown},
		{"without an ACK, one of them at the end", silent, []repl.State{at(550, 3), at(656, 3)}, 500},
		{"without an ACK, none of them at the end", silent, []repl.State{at(550, 3), at(629, 3)}, record.Unknown},
		{"without an ACK, one alone", silent, []repl.State{at(656, 3)}, record.Unknown},
		{"without an ACK, the other one within a command", silent, []repl.State{at(600, 3), at(656, 3)}, record.Unknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := pcaptest.New(t)
			test.say(c)
			s := &scribe{}
			data := pcaptest.Write(t, 0, c.Frames...)
			if err := Walk(t.Context(), parse.NewBytesCursor(data, 0), Options{Dumps: test.dumps}, s); err != nil {
				t.Fatal(err)
			}
			l := s.links[0]
			if l.StartOffset != test.want || (l.Anchor == record.AnchorBase) != (test.want != record.Unknown) ||
				(l.ReplicationID == id) != (test.want != record.Unknown) {
				t.Errorf("%d, by %s, of %q", l.StartOffset, l.Anchor, l.ReplicationID)
			}
		})
	}
}
