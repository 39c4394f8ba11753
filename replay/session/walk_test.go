package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// An attempt is a connection of a replica, at a minute of the day.
type attempt struct {
	minute, port int // port is the one that the replica listens on
	offset       int64
	stream       string
}

// conversation is the attempt as packets: a partial resync, acknowledged whole.
func (a attempt) conversation(t *testing.T) *pcaptest.Conversation {
	c := pcaptest.New(t)
	c.Port = uint16(40000 + a.minute)
	c.Now = c.Now.Add(time.Duration(a.minute) * time.Minute)
	c.Open().Say(pcaptest.Replica, pcaptest.Command("REPLCONF", "listening-port", fmt.Sprint(a.port)))
	c.Say(pcaptest.Master, "+OK\r\n").Say(pcaptest.Replica, pcaptest.Command("PSYNC", idA, fmt.Sprint(a.offset+1)))
	c.Say(pcaptest.Master, "+CONTINUE "+idA+"\r\n")
	for rest := a.stream; rest != ""; {
		n := min(len(rest), 1000)
		c.Say(pcaptest.Master, rest[:n])
		rest = rest[n:]
	}
	return c.Ack(int(a.offset) + len(a.stream)).Close()
}

func captureOf(t *testing.T, attempts ...attempt) string {
	var frames []pcaptest.Frame
	for _, a := range attempts {
		frames = append(frames, a.conversation(t).Frames...)
	}
	slices.SortStableFunc(frames, func(a, b pcaptest.Frame) int { return a.Time.Compare(b.Time) })
	return string(pcaptest.Write(t, 0, frames...))
}

// open makes an input of bytes, and counts what is read of it.
func open(t *testing.T, data string) (in *input.Input, read *atomic.Int64) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "input")
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	read = &atomic.Int64{}
	in, err := input.Open(path, input.Options{Progress: func(n int) { read.Add(int64(n)) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	return in, read
}

// A diary is a Follower that writes down what it is told: "input/link" of each
// connection, with the keys of its commands.
type diary struct {
	strings.Builder
	stream int
	stopAt string
}

var errEnough = errors.New("enough")

func (d *diary) Stream(i int) { d.stream = i }
func (d *diary) Connection(c *Connection) {
	fmt.Fprintf(d, " %d/%d", c.Stream+1, c.Link.Number)
}
func (d *diary) LinkStart(*record.Link) error             { return nil }
func (d *diary) RDB(_ *record.Link, _ *rdb.Decoder) error { return nil }
func (d *diary) Note(*record.Note) error                  { return nil }
func (d *diary) LinkEnd(l *record.Link) error {
	fmt.Fprintf(d, ".%d", d.stream+1)
	return nil
}

func (d *diary) Command(c *record.Command) error {
	if key := string(c.Args[1]); len(key) == 1 {
		d.WriteString(key)
		if key == d.stopAt {
			return errEnough
		}
	}
	return nil
}

func set(key string, bytes int) string {
	return pcaptest.Command("SET", key, strings.Repeat("x", bytes))
}

// Two captures of one replica whose connections alternate are read once a
// walk, side by side, however often they alternate; and a plan can be followed
// again.
func TestWalkReadsOnce(t *testing.T) {
	const rounds, size = 12, 100_000
	var captures [2][]attempt
	want, offset := "", int64(0)
	for i := range rounds {
		key := string(rune('a' + i))
		stream := set(key, size)
		captures[i%2] = append(captures[i%2], attempt{minute: i, port: 6380, offset: offset, stream: stream})
		offset += int64(len(stream))
		want += fmt.Sprintf(" %d/%d%s.%[1]d", i%2+1, i/2+1, key)
	}
	var inputs []*input.Input
	var counters []*atomic.Int64
	for _, c := range captures {
		in, read := open(t, captureOf(t, c...))
		inputs, counters = append(inputs, in), append(counters, read)
	}
	p, err := New(context.Background(), Options{Streams: inputs})
	if err != nil {
		t.Fatal(err)
	}
	for walk := 1; walk <= 2; walk++ {
		var d diary
		if err := p.Walk(context.Background(), &d); err != nil {
			t.Fatal(err)
		}
		if d.String() != want {
			t.Errorf("followed\n%s, want\n%s", &d, want)
		}
		for i, in := range inputs {
			if n := counters[i].Load(); n > in.Size*int64(walk+1)+in.Size/10 {
				t.Errorf("walk %d: %d bytes read of %d", walk, n, in.Size)
			}
		}
	}
}

// An error of the follower comes back, and inputs that wait are let go.
func TestWalkStops(t *testing.T) {
	one, _ := open(t, captureOf(t, attempt{0, 6380, 0, set("a", 10)}, attempt{2, 6380, 200, set("c", 10)}))
	two, _ := open(t, captureOf(t, attempt{1, 6380, 100, set("b", 10)}))
	p, err := New(context.Background(), Options{Streams: []*input.Input{one, two}})
	if err != nil {
		t.Fatal(err)
	}
	d := diary{stopAt: "b"}
	if err := p.Walk(context.Background(), &d); !errors.Is(err, errEnough) {
		t.Errorf("%v", err)
	}
	if want := " 1/1a.1 2/1b"; d.String() != want {
		t.Errorf("followed%s, want%s", &d, want)
	}
}

// Connections are written "replica: input/link …"; passes are what is followed
// in each reading.
func TestPasses(t *testing.T) {
	for _, c := range []struct {
		name     string
		replicas [][][2]int // input and number within it
		want     string
	}{
		{"nothing", nil, ""},
		{"one input", [][][2]int{{{0, 1}, {0, 2}}}, "0/1 0/2"},
		{"two replicas in one input", [][][2]int{{{0, 1}, {0, 3}}, {{0, 2}, {0, 4}}}, "0/1 0/2 0/3 0/4"},
		{"alternating", [][][2]int{{{0, 1}, {1, 1}, {0, 2}, {1, 2}}}, "0/1 1/1 0/2 1/2"},
		{"two replicas, in turn", [][][2]int{{{0, 1}, {1, 1}}, {{1, 2}, {0, 2}}}, "0/1 1/1 1/2 0/2"},
		{"the other way round", [][][2]int{{{0, 2}, {0, 1}}}, "0/2 | 0/1"},
		{"each waits for the other", [][][2]int{{{0, 2}, {1, 1}}, {{1, 2}, {0, 1}}}, "0/2 1/1 1/2 | 0/1"},
		{"too many at once", [][][2]int{{{0, 1}, {1, 1}, {2, 1}, {3, 1}, {4, 1}, {0, 2}, {1, 2}, {2, 2}, {3, 2}, {4, 2}}},
			"0/1 1/1 2/1 3/1 | 4/1 0/2 1/2 2/2 3/2 4/2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var replicas []*Replica
			for _, list := range c.replicas {
				r := &Replica{}
				for _, at := range list {
					r.Connections = append(r.Connections, newConnection(at[0], &record.Link{Number: at[1]}))
				}
				replicas = append(replicas, r)
			}
			var got []string
			for _, p := range passes(replicas) {
				var list []string
				for _, c := range p {
					list = append(list, fmt.Sprintf("%d/%d", c.Stream, c.Link.Number))
				}
				got = append(got, strings.Join(list, " "))
			}
			if s := strings.Join(got, " | "); s != c.want {
				t.Errorf("%s, want %s", s, c.want)
			}
		})
	}
}
