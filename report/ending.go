package report

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/parse/serverlog"
	"github.com/redsleuth/redsleuth/repl"
)

// An Ending is how things stood where the artefacts end, as logs and INFO output tell
// it. Times are zero for what did not happen, or nothing tells.
type Ending struct {
	// Parted: both servers were masters, and each took writes.
	Parted bool
	// BothMasters: by its INFO either server is a master.
	BothMasters bool
	// Promoted is when the replica became a master that it stayed.
	Promoted time.Time
	// MasterEnded and ReplicaEnded are when a process ended that was not seen to
	// start again.
	MasterEnded, ReplicaEnded time.Time
	// LinkLost is when the link between them broke, with no sync seen after it.
	LinkLost time.Time
	// LinkUp is what INFO of the replica says of its link; nil where none does, or its log
	// says otherwise of later.
	LinkUp *bool
	// LinkError is why the replica's last try to reach its master failed, as its log has
	// it; untrusted. "" where none did, or one came through since.
	LinkError   string
	LinkErrorAt time.Time
	// Upstream is the address that the replica is given for its master, by its INFO or
	// its log; "" where neither tells.
	Upstream string
	// Writable: by its INFO the replica takes writes of clients.
	Writable bool
	// NoConfigFile: by its INFO the replica was started without a configuration file.
	NoConfigFile bool
	// MaxMemory is that of the replica's INFO, where that is of after the last refusal;
	// 0 is no limit, nil is unknown.
	MaxMemory *int64
	// Refused counts the commands that the replica's log says it answered with an
	// error, RefusedAt is when it did the last time.
	Refused   int
	RefusedAt time.Time
	// OutOfMemory, UnknownName and Denied: one of them for want of memory, of a name or an
	// option that the replica does not know, of permission.
	OutOfMemory, UnknownName, Denied bool
	// Restarted is when the replica's process started last, if its log has anything of before;
	// zero if not.
	Restarted time.Time
}

// TwoMasters reports whether either server was a master at the end, as far as is known.
func (e *Ending) TwoMasters() bool {
	return e.Parted || e.BothMasters || !e.Promoted.IsZero() && e.MasterEnded.IsZero() && !e.Unsettled()
}

// Unsettled reports whether the replica's INFO has it otherwise than its log, and nothing
// tells which is the later: whether the link is down, or the replica is a master.
func (e *Ending) Unsettled() bool {
	return e.LinkUp != nil && (!e.Promoted.IsZero() || *e.LinkUp && !e.LinkLost.IsZero())
}

// LinkDown reports whether the link was down where the artefacts end.
func (e *Ending) LinkDown() bool {
	return !e.LinkLost.IsZero() || e.LinkUp != nil && !*e.LinkUp
}

// A moment is an event of a log, in its year.
type moment struct {
	serverlog.Event
	at time.Time
}

// ending puts down how things stood at the end.
func (r *run) ending() {
	e := &r.Ending
	e.Parted = r.parted()
	replica, master := r.logged(Replica), r.logged(Master)
	e.ReplicaEnded, e.MasterEnded = lastOf(replica, ended), lastOf(master, ended)
	e.Promoted = lastOf(replica, promoted)
	e.LinkLost = linkLostBy(replica, master)
	for _, m := range replica {
		if m.Kind == serverlog.Critical {
			e.Refused, e.RefusedAt = e.Refused+1, m.at
			e.OutOfMemory = e.OutOfMemory || strings.Contains(m.Reason, "OOM ")
			e.UnknownName = e.UnknownName || strings.Contains(strings.ToLower(m.Reason), "unknown ")
			e.Denied = e.Denied || strings.Contains(m.Reason, "NOPERM ")
		}
	}
	e.Restarted = restarted(replica)
	r.reaching(replica)
	var infos []*Artefact
	masters, all := 0, 0
	for _, a := range r.Artefacts {
		if a.Kind != KindInfo {
			continue
		}
		all++
		switch {
		case a.Info.Role == repl.Master:
			masters++
		case a.Info.LinkUp != nil:
			infos = append(infos, a)
			e.Writable = e.Writable || a.Info.Fields["slave_read_only"] == "0"
		}
		if r.sideOf(a) == Replica {
			r.limit(a)
			file, told := a.Info.Fields["config_file"]
			e.NoConfigFile = told && file == ""
		}
	}
	e.BothMasters = masters == 2 && all == 2
	if a := only(infos); a != nil && masters <= 1 {
		e.LinkUp = a.Info.LinkUp
		e.Upstream = orElse(a.Info.MasterAddr, e.Upstream)
		r.settle(a)
	}
}

// linkLostBy is when the link broke for good by the log of the replica, or of the master,
// if that is the later: a replica that hangs does not notice. A master's with several
// replicas does not tell of which.
func linkLostBy(replica, master []moment) time.Time {
	at, synced, peers := lastOf(replica, linkLost), time.Time{}, map[string]bool{}
	for _, m := range replica {
		if _, over := linkLost(m.Kind); over {
			synced = m.at
		}
	}
	for _, m := range master {
		if m.Peer != "" {
			peers[m.Peer] = true
		}
	}
	if lost := lastOf(master, linkLost); at.IsZero() && len(peers) <= 1 && lost.After(synced) {
		return lost
	}
	return at
}

