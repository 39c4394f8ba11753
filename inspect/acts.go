package inspect

import (
	"bytes"
	"slices"
	"time"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/record"
)

// An Act is a client's command that acts on a server, as command.Administers has it:
// REPLICAOF, CONFIG SET, FLUSHALL, SHUTDOWN.
type Act struct {
	// Time is zero where nothing tells; Last is that of the last of Times equal acts
	// with none between them.
	Time, Last time.Time
	Times      int64
	// Addr is the client's, To the server's, "" in MONITOR and slow logs; Name, User
	// and ID what it said of itself. Untrusted.
	Addr, To, Name, User string
	ID                   int64
	Scripted             bool // a script of the client ran it
	DB                   int  // record.Unknown where nothing tells
	// Args are without passwords, as servers show them; long ones are cut.
	Args [][]byte
	// Reply is record.ReplyError where the server refused, "" where nothing tells;
	// ReplyError is the first word of the error.
	Reply        record.Reply
	ReplyError   string
	Byte, Packet int64 // the first one's place
}

const (
	mostActs    = 512
	mostActArgs = 16
	mostActArg  = 128 // bytes of an argument
)

// acts are those of a recording: the first half stays, the rest are the latest.
type acts struct {
	list     []*Act
	unlisted int64
}

func (a *acts) add(c *record.ClientCommand) {
	act := &Act{
		Time: c.Time, Last: c.Time, Times: 1, Addr: c.Addr, To: c.To, Name: c.Name, User: c.User,
		ID: c.ID, Scripted: c.Scripted, DB: c.DB, Reply: c.Reply, ReplyError: c.ReplyError,
		Byte: c.Byte, Packet: c.Packet,
	}
	for _, arg := range c.Args[:min(len(c.Args), mostActArgs)] {
		act.Args = append(act.Args, bytes.Clone(arg[:min(len(arg), mostActArg)]))
	}
	command.Redact(act.Args)
	if n := len(a.list); n > 0 && a.list[n-1].same(act) {
		a.list[n-1].Times, a.list[n-1].Last = a.list[n-1].Times+1, act.Last
		return
	}
	if len(a.list) == mostActs {
		a.unlisted += a.list[mostActs/2].Times
		a.list = slices.Delete(a.list, mostActs/2, mostActs/2+1)
	}
	a.list = append(a.list, act)
}

// same: the other is the same client's same command, with the same outcome.
func (a *Act) same(o *Act) bool {
	return a.Addr == o.Addr && a.To == o.To && a.Name == o.Name && a.User == o.User && a.DB == o.DB &&
		a.Scripted == o.Scripted && a.Reply == o.Reply && a.ReplyError == o.ReplyError &&
		slices.EqualFunc(a.Args, o.Args, bytes.Equal)
}

func (a *acts) report() (list []Act) {
	for _, act := range a.list {
		list = append(list, *act)
	}
	return list
}
