package capture

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A link whose head was not captured is placed by what its replica asked for next, and
// by what it was sent again then; where that leaves a choice it is not placed.
func TestNextConnection(t *testing.T) {
	const other = "ffffffffffffffffffffffffffffffffffffffff"
	ping := pcaptest.Command("PING")                                                 // 14 bytes
	set := func(n int) string { return pcaptest.Command("SET", fmt.Sprint(n), "1") } // 27
	type next struct {
		id    string
		asked int
		sent  []string
		full  bool
	}
	first := []string{set(1), set(2), set(3), ping} // 95 bytes, from 500 on
	again := func(id string, asked int, sent ...string) next { return next{id: id, asked: asked, sent: sent} }
	for name, test := range map[string]struct {
		first []string
		ack   int // 0 for none
		next  next
		want  int64
	}{
		"all had arrived":                      {first, 0, again(id, 596, set(4), ping), 500},
		"nothing more was sent":                {first, 0, again(id, 596), 500},
		"the last two had not":                 {first[:3], 0, again(id, 528, set(2), set(3), set(4)), 500},
		"none had":                             {first, 0, again(id, 501, append(first, set(4))...), 500},
		"it was started from an older dump":    {first, 0, again(id, 447, append([]string{set(8), set(9)}, first...)...), 500},
		"the same was sent twice":              {first[:3], 0, again(id, 501, slices.Concat(first[:3], first[:3])...), record.Unknown},
		"a PING may be the one before":         {first, 0, again(id, 582, ping, set(4)), record.Unknown},
		"an ACK says the same":                 {first, 595, again(id, 596, set(4)), 500},
		"an ACK of more than it asks for":      {first, 700, again(id, 596, set(4)), record.Unknown},
		"an ACK within a command":              {first, 530, again(id, 596, set(4)), record.Unknown},
		"it asks for less than the link holds": {first, 0, again(id, 50, set(4)), record.Unknown},
		"PINGs alone":                          {[]string{ping, ping, ping}, 0, again(id, 543, set(4)), record.Unknown},
		"it asks for all":                      {first, 0, again("?", -1, set(4)), record.Unknown},
		"it is refused, and given all":         {first, 0, next{id: id, asked: 596, sent: []string{set(4)}, full: true}, record.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := headless(t, test.first, test.ack), pcaptest.New(t)
			b.Port, b.Now = 40001, a.Now.Add(time.Second)
			b.Open().Say(pcaptest.Replica, pcaptest.Command("PSYNC", test.next.id, fmt.Sprint(test.next.asked)))
			if test.next.full || test.next.id == "?" {
				b.Say(pcaptest.Master, "+FULLRESYNC "+other+" 900\r\n", byLength, dump)
			} else {
				b.Say(pcaptest.Master, "+CONTINUE\r\n")
			}
			b.Say(pcaptest.Master, test.next.sent...)
			l := read(t, pcaptest.Write(t, 0, together(a, b)...)).links[0]
			if l.StartOffset != test.want || (l.ReplicationID == id) != (test.want != record.Unknown) {
				t.Errorf("%d, by %s, of %q", l.StartOffset, l.Anchor, l.ReplicationID)
			}
		})
	}
	t.Run("another replica's beside it", func(t *testing.T) {
		a, b := headless(t, first, 0), pcaptest.New(t)
		b.Port, b.Now = 40001, a.Now.Add(-time.Second)
		b.Open().Say(pcaptest.Replica, pcaptest.Command("PSYNC", id, "596")).Say(pcaptest.Master, "+CONTINUE\r\n", set(4))
		for _, l := range read(t, pcaptest.Write(t, 0, together(a, b)...)).links {
			if l.Resync == record.NoSync && l.StartOffset != record.Unknown {
				t.Errorf("%d, by %s", l.StartOffset, l.Anchor)
			}
		}
	})
}

// headless is a link of which neither handshake nor SYN was captured, with an ACK in its
// middle.
func headless(t *testing.T, sent []string, ack int) *pcaptest.Conversation {
	c := pcaptest.New(t)
	for _, s := range sent {
		c.Rest(time.Second).Say(pcaptest.Master, s)
	}
	if ack > 0 {
		c.Ack(ack)
	} else {
		c.Say(pcaptest.Replica, "\n")
	}
	return c
}
