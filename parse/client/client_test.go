package client

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

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// A stage feeds a conversation, a packet a millisecond, and writes down what
// comes of it.
type stage struct {
	strings.Builder
	c      *Conversation
	packet int64
	now    time.Time
	missed [2]int64
}

// newStage begins a conversation at its beginning, or, where it is said, within.
func newStage(t testing.TB, within bool) *stage {
	s := &stage{now: noon}
	d := NewDecoder(Options{Command: func(c *record.ClientCommand) error {
		s.show(c)
		return nil
	}})
	s.c = d.NewConversation("c:1", "s:6379")
	if within {
		s.c = d.Resume("c:1", "s:6379", noon)
	}
	t.Cleanup(func() {
		if d.held != 0 {
			t.Errorf("%d bytes are held after the end", d.held)
		}
	})
	return s
}

func (s *stage) show(c *record.ClientCommand) {
	db := fmt.Sprint(c.DB)
	if c.DB == record.Unknown {
		db = "?"
	}
	fmt.Fprintf(s, "%s %q", db, c.Args)
	if c.Transaction > 0 {
		fmt.Fprintf(s, " tx %d", c.Transaction)
	}
	reply := string(c.Reply)
	if reply == "" {
		reply = "?"
	}
	fmt.Fprintf(s, " %s%s", reply, c.ReplyError)
	for _, word := range []string{c.Name, c.User} {
		if word != "" {
			s.WriteString(" " + word)
		}
	}
	if c.ID != 0 {
		fmt.Fprintf(s, " id %d", c.ID)
	}
	if c.Cut {
		s.WriteString(" cut")
	}
	s.WriteString("\n")
}

const (
	asks = iota
	says
)

func (s *stage) send(from int, data string) *stage {
	s.packet++
	s.now = s.now.Add(time.Millisecond)
	missing := s.missed[from]
	s.missed[from] = 0
	if from == asks {
		_ = s.c.Request([]byte(data), missing, s.now, s.packet)
	} else {
		_ = s.c.Reply([]byte(data), missing, s.now, s.packet)
	}
	return s
}

func (s *stage) ask(args ...string) *stage { return s.send(asks, pcaptest.Command(args...)) }
func (s *stage) say(text string) *stage    { return s.send(says, text) }

// lose loses bytes before what is sent next.
func (s *stage) lose(from int, n int64) *stage {
	s.missed[from] += n
	return s
}

func (s *stage) rest(d time.Duration) *stage {
	s.now = s.now.Add(d)
	return s
}

