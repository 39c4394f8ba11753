package cause

import (
	"bytes"
	"context"
	"encoding/binary"
	"maps"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/replay/session"
)

// A side is one of the two that are compared.
type side uint8

const (
	noSide side = iota // of a server that is neither, or of which nothing tells
	masterSide
	replicaSide
)

func (s side) String() string { return [...]string{"", "master", "replica"}[s] }

// A clientLog is what ordinary clients wrote, as captures and the output of
// MONITOR hold it, written down while the streams are surveyed: each command
// that may have changed one of the keys in question, with its client. Like the
// recording, whose entries it has, it is a temporary file without a name.
//
// Of its entries the offset is how long the server took, in nanoseconds, and the
// end less the offset holds the marks.
type clientLog struct {
	*recording
	selection *selection
	clients   []client
	known     map[client]int64 // their numbers
	targets   map[target]*seen
	masters   map[string]bool // endpoints of masters of the links
	followed  map[string]side // endpoints of the servers of the links that were followed
	scripts   int
	sides     map[string]Side // Options.Sides
	// from is when the first command of the stream was seen.
	from time.Time
}

// A client is one end of a connection, with what it said of itself.
type client struct {
	target
	addr, name, user string
}

// A target is the server at the other end, or the one that a text of MONITOR is
// of.
type target struct{ path, endpoint string }

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

// Marks of an entry.
const (
	markAccepted = 1 << iota // a reply was seen, and it was no error
	markCut                  // not all of the arguments are there
	// markVague: neither its database nor its exact time is told (slow log).
	markVague
)

const (
	clientsKept = 1 << 18
	targetsKept = 64
	// wroteKept bounds what is kept of each server to find its side by.
	wroteKept = 1 << 12
)

func newClientLog(s *selection, sides map[string]Side) (*clientLog, error) {
	r, err := newRecording()
	if err != nil {
		return nil, err
	}
	return &clientLog{
		recording: r, selection: s, known: map[client]int64{}, targets: map[target]*seen{},
		masters: map[string]bool{}, followed: map[string]side{}, sides: sides,
	}, nil
}

// take writes down a command that may have changed a key in question.
func (k *clientLog) take(path string, c *record.ClientCommand) error {
	known := command.Lookup(c.Args)
	scope := known.Scope()
	if idle(c, scope) {
		return nil
	}
	if _, _, ok := command.Populates(c.Args); ok {
		scope = command.Keyspace
	}
	if scope == command.Nothing {
		return nil
	}
	s := k.see(target{path, c.To}, c)
	if k.recording.keys = k.recording.keys[:0]; known != nil {
		k.recording.keys = known.Find(k.recording.keys, c.Args)
	}
	if s == nil || !k.wants(scope, c.Args) {
		return nil
	}
	number, ok := k.clientNumber(client{target{path, c.To}, c.Addr, c.Name, c.User})
	if !ok {
		return nil
	}
	b := k.appendKeys(appendHead(k.buf[:0], scope), c.Args, scope)
	binary.LittleEndian.PutUint32(b[atKeys:], uint32((len(b)-headSize)/8))
	if scope == command.Scripted {
		b[atReach] = 1
	}
	k.buf = k.appendRest(b, number, c)
	k.commands++
	return k.entry(k.buf, c.Args...)
}

// idle reports whether a command was not run, or did nothing, by its reply: nil
// is that of one that found nothing to change, unless it returns what was there.
func idle(c *record.ClientCommand, scope command.Scope) bool {
	switch c.Reply {
	case record.ReplyError:
		return true
	case record.ReplyNone:
		return c.Transaction > 0
	case record.ReplyValue:
		return c.ReplyEmpty && command.IdleWhenEmpty(c.Args)
	case record.ReplyNil:
		return scope == command.Named && !command.Is(c.Args, "GETSET") && !command.Has(c.Args, "GET")
	}
	return false
}

// wants reports whether the command may have changed a key in question.
func (k *clientLog) wants(scope command.Scope, args [][]byte) bool {
	switch {
	case k.selection == nil, scope == command.Keyspace, scope == command.Database:
		return true
	case scope == command.Uncertain:
		for _, a := range args[1:] {
			if k.selection.mayDiffer(a) {
				return true
			}
		}
		return false
	}
	for _, key := range k.recording.keys {
		if k.selection.mayDiffer(args[key.Index]) {
			return true
		}
	}
	if scope != command.Scripted || k.scripts == scriptsKept {
		return false
	}
	k.scripts++
	return true
}

