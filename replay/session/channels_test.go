package session

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse/record"
)

// Which payload is which stream's: "stream<payload".
func TestJoinChannels(t *testing.T) {
	pay := func(client string, start int64) *Connection { return payloadOf(client, idA, start) }
	for _, c := range []struct {
		name string
		all  []*Connection
		want string
	}{
		{"payload first", []*Connection{pay("7", 500), mainOf("7", "a")}, "2<1"},
		{"stream first", []*Connection{mainOf("7", "a"), pay("7", 500)}, "1<2"},
		{"of another client", []*Connection{pay("8", 500), mainOf("7", "a")}, ""},
		{"of a client that is not known", []*Connection{pay("", 500), mainOf("7", "a")}, "2<1"},
		{"of another history", []*Connection{pay("7", 500), mainOf("7", "a", func(c *Connection) {
			c.Link.ReplicationID = idB
		})}, ""},
		{"two syncs", []*Connection{pay("", 1), mainOf("", "a"), pay("", 9), mainOf("", "b")}, "2<1 4<3"},
		{"two, streams first",
			[]*Connection{mainOf("", "a"), pay("", 1), mainOf("", "b"), pay("", 9)}, "1<2 3<4"},
		{"crosswise", []*Connection{pay("7", 1), pay("8", 9), mainOf("8", "a"), mainOf("7", "b")}, "3<2 4<1"},
		{"a payload is one stream's",
			[]*Connection{pay("", 1), mainOf("", "a"), mainOf("", "b")}, "2<1"},
		{"the first payload is missing",
			[]*Connection{mainOf("", "a"), mainOf("", "b"), pay("", 9)}, "2<3"},
		{"and payloads come first: there is no neighbour",
			[]*Connection{pay("", 1), bare("x"), mainOf("", "a"), mainOf("", "b")}, ""},
		{"two, in no order, where lengths leave one way",
			[]*Connection{mainOf("", "ab"), mainOf("", "abc"), pay("", 70), pay("", 50)}, "1<4 2<3"},
		{"and three", []*Connection{pay("", 70), mainOf("", "abcdef"), mainOf("", "ab"),
			pay("", 100), mainOf("", "abc"), pay("", 50)}, "2<4 3<6 5<1"},
		{"where they leave two, as given",
			[]*Connection{mainOf("", "ab"), mainOf("", "a"), pay("", 50), pay("", 70)}, "1<3 2<4"},
		{"of two histories, as given", []*Connection{mainOf("", "ab"), mainOf("", "abc"),
			payloadOf("", idB, 70), pay("", 50)}, "1<3 2<4"},
		{"as a capture holds them", []*Connection{mainOf("", "ab"), mainOf("", "bc"), pay("", 100), pay("", 50),
			fullAt(idA, 50, "ab", captured("h", 1)), fullAt(idA, 100, "bc", captured("h", 1))}, "1<4 2<3"},
		{"a payload that only the capture holds", []*Connection{mainOf("", "ab"), pay("", 100),
			fullAt(idA, 50, "ab", captured("h", 1))}, ""},
		{"a capture of other syncs", []*Connection{mainOf("", "ab"), mainOf("", "bc"), pay("", 100), pay("", 50),
			fullAt(idA, 50, "xy", captured("h", 1))}, "1<3 2<4"},
		{"a stream follows the payload itself", []*Connection{fullAt(idA, 1, "x"), mainOf("", "a")}, ""},
		{"the offset of the payload is not known",
			[]*Connection{pay("7", record.Unknown), mainOf("7", "a")}, ""},
		{"in a capture, where they are joined", []*Connection{
			payloadOf("7", idA, 1, captured("h", 1)), mainOf("7", "a", captured("h", 1))}, ""},
		{"of a capture, for a recording's stream", []*Connection{
			payloadOf("7", idA, 1, captured("h", 1)), mainOf("7", "a")}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			joinChannels(number(c.all))
			var got []string
			for _, c := range c.all {
				p := c.channel
				if p == nil {
					continue
				}
				got = append(got, fmt.Sprintf("%d<%d", c.Link.Number, p.Link.Number))
				if l := c.Link; l.StartOffset != p.Link.StartOffset || l.EndOffset != l.StartOffset+c.bytes() ||
					l.ReplicationID != p.Link.ReplicationID || l.Anchor != record.AnchorFullResync {
					t.Errorf("%+v", l)
				}
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("%s, want %s", s, c.want)
			}
		})
	}
}
