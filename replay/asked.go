package replay

import (
	"slices"

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
	if a.touches.asked == nil || !command.Writes(c.Args...) {
		return
	}
	t := Touch{
		Path: path, Offset: record.Unknown, Byte: c.Byte, Time: c.Time, DB: c.DB, ReplicaDB: record.Unknown,
		Command: string(c.Args[0]), Outcome: Asked, Transaction: c.Transaction,
	}
	if c.Reply == record.ReplyError {
		t.Outcome = Refused
	}
	for _, key := range command.Keys(c.Args) {
		if !a.touches.asked(key) {
			continue
		}
		t.Key = clone(key)
		t.arguments(c.Args)
		if t.Client == nil {
			t.Client = &Client{Addr: c.Addr, Name: c.Name, User: c.User, To: c.To, Reply: c.Reply,
				ReplyError: c.ReplyError}
		}
		a.add(t, maxTouchBytes)
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
