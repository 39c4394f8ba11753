package inspect

import (
	"cmp"
	"slices"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/record"
)

// Clients are the ordinary clients of a capture, or of the output of MONITOR.
type Clients struct {
	// Connections that sent a command; of MONITOR, addresses; record.Unknown where
	// no command tells its client, as in the slow logs of old servers.
	Connections int64
	// Commands counts those that clients sent, without what their scripts ran.
	// Of them, Writes may have changed data, Errors were answered with an error.
	Commands, Writes, Errors int64
	// ByCommand has the most frequent command first.
	ByCommand []CommandCount
	// Top has who wrote most first.
	Top []Client
	// Keys are how the keys that they name are named; nil unless asked for.
	Keys *KeyPatterns
	// Read counts those that the filter left out too.
	Read int64
	// Acts are who did what to a server, in the order of the recording: the first and
	// the latest of them where they are too many, between which Unlisted others were.
	Acts     []Act
	Unlisted int64
	// Uncounted commands came from addresses beyond those that are told apart.
	Uncounted int64
}

// A Client is an address, with what it said of itself last.
type Client struct {
	Addr                    string
	Name, User              string // untrusted; "" where unknown
	Commands, Writes, Bytes int64
}

// mostClients bounds the addresses that are told apart.
const mostClients = 1 << 16

// clientState counts while commands come.
type clientState struct {
	out    Clients
	names  names
	byAddr map[string]*Client
	keys   *keyCounter // nil unless asked for
	acts   acts
}

// Client takes in a command of an ordinary client.
func (in *Inspector) Client(c *record.ClientCommand) error {
	if in.clients == nil {
		in.clients = &clientState{names: names{}, byAddr: map[string]*Client{},
			keys: newKeyCounter(in.options.Separators)}
	}
	if !c.Scripted {
		in.clients.out.Read++
	}
	if in.options.Filter.Any() {
		if ok, err := in.options.Filter.Client(c); !ok || err != nil {
			return err
		}
	}
	if c.Scripted {
		if command.Administers(c.Args) {
			in.clients.acts.add(c)
		}
		return nil
	}
	in.clients.add(c)
	return nil
}

func (s *clientState) add(c *record.ClientCommand) {
	n := s.names.of(c.Args[0])
	if n.administers && command.Administers(c.Args) {
		s.acts.add(c)
	}
	n.Commands++
	n.Bytes += c.Bytes
	wrote := n.writesBy(c.Args) && c.Reply != record.ReplyError
	s.keys.add(c.Args, c.Bytes, n)
	s.out.Commands++
	if wrote {
		s.out.Writes++
	}
	if c.Reply == record.ReplyError {
		s.out.Errors++
	}
	s.out.Connections = max(s.out.Connections, int64(c.Connection))
	one := s.client(c)
	if one == nil {
		return
	}
	one.Commands++
	one.Bytes += c.Bytes
	if wrote {
		one.Writes++
	}
	if c.Name != "" {
		one.Name = c.Name
	}
	if c.User != "" {
		one.User = c.User
	}
}

// client finds the counter of an address; nil if there are too many, or it is
// not known.
func (s *clientState) client(c *record.ClientCommand) *Client {
	one := s.byAddr[c.Addr]
	switch {
	case one != nil || c.Addr == "":
		return one
	case len(s.byAddr) >= mostClients:
		s.out.Uncounted++
		return nil
	}
	one = &Client{Addr: c.Addr}
	s.byAddr[c.Addr] = one
	return one
}

// report has the n clients that wrote most; nil where no command was seen.
func (s *clientState) report(n int) *Clients {
	if s == nil || s.out.Read == 0 {
		return nil
	}
	out := s.out
	if out.Connections == 0 {
		out.Connections = int64(len(s.byAddr))
		if out.Connections == 0 && out.Commands > 0 {
			out.Connections = record.Unknown
		}
	}
	out.ByCommand, out.Keys = s.names.list(), s.keys.report(n)
	out.Acts, out.Unlisted = s.acts.report(), s.acts.unlisted
	for _, c := range s.byAddr {
		out.Top = append(out.Top, *c)
	}
	slices.SortFunc(out.Top, func(a, b Client) int {
		return cmp.Or(cmp.Compare(b.Writes, a.Writes), cmp.Compare(b.Commands, a.Commands),
			cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Addr, b.Addr))
	})
	out.Top = slices.Clone(out.Top[:min(len(out.Top), n)])
	return &out
}