func (k *clientLog) appendRest(b []byte, number int64, c *record.ClientCommand) []byte {
	took, marks := int64(0), int64(0)
	if c.Latency != record.Unknown {
		took = int64(c.Latency)
	}
	if c.Within > 0 {
		took, marks = int64(c.Within), marks|markVague
	}
	if c.Reply != "" {
		marks |= markAccepted
	}
	if c.Cut {
		marks |= markCut
	}
	b = binary.AppendVarint(b, took)
	b = binary.AppendVarint(b, marks)
	b = binary.AppendVarint(b, number)
	b = binary.AppendVarint(b, int64(c.DB))
	b = binary.AppendVarint(b, int64(c.DB))
	b = binary.AppendVarint(b, unixNano(c.Time))
	b = binary.AppendVarint(b, int64(c.Transaction))
	b = append(b, outcomeByte(replay.Applied))
	b = binary.AppendVarint(b, int64(len(c.Args)))
	for _, a := range c.Args {
		b = binary.AppendVarint(b, int64(len(a)))
	}
	return b
}

// clientNumber is that of a client; false where there are too many.
func (k *clientLog) clientNumber(c client) (n int64, ok bool) {
	n, ok = k.known[c]
	if ok || len(k.clients) == clientsKept {
		return n, ok
	}
	n = int64(len(k.clients))
	k.clients, k.known[c] = append(k.clients, c), n
	k.links = append(k.links, linkKey{c.path, len(k.clients)})
	return n, true
}

// see takes what tells the side of a target; nil where there are too many.
func (k *clientLog) see(to target, c *record.ClientCommand) *seen {
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
func (k *clientLog) meet(p *session.Plan) {
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
func (k *clientLog) effect(e *replay.Effect, ours bool) {
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
	if at := e.Command.Time; k.from.IsZero() || at.Before(k.from) {
		k.from = at
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
func (k *clientLog) findSides() {
	for to, s := range k.targets {
		of, told := k.sides[to.path]
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
func (k *clientLog) hears() (master, replica bool) {
	var heard [replicaSide + 1]bool
	for to, s := range k.targets {
		heard[s.side] = heard[s.side] || to.endpoint != ""
	}
	knownReplica := slices.Contains(slices.Collect(maps.Values(k.followed)), replicaSide)
	return heard[masterSide], heard[replicaSide] || heard[noSide] && !knownReplica
}

// A clientWrite is a command of a client that may have changed a key.
type clientWrite struct {
	*event
	*client
	side side
	// until is when the server answered, as far as that was seen.
	until         time.Time
	accepted, cut bool
	// vague: neither its database nor its exact time is known.
	vague bool
}

// collectWrites reads the commands that may have changed the keys named, in the
// order in which they were answered; false where not all are to be had.
func (k *clientLog) collectWrites(
	ctx context.Context, names map[string]bool, maxBytes int64,
) (writes []*clientWrite, all bool, err error) {
	if k == nil || k.commands == 0 {
		return nil, true, nil
	}
	k.findSides()
	wanted := make(map[uint64]bool, len(names))
	for name := range names {
		wanted[hashName([]byte(name))] = true
	}
	p, err := k.play()
	if err != nil {
		return nil, false, err
	}
	size := int64(0)
	for {
		ok, err := p.next(ctx)
		if err != nil || !ok {
			return writes, true, err
		}
		wide := p.scope == command.Keyspace || p.scope == command.Database
		if !wide && !p.reach && !p.concerns(wanted) {
			continue
		}
		if size += p.left + eventOverhead; size > maxBytes {
			return writes, false, nil
		}
		e, err := p.event()
		if err != nil {
			return nil, false, err
		}
		if w := k.write(e, names); w.side != noSide || w.endpoint != "" {
			writes = append(writes, w)
		}
	}
}

// write makes a write of an event that was played back.
func (k *clientLog) write(e *event, names map[string]bool) *clientWrite {
	w := &clientWrite{event: e, client: &k.clients[e.link-1]}
	to := k.targets[w.target]
	if w.side = to.side; w.endpoint == "" && w.addr == to.link && w.addr != "" {
		w.side = noSide // its master, and no client
	}
	w.until = e.time.Add(time.Duration(e.offset))
	marks := e.end - e.offset
	w.accepted, w.cut = marks&markAccepted != 0 || w.endpoint == "", marks&markCut != 0
	w.vague = marks&markVague != 0
	e.offset, e.end, e.link = record.Unknown, record.Unknown, 0
	e.keys = keysOf(e.args, e.scope, names)
	if prefix, count, ok := command.Populates(e.args); ok {
		e.scope, e.keys = command.Named, populated(prefix, count, names)
	}
	return w
}

// populated are the keys in question that DEBUG POPULATE made.
func populated(prefix []byte, count int64, names map[string]bool) (keys []namedKey) {
	start := string(prefix) + ":"
	for name := range names {
		if len(name) <= len(start) || name[:len(start)] != start {
			continue
		}
		if n, err := strconv.ParseInt(name[len(start):], 10, 64); err == nil && n >= 0 && n < count {
			keys = append(keys, namedKey{name, true})
		}
	}
	return keys
}

// writer is the client of a write, for the report.
func (w *clientWrite) writer() diff.Writer {
	return diff.Writer{Side: w.side.String(), Addr: w.addr, Name: w.name, User: w.user, Time: w.time,
		Command: w.args[0]}
}
