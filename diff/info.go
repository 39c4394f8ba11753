package diff

import (
	"github.com/redsleuth/redsleuth/parse/info"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A Server is what INFO or a log says of a server: the only places where
// secondary ids, their limit, roles and the bounds of backlogs are written.
type Server struct {
	// Role is "master" or "replica"; "" where not told.
	Role string
	ID   string
	// Former is the id that the server had before its last promotion; it
	// answers requests for it up to offset Limit. "" is none.
	Former string
	Limit  int64
	// Backlog is the offset of the first byte that it can still send;
	// record.Unknown where it has none, if BacklogTold, or nothing is known.
	Backlog     int64
	BacklogTold bool
}

// FromInfo takes what counts out of INFO output.
func FromInfo(i *info.Info) Server {
	s := Server{Role: i.Role, ID: i.ReplicationID, Backlog: record.Unknown}
	if i.SecondaryID != "" && i.SecondaryOffset != nil {
		s.Former, s.Limit = i.SecondaryID, *i.SecondaryOffset
	}
	if active := i.Backlog.Active; active != nil && *active && i.Backlog.FirstByte != nil {
		s.Backlog = *i.Backlog.FirstByte
	}
	s.BacklogTold = i.Backlog.Active != nil
	return s
}

// serverOf finds what is known of the server that saved a dump: by id and role, as
// a master and its replica share their id.
func serverOf(side *Side, role string, servers []Server) *Server {
	var found *Server
	for i := range servers {
		s := &servers[i]
		if side.State == nil || s.ID != side.State.ID {
			continue
		}
		if found == nil || s.Role == role {
			found = s
		}
	}
	return found
}

// parted is the last offset that two histories share, as the servers know it;
// false where they don't.
func parted(m, r *State, master, replica *Server) (int64, bool) {
	switch {
	case master != nil && master.Former == r.ID:
		return master.Limit - 1, true
	case replica != nil && replica.Former == m.ID:
		return replica.Limit - 1, true
	case master != nil && replica != nil && master.Former != "" && master.Former == replica.Former:
		return min(master.Limit, replica.Limit) - 1, true
	}
	return 0, false
}
