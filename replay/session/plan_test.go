package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
)

const idB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

// emptyRDB is a payload that tells nothing.
var emptyRDB = "REDIS0006\xff" + strings.Repeat("\x00", 8)

// full and partial are the master's bytes of a connection.
func full(id string, offset int64, stream string) string {
	return fmt.Sprintf("+FULLRESYNC %s %d\r\n$%d\r\n%s%s", id, offset, len(emptyRDB), emptyRDB, stream)
}

func partial(id, stream string) string { return "+CONTINUE " + id + "\r\n" + stream }

// sets is a stream that sets these keys, a letter each, 27 bytes a command.
func sets(keys string) string {
	var b strings.Builder
	for _, k := range keys {
		b.WriteString(pcaptest.Command("SET", string(k), "v"))
	}
	return b.String()
}

const setBytes = 27

func baseAt(id string, offset int64) *Dump {
	d := NewDump()
	d.Path, d.ID, d.Offset = fmt.Sprintf("base-%d", offset), id, offset
	return &d
}

// planOf plans raw recordings.
func planOf(t *testing.T, o Options, streams ...string) *Plan {
	t.Helper()
	for _, s := range streams {
		in, _ := open(t, s)
		o.Streams = append(o.Streams, in)
	}
	p, err := New(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// describe writes a plan: "input/link entry start" of each connection, with what
// the plan knows beside.
func describe(p *Plan) string {
	var all []string
	for _, r := range p.Replicas {
		for _, c := range r.Connections {
			s := fmt.Sprintf("%d/%d %s", c.Stream+1, c.Link.Number, c.Entry)
			if known(c.Start) {
				s += fmt.Sprintf(" at %d", c.Start)
			}
			if c.Base != nil {
				s += " from " + c.Base.Path
			}
			if c.From != nil {
				s += fmt.Sprintf(" from the payload at %d", c.From.Start)
			}
			if known(c.RanTo) {
				s += fmt.Sprintf(" ran to %d", c.RanTo)
			}
			if c.Arrival != Arrived {
				s += [...]string{"", " cut", " fatal"}[c.Arrival]
			}
			if j := c.Join; j.Missing > 0 {
				s += fmt.Sprintf(" missing %d", j.Missing)
			}
			if c.Join.Repeated > 0 {
				s += fmt.Sprintf(" repeats %d", c.Join.Repeated)
			}
			if c.Join.Differs {
				s += " differing"
			}
			if c.Join.WentBack {
				s += " back"
			}
			all = append(all, s)
		}
	}
	return strings.Join(all, "\n")
}

// Recordings of the master's bytes alone, placed by what they share, by dumps,
// and by offsets.
func TestRawRecordings(t *testing.T) {
	for _, c := range []struct {
		name    string
		streams []string
		bases   []*Dump
		want    string
	}{
		{"one full resync", []string{full(idA, 100, sets("abc"))}, nil, "1/1 fresh at 100"},
		{"goes on where it ended", []string{full(idA, 100, sets("abc")), partial(idA, sets("def"))}, nil,
			"1/1 fresh at 100\n2/1 reconnect at 181"},
		{"sends the last two again", []string{full(idA, 100, sets("abc")), partial(idA, sets("bcd"))}, nil,
			"1/1 fresh at 100 ran to 127\n2/1 reconnect at 127 repeats 54"},
		{"one command again may be chance", []string{full(idA, 100, sets("abc")), partial(idA, sets("cd"))}, nil,
			"1/1 fresh at 100\n2/1 reconnect"},
		{"starts from a dump", []string{full(idA, 100, sets("abc")), partial(idA, sets("bcd"))}, []*Dump{baseAt(idA, 127)},
			"1/1 fresh at 100 ran to 127\n2/1 restart at 127 from base-127"},
		{"a dump at the end", []string{full(idA, 100, sets("abc")), partial(idA, sets("def"))}, []*Dump{baseAt(idA, 181)},
			"1/1 fresh at 100 ran to 181\n2/1 restart at 181 from base-181"},
		{"a dump of another history", []string{full(idA, 100, sets("abc")), partial(idA, sets("def"))}, []*Dump{baseAt(idB, 181)},
			"1/1 fresh at 100\n2/1 reconnect at 181"},
		{"a dump within a command", []string{full(idA, 100, sets("abc")), partial(idA, sets("bcd"))}, []*Dump{baseAt(idA, 130)},
			"1/1 fresh at 100 ran to 127\n2/1 reconnect at 127 repeats 54"},
		{"the only one that is left", []string{partial(idA, sets("abc"))}, []*Dump{baseAt(idA, 500)}, "1/1 restart at 500 from base-500"},
		{"nothing tells", []string{partial(idA, sets("abc"))}, nil, "1/1 unknown"},
		{"in the wrong order", []string{partial(idA, sets("def")), full(idA, 100, sets("abc"))}, []*Dump{baseAt(idA, 181)},
			"2/1 fresh at 100 ran to 181\n1/1 restart at 181 from base-181"},
		{"full resyncs in the wrong order", []string{full(idA, 500, sets("x")), full(idA, 100, sets("abc"))}, nil,
			"2/1 fresh at 100\n1/1 reconnect at 500"},
		{"back in one history", []string{full(idA, 100, sets("abc")), full(idA, 120, sets("x"))}, nil,
			"1/1 fresh at 100\n2/1 reconnect at 120 back"},
		{"commands without a handshake", []string{full(idA, 100, sets("abc")), sets("bcd")}, nil,
			"1/1 fresh at 100 ran to 127\n2/1 reconnect at 127 repeats 54"},
		{"two links in one file", []string{full(idA, 100, sets("abc")) + full(idA, 500, sets("x"))}, nil,
			"1/1 fresh at 100\n1/2 reconnect at 500"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if len(sets("a")) != setBytes {
				t.Fatal("a command is of another length")
			}
			p := planOf(t, Options{Bases: c.bases}, c.streams...)
			if got := describe(p); got != c.want {
				t.Errorf("\n%s\nwant\n%s", got, c.want)
			}
			for _, b := range c.bases {
				if p.Taken(b) != strings.Contains(c.want, b.Path) {
					t.Errorf("%s taken: %v", b.Path, p.Taken(b))
				}
			}
		})
	}
}

// The replica's log tells what recordings of the master's bytes don't.
func TestLog(t *testing.T) {
	streams := []string{full(idA, 100, sets("abc")), partial(idA, sets("xyz"))}
	for _, c := range []struct {
		name string
		log  []repl.LoggedResync
		want string
	}{
		{"which it is not in", nil, "1/1 fresh at 100\n2/1 reconnect at 181"},
		{"the request", []repl.LoggedResync{{ID: idA, Offset: 100, Full: true, Process: 1}, {ID: idA, Offset: 182, Process: 1}},
			"1/1 fresh at 100\n2/1 reconnect at 181"},
		{"another process", []repl.LoggedResync{{ID: idA, Offset: 100, Full: true, Process: 1}, {ID: idA, Offset: 182, Process: 2}},
			"1/1 fresh at 100\n2/1 restart at 181"},
		{"of another history", []repl.LoggedResync{{ID: idB, Offset: 100, Full: true, Process: 1}, {ID: idB, Offset: 182, Process: 2}},
			"1/1 fresh at 100\n2/1 reconnect at 181"},
		{"bytes beyond what was recorded", []repl.LoggedResync{{ID: idA, Offset: 100, Full: true, Process: 1}, {ID: idA, Offset: 500, Process: 1}},
			"1/1 fresh at 100\n2/1 reconnect at 181"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := planOf(t, Options{Logged: c.log}, streams...)
			if got := describe(p); got != c.want {
				t.Errorf("\n%s\nwant\n%s", got, c.want)
			}
		})
	}
	p := planOf(t, Options{Logged: []repl.LoggedResync{
		{ID: idA, Offset: 100, Full: true, Process: 1}, {ID: idA, Offset: 182, Process: 1},
	}}, streams...)
	if c := p.Replicas[0].Connections[1]; !c.Lived || c.RequestedID() != idA {
		t.Errorf("lived %v, requested %q", c.Lived, c.RequestedID())
	}
}

