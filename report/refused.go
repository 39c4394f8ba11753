package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/serverlog"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/server"
)

// A Refusal is the commands of one name that the replica refused for one reason.
type Refusal struct {
	// Name is in lower case, and untrusted; "" where the log does not tell it, or there are
	// too many.
	Name string
	// Reason says why, in words.
	Reason string
	// Count is how many there were, First and Last when; zero where no log tells.
	Count       int64
	First, Last time.Time
	// NoMemory: for want of memory. Renamed: the replica's version has the command.
	// Newer: it has not, and Since is the first of its family that has; none where no
	// release does.
	NoMemory, Renamed, Newer bool
	Since                    server.Version
}

// mostRefusals is how many are told apart by name: beyond them there is one for each reason.
const mostRefusals = 64

// refusals puts together what the replica refused: by its log, and where there is none,
// by what the stream has that its version does not know.
func (r *run) refusals() {
	version := r.refusingVersion()
	r.refusing = version
	for _, m := range r.logged(Replica) {
		if m.Kind != serverlog.Critical {
			continue
		}
		if c := repl.Refused(m.Command, m.Reason); c.Why != repl.NotRefused {
			r.refusal(c, version, 1, m.at)
		} else if repl.Aborted(m.Reason) {
			r.Aborted++
		}
	}
	if r.Replay != nil {
		r.refusedUnlogged(version)
	}
	slices.SortStableFunc(r.Refusals, func(a, b Refusal) int {
		return cmp.Or(a.First.Compare(b.First), strings.Compare(a.Name, b.Name))
	})
}

// refusingVersion is the version of the replica that did.
func (r *run) refusingVersion() server.Version {
	if r.Replay == nil {
		return r.replicaVersion(r.facts())
	}
	version, _ := server.Parse(r.Replay.ReplicaVersion)
	return version
}

// refusedUnlogged takes what the replay found of which no log tells.
func (r *run) refusedUnlogged(version server.Version) {
	for i := range r.Replay.Findings {
		f := &r.Replay.Findings[i]
		name := strings.ToLower(string(f.Command))
		told := slices.ContainsFunc(r.Refusals, func(x Refusal) bool { return x.Name == name })
		if f.Code != finding.CommandRefused || f.Severity != finding.Error || told {
			continue
		}
		c := repl.RefusedCommand{Name: name, Why: repl.UnknownName}
		if command.Refused([][]byte{f.Command}, version).Answer == server.No {
			c.Why = repl.UnknownOption
		}
		r.refusal(c, version, max(f.Count, 1), r.times[placeOf(f)])
	}
}

// refusal counts one: of more names than are told apart, without its name.
func (r *run) refusal(c repl.RefusedCommand, version server.Version, count int64, at time.Time) {
	name, reason := strings.ToLower(c.Name), c.Reason(version)
	same := func(x Refusal) bool { return x.Name == name && x.Reason == reason }
	i := slices.IndexFunc(r.Refusals, same)
	if i < 0 && len(r.Refusals) >= mostRefusals {
		name = ""
		i = slices.IndexFunc(r.Refusals, same)
	}
	if i >= 0 {
		x := &r.Refusals[i]
		x.Count += count
		x.First = earlier(x.First, at)
		if at.After(x.Last) {
			x.Last = at
		}
		return
	}
	x := Refusal{Name: name, Reason: reason, Count: count, First: at, Last: at,
		NoMemory: c.Why == repl.NoMemory, Renamed: c.Renamed(version)}
	x.Since, x.Newer = c.NewerThan(version)
	r.Refusals = append(r.Refusals, x)
}

// refusalText says what a line of the replica's log is about: a command that it refused,
// and why, or else what all such lines are.
func (r *run) refusalText(e *serverlog.Event, other string) string {
	c := repl.Refused(e.Command, e.Reason)
	switch {
	case c.Why != repl.NotRefused:
		return "refuses a command of its master: " + c.Reason(r.refusing)
	case repl.Aborted(e.Reason):
		return "drops the transaction of a command that it refused (EXECABORT)"
	}
	return other
}

// A refusedLine is what a log says of a command that was refused, and the stream before it.
type refusedLine struct {
	command repl.RefusedCommand // in lower case
	before  string
}

// refusedPlaces are the offsets of commands that a log says were refused, as far as it
// shows them.
type refusedPlaces map[refusedLine]*int64

func (r *run) refusedPlaces() refusedPlaces {
	all := refusedPlaces{}
	if r.Replay != nil {
		for i := range r.Replay.Refused {
			x := &r.Replay.Refused[i]
			all[refusedLine{folded(x.RefusedCommand), string(x.Before)}] = x.Place.Offset
		}
	}
	return all
}

// folded is a command whatever the case of its name.
func folded(c repl.RefusedCommand) repl.RefusedCommand {
	c.Name = strings.ToLower(c.Name)
	return c
}

// of is where the command of the first of some events of a log is; nil where that is not
// known.
func (p refusedPlaces) of(events []serverlog.Event) *int64 {
	if events[0].Kind != serverlog.Critical || len(events) < 2 || events[1].Kind != serverlog.LatestBacklog {
		return nil
	}
	c := folded(repl.Refused(events[0].Command, events[0].Reason))
	return p[refusedLine{c, string(events[1].Backlog)}]
}

// tell reports whether lines of the log with their places tell of a finding. A command may
// be refused for several reasons, and what the stream alone shows is that the version does
// not know it: of a line with another reason it has to be the place.
func (p refusedPlaces) tell(f *finding.Finding) bool {
	if f.Code != finding.CommandRefused {
		return false
	}
	for line, at := range p {
		unknown := line.command.Why == repl.UnknownName || line.command.Why == repl.UnknownOption
		if line.command.Name == strings.ToLower(string(f.Command)) && (f.Offset == nil || unknown || placedAt(f, at)) {
			return true
		}
	}
	return false
}

// placedAt reports whether an offset is among those of a finding.
func placedAt(f *finding.Finding, at *int64) bool {
	same := func(p finding.Place) bool { return p.Offset != nil && *p.Offset == *at }
	return at != nil && (f.Offset != nil && *f.Offset == *at || slices.ContainsFunc(f.Places, same))
}