func (s *stage) is(t *testing.T, closed bool, want string) {
	t.Helper()
	if err := s.c.End(closed); err != nil {
		t.Error(err)
	}
	if got := s.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestReplies(t *testing.T) {
	for _, c := range []struct{ reply, want string }{
		{"+OK\r\n", "ok"}, {"+PONG\r\n", "value"}, {":1\r\n", "value"}, {"-ERR no such\r\n", "errorERR"},
		{"-WRONGTYPE\r\n", "errorWRONGTYPE"}, {"$3\r\nabc\r\n", "value"}, {"$0\r\n\r\n", "value"}, {"$-1\r\n", "nil"},
		{"*-1\r\n", "nil"}, {"*0\r\n", "value"}, {"*2\r\n$1\r\na\r\n*1\r\n:1\r\n", "value"},
		{"_\r\n", "nil"}, {"#t\r\n", "value"}, {",1.5\r\n", "value"}, {"(123\r\n", "value"}, {"!9\r\nBAD thing\r\n", "errorBAD"},
		{"=7\r\ntxt:abc\r\n", "value"}, {"%1\r\n+a\r\n:1\r\n", "value"}, {"~2\r\n+a\r\n+b\r\n", "value"}, {"%0\r\n", "value"},
		{"|1\r\n+ttl\r\n:3600\r\n+OK\r\n", "ok"}, {">2\r\n+invalidate\r\n*1\r\n+k\r\n+OK\r\n", "ok"},
		{"", "?"}, {"*2\r\n+a\r\n", "?"},
	} {
		t.Run(fmt.Sprintf("%q", c.reply), func(t *testing.T) {
			s := newStage(t, false).ask("X")
			for _, b := range []byte(c.reply) {
				s.say(string(b))
			}
			s.is(t, false, `0 ["X"] `+c.want+"\n")
		})
	}
}

// TestEmptyReplies: a reply that says that there was nothing is told, alone and
// within a transaction's.
func TestEmptyReplies(t *testing.T) {
	var empty []bool
	d := NewDecoder(Options{Command: func(c *record.ClientCommand) error {
		if c.Reply != record.ReplyValue {
			t.Errorf("%q: %s", c.Args, c.Reply)
		}
		empty = append(empty, c.ReplyEmpty)
		return nil
	}})
	c := d.NewConversation("c:1", "s:6379")
	ask := func(reply string, args ...string) {
		_ = c.Request([]byte(pcaptest.Command(args...)), 0, noon, 1)
		_ = c.Reply([]byte(reply), 0, noon, 2)
	}
	ask(":0\r\n", "SREM", "s", "a")
	ask(":10\r\n", "DEL", "s")
	ask("*0\r\n", "ZPOPMIN", "z")
	ask("$1\r\n0\r\n", "GET", "n")
	want := []bool{true, false, true, false}
	if !slices.Equal(empty, want) {
		t.Errorf("%v, want %v", empty, want)
	}
	empty = nil
	d = NewDecoder(Options{Command: func(c *record.ClientCommand) error {
		empty = append(empty, c.ReplyEmpty)
		return nil
	}})
	c = d.NewConversation("c:1", "s:6379")
	ask("+OK\r\n", "MULTI")
	ask("+QUEUED\r\n", "SREM", "s", "a")
	ask("+QUEUED\r\n", "SADD", "s", "a")
	ask("*2\r\n:0\r\n:1\r\n", "EXEC")
	if want = []bool{false, true, false, false}; !slices.Equal(empty, want) {
		t.Errorf("%v, want %v", empty, want)
	}
}

func TestConversations(t *testing.T) {
	const ok, queued = "+OK\r\n", "+QUEUED\r\n"
	for _, c := range []struct {
		name   string
		run    func(s *stage)
		closed bool
		want   string
	}{
		{"who it is, where it writes", func(s *stage) {
			s.ask("HELLO", "3", "AUTH", "bob", "pw", "SETNAME", "web").say("%3\r\n$6\r\nserver\r\n$5\r\nredis\r\n$2\r\nid\r\n:77\r\n$5\r\nproto\r\n:3\r\n")
			s.ask("SELECT", "4").say(ok).ask("SET", "k", "v").say(ok).ask("CLIENT", "SETNAME", "jobs").say(ok)
			s.ask("AUTH", "pw").say(ok).ask("AUTH", "eve", "no").say("-WRONGPASS x\r\n").ask("SELECT", "99").say("-ERR DB index\r\n")
			s.ask("GET", "k").say("$-1\r\n").ask("RESET").say("+RESET\r\n").ask("GET", "k").say("$-1\r\n")
		}, false, `0 ["HELLO" "3" "AUTH" "bob" "pw" "SETNAME" "web"] value web bob id 77
0 ["SELECT" "4"] ok web bob id 77
4 ["SET" "k" "v"] ok web bob id 77
4 ["CLIENT" "SETNAME" "jobs"] ok jobs bob id 77
4 ["AUTH" "pw"] ok jobs default id 77
4 ["AUTH" "eve" "no"] errorWRONGPASS jobs default id 77
4 ["SELECT" "99"] errorERR jobs default id 77
4 ["GET" "k"] nil jobs default id 77
4 ["RESET"] value id 77
0 ["GET" "k"] nil id 77
`},
		{"CLIENT ID", func(s *stage) { s.ask("client", "id").say(":5\r\n").ask("PING").say("+PONG\r\n") }, false,
			"0 [\"client\" \"id\"] value id 5\n0 [\"PING\"] value id 5\n"},
		{"a pipeline is run in order", func(s *stage) {
			s.send(asks, pcaptest.Command("SELECT", "1")+pcaptest.Command("SET", "a", "1")+pcaptest.Command("SELECT", "no")+pcaptest.Command("SET", "b", "1"))
			s.say(ok + ok + "-ERR\r\n" + ok)
		}, false, `0 ["SELECT" "1"] ok
1 ["SET" "a" "1"] ok
1 ["SELECT" "no"] errorERR
1 ["SET" "b" "1"] ok
`},
		{"a transaction", func(s *stage) {
			s.ask("MULTI").say(ok).ask("SET", "a", "1").say(queued).ask("NO").say("-ERR unknown\r\n").ask("INCR", "l").say(queued).ask("SELECT", "2").say(queued)
			s.ask("EXEC").say("*3\r\n+OK\r\n-WRONGTYPE x\r\n+OK\r\n").ask("GET", "a").say("$-1\r\n")
		}, false, `0 ["MULTI"] tx 1 ok
0 ["NO"] tx 1 errorERR
0 ["SET" "a" "1"] tx 1 ok
0 ["INCR" "l"] tx 1 errorWRONGTYPE
0 ["SELECT" "2"] tx 1 ok
2 ["EXEC"] tx 1 value
2 ["GET" "a"] nil
`},
		{"transactions that are not run", func(s *stage) {
			s.ask("WATCH", "a").say(ok).ask("MULTI").say(ok).ask("SET", "a", "1").say(queued).ask("EXEC").say("*-1\r\n")
			s.ask("MULTI").say(ok).ask("SET", "b", "1").say(queued).ask("DISCARD").say(ok)
			s.ask("MULTI").say(ok).ask("SET", "c", "1").say(queued).ask("EXEC").say("-EXECABORT no\r\n").ask("MULTI").say(ok).ask("SET", "d", "1").say(queued)
		}, true, `0 ["WATCH" "a"] ok
0 ["MULTI"] tx 1 ok
0 ["SET" "a" "1"] tx 1 none
0 ["EXEC"] tx 1 nil
0 ["MULTI"] tx 2 ok
0 ["SET" "b" "1"] tx 2 none
0 ["DISCARD"] tx 2 ok
0 ["MULTI"] tx 3 ok
0 ["SET" "c" "1"] tx 3 none
0 ["EXEC"] tx 3 errorEXECABORT
0 ["MULTI"] tx 4 ok
0 ["SET" "d" "1"] tx 4 none
`},
		{"messages between replies", func(s *stage) {
			s.ask("SUBSCRIBE", "a", "b").say("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n").say("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n")
			s.ask("PING").say("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n*2\r\n$4\r\npong\r\n$0\r\n\r\n")
			s.ask("UNSUBSCRIBE").say("*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:0\r\n").ask("LRANGE", "l", "0", "-1").say("*1\r\n$7\r\nmessage\r\n")
		}, false, `0 ["SUBSCRIBE" "a" "b"] value
0 ["PING"] value
0 ["UNSUBSCRIBE"] value
0 ["LRANGE" "l" "0" "-1"] value
`},
		{"pushes", func(s *stage) {
			s.ask("SUBSCRIBE", "a").say(">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n").ask("GET", "k").say(">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n$1\r\nv\r\n")
		}, false, "0 [\"SUBSCRIBE\" \"a\"] value\n0 [\"GET\" \"k\"] value\n"},
		{"SUBSCRIBE that fails", func(s *stage) { s.ask("SUBSCRIBE", "a", "b").say("-NOPERM x\r\n").ask("GET", "k").say("$-1\r\n") }, false,
			"0 [\"SUBSCRIBE\" \"a\" \"b\"] errorNOPERM\n0 [\"GET\" \"k\"] nil\n"},
		{"no replies", func(s *stage) {
			s.ask("CLIENT", "REPLY", "SKIP").ask("SET", "a", "1").ask("SET", "b", "1").say(ok).ask("CLIENT", "REPLY", "OFF").ask("SELECT", "3").ask("SET", "c", "1")
			s.ask("CLIENT", "REPLY", "ON").say(ok).ask("GET", "c").say("$1\r\n1\r\n")
		}, false, `0 ["CLIENT" "REPLY" "SKIP"] none
0 ["SET" "a" "1"] none
0 ["SET" "b" "1"] ok
0 ["CLIENT" "REPLY" "OFF"] none
0 ["SELECT" "3"] none
3 ["SET" "c" "1"] none
3 ["CLIENT" "REPLY" "ON"] ok
3 ["GET" "c"] value
`},
		{"MONITOR", func(s *stage) {
			s.ask("MONITOR").say(ok + "+1339518083.107412 [0 127.0.0.1:1] \"keys\"\r\n").ask("PING").say("+1339518083.2 [0 x] \"a\"\r\n+PONG\r\n")
		}, false, "0 [\"MONITOR\"] ok\n0 [\"PING\"] value\n"},
		{"blocked until the end", func(s *stage) { s.ask("BLPOP", "l", "0") }, false, "0 [\"BLPOP\" \"l\" \"0\"] ?\n"},
		{"closed without an answer", func(s *stage) { s.ask("SHUTDOWN") }, true, "0 [\"SHUTDOWN\"] none\n"},
		{"inline", func(s *stage) { s.send(asks, "\r\nset  k \"a b\"\r\n").say(ok) }, false, "0 [\"set\" \"k\" \"a b\"] ok\n"},
		{"the server speaks first", func(s *stage) { s.say("-ERR max number of clients reached\r\n").ask("PING") }, true, "0 [\"PING\"] errorERR\n"},
		{"a reply is seen before its command", func(s *stage) { s.say(ok).ask("SET", "a", "1").ask("GET", "a").say("$1\r\n1\r\n") }, false,
			"0 [\"SET\" \"a\" \"1\"] ok\n0 [\"GET\" \"a\"] value\n"},
		{"a replica", func(s *stage) {
			s.ask("PING").say("+PONG\r\n").ask("PSYNC", "?", "-1").say("+FULLRESYNC x 0\r\n").ask("SET", "a", "1")
		}, false, "0 [\"PING\"] value\n"},
		{"no commands", func(s *stage) { s.send(asks, "*0\r\n*-1\r\n\r\n").ask("PING").say("+PONG\r\n") }, false, "0 [\"PING\"] value\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, false)
			c.run(s)
			s.is(t, c.closed, c.want)
		})
	}
}

