package session

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
)

// A Follower is told what the replicas of a plan received. Commands, payloads
// and notes of links are those of the connection that was begun last; RDBs and
// notes without a link are about an input.
type Follower interface {
	record.Handler
	// Stream says which input the calls that follow are about, wherever that
	// changes.
	Stream(i int)
	// Connection says which connection the next LinkStart begins.
	Connection(c *Connection)
}

// A ClientFollower is told what ordinary clients sent, too: of each command of the
// inputs that are read, once.
type ClientFollower interface {
	Follower
	Client(stream int, c *record.ClientCommand) error
}

// ErrAnotherLink comes from the Walk of a Sole plan: what was followed as the
// only link is not the only one, or not one that could start from the base.
var ErrAnotherLink = errors.New("another link begins")

// maxOpen is how many inputs are read side by side.
const maxOpen = 4

// A pass is one reading of some inputs: the connections to be followed in it,
// in order. Those of one input come in the order in which it holds them. A
// Sole plan has one without any.
type pass []*Connection

// passes puts connections into as few passes as it takes for each replica's to
// come in order: one, unless inputs hold them in other orders than they were
// made in.
func passes(replicas []*Replica) []pass {
	s := &schedule{left: make([]Connections, len(replicas))}
	for i, r := range replicas {
		s.left[i] = r.Connections
	}
	var all []pass
	for {
		p := s.pass()
		if len(p) == 0 {
			return all
		}
		all = append(all, p)
	}
}

// schedule is the state of the making of passes.
type schedule struct {
	left []Connections // of each replica
	// ahead are the connections of each stream that this pass can still reach,
	// in the order in which it holds them; open those that are being read.
	ahead map[int]Connections
	open  map[int]bool
}

func (s *schedule) pass() (p pass) {
	s.ahead, s.open = map[int]Connections{}, map[int]bool{}
	for _, left := range s.left {
		for _, c := range left {
			s.ahead[c.Stream] = append(s.ahead[c.Stream], c)
		}
	}
	for _, list := range s.ahead {
		slices.SortFunc(list, func(a, b *Connection) int { return a.Link.Number - b.Link.Number })
	}
	for {
		i := s.next()
		if i < 0 {
			return p
		}
		c := s.left[i][0]
		s.left[i] = s.left[i][1:]
		ahead := s.ahead[c.Stream]
		s.ahead[c.Stream] = ahead[slices.Index(ahead, c)+1:]
		if s.open[c.Stream] = true; len(s.ahead[c.Stream]) == 0 {
			delete(s.open, c.Stream)
		}
		p = append(p, c)
	}
}

// next is the replica whose next connection comes next in the pass; -1 for
// none. One that passes over no other is taken first.
func (s *schedule) next() int {
	passing := -1
	for i, left := range s.left {
		if len(left) == 0 {
			continue
		}
		c := left[0]
		switch ahead := s.ahead[c.Stream]; {
		case len(s.open) >= maxOpen && !s.open[c.Stream]:
		case len(ahead) > 0 && ahead[0] == c:
			return i
		case passing < 0 && slices.Contains(ahead, c):
			passing = i
		}
	}
	return passing
}

// Walk tells f what the replicas received. It reads each input once, unless
// inputs hold a replica's connections in other orders than they were made in.
// Errors are those of reading and of f.
func (p *Plan) Walk(ctx context.Context, f Follower) error {
	if p.sole {
		f.Stream(0)
		r := &reading{Follower: f, plan: p, first: true}
		return r.read(ctx, func(*Connection) bool { return true })
	}
	seen, told := map[int]bool{}, newOnce(p.Streams)
	for _, pass := range p.passes {
		if err := p.walkPass(ctx, pass, seen, told, f); err != nil {
			return err
		}
	}
	return nil
}

// walkPass reads the inputs of a pass side by side, each up to where the
// connection begins whose turn it is.
func (p *Plan) walkPass(ctx context.Context, pass pass, seen map[int]bool, told *once, f Follower) error {
	open := map[int]*reading{}
	defer func() {
		for _, r := range open {
			r.stop()
		}
	}()
	current := -1
	for _, c := range pass {
		if c.Stream != current {
			f.Stream(c.Stream)
			current = c.Stream
		}
		r := open[c.Stream]
		if r == nil {
			r = &reading{Follower: f, plan: p, stream: c.Stream, first: !seen[c.Stream], told: told,
				follow: map[int]*Connection{}}
			for _, other := range pass {
				if other.Stream == c.Stream {
					r.follow[other.Link.Number] = other
				}
			}
			r.open(ctx)
			open[c.Stream], seen[c.Stream] = r, true
		}
		if r.waits == c {
			r.goOn()
		}
		if r.err != nil {
			return r.err
		}
	}
	return nil
}

