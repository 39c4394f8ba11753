package diff

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/parse/input"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/redsleuth/redsleuth/internal/redistest"
)

// A pen writes the same random keyspace into any number of servers.
type pen struct {
	t      *testing.T
	random *rand.Rand
	conns  []*redis.Conn
}

func newPen(t *testing.T, seed uint64, servers ...*redistest.Server) *pen {
	p := &pen{t: t, random: rand.New(rand.NewPCG(seed, 7))}
	for _, s := range servers {
		conn := s.Client.Conn()
		t.Cleanup(func() { _ = conn.Close() })
		p.conns = append(p.conns, conn)
	}
	return p
}

// all runs commands on every server, in batches.
func (p *pen) all(commands ...[]any) {
	p.t.Helper()
	for _, conn := range p.conns {
		p.run(conn, commands...)
	}
}

func (p *pen) run(conn *redis.Conn, commands ...[]any) {
	p.t.Helper()
	pipe := conn.Pipeline()
	for _, c := range commands {
		pipe.Do(p.t.Context(), c...)
	}
	if _, err := pipe.Exec(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
}

func (p *pen) text(n int) string {
	b := make([]byte, 1+p.random.IntN(n))
	for i := range b {
		b[i] = byte(p.random.IntN(256))
	}
	return string(b)
}

// key makes commands that fill one key of a random type.
func (p *pen) key(name string) (kind string, commands [][]any) {
	kind = []string{"string", "int", "list", "set", "intset", "zset", "hash", "stream"}[p.random.IntN(8)]
	n := 1 + p.random.IntN(8)
	if p.random.IntN(40) == 0 {
		n = 200
	}
	add := func(args ...any) { commands = append(commands, args) }
	switch kind {
	case "string":
		add("SET", name, p.text(100))
	case "int":
		add("SET", name, p.random.Int64())
	}
	for i := range n {
		switch kind {
		case "list":
			add("RPUSH", name, p.text(40))
		case "set":
			add("SADD", name, p.text(20)+strconv.Itoa(i))
		case "intset":
			add("SADD", name, i*1000)
		case "zset":
			add("ZADD", name, p.random.NormFloat64()*1e6, p.text(20)+strconv.Itoa(i))
		case "hash":
			add("HSET", name, "f"+strconv.Itoa(i), p.text(40))
		case "stream":
			add("XADD", name, fmt.Sprintf("%d-1", i+1), "field", p.text(20))
		}
	}
	return kind, commands
}

// edit changes one key on one server in a way that its type has, and returns
// the kind of difference that this makes.
func (p *pen) edit(conn *redis.Conn, name, kind string) Kind {
	p.t.Helper()
	switch p.random.IntN(8) {
	case 0:
		p.run(conn, []any{"DEL", name})
		return MissingOnReplica
	case 1:
		p.run(conn, []any{"PEXPIREAT", name, time.Now().Add(time.Hour).UnixMilli()})
		return TTLDiffers
	case 2:
		p.run(conn, []any{"DEL", name}, []any{"GEOADD", name, 13.3, 38.1, "Palermo"})
		if kind == "zset" {
			return ValueDiffers
		}
		return TypeDiffers
	}
	switch kind {
	case "string", "int":
		p.run(conn, []any{"APPEND", name, "x"})
	case "list":
		p.run(conn, []any{"LSET", name, 0, "another"})
	case "set", "intset":
		p.run(conn, []any{"SADD", name, "another"})
	case "zset":
		p.run(conn, []any{"ZADD", name, "1e-300", "another"})
	case "hash":
		p.run(conn, []any{"HSET", name, "f0", "another"})
	case "stream":
		p.run(conn, []any{"XADD", name, "9999-0", "another", "one"})
	}
	return ValueDiffers
}

type place struct {
	DB  int
	Key string
}

// otherEncodings are settings of a server that saves most values in another
// form than one without settings.
func otherEncodings() []string {
	return []string{"--list-max-listpack-size", "2", "--hash-max-listpack-entries", "3", "--zset-max-listpack-entries", "3",
		"--set-max-intset-entries", "2", "--stream-node-max-entries", "3", "--rdbcompression", "no"}
}

// staged makes two servers with one keyspace, edits the second, which may have
// settings, and returns both dumps and what differs.
func staged(t *testing.T, seed uint64, keys, edits int, settings ...string) (master, replica string, want map[place]Kind) {
	t.Helper()
	a, b := redistest.Start(t), redistest.Start(t, settings...)
	p := newPen(t, seed, a, b)
	kinds := map[place]string{}
	var order []place
	for _, db := range []int{0, 9} {
		p.all([]any{"SELECT", db})
		for i := range keys / 2 {
			at := place{db, fmt.Sprintf("key:%d", i)}
			kind, commands := p.key(at.Key)
			kinds[at] = kind
			order = append(order, at)
			p.all(commands...)
		}
	}
	want = map[place]Kind{}
	for _, i := range p.random.Perm(len(order))[:edits] {
		at := order[i]
		p.run(p.conns[1], []any{"SELECT", at.DB})
		want[at] = p.edit(p.conns[1], at.Key, kinds[at])
	}
	p.run(p.conns[1], []any{"SELECT", 9}, []any{"SET", "rogue", "1"})
	want[place{9, "rogue"}] = ExtraOnReplica
	return a.Save("master.rdb"), b.Save("replica.rdb"), want
}

func open(t *testing.T, path string) *input.Input {
	t.Helper()
	in, err := input.Open(path, input.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	return in
}

func compare(t *testing.T, master, replica *input.Input, o Options) *Report {
	t.Helper()
	if o.MaxMemory == 0 {
		o.MaxMemory = 64 << 20
	}
	o.TTLSkew = 2 * time.Second
	r, err := Compare(t.Context(), one(master), one(replica), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func kindsOf(r *Report) map[place]Kind {
	kinds := map[place]Kind{}
	for _, d := range r.Differences {
		kinds[place{d.DB, string(d.Key)}] = d.Kind
	}
	return kinds
}

func mirrored(kinds map[place]Kind) map[place]Kind {
	other := map[Kind]Kind{MissingOnReplica: ExtraOnReplica, ExtraOnReplica: MissingOnReplica}
	m := map[place]Kind{}
	for at, k := range kinds {
		if o, ok := other[k]; ok {
			k = o
		}
		m[at] = k
	}
	return m
}

func TestReportsExactlyTheEdits(t *testing.T) {
	for seed := range uint64(3) {
		master, replica, want := staged(t, seed, 1000, 60, otherEncodings()...)
		got := kindsOf(compare(t, open(t, master), open(t, replica), Options{}))
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("seed %d (-want +got):\n%s", seed, d)
		}
		got = kindsOf(compare(t, open(t, replica), open(t, master), Options{}))
		if d := cmp.Diff(mirrored(want), got); d != "" {
			t.Errorf("seed %d, the other way round (-want +got):\n%s", seed, d)
		}
	}
}

func TestEqualKeyspacesAreEqual(t *testing.T) {
	master, replica, want := staged(t, 99, 400, 0, otherEncodings()...)
	r := compare(t, open(t, master), open(t, replica), Options{})
	if d := cmp.Diff(want, kindsOf(r)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if r.Summary.Equal != r.Summary.MasterKeys {
		t.Errorf("%d of %d equal", r.Summary.Equal, r.Summary.MasterKeys)
	}
}

// TestSpillsPipesAndCompression reports the same whatever the way in.
func TestSpillsPipesAndCompression(t *testing.T) {
	master, replica, want := staged(t, 5, 20000, 100, otherEncodings()...)
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	var packed bytes.Buffer
	data, err := os.ReadFile(master)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "master.rdb.gz")
	if err := os.WriteFile(path, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	pipe, err := input.Open("-", input.Options{Stdin: bytes.NewReader(data)})
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	for name, in := range map[string]*input.Input{"plain": open(t, master), "gzip": open(t, path), "pipe": pipe} {
		told := 0
		o := Options{MaxMemory: 1 << 20, Tell: func(string, ...any) { told++ }}
		if d := cmp.Diff(want, kindsOf(compare(t, in, open(t, replica), o))); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		if (told > 0) != (name != "plain") {
			t.Errorf("%s: the user was told %d times of a copy", name, told)
		}
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestLargeValues: values beyond what memory allows are compared in a stream,
// with the same changes.
func TestLargeValues(t *testing.T) {
	a, b := redistest.Start(t), redistest.Start(t)
	p := newPen(t, 1, a, b)
	const n = 20000
	var commands [][]any
	for i := range n {
		commands = append(commands,
			[]any{"HSET", "hash", "field" + strconv.Itoa(i), "value" + strconv.Itoa(i)},
			[]any{"SADD", "set", "member" + strconv.Itoa(i)},
			[]any{"ZADD", "zset", i, "member" + strconv.Itoa(i)},
			[]any{"RPUSH", "list", "element" + strconv.Itoa(i)},
			[]any{"XADD", "stream", fmt.Sprintf("%d-1", i+1), "f", "v" + strconv.Itoa(i)})
	}
	p.all(commands...)
	p.run(p.conns[1],
		[]any{"HSET", "hash", "field7", "other"}, []any{"HDEL", "hash", "field9"}, []any{"HSET", "hash", "new", "1"},
		[]any{"SREM", "set", "member5"}, []any{"ZADD", "zset", "0.5", "member3"},
		[]any{"LSET", "list", 1234, "other"}, []any{"XDEL", "stream", "77-1"})
	master, replica := a.Save("master.rdb"), b.Save("replica.rdb")
	want := map[string][]string{
		"hash":   {"add field9", "change field7", "remove new"},
		"set":    {"add member5"},
		"zset":   {"change member3"},
		"list":   {"change at 1234"},
		"stream": {"add 77-1"},
	}
	for name, memory := range map[string]int64{"held": 256 << 20, "in a stream": 1 << 20} {
		got := map[string][]string{}
		for _, d := range compare(t, open(t, master), open(t, replica), Options{MaxMemory: memory}).Differences {
			for i := range d.Changes {
				got[string(d.Key)] = append(got[string(d.Key)], inWords(&d.Changes[i]))
			}
			slices.Sort(got[string(d.Key)])
			if d.ChangesTotal != int64(len(d.Changes)) && d.Note == "" {
				t.Errorf("%s: %s: %d changes in total, %d shown", name, d.Key, d.ChangesTotal, len(d.Changes))
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func inWords(c *Change) string {
	switch {
	case c.At != nil:
		return fmt.Sprintf("%s at %d", c.Op, *c.At)
	case c.ID != nil:
		return fmt.Sprintf("%s %s", c.Op, c.ID)
	}
	return fmt.Sprintf("%s %s%s", c.Op, c.Field, c.Member)
}
