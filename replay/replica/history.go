package replica

import (
	"github.com/redsleuth/redsleuth/replay/session"
	"github.com/redsleuth/redsleuth/server"
)

// history is the replication state as INFO would tell it; position is the
// offset in the stream, which some versions don't report.
type history struct {
	id, secondaryID string
	secondaryOffset int64
	position        int64
}

// join follows ids and offsets from connection to connection.
func (r *Replica) join(c *session.Connection) {
	if c.Full() && known(c.Asked) {
		r.process.emit(&ResyncRefused{c, r.process.masterOf(c)})
	}
	r.joinHistory(c)
	if c.Join.WentBack || c.Join.Missing > 0 || c.Join.Differs || c.Join.Repeated > 0 && c.Entry == session.SameProcess {
		r.process.emit(&Rejoined{c})
	}
	r.history.position = c.Start
}

func (r *Replica) joinHistory(c *session.Connection) {
	id := c.Link.ReplicationID
	if id == "" {
		id = c.RequestedID()
	}
	if id == "" || id == session.AnyID {
		return
	}
	h := &r.history
	if h.id != "" && h.id != id {
		r.process.emit(&HistoryChanged{Connection: c, Was: h.id, ID: id})
		r.process.master = server.Version{} // another one, perhaps
		if !c.Partial() {
			r.databases.selects = r.databases.selects[:0] // the offsets are others
			r.scripting.table.newHistory()
			r.functions.newHistory()
		}
	}
	if h.id != id && c.Partial() && known(c.Asked) {
		h.secondaryID, h.secondaryOffset = h.id, c.Asked+1
	}
	h.id = id
}