// A reading is one input that is being read, and the Handler of that. It stops
// before each connection until its turn comes.
type reading struct {
	Follower
	plan   *Plan
	stream int
	// first: the input was not read before in this walk.
	first  bool
	told   *once
	follow map[int]*Connection // by number within the input
	// turn waits for the turn of a connection; false where the walk is over.
	turn func(*Connection) bool
	conn *Connection // that is followed now

	next  func() (*Connection, bool)
	stop  func()
	waits *Connection // the one that it stopped before; nil at the end
	err   error
}

// open reads up to the first connection.
func (r *reading) open(ctx context.Context) {
	r.next, r.stop = iter.Pull(func(turn func(*Connection) bool) { r.err = r.read(ctx, turn) })
	r.goOn()
}

// goOn reads up to the next connection.
func (r *reading) goOn() { r.waits, _ = r.next() }

func (r *reading) read(ctx context.Context, turn func(*Connection) bool) error {
	r.turn = turn
	in := r.plan.Streams[r.stream]
	o := artefact.Options{Base: r.plan.soleBase(), Dumps: r.plan.options.dumps(), Kept: r.plan.kept}
	if !r.plan.sole {
		o.Base, o.Later = r.anchors()
	}
	if f, ok := r.Follower.(ClientFollower); ok && r.first {
		o.Clients = func(c *record.ClientCommand) error {
			if !r.told.first(r.stream, c) {
				return nil
			}
			return f.Client(r.stream, c)
		}
	}
	if r.stream == r.plan.offsetStream {
		o.Offset = r.plan.options.Offset
	}
	if _, err := artefact.Walk(ctx, in, o, r); err != nil {
		return fmt.Errorf("%s: %w", in.Path, err)
	}
	return nil
}

// anchors are where the links of a recording that does not tell it begin: the
// first one and, by number, the later ones.
func (r *reading) anchors() (first *repl.State, later map[int]*repl.State) {
	later = map[int]*repl.State{}
	for number, c := range r.follow {
		if c.Capture || !known(c.Start) || c.Full() {
			continue
		}
		later[number] = &repl.State{ID: c.Link.ReplicationID, Offset: c.Start, StreamDB: repl.Unknown}
	}
	first = later[1]
	delete(later, 1)
	return first, later
}

// soleBase is where the one link of a Sole plan begins.
func (p *Plan) soleBase() *repl.State {
	for _, b := range p.Bases {
		if p.sole && known(b.Offset) {
			return &b.State
		}
	}
	return nil
}

// LinkStart implements record.Handler, as do the methods below.
func (r *reading) LinkStart(l *record.Link) error {
	r.conn = nil
	if r.plan.sole {
		if err := r.plan.begin(l); err != nil {
			return err
		}
		r.conn = r.plan.Replicas[0].Connections[0]
	} else if r.conn = r.follow[l.Number]; r.conn == nil {
		return nil
	}
	if !r.turn(r.conn) {
		return record.Stop
	}
	r.Follower.Connection(r.conn)
	return r.Follower.LinkStart(l)
}

// begin makes the plan of a Sole one's link.
func (p *Plan) begin(l *record.Link) error {
	if len(p.Replicas) > 0 {
		return ErrAnotherLink
	}
	if len(p.Bases) > 0 && (l.Channel == record.ChannelMain || Differ(p.Bases[0].ID, l.ReplicationID)) {
		return ErrAnotherLink
	}
	c := newConnection(0, l)
	c.Link.End = "" // it is followed, whatever it comes to
	p.resolve([]*Connection{c})
	return nil
}

func (r *reading) RDB(l *record.Link, d *rdb.Decoder) error {
	if l != nil && r.conn == nil || l == nil && !r.first {
		return nil
	}
	return r.Follower.RDB(l, d)
}

func (r *reading) Command(c *record.Command) error {
	if r.conn == nil {
		return nil
	}
	return r.Follower.Command(c)
}

func (r *reading) Note(n *record.Note) error {
	switch {
	case n.Link == nil && !r.first:
		return nil
	case n.Link != nil && r.conn == nil && n.Kind != record.NoteFile:
		return nil
	}
	return r.Follower.Note(n)
}

func (r *reading) LinkEnd(l *record.Link) error {
	if r.conn == nil {
		return nil
	}
	if r.plan.sole && l.Refused != "" {
		r.plan.Refused = append(r.plan.Refused, &Connection{Link: *l})
	}
	r.conn = nil
	return r.Follower.LinkEnd(l)
}
