package replay

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/replay/replica"

	"github.com/redsleuth/redsleuth/internal/redistest"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A pair is a real master, a real replica, and a proxy between them that
// writes down what the master sends.
type pair struct {
	t               *testing.T
	master, replica *redistest.Server
	proxy           *redistest.Proxy
	random          *rand.Rand
	bases           []string
}

func startPair(t *testing.T, seed uint64) *pair {
	p := &pair{t: t, random: rand.New(rand.NewPCG(seed, 1))}
	p.master = redistest.Start(t, "--repl-diskless-sync-delay", "0", "--repl-timeout", "60")
	p.proxy = redistest.StartProxy(t, p.master.Addr)
	p.replica = redistest.Start(t, "--replicaof", "127.0.0.1", strconv.Itoa(p.proxy.Port))
	p.catchUp()
	return p
}

func infoField(s *redistest.Server, field string) string {
	for line := range strings.Lines(fmt.Sprint(s.Do("INFO"))) {
		if value, ok := strings.CutPrefix(line, field+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func (p *pair) catchUp() {
	p.t.Helper()
	p.replica.WaitFor("the replica to catch up", func() bool {
		return infoField(p.replica, "master_link_status") == "up" && infoField(p.replica, "slave_repl_offset") == infoField(p.master, "master_repl_offset")
	})
}

// work runs random commands on the master.
func (p *pair) work(n int) {
	p.t.Helper()
	keys := func() string { return "k" + strconv.Itoa(p.random.IntN(20)) }
	for range n {
		pipe := p.master.Client.TxPipeline()
		pipe.Do(p.t.Context(), "SELECT", p.random.IntN(4))
		switch p.random.IntN(9) {
		case 0:
			pipe.Do(p.t.Context(), "EVAL", "return redis.call('incr',KEYS[1])", 1, "n:"+keys())
		case 1:
			pipe.Do(p.t.Context(), "FUNCTION", "LOAD", "REPLACE", fmt.Sprintf(
				"#!lua name=lib%d\nredis.register_function('f%[1]d', function(k) return redis.call('incr',k[1]) end)", p.random.IntN(3)))
		case 2:
			pipe.Do(p.t.Context(), "SCRIPT", "FLUSH")
		case 3:
			pipe.Do(p.t.Context(), "FLUSHDB")
		case 4:
			for range 3 {
				pipe.Do(p.t.Context(), "SET", "t:"+keys(), p.random.IntN(100))
			}
		default:
			pipe.Do(p.t.Context(), "SADD", "s:"+keys(), p.random.IntN(100))
		}
		if _, err := pipe.Exec(p.t.Context()); err != nil {
			p.t.Fatal(err)
		}
	}
	if p.random.IntN(8) == 0 {
		p.master.Do("FUNCTION", "FLUSH")
	}
}

// restart starts the replica again from the dump that is on its disk.
func (p *pair) restart(save bool) {
	p.t.Helper()
	if save {
		p.replica.Shutdown()
	} else {
		p.replica.Kill()
	}
	data, err := os.ReadFile(filepath.Join(p.replica.Dir, "dump.rdb"))
	if err != nil {
		p.t.Fatal(err)
	}
	path := filepath.Join(p.t.TempDir(), fmt.Sprintf("before-%d.rdb", len(p.bases)+1))
	if err := os.WriteFile(path, data, 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.bases = append(p.bases, path)
	p.replica.Launch()
}

func (p *pair) libraries(s *redistest.Server) string {
	list, ok := s.Do("FUNCTION", "LIST").([]any)
	if !ok {
		p.t.Fatal("FUNCTION LIST is no list")
	}
	var names []string
	for _, l := range list {
		names = append(names, fmt.Sprint(l.([]any)[1]))
	}
	sort.Strings(names)
	return strings.Join(names, ",")
}

// selected is the database of the replica's own connection, which only a dump
// tells.
func (p *pair) selected() int {
	in := openFile(p.t, p.replica.Save("replica.rdb"))
	b, err := readBase(in, replica.NewAnalyser(), nil, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return b.StreamDB
}

func openFile(t *testing.T, path string) *input.Input {
	t.Helper()
	in, err := input.Open(path, input.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	return in
}

func (p *pair) replay() *Report {
	p.t.Helper()
	o := Options{At: &Point{Offset: 1 << 60}}
	for n := 1; n <= p.proxy.Connections(); n++ {
		path, _ := p.proxy.Recording(n)
		if s, err := os.Stat(path); err == nil && s.Size() > 0 {
			o.Streams = append(o.Streams, openFile(p.t, path))
		}
	}
	for _, b := range p.bases {
		o.Bases = append(o.Bases, openFile(p.t, b))
	}
	r, err := Run(p.t.Context(), o)
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

func TestAgainstRealServers(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			p := startPair(t, seed)
			for range 4 {
				p.work(25)
				switch p.random.IntN(4) {
				case 0:
					p.proxy.Break()
				case 1:
					p.catchUp()
					p.restart(true)
				case 2:
					p.restart(false)
				case 3:
					p.catchUp()
					p.proxy.Break()
				}
				p.work(10)
				p.catchUp()
			}
			p.master.Do("SET", "last", "1")
			p.catchUp()
			p.compare(p.replay())
		})
	}
}

// compare holds a report against what the replica says of itself. The servers
// agree, so nothing in it may be loud.
func (p *pair) compare(r *Report) {
	t := p.t
	for _, f := range r.Findings {
		if f.Severity != "info" {
			t.Errorf("%+v", f)
		}
	}
	if len(r.States) != 1 {
		t.Fatalf("%d states", len(r.States))
	}
	s := r.States[0]
	if got, want := fmt.Sprint(s.Offset), infoField(p.replica, "slave_repl_offset"); s.Offset != record.Unknown && got != want {
		t.Errorf("offset %s, the replica says %s", got, want)
	}
	if want := p.selected(); s.DB != want || s.StreamDB != want {
		t.Errorf("databases %d and %d, the replica says %d", s.DB, s.StreamDB, want)
	}
	if got, want := strings.Join(s.Libraries, ","), p.libraries(p.replica); got != want {
		t.Errorf("libraries %s, the replica says %s", got, want)
	}
	if s.ReplicationID != infoField(p.replica, "master_replid") {
		t.Errorf("replication id %s, the replica says %s", s.ReplicationID, infoField(p.replica, "master_replid"))
	}
	if t.Failed() {
		for _, l := range r.Links {
			t.Logf("%d %s %s start %d end %d ran to %d base %s", l.Number, l.Resync, l.Entry, l.StartOffset, l.EndOffset, l.RanTo, l.Base)
		}
	}
}
