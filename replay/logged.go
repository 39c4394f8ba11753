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
	n, from := len(r.connections), -1
	for i := 0; i+n <= len(logged); i++ {
		if !r.mayBeLogged(logged[i : i+n]) {
			continue
		}
		if from >= 0 {
			return
		}
		from = i
	}
	if from < 0 {
		return
	}
	for i, c := range r.connections {
		if c.lacksRequest() {
			c.link.Requested = &record.Request{ID: logged[from+i].ID, Offset: logged[from+i].Offset}
		}
	}
}

// lacksRequest: a stream that goes on, from where is not told.
func (c *connection) lacksRequest() bool {
	return !c.capture && c.goesOn() && c.link.Requested == nil && !known(c.link.StartOffset) && c.channel == nil && !c.isMainChannel()
}

// mayBeLogged reports whether each entry may be about the connection in its
// place.
func (all connections) mayBeLogged(logged []LoggedResync) bool {
	for i, c := range all {
		l := &logged[i]
		switch {
		case l.Full != c.full(), l.Full && !c.isLogged(c.link.StartOffset, l):
			return false
		case !l.Full && differ(l.ID, c.link.ReplicationID) && l.NewID != c.link.ReplicationID:
			return false
		case !l.Full && known(c.link.StartOffset) && l.Offset != c.link.StartOffset+1:
			return false
		}
	}
	return true
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
