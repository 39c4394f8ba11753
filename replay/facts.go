package replay

import (
	"io"

	"github.com/redsleuth/redsleuth/parse/info"
	"github.com/redsleuth/redsleuth/parse/serverlog"
	"github.com/redsleuth/redsleuth/server"
)

// Facts are what no dump and no stream holds, and INFO output and logs do.
type Facts struct {
	// Replica and Master are the versions that they wrote of themselves.
	Replica, Master server.Version
	// Secondary are the former ids of promoted masters.
	Secondary []Secondary
	// Resyncs are what the replica's log tells of its own, in order.
	Resyncs []LoggedResync
}

// Secondary is a master's secondary id: as ID it answers replicas that know it
// as Former and ask for no offset beyond Limit.
type Secondary struct {
	ID, Former string
	Limit      int64
}

// A LoggedResync is a resync as the replica wrote it into its log: the offset
// that it asked for, or that of the full one, and which of its processes it
// was, counted from 1.
type LoggedResync struct {
	ID      string
	Offset  int64
	Full    bool
	Process int
}

// ReadInfo adds what INFO output tells.
func (f *Facts) ReadInfo(r io.Reader) error {
	i, err := info.Parse(r)
	if err != nil {
		return err
	}
	f.addVersion(i.Version, i.Role == "replica")
	if i.SecondaryOffset != nil && *i.SecondaryOffset >= 0 {
		f.Secondary = append(f.Secondary, Secondary{i.ReplicationID, i.SecondaryID, *i.SecondaryOffset})
	}
	return nil
}

func (f *Facts) addVersion(v server.Version, replica bool) {
	switch {
	case v.IsZero():
	case replica:
		f.Replica = v
	default:
		f.Master = v
	}
}

// ReadLog adds what a server's log tells. A server that asked for a resync is
// taken for a replica.
func (f *Facts) ReadLog(r io.Reader) error {
	var version server.Version
	replica, process := false, 0
	err := serverlog.Read(r, func(l serverlog.Line) {
		e, ok := serverlog.EventOf(l)
		if !ok {
			return
		}
		switch e.Kind {
		case serverlog.Started:
			process++
			if !e.Version.IsZero() {
				version = e.Version
			}
		case serverlog.SyncStarted:
			replica = true
		case serverlog.PartialTried:
			f.Resyncs = append(f.Resyncs, LoggedResync{e.ID, e.Offset, false, process})
		case serverlog.FullStarted:
			f.Resyncs = append(f.Resyncs, LoggedResync{e.ID, e.Offset, true, process})
		case serverlog.SecondaryID:
			f.Secondary = append(f.Secondary, Secondary{e.ID, e.SecondaryID, e.Offset})
		}
	})
	f.addVersion(version, replica)
	return err
}
