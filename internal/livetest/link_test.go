package livetest

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redsleuth/redsleuth/internal/redistest"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/link"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// tally keeps what a live link has to agree about with the server.
type tally struct {
	links        []*record.Link
	keys         int
	names        map[string]int
	transactions int
	notes        []record.NoteKind
}

func (k *tally) RDB(_ *record.Link, d *rdb.Decoder) error {
	for rec, err := range d.Records() {
		if err != nil {
			return err
		}
		if rec.Kind == rdb.KindKey {
			k.keys++
		}
	}
	return nil
}

func (k *tally) Command(c *record.Command) error {
	k.names[strings.ToUpper(string(c.Args[0]))]++
	k.transactions = max(k.transactions, c.Transaction)
	return nil
}

func (k *tally) Note(n *record.Note) error      { k.notes = append(k.notes, n.Kind); return nil }
func (k *tally) LinkStart(*record.Link) error   { return nil }
func (k *tally) LinkEnd(l *record.Link) error   { k.links = append(k.links, l); return nil }
func readLink(t *testing.T, path string) *tally { return readLinkFrom(t, path, nil) }

func readLinkFrom(t *testing.T, path string, request *record.Request) *tally {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	k := &tally{names: map[string]int{}}
	l := link.NewLink(1)
	l.Requested = request
	if err := link.Walk(parse.NewBytesCursor(data, 0), link.Options{Link: l, DB: record.Unknown}, k); err != nil {
		t.Fatal(err)
	}
	return k
}

// masterOffset is what INFO says; the replica has acknowledged all of it, so
// that all of it has gone through the proxy.
func masterOffset(t *testing.T, master, replica *redistest.Server) int64 {
	t.Helper()
	offset := func(s *redistest.Server, field string) int64 {
		info, err := s.Client.Info(t.Context(), "replication").Result()
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(info, field+":")
		n, err := strconv.ParseInt(strings.TrimSpace(strings.SplitN(rest, "\n", 2)[0]), 10, 64)
		if err != nil {
			return -1
		}
		return n
	}
	var at int64
	master.WaitFor("the replica to catch up", func() bool {
		at = offset(master, "master_repl_offset")
		return offset(replica, "slave_repl_offset") == at
	})
	return at
}

// waitForReplica returns once the payload has been loaded, so that what is
// written from then on goes through the stream.
func waitForReplica(t *testing.T, master *redistest.Server) {
	t.Helper()
	master.WaitFor("the replica", func() bool {
		n, err := master.Client.Do(t.Context(), "WAIT", 1, 100).Int()
		return err == nil && n == 1
	})
}

// workload writes what servers rewrite, wrap or delay on the way to a replica.
func workload(t *testing.T, s *redistest.Server) {
	t.Helper()
	ctx := t.Context()
	popped := make(chan error, 1)
	go func() { popped <- s.Client.BRPop(ctx, 10*time.Second, "queue").Err() }()
	s.WaitFor("a client to block", func() bool {
		info, err := s.Client.Info(ctx, "clients").Result()
		return err == nil && strings.Contains(info, "blocked_clients:1")
	})
	s.Do("LPUSH", "queue", "job")
	if err := <-popped; err != nil {
		t.Fatal(err)
	}
	if _, err := s.Client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Do(ctx, "SELECT", 3)
		p.Incr(ctx, "a")
		p.Incr(ctx, "b")
		p.Do(ctx, "SELECT", 0)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	s.Do("EVAL", "redis.call('set', KEYS[1], ARGV[1]) redis.call('incr', KEYS[2])", 2, "x", "y", "v\r\n*1\r\n$4\r\nPING\r\n")
	s.Do("SET", "t", "v", "EX", 1000)
	s.Do("PUBLISH", "channel", "message")
	s.Do("SET", "large", strings.Repeat("x", 1<<20))
}

