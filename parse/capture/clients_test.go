package capture

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

// clientsOf writes down what clients said in a capture.
func clientsOf(t testing.TB, frames ...pcaptest.Frame) (told string, links *scribe) {
	t.Helper()
	var b strings.Builder
	links = &scribe{}
	err := Walk(t.Context(), parse.NewBytesCursor(pcaptest.Write(t, 0, frames...), 0), Options{Clients: func(c *record.ClientCommand) error {
		fmt.Fprintf(&b, "%s > %s %d %q %s\n", c.Addr, c.To, c.DB, c.Args, c.Reply)
		return nil
	}}, links)
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), links
}

const (
	byClient = pcaptest.Replica
	byServer = pcaptest.Master
)

func TestClients(t *testing.T) {
	set, ok := pcaptest.Command("SET", "a", "1"), "+OK\r\n"
	lrange, list := pcaptest.Command("LRANGE", "l", "0", "-1"), pcaptest.Command("SET", "x")
	const c = "10.0.0.2:40000 > 10.0.0.1:6379 "
	for _, test := range []struct {
		name string
		c    *pcaptest.Conversation
		want string
	}{
		{"from the beginning", pcaptest.New(t).Open().Say(byClient, set).Say(byServer, ok).Close(), c + `0 ["SET" "a" "1"] ok` + "\n"},
		{"IPv6", pcaptest.NewV6(t).Open().Say(byClient, set).Say(byServer, ok), `[fd00::2]:40000 > [fd00::1]:6379 0 ["SET" "a" "1"] ok` + "\n"},
		{"it says PING first, as a replica does", pcaptest.New(t).Open().Say(byClient, pcaptest.Command("PING")).Say(byServer, "+PONG\r\n"), c + `0 ["PING"] value` + "\n"},
		{"begun before, the server seen first", pcaptest.New(t).Say(byServer, ok).Say(byClient, set).Say(byServer, ok).Say(byClient, set).Say(byServer, ok),
			strings.Repeat(c+`-1 ["SET" "a" "1"] ok`+"\n", 2)},
		{"replies that look like commands", pcaptest.New(t).Say(byServer, list).Say(byClient, lrange).Say(byServer, list).Say(byClient, lrange).Say(byServer, list),
			strings.Repeat(c+`-1 ["LRANGE" "l" "0" "-1"] value`+"\n", 2)},
		{"one direction", pcaptest.New(t).Say(byClient, strings.Repeat(set, 5)), strings.Repeat(c+`-1 ["SET" "a" "1"] `+"\n", 5)},
		{"the other direction", pcaptest.New(t).Say(byServer, strings.Repeat(ok, 50)), ""},
		{"HTTP", pcaptest.New(t).Open().Say(byClient, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").Say(byServer, "HTTP/1.1 200 OK\r\n\r\n"), ""},
		{"SMTP", pcaptest.New(t).Open().Say(byServer, "220 mail\r\n").Say(byClient, "EHLO a\r\n").Say(byServer, "250 a\r\n"), ""},
		{"TLS", pcaptest.New(t).Open().Say(byClient, "\x16\x03\x01\x02\x00\x01\x00\x01").Say(byServer, "\x16\x03\x03\x00"), ""},
		{"memcached", pcaptest.New(t).Open().Say(byClient, "set a 0 0 1\r\n1\r\n").Say(byServer, "STORED\r\n"), ""},
		{"a link", partial(pcaptest.New(t)).Ack(604), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, _ := clientsOf(t, test.c.Frames...); got != test.want {
				t.Errorf("%s", got)
			}
		})
	}
}

// Links are the same whether or not clients are read, and what clients said
// comes in the order of the capture.
func TestClientsBesideALink(t *testing.T) {
	link := partial(pcaptest.New(t)).Ack(604)
	var frames []pcaptest.Frame
	var want strings.Builder
	for i, f := range link.Frames {
		c := pcaptest.New(t)
		c.Port, c.Now = uint16(50000+i), f.Time
		c.Open().Say(byClient, pcaptest.Command("SET", "k", fmt.Sprint(i))).Say(byServer, "+OK\r\n").Rest(time.Hour)
		frames = append(append(frames, f), c.Frames...)
		fmt.Fprintf(&want, "10.0.0.2:%d > 10.0.0.1:6379 0 [\"SET\" \"k\" \"%d\"] ok\n", c.Port, i)
	}
	got, links := clientsOf(t, frames...)
	if got != want.String() {
		t.Errorf("%s", got)
	}
	alone := read(t, pcaptest.Write(t, 0, frames...))
	if !strings.HasSuffix(alone.String(), fmt.Sprintf("ignored %d\n", len(link.Frames))) {
		t.Errorf("%s", alone)
	}
	if want := strings.ReplaceAll(alone.String(), fmt.Sprintf("ignored %d\n", len(link.Frames)), ""); links.String() != want {
		t.Errorf("%s\nwant\n%s", links, want)
	}
}

// Of a connection that was open before the capture, on ports that tell nothing, the
// client is the side that sends commands, whatever arrays there are in replies, and else
// not the one that others connected to.
func TestWhoIsTheClient(t *testing.T) {
	set, ok := pcaptest.Command("SET", "a", "1"), "+OK\r\n"
	const scores = "*2\r\n*2\r\n$2\r\nm6\r\n$4\r\n8430\r\n*1\r\n$2\r\nm7\r\n:1\r\n"
	within := strings.Repeat("v", 40) + "\r\n"
	opened := func(port uint16) *pcaptest.Conversation {
		c := pcaptest.New(t)
		c.Port, c.Listen = port, 45000
		return c
	}
	answered := opened(50000).Open().Say(byClient, set).Say(byServer, ok) // whose SYN was lost
	answered.Frames = answered.Frames[1:]
	other := opened(50001).Open().Say(byClient, set).Say(byServer, ok)
	const from = "10.0.0.2:50000 > 10.0.0.1:45000 "
	for _, test := range []struct {
		name   string
		c      *pcaptest.Conversation
		before []pcaptest.Frame
		want   string
	}{
		{"arrays in a reply", opened(50000).Say(byServer, ok+scores).Say(byClient, set).Say(byServer, ok), nil,
			from + `-1 ["SET" "a" "1"] ok` + "\n"},
		{"arrays alone", opened(50000).Say(byServer, scores).Say(byClient, set).Say(byServer, ok), nil,
			from + `-1 ["SET" "a" "1"] ok` + "\n"},
		{"the SYN was lost, and not the answer to it", answered, nil, from + `0 ["SET" "a" "1"] ok` + "\n"},
		{"within a command, to whom others connected",
			opened(50000).Say(byServer, scores).Say(byClient, within+set).Say(byServer, ok, ok), other.Frames,
			from + `-1 ["SET" "a" "1"] ok` + "\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, _ := clientsOf(t, append(slices.Clone(test.before), test.c.Frames...)...)
			if _, after, ok := strings.Cut(got, "50001 > 10.0.0.1:45000 0 [\"SET\" \"a\" \"1\"] ok\n"); ok {
				got = after
			}
			if got != test.want {
				t.Errorf("%s", got)
			}
		})
	}
}

// Clients of which packets were lost wait for them to the end of the capture, and are
// told in the order in which they began then, each time.
func TestClientsThatLostPackets(t *testing.T) {
	var frames []pcaptest.Frame
	var want strings.Builder
	start := pcaptest.New(t).Now
	for n := range 8 {
		c := pcaptest.New(t)
		c.Port, c.Now = uint16(40000+n), start.Add(time.Duration(n)*time.Second)
		c.Open().Say(byClient, pcaptest.Command("SET", "a", "1"), pcaptest.Command("SET", "b", "2"),
			pcaptest.Command("SET", "c", "3"))
		frames = append(frames, append(c.Frames[:3:3], c.Frames[4:]...)...) // b is lost
		for _, set := range []string{`0 ["SET" "a" "1"]`, `-1 ["SET" "c" "3"]`} {
			fmt.Fprintf(&want, "10.0.0.2:%d > 10.0.0.1:6379 %s \n", c.Port, set)
		}
	}
	for range 5 {
		if got, _ := clientsOf(t, frames...); got != want.String() {
			t.Fatalf("%s", got)
		}
	}
}
