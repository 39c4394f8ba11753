package mixed

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/internal/redistest"
)

// Truth is truth.json: what the night was, and why each differing key differs.
type Truth struct {
	Seed          uint64   `json:"seed"`
	Server        string   `json:"server"`
	ReplicaServer string   `json:"replica_server"`
	Captured      string   `json:"captured"` // whose clients: "master", or "master and replica"
	Faults        []string `json:"faults"`
	End           string   `json:"faults_end"` // "caught up", "lag" or "split"
	Causes        []*Cause `json:"causes"`
	// Named are the keys whose names a late capture still holds in what the
	// master sent, as "db/key" of Causes.
	Named []string `json:"named_late"`
	// Writers are the ports of the clients whose commands made the difference.
	Writers map[string][]int `json:"writers"`
}

// A Cause is why a key differs.
type Cause struct {
	place
	Cause   string
	Fault   string // by which it came about
	Writers []int
}

// MarshalJSON writes it as in the truth of other cases.
func (c *Cause) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"db": c.DB, "key": c.Key, "cause": c.Cause, "fault": c.Fault})
}

func (p place) String() string { return fmt.Sprintf("%d/%s", p.DB, p.Key) }

// gather writes what an operator would have afterwards, and the truth.
func (n *night) gather() {
	if n.end == "caught up" {
		n.inStep()
	}
	n.save("master", n.master)
	n.save("replica", n.replica)
	n.compare()
	n.toMaster.close() // nothing is captured from here on
	n.toReplica.close()
	n.keep("master.log", filepath.Join(n.master.Dir, "server.log"))
	n.keep("replica.log", filepath.Join(n.replica.Dir, "server.log"))
	n.captures()
	text, err := json.MarshalIndent(n.truth, "", " ")
	if err == nil {
		err = os.WriteFile(filepath.Join(n.dir, "truth.json"), append(text, '\n'), 0o600)
	}
	if err != nil {
		n.tb.Fatal(err)
	}
}

// save keeps a server's dump and its INFO.
func (n *night) save(name string, s *redistest.Server) {
	s.WaitFor("a dump", func() bool { return s.Client.Save(n.tb.Context()).Err() == nil }) // a sync may be saving
	n.keep(name+".rdb", filepath.Join(s.Dir, "dump.rdb"))
	info, _ := s.Do("INFO", "everything").(string)
	n.leave(name+".info.txt", []byte(info))
}

func (n *night) leave(name string, data []byte) {
	if err := os.WriteFile(filepath.Join(n.dir, name), data, 0o600); err != nil {
		n.tb.Fatal(err)
	}
}

// compare asks both servers for each key, and gives those that differ the cause
// that was noted.
func (n *night) compare() {
	n.truth.Causes, n.truth.Writers = []*Cause{}, map[string][]int{}
	for _, db := range n.dbs {
		a, b := n.states(n.master, db), n.states(n.replica, db)
		for key, s := range b {
			if _, both := a[key]; !both && s.kind != "none" {
				a[key] = state{kind: "none"}
			}
		}
		for key, s := range a {
			if s.same(b[key]) {
				continue
			}
			at := place{db, key}
			c := n.causes[at]
			if c == nil {
				n.tb.Fatalf("seed %d: %v differs (%v, %v), and no fault has touched it", n.truth.Seed, at, s, b[key])
			}
			n.truth.Causes = append(n.truth.Causes, c)
			if len(c.Writers) > 0 {
				n.truth.Writers[at.String()] = c.Writers
			}
		}
	}
	slices.SortFunc(n.truth.Causes, func(a, b *Cause) int { return cmp.Compare(a.String(), b.String()) })
}

// state is what a server says of a key.
type state struct {
	kind   string // "none" where it is gone
	digest string
	groups string // of a stream
	pttl   int64
}

// same: relative expiries may be two seconds apart.
func (s state) same(t state) bool {
	if t.kind == "" {
		t.kind = "none"
	}
	apart := max(s.pttl-t.pttl, t.pttl-s.pttl)
	return s.kind == t.kind && s.digest == t.digest && s.groups == t.groups && apart < 2000
}

// states asks for all keys of a database, by the server's own digest.
func (n *night) states(s *redistest.Server, db int) map[string]state {
	ctx := n.tb.Context()
	c := s.Client.Conn()
	defer c.Close()
	n.check(c.Select(ctx, db).Err(), "SELECT")
	keys, err := c.Keys(ctx, "*").Result()
	n.check(err, "KEYS")
	all := map[string]state{}
	for _, key := range keys {
		var st state
		st.kind = c.Type(ctx, key).Val()
		if st.kind == "none" {
			continue
		}
		digest := c.Do(ctx, "DEBUG", "DIGEST-VALUE", key)
		n.check(digest.Err(), "DEBUG DIGEST-VALUE")
		st.digest = fmt.Sprint(digest.Val())
		if ttl, ok := c.Do(ctx, "PTTL", key).Val().(int64); ok {
			st.pttl = ttl
		}
		if st.kind == "stream" {
			st.groups = n.groups(c, key)
		}
		all[key] = st
	}
	n.check(c.Select(ctx, 0).Err(), "SELECT") // the connection goes back to the pool
	return all
}

// groups is each group with its position and its consumers' names.
func (n *night) groups(c *redis.Conn, key string) string {
	ctx := n.tb.Context()
	var b strings.Builder
	for _, g := range c.XInfoGroups(ctx, key).Val() {
		fmt.Fprint(&b, g.Name, g.LastDeliveredID, g.Pending)
		for _, one := range c.XInfoConsumers(ctx, key, g.Name).Val() {
			fmt.Fprint(&b, " ", one.Name, one.Pending)
		}
	}
	return b.String()
}

// captures writes the whole capture, a late and a lossy one, and the raw links.
func (n *night) captures() {
	n.tape.mu.Lock()
	defer n.tape.mu.Unlock()
	for i, link := range n.tape.links {
		n.leave("link-"+strconv.Itoa(i+1)+".psync", link.sent.Bytes())
	}
	frames := n.tape.frames
	n.pcap("link.pcap", frames)
	total, behind := 0, 0
	for _, f := range frames {
		total += len(f.sent)
	}
	from := 0
	for from < len(frames) && behind*2 < total {
		behind += len(frames[from].sent)
		from++
	}
	late := frames[max(0, from-1):]
	n.pcap("late.pcap", late)
	random := rand.New(rand.NewPCG(n.truth.Seed, 1)) // whatever the night has drawn
	n.pcap("lossy.pcap", slices.DeleteFunc(slices.Clone(frames), func(frame) bool { return random.Float64() < 0.03 }))
	var left bytes.Buffer
	for _, f := range late {
		left.Write(f.sent)
	}
	n.truth.Named = []string{}
	for _, c := range n.truth.Causes {
		if bytes.Contains(left.Bytes(), []byte(c.Key)) {
			n.truth.Named = append(n.truth.Named, c.String())
		}
	}
}

func (n *night) pcap(name string, frames []frame) {
	plain := make([]pcaptest.Frame, len(frames))
	for i, f := range frames {
		plain[i] = f.Frame
	}
	n.leave(name, pcaptest.Write(n.tb, 0, plain...))
}
