package session

import (
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
)

// What two captures hold of a client is told once, by the first that has its reply; what
// one of them alone holds is told all the same, and so is what was sent twice.
func TestOnce(t *testing.T) {
	capture := &input.Input{Kind: input.KindPCAP}
	command := func(ms int64, addr, key string, reply record.Reply) *record.ClientCommand {
		return &record.ClientCommand{Time: time.UnixMilli(ms), Addr: addr, To: "10.0.0.1:6379", Reply: reply,
			Args: [][]byte{[]byte("SET"), []byte(key), []byte("1")}}
	}
	type step struct {
		stream int
		*record.ClientCommand
		want bool
	}
	a, ok := "10.0.0.9:50000", record.ReplyOK
	for _, c := range []struct {
		name  string
		steps []step
	}{
		{"in both", []step{{0, command(1, a, "k", ok), true}, {1, command(1, a, "k", ok), false}}},
		{"twice in one packet, in both", []step{{0, command(1, a, "k", ok), true}, {0, command(1, a, "k", ok), true},
			{1, command(1, a, "k", ok), false}, {1, command(1, a, "k", ok), false}}},
		{"in the second alone", []step{{0, command(1, a, "k", ok), true}, {1, command(1, a, "l", ok), true}}},
		{"at another time", []step{{0, command(1, a, "k", ok), true}, {1, command(2, a, "k", ok), true}}},
		{"of another client", []step{{0, command(1, a, "k", ok), true}, {1, command(1, "10.0.0.9:50001", "k", ok), true}}},
		{"the reply is lost in the first", []step{{0, command(1, a, "k", record.ReplyNone), true}, {1, command(1, a, "k", ok), true}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOnce([]*input.Input{capture, capture})
			for i, s := range c.steps {
				if got := o.first(s.stream, s.ClientCommand); got != s.want {
					t.Errorf("command %d: %v", i+1, got)
				}
			}
		})
	}
	if o := newOnce([]*input.Input{capture}); o != nil || !o.first(0, command(1, a, "k", ok)) {
		t.Error("of one capture something is held")
	}
}
