package replay

import (
	"bytes"
	"iter"
	"slices"
	"strconv"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/record"
)

// Asked is the outcome of a command that an ordinary client sent to a server,
// which is none of a stream; Refused is that of one that was answered with an
// error, or that the replica's log shows it refused. Doubtful is that of one of a
// name that the log says was refused, which does not tell where.
const (
	Asked    Outcome = "asked"
	Refused  Outcome = "refused"
	Doubtful Outcome = "applied-or-refused"
)

// A Client is who asked for something.
type Client struct {
	Addr       string // "" where unknown
	Name, User string // untrusted; "" where unknown
	To         string // the server's endpoint; "" in MONITOR
	Reply      record.Reply
	ReplyError string // untrusted
}

// asked are the commands of clients that may have changed the keys asked for.
type asked struct{ touches }

func (a *asked) take(path string, c *record.ClientCommand) {
	if a.touches.asked == nil || !command.Writes(c.Args...) && !changesServer(c.Args) {
		return
	}
	t := Touch{
		Path: path, Offset: record.Unknown, Byte: c.Byte, Time: c.Time, DB: c.DB, ReplicaDB: record.Unknown,
		Command: string(c.Args[0]), Outcome: Asked, Transaction: c.Transaction,
	}
	if c.Reply == record.ReplyError {
		t.Outcome = Refused
	}
	by := func() *Client {
		return &Client{Addr: c.Addr, Name: c.Name, User: c.User, To: c.To, Reply: c.Reply, ReplyError: c.ReplyError}
	}
	for key := range a.concerned(c.Args) {
		t.Key = nil
		if key != nil {
			t.Key = clone(key)
		}
		t.arguments(c.Args)
		if t.Client == nil {
			t.Client = by()
		}
		a.add(t, maxTouchBytes)
	}
}

// changesServer reports whether a command that writes by no table changes what a server
// holds, or whose it is.
func changesServer(args [][]byte) bool {
	switch {
	case command.Is(args, "REPLICAOF"), command.Is(args, "SLAVEOF"), command.Is(args, "FAILOVER"):
		return true
	}
	_, _, populates := command.Populates(args)
	return populates || command.Is(args, "DEBUG") && len(args) > 1 && bytes.EqualFold(args[1], []byte("FLUSHALL"))
}

// mostPopulated bounds how many of the keys that DEBUG POPULATE makes are looked at.
const mostPopulated = 1 << 20

// concerned yields the keys asked for that a command names; once nil of one that concerns
// all keys.
func (a *asked) concerned(args [][]byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if prefix, count, ok := command.Populates(args); ok {
			for n := range min(count, mostPopulated) {
				key := strconv.AppendInt(append(clone(prefix), ':'), n, 10)
				if a.touches.asked(key) && !yield(key) {
					return
				}
			}
			return
		}
		scope := command.ScopeOf(args)
		if changesServer(args) || scope == command.Keyspace || scope == command.Database || scope == command.TwoDatabases {
			yield(nil)
			return
		}
		for _, key := range eachOnce(command.Keys(args)) {
			if a.touches.asked(key) && !yield(key) {
				return
			}
		}
	}
}

// merge puts what clients asked for into the history of the keys, by time. What
// a full resync brings has the time at which its link began; what tells no time
// stays where it is.
func (a *asked) merge(r *Report) {
	if len(a.list) == 0 {
		return
	}
	slices.SortStableFunc(a.list, func(x, y Touch) int { return x.Time.Compare(y.Time) })
	merged := make([]Touch, 0, len(r.Touches)+len(a.list))
	for _, t := range r.Touches {
		at := t.Time
		if at.IsZero() && t.Link > 0 {
			at = r.Links[t.Link-1].Began
		}
		for len(a.list) > 0 && !at.IsZero() && !a.list[0].Time.After(at) {
			merged, a.list = append(merged, a.list[0]), a.list[1:]
		}
		merged = append(merged, t)
	}
	r.Touches = append(merged, a.list...)
	r.TouchesLeftOut += a.leftOut
}
