package replay

import (
	"slices"

	"github.com/redsleuth/redsleuth/parse/record"
)

// askedByLog finds in the replica's log what recordings of the master's bytes
// alone don't hold: what each connection asked for. It must be clear which
// entry is about which connection.
func (r *replica) askedByLog(logged []LoggedResync) {
	if !slices.ContainsFunc(r.connections, (*connection).lacksRequest) {
		return
	}
	entries, ok := r.entries(logged)
	if !ok || !r.follow(entries) {
		return
	}
	for i, c := range r.connections {
		if c.lacksRequest() {
			c.link.Requested = &record.Request{ID: entries[i].ID, Offset: entries[i].Offset}
		}
	}
}

// entries finds one for each connection, in order; false where they could be
// chosen in another way, too.
func (all connections) entries(logged []LoggedResync) ([]*LoggedResync, bool) {
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
	var entries []*LoggedResync
	for _, n := range first {
		entries = append(entries, &logged[n])
	}
	return entries, slices.Equal(first, last)
}

// follow reports whether connections that start where the entries say follow
// one another: no bytes are missing, and those sent twice are the same.
func (all connections) follow(entries []*LoggedResync) bool {
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
			sent := before.marksBehind(asked - start)
			n := min(len(sent), len(c.head))
			if sent != nil && !sameMarks(sent[:n], c.head[:n]) {
				return false
			}
		}
	}
	return true
}

// lacksRequest: a stream that goes on, from where is not told.
func (c *connection) lacksRequest() bool {
	return !c.capture && c.goesOn() && c.link.Requested == nil && !known(c.link.StartOffset) && c.channel == nil && !c.isMainChannel()
}

// mayBe reports whether an entry of the log may be about the connection.
func (c *connection) mayBe(l *LoggedResync) bool {
	switch {
	case l.Full || c.full():
		return l.Full && c.full() && c.isLogged(c.link.StartOffset, l)
	case differ(l.ID, c.link.ReplicationID) && l.NewID != c.link.ReplicationID:
		return false
	}
	return !known(c.link.StartOffset) || l.Offset == c.link.StartOffset+1
}

// heed takes from the replica's log which connections were made by the same
// process, and hands back what comes behind the last one that matches. A log
// that lacks a connection between two others is not this replica's.
func (r *replica) heed(logged []LoggedResync) []LoggedResync {
	type match struct{ connection, entry int }
	var found []match
	at := 0
	for i, c := range r.connections {
		for j := at; j < len(logged); j++ {
			if c.isLogged(c.start, &logged[j]) {
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
		c, now, before := r.connections[m.connection], logged[m.entry].Process, logged[found[k].entry].Process
		switch {
		case c.process != processSame:
		case now == before:
			c.lived = true
		default: // it had saved its state at the very end
			c.process = processOlder
		}
	}
	return logged[at:]
}

// isLogged reports whether an entry of the log is about this connection, which
// starts at an offset.
func (c *connection) isLogged(start int64, l *LoggedResync) bool {
	if l.Full || c.full() {
		return l.Full && c.full() && l.ID == c.link.ReplicationID && l.Offset == start
	}
	return known(c.asked) && l.Offset == c.asked+1 && !differ(l.ID, c.requestedID())
}
