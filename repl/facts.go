package repl

import (
	"io"
	"strconv"

	"github.com/redsleuth/redsleuth/parse/info"
	"github.com/redsleuth/redsleuth/parse/serverlog"
	"github.com/redsleuth/redsleuth/server"
)

// Facts are what INFO output and logs tell, of all servers together. The zero
// value knows nothing.
type Facts struct {
	// Replica and Master are the versions that they wrote of themselves.
	Replica, Master server.Version
	// Servers are what is told of each, in the order in which it was read.
	Servers []Server
	// Resyncs are what the replica's log tells of its own, in order.
	Resyncs []LoggedResync
	// Terms are the times for which a replica was a master, in the order of the logs.
	Terms []Term
	// Refusals are the requests that a master's log says it did not grant.
	Refusals []Refusal
	// Errors counts the lines of the replica's log that say that it answered
	// its master with an error, by command; "" where it is not told.
	Errors map[string]int64
	// Refusing counts those of Errors, by the same names, that refused a command, and
	// are in RefusedCommands, or only follow from that: EXECs of what was refused in part.
	Refusing map[string]int64
	// RefusedCommands counts those of them that refused a command.
	RefusedCommands map[RefusedCommand]int64
	// RefusedAt are those of them of which the log tells what ran before.
	RefusedAt []RefusedPlace
	// processes counts the starts in all logs read so far.
	processes int
}

// A Refusal is a partial resync that was asked for from the byte Offset on, or
// Unknown, and refused: BeforeBacklog, PastSecondary or OtherHistory.
type Refusal struct {
	Offset int64
	Why    Why
}

// A LoggedResync is a resync as the replica wrote it into its log: the offset
// that it asked for, or that of the full one, and which of its processes it
// was, counted from 1.
type LoggedResync struct {
	ID      string
	Offset  int64
	Full    bool
	Process int
	// NewID is the id under which a partial resync was granted, if another.
	NewID string
}

// ReadInfo adds what INFO output tells. Errors are those of reading.
func (f *Facts) ReadInfo(r io.Reader) error {
	i, err := info.Parse(r)
	if err != nil {
		return err
	}
	f.addVersion(i.Version, i.Role == Replica)
	f.Servers = append(f.Servers, serverOf(i))
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
// taken for a replica. A log may be in several files.
func (f *Facts) ReadLog(r io.Reader) error {
	l := logReader{Facts: f}
	err := serverlog.Read(r, func(line serverlog.Line) {
		if e, ok := serverlog.EventOf(line); ok {
			l.event(&e)
		}
	})
	f.addVersion(l.version, l.replica)
	return err
}

// A logReader takes in one log.
type logReader struct {
	*Facts
	version server.Version
	port    int // that the process listens on; 0 where it is not told
	// replica: it asked for a resync. granted: it got what it asked for last.
	replica, granted bool
	// serving: the last of Terms is of this process, and what came of it is still to come.
	serving bool
	// refused is the command of the line before; NotRefused if none.
	refused RefusedCommand
}

func (l *logReader) event(e *serverlog.Event) {
	before := l.refused
	l.refused = RefusedCommand{}
	l.term(e)
	switch e.Kind {
	case serverlog.Started:
		l.processes++
		l.port = 0
		if !e.Version.IsZero() {
			l.version = e.Version
		}
	case serverlog.Listening:
		l.port, _ = strconv.Atoi(e.Port) // of digits
	case serverlog.SyncStarted:
		l.replica = true
	case serverlog.PartialTried:
		tried := LoggedResync{ID: e.ID, Offset: e.Offset, Process: l.processes}
		l.Resyncs = append(l.Resyncs, tried)
		l.granted = false
	case serverlog.PartialDone:
		l.granted = true
	case serverlog.FullStarted:
		l.fullStarted(e)
	case serverlog.IDChanged:
		if n := len(l.Resyncs); n > 0 {
			l.Resyncs[n-1].NewID = e.ID
		}
	case serverlog.Critical:
		l.addError(e.Command, e.Reason)
		l.refused = Refused(e.Command, e.Reason)
	case serverlog.LatestBacklog:
		if before.Why != NotRefused && before.Name != "" && len(l.RefusedAt) < maxErrorCommands {
			l.RefusedAt = append(l.RefusedAt, RefusedPlace{before, e.Backlog})
		}
	case serverlog.SecondaryID:
		l.Servers = append(l.Servers, Server{
			ID: e.ID, SecondaryID: e.SecondaryID, SecondaryOffset: e.Offset, SecondaryKnown: true,
			Backlog: Backlog{First: Unknown},
		})
	case serverlog.PartialRefused:
		l.Refusals = append(l.Refusals, refusal(e))
	}
}

// fullStarted takes the place of what the replica asked for first, if that was
// refused.
func (l *logReader) fullStarted(e *serverlog.Event) {
	full := LoggedResync{ID: e.ID, Offset: e.Offset, Full: true, Process: l.processes}
	if n := len(l.Resyncs); n > 0 && !l.granted {
		if last := &l.Resyncs[n-1]; !last.Full && last.Process == full.Process {
			l.Resyncs = l.Resyncs[:n-1]
		}
	}
	l.Resyncs = append(l.Resyncs, full)
	l.granted = true
}

// maxErrorCommands bounds how many commands are told apart.
const maxErrorCommands = 64

func (f *Facts) addError(named, reason string) {
	command := named
	if f.Errors == nil {
		f.Errors = map[string]int64{}
	}
	if _, ok := f.Errors[command]; !ok && len(f.Errors) >= maxErrorCommands {
		command = ""
	}
	f.Errors[command]++
	r := Refused(named, reason)
	if r.Why == NotRefused && !Aborted(reason) {
		return
	}
	if f.Refusing == nil {
		f.Refusing = map[string]int64{}
	}
	f.Refusing[command]++
	if r.Why != NotRefused {
		f.addRefused(r)
	}
}

func (f *Facts) addRefused(r RefusedCommand) {
	if f.RefusedCommands == nil {
		f.RefusedCommands = map[RefusedCommand]int64{}
	}
	if _, ok := f.RefusedCommands[r]; !ok && len(f.RefusedCommands) >= maxErrorCommands {
		r.Name = ""
	}
	f.RefusedCommands[r]++
}

// ErrorCount is how many errors there were in all.
func (f *Facts) ErrorCount() int64 {
	n := int64(0)
	for _, count := range f.Errors {
		n += count
	}
	return n
}

func refusal(e *serverlog.Event) Refusal {
	switch {
	case e.Reason == "":
		return Refusal{e.Offset, BeforeBacklog}
	case e.Offset != Unknown:
		return Refusal{e.Offset, PastSecondary}
	}
	return Refusal{Unknown, OtherHistory}
}