// What was lost costs what it may hold, and no more.
func TestLoss(t *testing.T) {
	const ok = "+OK\r\n"
	long := strings.Repeat("x", 1000)
	set := pcaptest.Command("SET", "a", long)
	for _, c := range []struct {
		name   string
		within bool
		run    func(s *stage)
		want   string
	}{
		{"a command", false, func(s *stage) {
			s.ask("SELECT", "1").say(ok).lose(asks, 27).say(ok).ask("SET", "b", "1").say("-ERR\r\n").ask("SET", "c", "1").say("-ERR\r\n")
		}, "0 [\"SELECT\" \"1\"] ok\n? [\"SET\" \"b\" \"1\"] ?\n? [\"SET\" \"c\" \"1\"] errorERR\n"},
		{"bytes of a value", false, func(s *stage) {
			s.send(asks, set[:100]).lose(asks, 500).send(asks, set[600:]).say(ok).ask("GET", "a").say("$-1\r\n")
		}, "0 [\"SET\" \"a\" \"" + long[:73] + "\"] ok cut\n0 [\"GET\" \"a\"] nil\n"},
		{"the rest of a value, and more", false, func(s *stage) {
			s.send(asks, set[:100]).lose(asks, 2000).ask("GET", "a").say("$-1\r\n")
		}, "? [\"GET\" \"a\"] ?\n"},
		{"bytes of a reply", false, func(s *stage) {
			s.ask("GET", "a").say("$1000\r\n"+long[:100]).lose(says, 800).say(long[900:]+"\r\n").ask("GET", "b").say("$-1\r\n")
		}, "0 [\"GET\" \"a\"] value\n0 [\"GET\" \"b\"] nil\n"},
		{"a reply", false, func(s *stage) {
			s.ask("SET", "a", "1").lose(says, 5).ask("SET", "b", "1").say("-ERR\r\n").ask("SET", "c", "1").say(ok)
		}, "0 [\"SET\" \"a\" \"1\"] ?\n0 [\"SET\" \"b\" \"1\"] ?\n0 [\"SET\" \"c\" \"1\"] ok\n"},
		{"a reply in a pipeline", false, func(s *stage) {
			for range 3 {
				s.ask("SET", "a", "1").ask("SET", "b", "1").lose(says, 5).say(ok)
			}
			s.rest(time.Second).ask("SET", "c", "1").say("-ERR\r\n")
		}, strings.Repeat("0 [\"SET\" \"a\" \"1\"] ?\n0 [\"SET\" \"b\" \"1\"] ?\n", 3) + "0 [\"SET\" \"c\" \"1\"] errorERR\n"},
		{"all before", true, func(s *stage) {
			s.ask("SET", "a", "1").say(ok).ask("SET", "b", "1").say("-ERR\r\n").ask("SELECT", "3").say(ok).ask("SET", "c", "1").say(ok)
		}, "? [\"SET\" \"a\" \"1\"] ?\n? [\"SET\" \"b\" \"1\"] errorERR\n? [\"SELECT\" \"3\"] ok\n3 [\"SET\" \"c\" \"1\"] ok\n"},
		{"all before, and the beginning of a command", true, func(s *stage) {
			s.send(asks, "lue\r\n"+pcaptest.Command("SET", "a", "1")).say("x\r\n+OK\r\n").ask("SET", "b", "1").say("-ERR\r\n")
		}, "? [\"SET\" \"a\" \"1\"] ?\n? [\"SET\" \"b\" \"1\"] errorERR\n"},
		{"all before a rest", true, func(s *stage) { s.rest(time.Minute).ask("SET", "a", "1").say("-ERR\r\n") }, "? [\"SET\" \"a\" \"1\"] errorERR\n"},
		{"MULTI", true, func(s *stage) {
			s.rest(time.Second).ask("SET", "b", "1").say("+QUEUED\r\n").ask("EXEC").say("*3\r\n-A\r\n+OK\r\n-B x\r\n").ask("PING").say("+PONG\r\n")
		}, "? [\"SET\" \"b\" \"1\"] tx 1 errorB\n? [\"EXEC\"] tx 1 value\n? [\"PING\"] value\n"},
		{"what is no protocol", false, func(s *stage) { s.ask("PING").send(asks, "*1\r\n+x\r\n").say("+PONG\r\n-ERR Protocol error\r\n") }, "0 [\"PING\"] value\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, c.within)
			c.run(s)
			s.is(t, false, c.want)
		})
	}
}

