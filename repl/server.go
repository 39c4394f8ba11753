package repl

import (
	"github.com/redsleuth/redsleuth/parse/info"
	"github.com/redsleuth/redsleuth/server"
)

// The roles.
const (
	Master  = "master"
	Replica = "replica"
)

// A Server is what INFO or a log tells of a server, and no dump or stream does.
type Server struct {
	// Role is Master or Replica; "" where it is not told.
	Role string
	// Port is where it takes clients; 0 where it is not told.
	Port int
	ID   string
	// SecondaryID is the id that the server had before its last promotion,
	// under which it answers requests up to SecondaryOffset, the first byte
	// that the two histories don't share. "" is none, if SecondaryKnown.
	SecondaryID     string
	SecondaryOffset int64
	SecondaryKnown  bool
	Backlog         Backlog
}

// A Backlog holds the last bytes that a server sent, to send them again.
type Backlog struct {
	// Active is whether there is one.
	Active server.Answer
	// First is the number of the first byte that it holds, or Unknown.
	First int64
	// Size is how many bytes it can hold; 0 where it is not known.
	Size int64
}

// serverOf takes what counts out of INFO output.
func serverOf(i *info.Info) Server {
	s := Server{
		Role: i.Role, ID: i.ReplicationID,
		SecondaryOffset: Unknown, Backlog: Backlog{First: Unknown},
	}
	_, s.SecondaryKnown = i.Fields["master_replid2"]
	if i.SecondaryID != "" && i.SecondaryOffset != nil {
		s.SecondaryID, s.SecondaryOffset = i.SecondaryID, *i.SecondaryOffset
	}
	if i.Port != nil {
		s.Port = int(*i.Port)
	}
	b := &i.Backlog
	switch {
	case b.Active == nil:
	case !*b.Active:
		s.Backlog.Active = server.No
		return s
	default:
		s.Backlog.Active = server.Yes
	}
	if b.FirstByte != nil {
		s.Backlog.First = *b.FirstByte
	}
	if b.Size != nil {
		s.Backlog.Size = *b.Size
	}
	return s
}

// Find is what is known of the server in the history id: as a master and its
// replicas share their id, that of the role if there is one. What it does not
// tell of the secondary id, another entry without a role may (a log's).
func Find(all []Server, id, role string) *Server {
	if id == "" {
		return nil
	}
	var found *Server
	for i := range all {
		if s := &all[i]; s.ID == id && (found == nil || s.Role == role) {
			found = s
		}
	}
	if found == nil || found.SecondaryKnown {
		return found
	}
	whole := *found
	for i := range all {
		if s := &all[i]; s.ID == id && s.Role == "" && s.SecondaryKnown {
			whole.SecondaryID, whole.SecondaryOffset = s.SecondaryID, s.SecondaryOffset
			whole.SecondaryKnown = true
		}
	}
	return &whole
}

// Parted is the last offset that the histories of two states share, by what is
// known of their servers; false where that does not tell. A server may be nil.
func Parted(a, b State, ofA, ofB *Server) (int64, bool) {
	switch {
	case ofA != nil && ofA.SecondaryID != "" && ofA.SecondaryID == b.ID:
		return ofA.SecondaryOffset - 1, true
	case ofB != nil && ofB.SecondaryID != "" && ofB.SecondaryID == a.ID:
		return ofB.SecondaryOffset - 1, true
	case ofA != nil && ofB != nil && ofA.SecondaryID != "" && ofA.SecondaryID == ofB.SecondaryID:
		return min(ofA.SecondaryOffset, ofB.SecondaryOffset) - 1, true
	}
	return 0, false
}