// The offsets of a recorded link are those of the master, to the byte.
func TestOffsetsAreThoseOfTheMaster(t *testing.T) {
	for _, c := range []struct {
		name     string
		master   []string
		password string
		framing  record.Framing
	}{
		{"disk", []string{"--repl-diskless-sync", "no"}, "", record.FramingLength},
		{"diskless", []string{"--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0"}, "", record.FramingEOFMark},
		{"with a password", []string{"--repl-diskless-sync", "no"}, "secret", record.FramingLength},
	} {
		t.Run(c.name, func(t *testing.T) {
			master := redistest.Start(t, c.master...)
			for i := range 100 {
				master.Do("SET", "before:"+strconv.Itoa(i), "v")
			}
			proxy := redistest.StartProxy(t, master.Addr)
			replica := redistest.Start(t)
			if c.password != "" {
				replica.Do("CONFIG", "SET", "masterauth", c.password)
				master.Do("CONFIG", "SET", "requirepass", c.password)
				master.Do("AUTH", c.password)
				master.Client.Options().Password = c.password
			}
			replica.Do("REPLICAOF", "127.0.0.1", proxy.Port)
			waitForReplica(t, master)
			workload(t, master)
			at := masterOffset(t, master, replica)
			fromMaster, _ := proxy.Recording(proxy.Connections())
			checkFull(t, readLink(t, fromMaster), c.framing, at)
		})
	}
}

func checkFull(t *testing.T, k *tally, framing record.Framing, at int64) {
	t.Helper()
	if len(k.links) != 1 {
		t.Fatalf("%d links", len(k.links))
	}
	l := k.links[0]
	if l.Resync != record.Full || l.Payload == nil || l.Payload.Framing != framing || l.Payload.End != record.Clean {
		t.Errorf("link %+v, payload %+v", l, l.Payload)
	}
	if l.EndOffset != at || l.End != record.Clean {
		t.Errorf("ends %s at offset %d, the master is at %d", l.End, l.EndOffset, at)
	}
	if k.keys != 100 {
		t.Errorf("%d keys in the payload", k.keys)
	}
	for name, least := range map[string]int{"LPUSH": 1, "RPOP": 1, "MULTI": 2, "EXEC": 2, "INCR": 3, "SET": 3, "PUBLISH": 1} {
		if k.names[name] < least {
			t.Errorf("%d times %s, expected %d", k.names[name], name, least)
		}
	}
	if k.transactions != k.names["MULTI"] {
		t.Errorf("%d transactions, %d times MULTI", k.transactions, k.names["MULTI"])
	}
	for _, n := range k.notes {
		if n != record.NoteHeartbeat {
			t.Errorf("a note of %s", n)
		}
	}
}

// A link that broke goes on, by what the replica asked for, where it ended.
func TestPartialResyncGoesOn(t *testing.T) {
	master := redistest.Start(t)
	proxy := redistest.StartProxy(t, master.Addr)
	replica := redistest.Start(t)
	replica.Do("REPLICAOF", "127.0.0.1", proxy.Port)
	waitForReplica(t, master)
	workload(t, master)
	before := masterOffset(t, master, replica)
	first := proxy.Connections()
	proxy.Break()
	master.Do("SET", "after", "v")
	replica.WaitFor("a second connection", func() bool { return proxy.Connections() > first })
	after := masterOffset(t, master, replica)

	fromMaster, _ := proxy.Recording(first)
	if l := readLink(t, fromMaster).links[0]; l.EndOffset < before {
		t.Errorf("the first link ends at %d, before %d", l.EndOffset, before)
	}
	fromMaster, fromReplica := proxy.Recording(proxy.Connections())
	k := readLinkFrom(t, fromMaster, requestIn(t, fromReplica))
	l := k.links[0]
	if l.Resync != record.Partial || l.Anchor != record.AnchorPSYNC || l.EndOffset != after {
		t.Errorf("link %+v, the master is at %d", l, after)
	}
}

// requestIn finds the PSYNC in what a replica sent.
func requestIn(t *testing.T, path string) *record.Request {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(data), "\r\nPSYNC\r\n")
	lines := strings.Split(rest, "\r\n")
	if !found || len(lines) < 4 {
		t.Fatal("the replica sent no PSYNC")
	}
	offset, err := strconv.ParseInt(lines[3], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return &record.Request{ID: lines[1], Offset: offset}
}
