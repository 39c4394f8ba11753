package replay

import (
	"io"

	"github.com/redsleuth/redsleuth/parse/info"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/parse/serverlog"
	"github.com/redsleuth/redsleuth/replay/session"
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
	// Refusals are the requests that a master's log says it did not grant.
	Refusals []Refusal
	// Errors counts the lines of the replica's log that say that it answered
	// its master with an error, by command; "" where it is not told.
	Errors map[string]int64
	// processes counts the starts in all logs read so far.
	processes int
	// Backlogs are those of masters, as INFO tells them.
	Backlogs []Backlog
}

// A Refusal is a partial resync that was asked for from Offset on, or
// record.Unknown, and refused.
type Refusal struct {
	Offset int64
	Why    Why
}

// Why a partial resync is refused.
type Why string

// The reasons, in words that follow "the master".
const (
	WhyBacklog Why = "no longer had these bytes in its backlog"
	WhyLimit   Why = "shares the former history only up to an earlier offset"
	WhyHistory Why = "is of another history"
)

// A Backlog holds up to Size bytes of the history ID. The number of the first
// is First; record.Unknown stands where INFO does not tell.
type Backlog struct {
	ID          string
	First, Size int64
}

// Secondary is a master's secondary id: as ID it answers replicas that know it
// as Former and ask for no offset beyond Limit.
type Secondary struct {
	ID, Former string
	Limit      int64
}

// A LoggedResync is a resync as the replica wrote it into its log.
type LoggedResync = session.LoggedResync

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
	if b := i.Backlog; b.Size != nil && (b.Active == nil || *b.Active) && i.Role != "replica" {
		log := Backlog{i.ReplicationID, record.Unknown, *b.Size}
		if b.FirstByte != nil {
			log.First = *b.FirstByte
		}
		f.Backlogs = append(f.Backlogs, log)
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
	replica, granted, process := false, false, f.processes // a log may be in several files
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
			f.Resyncs = append(f.Resyncs, LoggedResync{ID: e.ID, Offset: e.Offset, Process: process})
			granted = false
		case serverlog.PartialDone:
			granted = true
		case serverlog.FullStarted:
			if n := len(f.Resyncs); n > 0 && !f.Resyncs[n-1].Full && !granted && f.Resyncs[n-1].Process == process {
				f.Resyncs = f.Resyncs[:n-1] // what it asked for first was refused
			}
			f.Resyncs = append(f.Resyncs, LoggedResync{ID: e.ID, Offset: e.Offset, Full: true, Process: process})
			granted = true
		case serverlog.IDChanged:
			if n := len(f.Resyncs); n > 0 {
				f.Resyncs[n-1].NewID = e.ID
			}
		case serverlog.Critical:
			f.addError(e.Command)
		case serverlog.SecondaryID:
			f.Secondary = append(f.Secondary, Secondary{e.ID, e.SecondaryID, e.Offset})
		case serverlog.PartialRefused:
			f.Refusals = append(f.Refusals, refusal(&e))
		}
	})
	f.processes = process
	f.addVersion(version, replica)
	return err
}

// maxErrorCommands bounds how many commands are told apart.
const maxErrorCommands = 64

func (f *Facts) addError(command string) {
	if f.Errors == nil {
		f.Errors = map[string]int64{}
	}
	if _, ok := f.Errors[command]; !ok && len(f.Errors) >= maxErrorCommands {
		command = ""
	}
	f.Errors[command]++
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
		return Refusal{e.Offset, WhyBacklog}
	case known(e.Offset):
		return Refusal{e.Offset, WhyLimit}
	}
	return Refusal{record.Unknown, WhyHistory}
}
