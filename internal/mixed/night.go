package mixed

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/internal/redistest"
)

// A plan is which servers a night has, and what kind of night it is.
type plan struct {
	master, replica redistest.Program
	renamed         string // a command that the replica lacks; "" for none
	both            bool   // the clients of the replica are captured too
	end             string // "caught up", "lag" or "split"
}

// masterIsNewer: a Valkey 9 that has HSETEX, with a replica that lacks it.
func (p plan) masterIsNewer() bool {
	return p.master.Family == "valkey" && strings.HasPrefix(p.master.Version, "9.") &&
		p.replica.Family == "valkey" && strings.HasPrefix(p.replica.Version, "8.")
}

// sendsScripts: up to 6.2, scripts travel as they are.
func (p plan) sendsScripts() bool { return strings.HasPrefix(p.master.Version, "6.") }

// sendsLifetimes: up to 6.2, EXPIRE travels as it is.
func (p plan) sendsLifetimes() bool { return p.sendsScripts() }

// makePlan chooses among the servers.
func makePlan(random *rand.Rand, servers []redistest.Program) plan {
	p := plan{master: servers[random.IntN(len(servers))], both: random.IntN(3) > 0}
	p.replica = p.master
	for _, s := range servers {
		older := plan{master: p.master, replica: s}
		if older.masterIsNewer() && random.IntN(3) == 0 {
			p.replica = s
		}
	}
	if random.IntN(3) == 0 {
		p.renamed = slices.Sorted(maps.Keys(refusable))[random.IntN(len(refusable))]
	}
	p.end = []string{"caught up", "lag", "split"}[random.IntN(3)]
	return p
}

// A night is one history while it happens.
type night struct {
	plan
	tb     testing.TB
	dir    string
	random *rand.Rand
	tape   *tape

	master, replica     *redistest.Server
	toMaster, toReplica *proxy
	apps, locals        []*client

	dbs      []int
	known    map[string][]place // the background's keys, by kind
	names    int
	befores  int
	mortal   []place // keys that live shortly
	fault    string  // what is happening
	linkDown bool
	truth    Truth
	causes   map[place]*Cause
}

// Make stages the night of a seed on servers, and leaves its artefacts and
// truth.json in a folder.
func Make(tb testing.TB, dir string, seed uint64, servers []redistest.Program) *Truth {
	tb.Helper()
	random := rand.New(rand.NewPCG(seed, 0))
	n := &night{
		tb: tb, dir: dir, random: random, plan: makePlan(random, servers), tape: &tape{tb: tb},
		dbs: []int{0, 1 + random.IntN(7), 8 + random.IntN(7)}, known: map[string][]place{}, causes: map[place]*Cause{},
	}
	n.truth = Truth{
		Seed: seed, Server: n.plan.master.String(), ReplicaServer: n.plan.replica.String(),
		End: n.end, Captured: "master",
	}
	if n.both {
		n.truth.Captured = "master and replica"
	}
	n.start()
	n.background(20 + random.IntN(60))
	n.suffer()
	n.finish()
	n.gather()
	return &n.truth
}

// start starts both servers; the master holds something before its replica comes.
func (n *night) start() {
	n.master = redistest.StartProgram(n.tb, n.plan.master, "--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1")
	n.toMaster = startProxy(n.tb, n.tape, n.master.Port)
	n.addUser(n.master)
	for i := range 2 + n.random.IntN(3) {
		n.apps = append(n.apps, n.dial(n.toMaster.port, "app-"+strconv.Itoa(i)))
	}
	if n.random.IntN(2) == 0 {
		n.background(10 + n.random.IntN(30))
	}
	args := []string{"--replicaof", "127.0.0.1", strconv.Itoa(n.toMaster.port)}
	if n.renamed != "" {
		args = append(args, "--rename-command", n.renamed, "")
	}
	n.replica = redistest.StartProgram(n.tb, n.plan.replica, args...)
	n.toReplica = startProxy(n.tb, n.tape, n.replica.Port)
	n.writable()
	n.inStep()
	n.locals = n.callLocals()
}