// A large value, and many commands without replies, cost no more memory than
// the bound; names and keys stay whole.
func TestBound(t *testing.T) {
	s := newStage(t, false)
	block := strings.Repeat("v", 1<<20)
	s.send(asks, "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$33554432\r\n")
	for range 32 {
		s.send(asks, block)
		if held := s.c.d.held; held > mostHeld+1<<20 {
			t.Fatalf("%d bytes are held", held)
		}
	}
	s.send(asks, "\r\n").say("+OK\r\n")
	if got := s.String(); !strings.HasSuffix(got, "ok cut\n") || !strings.HasPrefix(got, `0 ["SET" "key" "vvv`) || len(got) > mostHeld+2<<20 {
		t.Errorf("%d bytes: %.100s", len(got), got)
	}
	s.Reset()
	for range 40 {
		s.ask("SET", "key", block)
	}
	if held := s.c.d.held; held > mostHeld+2<<20 {
		t.Errorf("%d bytes are held", held)
	}
	if n := strings.Count(s.String(), "\n"); n == 0 {
		t.Error("nothing was told before it was answered")
	}
	_ = s.c.End(false)
	if n := strings.Count(s.String(), " ?"); n != 40 {
		t.Errorf("%d of 40 commands were told", n)
	}
	s = newStage(t, false)
	for range mostPending + 10 {
		s.ask("GET", "k")
	}
	if n := s.c.pending.size(); n > mostPending {
		t.Errorf("%d commands wait", n)
	}
	_ = s.c.End(false)
	if n := strings.Count(s.String(), "\n"); n != mostPending+10 {
		t.Errorf("%d commands", n)
	}
}

func TestLatency(t *testing.T) {
	var got []time.Duration
	d := NewDecoder(Options{Limits: parse.Limits{}, Command: func(c *record.ClientCommand) error {
		got = append(got, c.Latency)
		return nil
	}})
	c := d.NewConversation("c", "s")
	_ = c.Request([]byte("PING\r\n*1\r\n$4\r\n"), 0, noon, 1)
	_ = c.Request([]byte("PING\r\n"), 0, noon.Add(3*time.Millisecond), 2)
	_ = c.Reply([]byte("+PO"), 0, noon.Add(7*time.Millisecond), 3)
	_ = c.Reply([]byte("NG\r\n+PONG\r\n"), 0, noon.Add(9*time.Millisecond), 4)
	_ = c.Request([]byte("PING\r\n"), 0, noon.Add(10*time.Millisecond), 5)
	_ = c.End(false)
	want := []time.Duration{7 * time.Millisecond, 6 * time.Millisecond, record.Unknown}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
}
