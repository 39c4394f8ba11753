package collect

import (
	"context"
	"crypto/tls"
	"errors"
	"slices"
	"sync"
	"time"
)

// Options of a collection.
type Options struct {
	// Dir is where the evidence goes: a new folder, or an empty one; with
	// Force any.
	Dir   string
	Force bool
	// User and Password are for all servers; a target may have a user of its
	// own.
	User, Password string
	// TLS is for targets that ask for it.
	TLS *tls.Config
	// Timeout is how long a server may take to answer; Silence how long it may
	// be silent while it streams, where that is not to be a minute.
	Timeout, Silence time.Duration
	// Topology: the master of a replica, the replicas of a master, and the
	// nodes of a cluster are asked too.
	Topology bool
	// Backlog asks for the backlog; RDB for a dump, which makes the server
	// save; Follow for the stream, for so long.
	Backlog, RDB bool
	Follow       time.Duration
	// MaxBytes bounds what is taken of one server's link, and of its dump.
	MaxBytes int64
	// Say tells how it goes, and Progress how many bytes more have come of links
	// and dumps; they may be called from several goroutines.
	Say      func(server, message string)
	Progress func(bytes int)
	// Now is the clock.
	Now func() time.Time
}

// atOnce is how many servers are asked at a time, and mostServers how many at
// all.
const (
	atOnce      = 16
	mostServers = 1000
)

// A collection is what is under way.
type collection struct {
	Options
	folder *folder
	slots  chan struct{}

	mu      sync.Mutex
	known   []string // addresses
	runs    map[string]string
	servers []*Server
	group   sync.WaitGroup
}

// Run takes the evidence of the targets, and tells of each server how that
// went, in the order in which they were named or found. An error is one of the
// folder; what went wrong with a server is in its report.
func Run(ctx context.Context, o Options, targets []Target) ([]*Server, error) {
	f, err := openFolder(o.Dir, o.Force)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c := &collection{Options: o, folder: f, slots: make(chan struct{}, atOnce), runs: map[string]string{}}
	for _, t := range targets {
		c.add(ctx, t)
	}
	c.group.Wait()
	var errs []error
	for _, s := range c.servers {
		errs = append(errs, s.folderError)
	}
	return c.servers, errors.Join(errs...)
}

// add takes the evidence of a server that is not known yet.
func (c *collection) add(ctx context.Context, t Target) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.Contains(c.known, t.Addr) || len(c.known) >= mostServers {
		return
	}
	c.known = append(c.known, t.Addr)
	s := &Server{Schema: Schema, Addr: t.Addr, TLS: t.TLS, target: t, collection: c}
	c.servers = append(c.servers, s)
	c.group.Go(func() {
		c.slots <- struct{}{}
		defer func() { <-c.slots }()
		s.take(ctx)
	})
}

// first tells whether no other address has led to this process before; the
// address, if one has.
func (c *collection) first(run, addr string) (other string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if other, seen := c.runs[run]; seen && run != "" {
		return other, false
	}
	c.runs[run] = addr
	return "", true
}
