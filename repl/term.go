package repl

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/parse/serverlog"
)

// A Term is the time for which a server that had been a replica was a master, as its
// log tells it, or its INFO, which knows no times.
type Term struct {
	// ID is the history that it began then, From the one before it, of which it had run
	// all up to the offset Shared, and nothing behind it.
	ID, From string
	Shared   int64
	// Process is which of its processes it was, counted from 1.
	Process int
	// Began and Ended are by its clock. Began is zero where the log tells no year; Ended
	// too where nothing shows that it was made a replica again.
	Began, Ended time.Time
	// Reached is the offset in its own history by the end of the term, as the request
	// for what follows tells it; Unknown where it does not.
	Reached int64
	// Rejoined: the same process asked a master for a resync.
	Rejoined bool
	// Port is where the server takes clients; 0 where it is not told.
	Port int
	// Restarted: it may be no promotion, but the restart of a master, which looks the same
	// in INFO: from Redis 7.0 on, one that loads an RDB takes its id for its secondary one
	// (server.c, loadDataFromDisk). The histories part at Shared either way; how far any
	// replica ran is not told.
	Restarted bool
}

// Of reports whether it is known to be of a replica, or of one of which nothing speaks
// against it: listening is the port that the replica tells, 0 for none, and master the
// endpoint of the master that it followed in the history From, "" where that is not known.
// What may be a restart is known to be none only if the ports show that the server was that
// replica, and not its master.
func (t *Term) Of(listening int, master string) bool {
	if listening == 0 || t.Port == 0 {
		return !t.Restarted
	}
	own := master == "" || strings.HasSuffix(master, ":"+strconv.Itoa(t.Port))
	return listening == t.Port && !(t.Restarted && own)
}

// Promotions are the terms of the logs, and those that INFO of a master tells of where no
// log does, by its secondary id: that of the history that it was a replica of, unless it
// Restarted.
func (f *Facts) Promotions() []Term {
	all := slices.Clone(f.Terms)
	for i := range f.Servers {
		s := &f.Servers[i]
		told := slices.ContainsFunc(all, func(t Term) bool { return t.ID == s.ID })
		if s.Role == Master && s.SecondaryID != "" && s.SecondaryOffset > 0 && !told {
			all = append(all, Term{
				ID: s.ID, From: s.SecondaryID, Shared: s.SecondaryOffset - 1, Reached: Unknown,
				Port: s.Port, Restarted: true,
			})
		}
	}
	return all
}

// maxTerms bounds those of all logs.
const maxTerms = 256

// Own is how many bytes of a history of its own it came to; false where that is not
// known.
func (t *Term) Own() (int64, bool) {
	return t.Reached - t.Shared, t.Reached != Unknown && t.Reached >= t.Shared
}

// term follows the last one: what it became.
func (l *logReader) term(e *serverlog.Event) {
	when := time.Time{}
	if e.HasYear {
		when = e.Time
	}
	if e.Kind == serverlog.SecondaryID {
		if l.serving = len(l.Terms) < maxTerms; !l.serving {
			return
		}
		l.Terms = append(l.Terms, Term{
			ID: e.ID, From: e.SecondaryID, Shared: e.Offset - 1, Process: l.processes, Began: when,
			Reached: Unknown, Port: l.port,
		})
		return
	}
	if !l.serving {
		return
	}
	t := &l.Terms[len(l.Terms)-1]
	switch e.Kind {
	case serverlog.Started:
		l.serving = false
	case serverlog.Demoted, serverlog.SyncStarted:
		if t.Ended.IsZero() {
			t.Ended = when
		}
		t.Rejoined = t.Rejoined || e.Kind == serverlog.SyncStarted
	case serverlog.PartialTried:
		if e.ID == t.ID {
			t.Reached = e.Offset - 1
		}
		l.serving = false
	case serverlog.FullStarted, serverlog.PartialNotTried:
		l.serving = false
	}
}
