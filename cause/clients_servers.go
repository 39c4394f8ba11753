package cause

import (
	"bytes"
	"maps"
	"net"
	"slices"
	"strconv"

	"github.com/zeebo/xxh3"

	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/replay/session"
)

// Servers are those to which clients wrote, and what tells which of the two sides
// each of them is.
type servers struct {
	targets  map[target]*seen
	masters  map[string]bool // endpoints of masters of the links
	followed map[string]side // endpoints of the servers of the links that were followed
	told     map[string]Side // Options.Sides
}

func newServers(told map[string]Side) servers {
	return servers{map[target]*seen{}, map[string]bool{}, map[string]side{}, told}
}

// seen is what tells which side a target is on.
type seen struct {
	// wrote has who sent it what, by hashes; met counts by address the commands
	// of the stream that are among these.
	wrote map[uint64]string
	anyDB bool // no command's database is told
	met   map[string]int64
	side  side
	// link is the address by which MONITOR shows the master of a replica.
	link string
}

// targetsKept bounds the servers, and wroteKept what is kept of each to find its side
// by.
const (
	targetsKept = 64
	wroteKept   = 1 << 12
)

// see takes what tells the side of a target; nil where there are too many.
func (k *servers) see(to target, c *record.ClientCommand) *seen {
	s := k.targets[to]
	if s == nil {
		if len(k.targets) == targetsKept {
			return nil
		}
		s = &seen{wrote: map[uint64]string{}, met: map[string]int64{}}
		k.targets[to] = s
	}
	s.anyDB = s.anyDB || c.Within > 0
	if len(s.wrote) < wroteKept && !c.Cut && !c.Scripted {
		s.wrote[hashCommand(c.DB, c.Args)] = c.Addr
	}
	return s
}

// hashCommand is the same for a command that comes by another way.
func hashCommand(db int, args [][]byte) uint64 {
	sum := uint64(db + 1)
	for i, a := range args {
		if i == 0 {
			a = bytes.ToLower(a)
		}
		sum = sum*31 + xxh3.Hash(a)
	}
	return sum
}

// meet takes the servers of a plan's links. Those that are none of them are told
// by what the streams have in common with what clients sent them.
func (k *servers) meet(p *session.Plan) {
	ends := map[string]bool{}
	for _, r := range p.Replicas {
		for _, c := range r.Connections {
			k.masters[c.Link.From] = c.Link.From != ""
			ends[replicaEndpoint(&c.Link)] = true
		}
	}
	for to, s := range k.targets {
		if to.endpoint != "" && (k.masters[to.endpoint] || ends[to.endpoint]) {
			s.wrote = nil
		}
	}
}

// effect takes the servers of a link that is followed, and what it sent; ours is one
// of the replica that is compared.
func (k *servers) effect(e *replay.Effect, ours bool) {
	l := e.Link
	if e.Command != nil {
		l = e.Command.Link
	}
	if l != nil && l.From != "" && k.followed[l.From] == noSide {
		k.followed[l.From] = masterSide
	}
	if to := replicaEndpoint(l); ours && to != "" && k.followed[to] == noSide {
		k.followed[to] = replicaSide
	}
	if e.Command == nil || e.Outcome == replay.Undelivered {
		return
	}
	var sums [2]uint64 // in the database, and in any
	for _, s := range k.targets {
		if len(s.wrote) == 0 {
			continue
		}
		n, db := 0, e.Command.DB
		if s.anyDB {
			n, db = 1, record.Unknown
		}
		if sums[n] == 0 {
			sums[n] = hashCommand(db, e.Command.Args)
		}
		if addr, ok := s.wrote[sums[n]]; ok {
			s.met[addr]++
		}
	}
}

// replicaEndpoint is where clients reach the replica of a link; "" where it did
// not say on which port it listens.
func replicaEndpoint(l *record.Link) string {
	if l == nil || l.Replica.ListeningPort == 0 {
		return ""
	}
	host, _, err := net.SplitHostPort(l.To)
	if err != nil {
		return ""
	}
	return net.JoinHostPort(host, strconv.Itoa(l.Replica.ListeningPort))
}

// findSides says which side each target is on, once the streams were followed:
// by the links, and else by whose commands the streams hold.
func (k *servers) findSides() {
	for to, s := range k.targets {
		of, told := k.told[to.path]
		switch {
		case told && to.endpoint == "":
			s.told(of)
		case to.endpoint != "" && k.followed[to.endpoint] != noSide:
			s.side = k.followed[to.endpoint]
		case k.masters[to.endpoint]: // of links that are another replica's
		case to.endpoint == "":
			s.monitored(k.followed)
		case len(s.met) > 0:
			s.side = masterSide
		}
	}
}

// ephemeral is the first of the ports that systems give to who connects.
const ephemeral = 32768

// monitored tells the side of a text of MONITOR. That of a replica shows the
// stream as commands of one client, whose port is the one that the master
// listens on.
func (s *seen) monitored(followed map[string]side) {
	for addr := range s.met {
		s.side = masterSide
		_, port, err := net.SplitHostPort(addr)
		n, _ := strconv.Atoi(port) // 0 is no client's either
		if followed[addr] == masterSide || err == nil && len(s.met) == 1 && n < ephemeral {
			s.side, s.link = replicaSide, addr
			return
		}
	}
}

// told takes the side of what MONITOR or a slow log shows. On a replica the
// commands of the stream come from its master; where nothing tells which client
// that is, none can be told from it.
func (s *seen) told(of Side) {
	if s.side = masterSide; !of.Replica {
		return
	}
	s.link = of.Master
	most := int64(0)
	for addr, n := range s.met {
		if of.Master == "" && (n > most || n == most && addr < s.link) {
			s.link, most = addr, n
		}
	}
	if s.side = replicaSide; s.link == "" {
		s.side = noSide
	}
}

// hears reports whether clients of each server were heard, so that one that wrote to
// it would have been: of the replica where nothing tells which server that is, also
// those of another. It is asked after findSides.
func (k *servers) hears() (master, replica bool) {
	var heard [replicaSide + 1]bool
	for to, s := range k.targets {
		heard[s.side] = heard[s.side] || to.endpoint != ""
	}
	knownReplica := slices.Contains(slices.Collect(maps.Values(k.followed)), replicaSide)
	return heard[masterSide], heard[replicaSide] || heard[noSide] && !knownReplica
}