// A visit is a connection in a capture: what the replica asks for, what it is
// answered, and what it acknowledges; 0 is nothing.
type visit struct {
	port         int // that the replica listens on
	request      []string
	answer       string
	stream       string
	acknowledged int64
}

func (v visit) conversation(t *testing.T, i int) *pcaptest.Conversation {
	c := pcaptest.New(t)
	c.Port, c.Now = uint16(40000+i), c.Now.Add(time.Duration(i)*time.Minute)
	c.Open().Say(pcaptest.Replica, pcaptest.Command("REPLCONF", "listening-port", fmt.Sprint(v.port)))
	c.Say(pcaptest.Master, "+OK\r\n").Say(pcaptest.Replica, pcaptest.Command(append([]string{"PSYNC"}, v.request...)...))
	c.Say(pcaptest.Master, v.answer)
	if v.stream != "" {
		c.Say(pcaptest.Master, v.stream)
	}
	if v.acknowledged > 0 {
		c.Ack(int(v.acknowledged))
	}
	return c.Close()
}

func visits(t *testing.T, all ...visit) string {
	var frames []pcaptest.Frame
	for i, v := range all {
		frames = append(frames, v.conversation(t, i).Frames...)
	}
	return string(pcaptest.Write(t, 0, frames...))
}

// What requests and acknowledgements of a capture show of the replica.
func TestCaptures(t *testing.T) {
	asks := func(offset int64) []string { return []string{idA, fmt.Sprint(offset + 1)} }
	all := []string{"?", "-1"}
	first := visit{6380, all, full(idA, 1000, ""), sets("abcdefgh"), 1000 + 8*setBytes}
	for _, c := range []struct {
		name   string
		visits []visit
		bases  []*Dump
		want   string
	}{
		{"the same process", []visit{first, {6380, asks(1216), partial(idA, ""), sets("i"), 1243}}, nil,
			"1/1 fresh at 1000\n1/2 reconnect at 1216"},
		{"some did not arrive", []visit{{6380, all, full(idA, 1000, ""), sets("abcdefgh"), 1108}, {6380, asks(1108), partial(idA, ""), sets("efgh"), 1216}}, nil,
			"1/1 fresh at 1000 ran to 1108\n1/2 reconnect at 1108 repeats 108"},
		{"and are others now", []visit{{6380, all, full(idA, 1000, ""), sets("abcdefgh"), 1108}, {6380, asks(1108), partial(idA, ""), sets("wxyz"), 1216}}, nil,
			"1/1 fresh at 1000 ran to 1108\n1/2 reconnect at 1108 repeats 108 differing"},
		{"more than was captured", []visit{first, {6380, asks(1300), partial(idA, ""), sets("i"), 1327}}, nil,
			"1/1 fresh at 1000\n1/2 reconnect at 1300 missing 84"},
		{"from the payload", []visit{first, {6380, asks(1000), partial(idA, ""), sets("abc"), 1081}}, nil,
			"1/1 fresh at 1000 ran to 1216\n1/2 restart at 1000 from the payload at 1000"},
		{"from a dump that is not here", []visit{first, {6380, asks(1027), partial(idA, ""), sets("bcd"), 1108}}, nil,
			"1/1 fresh at 1000 ran to 1216\n1/2 restart at 1027"},
		{"from a dump that is", []visit{first, {6380, asks(1027), partial(idA, ""), sets("bcd"), 1108}}, []*Dump{baseAt(idA, 1027)},
			"1/1 fresh at 1000 ran to 1216\n1/2 restart at 1027 from base-1027"},
		{"from a dump of more than was captured", []visit{{6380, all, full(idA, 1000, ""), sets("abcdefgh"), 1027},
			{6380, asks(1300), partial(idA, ""), sets("i"), 1327}}, []*Dump{baseAt(idA, 1300)},
			"1/1 fresh at 1000\n1/2 restart at 1300 from base-1300"},
		{"from nothing", []visit{first, {6380, all, full(idA, 1216, ""), sets("i"), 1243}}, nil,
			"1/1 fresh at 1000 ran to 1216\n1/2 fresh at 1216"},
		{"the payload did not arrive", []visit{{6380, all, full(idA, 1000, ""), sets("a"), 0}, {6380, all, full(idA, 1027, ""), sets("b"), 1054}}, nil,
			"1/1 fresh at 1000 ran to 1000 fatal\n1/2 reconnect at 1027"},
		{"refused, and full", []visit{first, {6380, asks(1216), full(idA, 2000, ""), sets("i"), 2027}}, nil,
			"1/1 fresh at 1000\n1/2 reconnect at 2000"},
		{"two replicas on one host", []visit{first, {6381, all, full(idA, 1000, ""), sets("abcdefgh"), 1216}}, nil,
			"1/1 fresh at 1000\n1/2 fresh at 1000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := planOf(t, Options{Bases: c.bases}, visits(t, c.visits...))
			if got := describe(p); got != c.want {
				t.Errorf("\n%s\nwant\n%s", got, c.want)
			}
			ports := map[int]bool{}
			for _, v := range c.visits {
				ports[v.port] = true
			}
			if len(p.Replicas) != len(ports) {
				t.Errorf("%d replicas", len(p.Replicas))
			}
		})
	}
}