// suffer lets some faults happen, in any order.
func (n *night) suffer() {
	var can []fault
	for _, f := range faults {
		if f.can(n.plan) {
			can = append(can, f)
		}
	}
	for range n.random.IntN(5) {
		f := anyOf(n, can)
		n.truth.Faults = append(n.truth.Faults, f.name)
		n.fault = f.name
		f.do(n)
		n.background(n.random.IntN(20))
	}
}

// finish leaves the two sides as the plan wants them in the end.
func (n *night) finish() {
	n.expire()
	n.rest()
	n.inStep()
	n.fault = n.end
	switch n.end {
	case "lag":
		n.toMaster.hold()
		for at, ports := range n.background(10 + n.random.IntN(40)) {
			n.note(at, "lag", ports...)
		}
		for range 3 + n.random.IntN(10) {
			c, at := anyOf(n, n.apps), n.fresh("user")
			n.do(c, at.DB, n.added(anyOf(n, seededKinds), at.Key)...)
			n.note(at, "lag", c.port)
		}
	case "split":
		n.replica.Do("REPLICAOF", "NO", "ONE")
		for range 3 + n.random.IntN(10) {
			n.writeApart()
		}
	}
}

// rest lets the night last as long as a real one, most often: until the replica,
// which does so every second, has acknowledged something twice.
func (n *night) rest() {
	random := rand.New(rand.NewPCG(n.truth.Seed, 2)) // whatever the night has drawn
	if random.IntN(4) > 0 {
		time.Sleep(2*time.Second + time.Duration(random.IntN(1000))*time.Millisecond)
	}
}

// writeApart writes behind the point where the histories part: on either side,
// or on both.
func (n *night) writeApart() {
	at := n.fresh("user")
	if kind := anyOf(n, seededKinds); n.random.IntN(2) == 0 && len(n.known[kind]) > 0 {
		at = anyOf(n, n.known[kind])
	}
	side := n.random.IntN(3)
	if side != 1 {
		c := anyOf(n, n.apps)
		n.do(c, at.DB, "SET", at.Key, n.letters(5, 20))
		n.note(at, "different-history", c.port)
	}
	if side != 0 {
		c := anyOf(n, n.locals)
		n.do(c, at.DB, "SET", at.Key, n.letters(21, 30))
		n.note(at, "different-history", c.port)
	}
}

// note writes down what a key has to thank for being different, if it is.
func (n *night) note(at place, cause string, ports ...int) {
	c := n.causes[at]
	if c == nil || c.Cause != cause {
		c = &Cause{place: at, Cause: cause, Fault: n.fault}
		n.causes[at] = c
	}
	for _, port := range ports {
		if !slices.Contains(c.Writers, port) {
			c.Writers = append(c.Writers, port)
		}
	}
}

// inStep waits until the replica has run all that the master sent.
func (n *night) inStep() {
	n.tb.Helper()
	n.replica.WaitFor("the replica to be in step", func() bool {
		there := infoField(n.replica, "slave_repl_offset")
		return infoField(n.replica, "master_link_status") == "up" && there != "" && there == infoField(n.master, "master_repl_offset")
	})
}

func infoField(s *redistest.Server, name string) string {
	text, _ := s.Do("INFO", "replication").(string)
	for line := range strings.SplitSeq(text, "\r\n") {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return value
		}
	}
	return ""
}

// writable lets clients write to the replica, which a restart forgets.
func (n *night) writable() {
	n.replica.Do("CONFIG", "SET", "replica-read-only", "no")
	n.addUser(n.replica)
}

func (n *night) addUser(s *redistest.Server) {
	s.Do("ACL", "SETUSER", "app", "on", ">secret", "~*", "+@all")
}

// callLocals are clients of the replica, through the capture or past it.
func (n *night) callLocals() (all []*client) {
	port := n.replica.Port
	if n.both {
		port = n.toReplica.port
	}
	for i := range 1 + n.random.IntN(2) {
		all = append(all, n.dial(port, "local-"+strconv.Itoa(i)))
	}
	return all
}

// keep copies a file into the night's folder.
func (n *night) keep(name, path string) {
	n.tb.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(filepath.Join(n.dir, name), data, 0o600)
	}
	if err != nil {
		n.tb.Fatal(err)
	}
}
