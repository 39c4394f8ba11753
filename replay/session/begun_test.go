package session

import (
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
)

// A dump belongs to the connection that asked for its offset, and not to one before
// it that had begun before the capture; to that one where no other did.
func TestLinkBegunBeforeTheCapture(t *testing.T) {
	c := pcaptest.New(t)
	c.Say(pcaptest.Master, pcaptest.Command("SET", "a", "v"), pcaptest.Command("SET", "b", "v"))
	next := pcaptest.New(t)
	next.Port, next.Now = c.Port+1, c.Now.Add(time.Second)
	next.Open().Say(pcaptest.Replica, pcaptest.Command("REPLCONF", "listening-port", "6380")).Say(pcaptest.Master, "+OK\r\n")
	next.Say(pcaptest.Replica, pcaptest.Command("PSYNC", idB, "501")).Say(pcaptest.Master, "+CONTINUE\r\n", sets("c"))
	capture := string(pcaptest.Write(t, 0, append(c.Frames, next.Frames...)...))
	p := planOf(t, Options{Bases: []*Dump{baseAt(idB, 500)}}, capture)
	all := p.Replicas[0].Connections
	if len(all) != 2 {
		t.Fatalf("%d connections", len(all))
	}
	if sent := all[0].Link.Bytes; all[0].Base != nil || all[0].Start != 500-sent { // its end is what the next asked for
		t.Errorf("the first starts at %d, from %v", all[0].Start, all[0].Base)
	}
	if all[1].Base != p.Bases[0] || all[1].Start != 500 {
		t.Errorf("the second starts at %d, from %v", all[1].Start, all[1].Base)
	}
	alone := planOf(t, Options{Bases: []*Dump{baseAt(idB, 500)}}, string(pcaptest.Write(t, 0, c.Frames...)))
	if only := alone.Replicas[0].Connections[0]; only.Base != alone.Bases[0] {
		t.Errorf("alone it starts at %d, from %v", only.Start, only.Base)
	}
}
