package cause

import (
	"encoding/binary"
	"time"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
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
	servers   servers
	scripts   int
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

// Marks of an entry.
const (
	markAccepted = 1 << iota // a reply was seen, and it was no error
	markCut                  // not all of the arguments are there
	// markVague: neither its database nor its exact time is told (slow log).
	markVague
)

// clientsKept bounds the clients that are told apart.
const clientsKept = 1 << 18

func newClientLog(s *selection, sides map[string]Side) (*clientLog, error) {
	r, err := newRecording()
	if err != nil {
		return nil, err
	}
	return &clientLog{
		recording: r, selection: s, known: map[client]int64{}, servers: newServers(sides),
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
	s := k.servers.see(target{path, c.To}, c)
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

// effect takes the servers of a link that is followed, and what it sent.
func (k *clientLog) effect(e *replay.Effect, ours bool) {
	k.servers.effect(e, ours)
	if e.Command == nil || e.Outcome == replay.Undelivered {
		return
	}
	if at := e.Command.Time; k.from.IsZero() || at.Before(k.from) {
		k.from = at
	}
}
