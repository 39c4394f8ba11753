package capture

import (
	"errors"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/resp"
	"github.com/redsleuth/redsleuth/parse/tcp"
)

// sentByMaster reports whether direction d of a connection, whose beginning
// nobody captured, is what a master sends to a replica that says nothing:
// commands that travel, and nothing else, from the side that was connected to.
// Whoever is asked something answers, and no answer is a command with a known
// name. server says that others connected to that end of it.
func sentByMaster(c *tcp.Connection, d int, server bool) bool {
	head := c.Head(d)
	if !onlyReplicaLike(c.Head(1 - d)) {
		return false
	}
	seen, ok := commandsOnly(head)
	if !ok || seen.commands == 0 {
		return false
	}
	switch {
	case seen.getACK:
		return true
	case seen.others:
		return false
	}
	return seen.travel && (c.Started && !c.Torn(d) && d == 1-c.Opener() || caller(c) == 1-d && serverPort(c, d) || server)
}

// onlyReplicaLike: nothing, newlines, or what may be part of an ACK.
func onlyReplicaLike(head []byte) bool {
	return classifyMiddle(head, false) != isOther && !hasCommands(head)
}

// serverPort: the side that sends in direction d has a port that somebody
// chose, and the other one a port that its system gave it.
func serverPort(c *tcp.Connection, d int) bool {
	return port(c.Ends[d]) < ephemeral && port(c.Ends[1-d]) >= ephemeral
}

// seen is what was among commands.
type seen struct {
	commands int
	getACK   bool // REPLCONF GETACK, which masters alone send
	travel   bool // writes, SELECT, PING, and the like
	others   bool // a command that no master sends on
}

// known: a command with a known name was among them.
func (s seen) known() bool { return s.getACK || s.travel || s.others }

// commandsOnly looks at commands that follow one another without anything
// between them but newlines. Before the first, a torn one may be.
func commandsOnly(head []byte) (s seen, ok bool) {
	c := parse.NewBytesCursor(head, 0)
	r := resp.NewReader(c, parse.Limits{})
	if torn := len(head) > 0 && head[0] != '*' && head[0] != '\n'; torn {
		if _, err := r.Resync(); err != nil {
			return s, false
		}
	}
	for {
		item, err := r.Next()
		switch {
		case errors.Is(err, parse.ErrDamaged), errors.Is(err, parse.ErrLimit):
			return s, false
		case err != nil: // the rest of the head may be the beginning of a command
			return s, true
		case item.Kind == resp.Newline && item.Bytes == 1:
			continue
		case item.Kind != resp.Command:
			return s, false
		}
		s.commands++
		s.add(item.Args)
	}
}

// add takes in a command.
func (s *seen) add(args [][]byte) {
	known := command.Lookup(args)
	switch {
	case is(args[0], "REPLCONF") && len(args) > 1 && is(args[1], "GETACK"):
		s.getACK = true
	case known == nil: // of a module
	case command.Writes(args...), command.Is(args, "PING", "SELECT", "MULTI", "EXEC", "PUBLISH", "SPUBLISH",
		"SCRIPT", "EVAL", "EVALSHA", "FUNCTION", "FCALL"):
		s.travel = true
	default:
		s.others = true
	}
}
