package histories

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// entry is how a connection begins.
type entry string

// The entries.
const (
	fullResync entry = "full resync"
	resumed    entry = "resumed by the same process"
	restarted  entry = "resumed by a process that started from a dump"
	fresh      entry = "full resync of a process that started without a dump"
)

// A connection between the replica and its master.
type connection struct {
	entry   entry
	request string    // what PSYNC says
	id      string    // that the master answers
	offset  int64     // before the first byte of the stream
	payload *snapshot // of a full resync
	from    *snapshot // the dump that the process started from
	// commands arrived whole; sent is every byte that arrived, so that part of
	// a command, or of a transaction, may stand at its end.
	commands []*command
	sent     string
	applied  int64 // the offset that the replica had at its end
	acked    bool  // it told so
}

// A History is what happened between a master and a replica, told by one
// connection after the other, and both dumps at its end.
type History struct {
	Seed            uint64
	master, replica version
	connections     []*connection
	others          []*connection // of a second replica, of the same version
	masterDump      *snapshot
	replicaDump     *snapshot
	truth           replica
	lagging         harm // keys that were written behind what the replica has run
}

// String is a line on what the history is.
func (h *History) String() string {
	var entries []string
	for _, c := range h.connections {
		entries = append(entries, fmt.Sprintf("%s at %d", c.entry, c.offset))
	}
	return fmt.Sprintf("seed %d: a replica of %s under %s: %s",
		h.Seed, h.replica.flag(), h.master.flag(), strings.Join(entries, "; "))
}

// Make makes the history of a seed.
func Make(seed uint64) *History {
	random := rand.New(rand.NewPCG(seed, 4483))
	h := &History{Seed: seed, master: versions[random.IntN(len(versions))]}
	for h.replica = h.master; ; h.replica = versions[random.IntN(len(versions))] {
		if random.IntN(4) > 0 && h.replica.loads(h.master) {
			break
		}
	}
	m := newMaster(h.master, random)
	for range random.IntN(10) { // before there is a replica
		m.step()
	}
	makers := []*maker{{random: random, master: m}}
	if random.IntN(4) == 0 {
		makers = append(makers, &maker{random: random, master: m, id: m.id, company: true})
		makers[0].company = true
	}
	for _, g := range makers {
		g.replica.by = h.replica
		g.restart(nil)
	}
	for range random.IntN(6 * len(makers)) {
		makers[random.IntN(len(makers))].next()
	}
	makers[0].finish(h)
	if len(makers) > 1 {
		h.others = makers[1].connections
	}
	return h
}

// maker lets master and replica go on, one episode after the other.
type maker struct {
	random  *rand.Rand
	master  *master
	replica replica
	company bool // there is another replica

	connections []*connection

	id      string // of the history that the replica follows
	applied int64  // offset
	saved   *snapshot
	stale   bool // its dumps would tell the offset of the last restart
}

// next is what happens between two connections, and the second of them.
func (g *maker) next() {
	for range g.random.IntN(8) {
		g.master.step()
	}
	if !g.company && g.random.IntN(4) == 0 { // without replicas nothing is taken for known
		clear(g.master.sent)
	}
	if g.replica.dead {
		g.restart(nil)
		return
	}
	how := g.random.IntN(10)
	if how == 0 {
		g.master.promoted()
	}
	switch {
	case how < 3:
		g.connect(resumed, nil)
	case how < 5:
		g.connect(fullResync, nil)
	case how == 5 || g.stale:
		g.restart(nil)
	case how < 8 || g.saved == nil: // it was shut down, with a dump
		g.restart(g.save())
	default: // it was killed, and had saved some time before
		g.restart(g.saved)
	}
}

func (g *maker) save() *snapshot {
	return g.replica.save(g.id, g.applied, g.streamDB())
}

// streamDB is the database that the stream has selected where the replica is.
func (g *maker) streamDB() int {
	db := 0
	for _, c := range g.master.stream {
		if c.end() <= g.applied && strings.EqualFold(c.args[0], "SELECT") {
			db = atoi(c.args[1])
		}
	}
	return db
}

