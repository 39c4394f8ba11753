package capture

import (
	"net"
	"strconv"
	"time"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/client"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/parse/tcp"
)

// clients reads the connections of ordinary clients (tcp.Follower). A nil one
// reads none.
type clients struct {
	decoder *client.Decoder
	// began is the time of the first packet of any connection.
	began time.Time
}

// newClients is nil where nobody wants the commands.
func newClients(limits parse.Limits, command func(*record.ClientCommand) error) *clients {
	if command == nil {
		return nil
	}
	return &clients{decoder: client.NewDecoder(client.Options{Limits: limits, Command: command})}
}

// see keeps when the capture began.
func (k *clients) see(c *tcp.Connection) {
	if k != nil && (k.began.IsZero() || c.Began.Before(k.began)) {
		k.began = c.Began
	}
}

// verdict is that of a connection that is no link, in which the client sends in a
// direction.
func (k *clients) verdict(client int) tcp.Verdict {
	if k == nil || client < 0 {
		return tcp.Drop
	}
	return tcp.Follow
}

// Follow begins to read a connection.
func (s *sorter) Follow(c *tcp.Connection) tcp.Listener {
	d := s.clientSide(c)
	addr, to := c.Ends[d], c.Ends[1-d]
	if c.Started {
		return &conversation{s.clients.decoder.NewConversation(addr, to), d}
	}
	return &conversation{s.clients.decoder.Resume(addr, to, s.clients.began), d}
}

// A conversation is a connection that is read (tcp.Listener).
type conversation struct {
	*client.Conversation
	client int // the direction in which the client sends
}

// Sent makes it a tcp.Listener.
func (c *conversation) Sent(d int, data []byte, missing int64, at time.Time, packet int64) error {
	if d == c.client {
		return c.Request(data, missing, at, packet)
	}
	return c.Reply(data, missing, at, packet)
}

// Ended makes it a tcp.Listener.
func (c *conversation) Ended(closed [2]bool) error { return c.End(closed[1-c.client]) }

// clientSide is the direction in which the client sends, by what either side
// says first; -1 if it is no conversation of this protocol.
func (s *sorter) clientSide(c *tcp.Connection) int {
	var asks, replies, commands [2]bool
	for d := range asks {
		head := c.Head(d)
		whole := c.Started && !c.Torn(d)
		asks[d] = len(head) == 0 || client.LooksAsked(head, whole)
		replies[d] = len(head) == 0 || client.LooksReplied(head, whole)
		seen, ok := commandsOnly(head)
		commands[d] = ok && seen.known()
	}
	first, second := asks[0] && replies[1], asks[1] && replies[0]
	switch {
	case !first && !second:
		return -1
	case c.Started && [2]bool{first, second}[c.Opener()]:
		return c.Opener()
	case commands[0] != commands[1]: // arrays within replies look like commands too
		return one(commands[1])
	case first && second:
		return s.caller(c)
	}
	return one(second)
}

// one is the index of the second of two, or of the first.
func one(second bool) int {
	if second {
		return 1
	}
	return 0
}

// ephemeral is the first of the ports that systems give to who connects.
const ephemeral = 32768

// caller is the direction of who made the connection, where both sides may have
// said what they did: to the other side others had connected, or clients have a port
// that the system gave them.
func (s *sorter) caller(c *tcp.Connection) int {
	if from, to := s.servers[c.Ends[0]], s.servers[c.Ends[1]]; from != to {
		return one(from)
	}
	return caller(c)
}

// caller is the direction of who made the connection by its ports.
func caller(c *tcp.Connection) int {
	return one(port(c.Ends[0]) < ephemeral && port(c.Ends[1]) >= ephemeral)
}

func port(endpoint string) int {
	_, text, err := net.SplitHostPort(endpoint)
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(text) // a port always is one
	return n
}