// A connection that two inputs hold counts once: the one that tells more.
func TestDuplicates(t *testing.T) {
	whole := visits(t, visit{6380, []string{"?", "-1"}, full(idA, 1000, ""), sets("abcdefgh"), 1216})
	for _, c := range []struct {
		name, other string
		duplicates  int
	}{
		{"whole", full(idA, 1000, sets("abcdefgh")), 1},
		{"a recording that stopped earlier", full(idA, 1000, sets("abcd")), 1},
		{"another stream", full(idA, 1000, sets("xyz")), 0},
		{"of another history", full(idB, 1000, sets("abcdefgh")), 0},
		{"at another offset", full(idA, 2000, sets("abcdefgh")), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := planOf(t, Options{}, whole, c.other)
			if len(p.Duplicates) != c.duplicates {
				t.Fatalf("%d duplicates: %s", len(p.Duplicates), describe(p))
			}
			if c.duplicates > 0 && p.Duplicates[0].Stream != 1 {
				t.Error("the capture tells more")
			}
		})
	}
}

// A sync over two connections, of which only the master's bytes were recorded.
func TestChannels(t *testing.T) {
	payload := fmt.Sprintf("$ENDOFF:500 %s 0 7\r\n$EOF:%s\r\n%s%[2]s", idA, strings.Repeat("e", 40), emptyRDB)
	main := "+RDBCHANNELSYNC 7\r\n"
	alone := planOf(t, Options{}, main+sets("a")).Replicas[0].Connections[0]
	if alone.Began() != record.Full || !alone.LacksPayload() || known(alone.Start) {
		t.Errorf("%s at %d", alone.Began(), alone.Start)
	}
	p := planOf(t, Options{}, payload, main+sets("ab"))
	if len(p.Replicas) != 1 || len(p.Replicas[0].Connections) != 2 {
		t.Fatalf("\n%s", describe(p))
	}
	if c := p.Replicas[0].Connections[1]; c.Start != 500 || !c.Lived || c.Entry != SameProcess || c.LacksPayload() {
		t.Errorf("\n%s", describe(p))
	}
}