// restarted is when the last process started that is not the first of the log: one may
// begin within a process.
func restarted(all []moment) (at time.Time) {
	for i, m := range all {
		if m.Kind == serverlog.Started && i > 0 {
			at = m.at
		}
	}
	return at
}

// reaching tells of the replica's tries to reach its master.
func (r *run) reaching(replica []moment) {
	e := &r.Ending
	for _, m := range replica {
		switch m.Kind {
		case serverlog.ConnectFailed:
			e.LinkError, e.LinkErrorAt = m.Reason, m.at
		case serverlog.Connecting:
			e.Upstream = m.Peer
		case serverlog.PartialDone, serverlog.FullDone, serverlog.Promoted:
			e.LinkError, e.LinkErrorAt = "", time.Time{}
		}
	}
}

// limit takes maxmemory of the replica's INFO, if that is of after its last refusal.
func (r *run) limit(a *Artefact) {
	n, err := strconv.ParseInt(a.Info.Fields["maxmemory"], 10, 64)
	last := r.Ending.RefusedAt
	if err != nil {
		return
	}
	later, _ := r.around(a, last)
	if later || last.IsZero() || a.Info.Role == repl.Master && r.Ending.Promoted.After(last) { // it was one no sooner
		r.Ending.MaxMemory = &n
	}
}

// around reports whether INFO is surely of after a time, or of before it: by its clock, by
// when it was collected, by a dump that it names, by the offset that it had come to.
func (r *run) around(a *Artefact, at time.Time) (later, before bool) {
	if usec, err := strconv.ParseInt(a.Info.Fields["server_time_usec"], 10, 64); err == nil && usec > 0 {
		now := time.UnixMicro(usec)
		return now.After(at), now.Before(at)
	}
	if c := a.collection; c != nil {
		later, before = c.From.After(at), !c.To.IsZero() && c.To.Before(at)
	}
	later = later || a.Info.LastSave != nil && time.Unix(*a.Info.LastSave, 0).After(at)
	for _, from := range r.Artefacts {
		for _, x := range from.Samples.List {
			later = later || a.Info.ReplicaOffset != nil && x.ID == a.Info.ReplicationID && x.Time.After(at) &&
				x.Offset <= *a.Info.ReplicaOffset
		}
	}
	return later, before
}

// settle weighs what the replica's INFO says of its link against its log: the later holds,
// and where nothing tells which that is, both stay.
func (r *run) settle(a *Artefact) {
	e := &r.Ending
	for _, x := range []struct {
		at     *time.Time
		differ bool
	}{{&e.Promoted, true}, {&e.LinkLost, *e.LinkUp}} {
		if x.at.IsZero() || !x.differ || e.LinkUp == nil {
			continue
		}
		switch later, before := r.around(a, *x.at); {
		case later:
			*x.at = time.Time{}
		case before:
			e.LinkUp = nil
		}
	}
}

// logged is what the logs of a role tell, in order.
func (r *run) logged(role Role) []moment {
	return r.moments(func(a *Artefact) bool { return a.Role == role })
}

// moments are what some of the logs tell, in order.
func (r *run) moments(of func(*Artefact) bool) (all []moment) {
	for _, a := range r.Artefacts {
		if a.Log == nil || !of(a) {
			continue
		}
		for _, e := range a.Log.Events {
			if at := r.withYear(e.Line); !at.IsZero() {
				all = append(all, moment{e, at})
			}
		}
	}
	slices.SortStableFunc(all, func(x, y moment) int { return x.at.Compare(y.at) })
	return all
}

// lastOf is when something last came to be that nothing undid: does says of an event
// whether it makes it so, undoes it, or neither.
func lastOf(all []moment, does func(serverlog.Kind) (so, over bool)) (at time.Time) {
	for _, m := range all {
		switch so, over := does(m.Kind); {
		case so:
			at = m.at
		case over:
			at = time.Time{}
		}
	}
	return at
}

func ended(k serverlog.Kind) (so, over bool) {
	return k == serverlog.Stopped || k == serverlog.Crashed, k == serverlog.Started || k == serverlog.Ready
}

func promoted(k serverlog.Kind) (so, over bool) {
	return k == serverlog.Promoted, k == serverlog.Demoted || k == serverlog.Started
}

func linkLost(k serverlog.Kind) (so, over bool) {
	switch k {
	case serverlog.MasterLost, serverlog.ReplicaLost:
		return true, false
	case serverlog.PartialDone, serverlog.PartialAccepted, serverlog.FullStarted, serverlog.FullDone,
		serverlog.FullRequested, serverlog.Promoted:
		return false, true
	}
	return false, false
}
