package capture

import (
	"fmt"
	"testing"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

// scribe writes down a walk with everything that the package adds to it.
type scribe struct{ recorder }

func (s *scribe) Note(n *record.Note) error {
	fmt.Fprintf(s, "%s", n.Kind)
	switch n.Kind {
	case record.NoteAck:
		fmt.Fprintf(s, " %d", n.Offset)
	case record.NoteIgnored:
		fmt.Fprintf(s, " %d", n.Count)
	default:
		fmt.Fprintf(s, " %d+%d, %d-%d", n.Byte, n.Bytes, n.Offset, n.EndOffset)
	}
	s.WriteByte('\n')
	return nil
}

func read(t testing.TB, data []byte) *scribe {
	t.Helper()
	s := &scribe{}
	if err := Walk(t.Context(), parse.NewBytesCursor(data, 0), Options{}, s); err != nil {
		t.Fatal(err)
	}
	return s
}

const id = "0123456789012345678901234567890123456789"

// partial is a connection on which a replica continues at offset 500.
func partial(c *pcaptest.Conversation) *pcaptest.Conversation {
	c.Open().Say(pcaptest.Replica, pcaptest.Command("PING")).Say(pcaptest.Master, "+PONG\r\n")
	c.Say(pcaptest.Replica, pcaptest.Command("REPLCONF", "listening-port", "6380", "capa", "psync2")).Say(pcaptest.Master, "+OK\r\n")
	c.Say(pcaptest.Replica, pcaptest.Command("PSYNC", id, "501")).Say(pcaptest.Master, "+CONTINUE "+id+"\r\n")
	return c.Say(pcaptest.Master, pcaptest.Command("SELECT", "3"), pcaptest.Command("SET", "a", "1"), pcaptest.Command("SET", "b", "2"), pcaptest.Command("SET", "c", "3"))
}
