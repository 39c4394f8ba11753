package session

import (
	"slices"

	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
)

// askedByLog finds in the replica's log what recordings of the master's bytes
// alone don't hold: what each connection asked for. It must be clear which
// entry is about which connection.
func (r *Replica) askedByLog(logged []repl.LoggedResync) {
	if !slices.ContainsFunc(r.Connections, (*Connection).lacksRequest) {
		return
	}
	entries, ok := r.entries(logged)
	if !ok || !r.follow(entries) {
		return
	}
	for i, c := range r.Connections {
		if c.lacksRequest() {
			c.Link.Requested = &record.Request{ID: entries[i].ID, Offset: entries[i].Offset}
		}
	}
}

// entries finds one for each connection, in order; false where they could be
// chosen in another way, too.
func (all Connections) entries(logged []repl.LoggedResync) ([]*repl.LoggedResync, bool) {
	first, last := make([]int, len(all)), make([]int, len(all)) // as early and as late as can be
	at := 0
	for i, c := range all {
		for at < len(logged) && !c.mayBe(&logged[at]) {
			at++
		}
		if at == len(logged) {
			return nil, false
		}
		first[i] = at
		at++
	}
	at = len(logged) - 1
	for i, c := range slices.Backward(all) {
		for at >= 0 && !c.mayBe(&logged[at]) {
			at--
		}
		if at < 0 {
			return nil, false
		}
		last[i] = at
		at--
	}
	var entries []*repl.LoggedResync
	for _, n := range first {
		entries = append(entries, &logged[n])
	}
	return entries, slices.Equal(first, last)
}

// follow reports whether connections that start where the entries say follow
// one another: no bytes are missing, and those sent twice are the same.
func (all Connections) follow(entries []*repl.LoggedResync) bool {
	for i, c := range all[1:] {
		before, start, asked := all[i], entries[i].Offset-1, entries[i+1].Offset-1
		if entries[i].Full {
			start = entries[i].Offset
		}
		switch end := start + before.bytes(); {
		case entries[i+1].Full:
		case asked > end:
			return false
		case asked < end && asked >= start:
			sent := before.marks.after(asked - start)
			n := min(len(sent), len(c.head))
			if sent != nil && !same(sent[:n], c.head[:n]) {
				return false
			}
		}
	}
	return true
}

// lacksRequest: a stream that continues another, from where is not known.
func (c *Connection) lacksRequest() bool {
	return !c.Capture && c.Continues() && c.Link.Requested == nil && !known(c.Link.StartOffset) && c.channel == nil && !c.isMainChannel()
}

// mayBe reports whether an entry of the log may be about the connection.
func (c *Connection) mayBe(l *repl.LoggedResync) bool {
	switch {
	case l.Full || c.Full():
		return l.Full && c.Full() && c.isLogged(c.Link.StartOffset, l)
	case Differ(l.ID, c.Link.ReplicationID) && l.NewID != c.Link.ReplicationID:
		return false
	}
	return !known(c.Link.StartOffset) || l.Offset == c.Link.StartOffset+1
}

// applyLog takes from the replica's log which connections were made by the same
// process, and hands back what comes after the last one that matches. A log
// that lacks a connection between two others is not this replica's.
func (r *Replica) applyLog(logged []repl.LoggedResync) []repl.LoggedResync {
	type match struct{ connection, entry int }
	var found []match
	at := 0
	for i, c := range r.Connections {
		for j := at; j < len(logged); j++ {
			if c.isLogged(c.Start, &logged[j]) {
				found = append(found, match{i, j})
				at = j + 1
				break
			}
		}
	}
	if n := len(found); n == 0 || found[n-1].connection-found[0].connection != n-1 {
		return logged
	}
	for k, m := range found[1:] {
		c, now, before := r.Connections[m.connection], logged[m.entry].Process, logged[found[k].entry].Process
		switch {
		case c.Entry != SameProcess:
		case now == before:
			c.Lived = true
		default: // it had saved its state at the very end
			c.Entry = FromOlder
		}
	}
	return logged[at:]
}

// isLogged reports whether an entry of the log is about this connection, which
// starts at an offset.
func (c *Connection) isLogged(start int64, l *repl.LoggedResync) bool {
	if l.Full || c.Full() {
		return l.Full && c.Full() && l.ID == c.Link.ReplicationID && l.Offset == start
	}
	return known(c.Asked) && l.Offset == c.Asked+1 && !Differ(l.ID, c.RequestedID())
}