// A plan without a survey is for one link, and says so if there are more.
func TestSole(t *testing.T) {
	follow := func(o Options, stream string) (string, error) {
		in, _ := open(t, stream)
		o.Streams = []*input.Input{in}
		p := Sole(o)
		if p == nil {
			return "", errors.New("none")
		}
		var d diary
		err := p.Walk(context.Background(), &d)
		return describe(p), err
	}
	for _, c := range []struct {
		name   string
		stream string
		bases  []*Dump
		want   string
		err    error
	}{
		{"a full resync", full(idA, 100, sets("ab")), nil, "1/1 fresh at 100", nil},
		{"commands after a dump", sets("ab"), []*Dump{baseAt(idA, 70)}, "1/1 restart at 70 from base-70", nil},
		{"two links", full(idA, 100, sets("ab")) + full(idA, 200, sets("c")), nil, "1/1 fresh at 100", ErrAnotherLink},
		{"a dump of another history", full(idA, 100, sets("ab")), []*Dump{baseAt(idB, 70)}, "", ErrAnotherLink},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := follow(Options{Bases: c.bases}, c.stream); got != c.want || !errors.Is(err, c.err) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	if _, err := follow(Options{}, visits(t, visit{6380, []string{"?", "-1"}, full(idA, 0, ""), sets("a"), 27})); err == nil {
		t.Error("a capture may hold any number of links")
	}
	if _, err := follow(Options{Bases: []*Dump{baseAt(idA, 1), baseAt(idA, 2)}}, sets("a")); err == nil {
		t.Error("either of two dumps may be the one")
	}
}

// Of several streams that don't tell their offsets, --offset is about the first.
func TestOffset(t *testing.T) {
	p := planOf(t, Options{Offset: 101}, sets("abc"), full(idA, 900, sets("x")), sets("de"))
	got := describe(p)
	if !strings.Contains(got, "1/1 unknown at 100") || strings.Contains(got, "3/1 reconnect at 100") {
		t.Errorf("\n%s", got)
	}
}

func TestIsForeign(t *testing.T) {
	p := planOf(t, Options{}, full(idA, 100, sets("abc")))
	for id, foreign := range map[string]bool{idA: false, idB: true, "": false} {
		if got := p.Replicas[0].IsForeign(baseAt(id, 1)); got != foreign {
			t.Errorf("%q: %v", id, got)
		}
	}
	p = planOf(t, Options{}, sets("abc")) // of no history that is known
	if p.Replicas[0].IsForeign(baseAt(idB, 1)) {
		t.Error("nothing tells")
	}
}

// A connection that the master ended with an error is no part of a life.
func TestRefused(t *testing.T) {
	p := planOf(t, Options{}, "-NOMASTERLINK Can't SYNC while not connected with my master\r\n", full(idA, 100, sets("a")))
	if len(p.Refused) != 1 || p.Refused[0].Stream != 0 || describe(p) != "2/1 fresh at 100" {
		t.Errorf("%d refused\n%s", len(p.Refused), describe(p))
	}
}