func (g *maker) restart(from *snapshot) {
	g.replica.start(from)
	if from == nil || g.replica.dead {
		g.connect(fresh, nil)
		return
	}
	g.connect(restarted, from)
}

// connect opens a connection, lets the master go on, and cuts the connection
// at some byte of what the master has sent by then.
func (g *maker) connect(how entry, from *snapshot) {
	c := &connection{entry: how, from: from, id: g.master.id}
	switch how {
	case fullResync, fresh:
		c.request = "? -1"
		if how == fullResync { // from too far behind
			c.request = fmt.Sprintf("%s %d", g.id, g.applied+1)
		}
		c.payload = g.master.payload()
		g.applied, g.stale, g.saved = c.payload.offset, false, nil
		g.replica.load(c.payload)
	default:
		if from != nil {
			g.id, g.applied = from.id, from.offset
			g.stale, g.saved = !from.by.keepsDatabase(), nil
		}
		c.request = fmt.Sprintf("%s %d", g.id, g.applied+1)
	}
	c.offset, g.id = g.applied, g.master.id
	g.connections = append(g.connections, c)
	for range 1 + g.random.IntN(25) {
		g.master.step()
	}
	if g.replica.dead { // it dies before it reads on
		return
	}
	g.deliver(c)
	c.applied, c.acked = g.applied, true
}

// deliver lets the bytes up to a cut arrive, and the replica run what is whole.
func (g *maker) deliver(c *connection) {
	cut := g.master.offset
	if g.random.IntN(3) == 0 && cut > c.offset {
		cut -= g.random.Int64N(cut - c.offset)
	}
	var waiting []*command
	for _, cmd := range g.master.stream {
		if cmd.offset < c.offset || cmd.offset >= cut {
			continue
		}
		if cmd.end() > cut {
			c.sent += cmd.raw[:cut-cmd.offset]
			break
		}
		c.sent += cmd.raw
		c.commands = append(c.commands, cmd)
		if waiting = append(waiting, cmd); cmd.open {
			continue // the replica queues it
		}
		for _, w := range waiting {
			g.replica.run(w)
		}
		waiting, g.applied = nil, cmd.end()
		if g.random.IntN(12) == 0 && !g.stale {
			g.saved = g.save()
		}
	}
}

// finish makes the dumps at the end.
func (g *maker) finish(h *History) {
	h.connections, h.truth = g.connections, g.replica
	h.replicaDump = g.save()
	h.masterDump = &snapshot{
		by: h.master, id: g.master.id, offset: g.master.offset, db: max(g.master.selects, 0),
		data: g.master.data.clone(), resumes: true,
	}
	h.lagging = harm{}
	for _, c := range g.master.stream {
		if c.end() > g.applied && c.key != "" {
			h.lagging.mark(lag, place{c.db, c.key})
		}
	}
}

// follow is what a replica of a version would have gone through on the same
// connections, with the same dumps; and the mishaps that are to come when the
// transaction ends that is open at the end of the recording.
func follow(by version, connections []*connection) (r *replica, toCome []mishap) {
	r = &replica{by: by}
	var waiting []*command
	for i, c := range connections {
		switch {
		case c.from != nil:
			r.start(c.from)
		case c.entry == fresh || r.dead:
			r.start(nil)
		case i == 0: // the recording begins in the life of a process
			r.start(nil)
			r.blind = true
		case c.entry == resumed:
			r.resume()
		}
		if c.payload != nil {
			r.load(c.payload)
		}
		if !r.dead {
			waiting = r.runWhole(c.commands)
		}
	}
	after := *r
	after.data, after.harm, after.mishaps = r.data.clone(), harm{}, nil
	for _, c := range waiting {
		after.run(c)
	}
	return r, after.mishaps
}

// runWhole runs what is not within a transaction that stays open, and returns
// what is.
func (r *replica) runWhole(commands []*command) (waiting []*command) {
	for _, c := range commands {
		if waiting = append(waiting, c); !c.open {
			for _, w := range waiting {
				r.run(w)
			}
			waiting = nil
		}
	}
	return waiting
}
