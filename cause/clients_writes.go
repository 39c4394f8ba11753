package cause

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/record"
)

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
	k.servers.findSides()
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
			slices.SortStableFunc(writes, func(a, b *clientWrite) int { return a.until.Compare(b.until) })
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
	to := k.servers.targets[w.target]
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
