package capture

import (
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A link is known by what only a master sends, and one that is wrapped for what
// it is; what looks like one beside each is none.
func TestWhatIsALink(t *testing.T) {
	type conversation = *pcaptest.Conversation
	const master, replica = pcaptest.Master, pcaptest.Replica
	ping, set := pcaptest.Command("PING"), pcaptest.Command("SET", "a", "1")
	records := func(kind, n int) string {
		return strings.Repeat(string([]byte{byte(kind), 3, 3, 0, 4, 's', 'a', 'f', 'e'}), n)
	}
	v2 := "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x0a\x00\x00\x02\x0a\x00\x00\x01\x9c\x40\x18\xeb"
	for _, test := range []struct {
		name string
		say  func(c conversation)
		// links, and connections that are encrypted, of one
		links     int
		encrypted int64
	}{
		{"writes and PING, no answer", func(c conversation) { c.Say(master, set, ping, set) }, 1, 0},
		{"PING alone", func(c conversation) { c.Say(master, ping, ping) }, 1, 0},
		{"a heartbeat between", func(c conversation) { c.Say(master, ping, "\n", ping) }, 1, 0},
		{"from within a command", func(c conversation) { c.Say(master, set[9:], set, ping) }, 1, 0},
		{"GETACK, to a port that anybody may have", func(c conversation) {
			c.Port = 700
			c.Say(master, pcaptest.Command("REPLCONF", "GETACK", "*"))
		}, 1, 0},
		{"writes to such a port", func(c conversation) { c.Port = 700; c.Say(master, set, set) }, 0, 0},
		{"a client's pipeline", func(c conversation) { c.Say(replica, set, ping, set) }, 0, 0},
		{"a client's, with its answers", func(c conversation) { c.Say(replica, set, set).Say(master, "+OK\r\n+OK\r\n") }, 0, 0},
		{"arrays as answers", func(c conversation) { c.Say(master, pcaptest.Command("a", "1"), pcaptest.Command("b")) }, 0, 0},
		{"an answer that is a command and one that is not", func(c conversation) { c.Say(master, set, "$1\r\na\r\n", set) }, 0, 0},
		{"a list that was asked for", func(c conversation) { c.Say(replica, pcaptest.Command("LRANGE", "l", "0", "1")).Say(master, set) }, 0, 0},
		{"messages to a subscriber", func(c conversation) {
			c.Say(master, pcaptest.Command("message", "a", "b"), pcaptest.Command("message", "a", "b"))
		}, 0, 0},
		{"what no master sends", func(c conversation) { c.Say(master, set, pcaptest.Command("GET", "a")) }, 0, 0},
		{"TLS", func(c conversation) {
			c.Open().Say(replica, records(22, 1)).Say(master, records(22, 2), records(23, 3))
		}, 0, 1},
		{"TLS from the middle", func(c conversation) { c.Say(master, records(23, 1)).Say(replica, records(23, 1)) }, 0, 1},
		{"TLS from within a record", func(c conversation) { c.Say(master, records(23, 5)[6:]) }, 0, 1},
		{"bytes that begin as TLS", func(c conversation) { c.Open().Say(replica, "\x16\x03\x09\x00\x04safe").Say(master, "\x16\x03\x09") }, 0, 0},
		{"a PROXY header", func(c conversation) {
			c.Open().Say(replica, "PROXY TCP4 10.0.0.2 10.0.0.1 40000 6379\r\n")
			shakeHands(c)
		}, 1, 0},
		{"a PROXY header of version 2", func(c conversation) { c.Open().Say(replica, v2); shakeHands(c) }, 1, 0},
		{"a client behind a PROXY header", func(c conversation) { c.Open().Say(replica, v2, set).Say(master, "+OK\r\n") }, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := pcaptest.New(t)
			test.say(c)
			r := &counted{}
			if err := Walk(t.Context(), parse.NewBytesCursor(pcaptest.Write(t, 0, c.Frames...), 0), Options{}, r); err != nil {
				t.Fatal(err)
			}
			if len(r.links) != test.links || r.encrypted != test.encrypted {
				t.Errorf("%d links, %d encrypted", len(r.links), r.encrypted)
			}
			if len(r.links) == 1 && r.links[0].From != "10.0.0.1:6379" {
				t.Errorf("from %s", r.links[0].From)
			}
		})
	}
}

// shakeHands asks for a partial resync, which is granted.
func shakeHands(c *pcaptest.Conversation) {
	c.Say(pcaptest.Replica, pcaptest.Command("PING")).Say(pcaptest.Master, "+PONG\r\n")
	c.Say(pcaptest.Replica, pcaptest.Command("PSYNC", id, "501")).Say(pcaptest.Master, "+CONTINUE "+id+"\r\n")
}

// counted keeps how many connections are encrypted.
type counted struct {
	recorder
	encrypted int64
}

func (c *counted) Note(n *record.Note) error {
	if n.Kind == record.NoteEncrypted {
		c.encrypted += n.Count
	}
	return c.recorder.Note(n)
}

// A port that the system might have given to anybody is a server's where others
// connected to it, or were answered from it; then what comes from it unasked is a
// link.
func TestServersThatOthersKnow(t *testing.T) {
	const master, replica = pcaptest.Master, pcaptest.Replica
	set := pcaptest.Command("SET", "a", "1")
	for _, test := range []struct {
		name  string
		other func(c *pcaptest.Conversation)
		links int
	}{
		{"nobody else", func(*pcaptest.Conversation) {}, 0},
		{"a client that connected", func(c *pcaptest.Conversation) { c.Open() }, 0},
		{"a client that connected and asked", func(c *pcaptest.Conversation) { c.Open().Say(replica, set).Say(master, "+OK\r\n") }, 1},
		{"a client that was answered", func(c *pcaptest.Conversation) { c.Say(replica, set).Say(master, "+OK\r\n") }, 1},
		{"a client of another port", func(c *pcaptest.Conversation) { c.Listen = 33334; c.Open().Say(replica, set).Say(master, "+OK\r\n") }, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			link, client := pcaptest.New(t), pcaptest.New(t)
			link.Listen, client.Listen, client.Port = 33333, 33333, 41000
			link.Say(master, set, set)
			test.other(client)
			r := &counted{}
			data := pcaptest.Write(t, 0, append(link.Frames, client.Frames...)...)
			if err := Walk(t.Context(), parse.NewBytesCursor(data, 0), Options{}, r); err != nil {
				t.Fatal(err)
			}
			if len(r.links) != test.links {
				t.Errorf("%d links", len(r.links))
			}
		})
	}
}
