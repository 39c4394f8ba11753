package report

import (
	"fmt"
	"slices"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
)

// lacking says what the artefacts can't tell, and which other one would: first what
// keeps the verdict open, then what would make it surer.
func (r *run) lacking() {
	for _, about := range []func() []string{
		r.lackingSides, r.lackingStream, r.lackingStarts, r.lackingReasons, r.lackingServers,
		r.lackingFiles,
	} {
		r.Lacking = append(r.Lacking, about()...)
	}
}

// lackingSides: a comparison needs both dumps, and whose they are.
func (r *run) lackingSides() (all []string) {
	master, replica := r.with(Master) != nil, r.with(Replica) != nil
	const save = ", saved (BGSAVE) one right after the other, would tell."
	switch {
	case r.Diff == nil && master:
		all = append(all, "Whether the two sides are equal: a dump of the replica as well"+save)
	case r.Diff == nil && replica:
		all = append(all, "Whether the two sides are equal: a dump of the master as well"+save)
	case r.Diff == nil:
		all = append(all, "Whether the two sides are equal: a dump of the master and one of the replica"+save)
	case !master || !replica:
		all = append(all, "Which dump is whose: INFO of each server beside its dump would tell, or "+
			"--master and --replica.")
	}
	return all
}

// lackingStream: what travelled, and where nobody was listening.
func (r *run) lackingStream() (all []string) {
	links := false
	for _, a := range r.Artefacts {
		links = links || a.Inspect != nil && len(a.Inspect.Links) > 0
	}
	if !links {
		all = append(all, "What travelled from master to replica, and when: a capture of the replication "+
			"port, or the backlog (redsleuth collect), would tell.")
	}
	if r.hasFinding(finding.CaptureEncrypted) {
		all = append(all, "What travelled within TLS: redsleuth collect rediss://… reads the stream as a "+
			"replica does; no capture can.")
	}
	for _, h := range r.Chain {
		all = append(all, r.holeTexts(&h)...)
	}
	all = append(all, r.lackingOwn()...)
	if r.hasFinding(finding.CaptureGap) {
		all = append(all, "What was in the packets that a capture lost: another capture of the same time, or "+
			"the master's backlog, would tell; tcpdump with a larger buffer (-B) loses fewer.")
	}
	if r.late() {
		all = append(all, "What the replica was sent before the recording begins: one that begins before the "+
			"replica connects, or the backlog, would tell.")
	}
	return all
}

// hasFinding reports whether a finding of this code was made of anything.
func (r *run) hasFinding(code finding.Code) bool {
	is := func(f finding.Finding) bool { return f.Code == code && !r.Elsewhere(&f) }
	for _, a := range r.Artefacts {
		if a.Inspect != nil && slices.ContainsFunc(a.Inspect.Findings, is) {
			return true
		}
	}
	return r.Replay != nil && slices.ContainsFunc(r.Replay.Findings, is)
}

// late reports whether a recording begins in the middle of a connection, and no other
// one has its beginning.
func (r *run) late() bool {
	if r.Replay == nil {
		return false
	}
	for _, l := range r.Replay.Links {
		if l.Resync == record.NoSync && !l.AOF && l.StartOffset == record.Unknown {
			return true
		}
	}
	return false
}

// lackingStarts: from what the replica's processes started, and of which version.
func (r *run) lackingStarts() (all []string) {
	if r.Replay == nil {
		return nil
	}
	starts := 0
	for _, l := range r.Replay.Links {
		if l.Entry.IsRestart() && l.Base == "" {
			starts++
		}
	}
	if starts > 0 {
		all = append(all, fmt.Sprintf("What the replica held as it came back (%d of its restarts): its dump of "+
			"that time would tell, from before it is saved over (--replica-before).", starts))
	}
	if r.Replay.ReplicaVersion == "" {
		all = append(all, "Which version the replica runs, and so what it survives: its INFO, its log or a dump "+
			"that it saved would tell.")
	}
	return all
}

// lackingReasons: why keys differ, and whose writes they were.
func (r *run) lackingReasons() (all []string) {
	v := &r.Verdict
	if n := v.Causes[finding.CauseUnexplained]; n > 0 && v.Sided {
		all = append(all, fmt.Sprintf("Why %d of the keys differ: the evidence of each says what it wants; mostly "+
			"a dump of the replica from before, or the stream from its beginning.", n))
	}
	if r.Tally.Unnamed > 0 {
		all = append(all, r.whoWrote())
	}
	if n := r.Tally.Unwritten; n > 0 && v.Sided {
		all = append(all, fmt.Sprintf("Who wrote %d of the keys that differ: a capture of the clients' port of "+
			"both servers, or MONITOR, would tell.", n))
	}
	return all
}

// lackingServers: what each server says of itself.
func (r *run) lackingServers() (all []string) {
	infos, logs := map[Role]bool{}, map[Role]bool{}
	both := map[string]bool{}
	for _, a := range r.Artefacts {
		switch {
		case a.Log != nil:
			logs[a.Role] = true
		case a.Kind == KindInfo:
			infos[a.Role] = true
			both[a.Info.Role] = true
		}
	}
	switch {
	case len(infos) == 0:
		all = append(all, "Roles, secondary ids and the bounds of the backlog: INFO of both servers would tell.")
	case infos[Unknown]:
	case !both[repl.Replica] && !r.Ending.Parted:
		all = append(all, "Whether the replica's link is up, and how far it is: its INFO would tell.")
	case !both[repl.Master]:
		all = append(all, "Which replicas the master has, and what its backlog still holds: its INFO would tell.")
	}
	switch {
	case logs[Unknown]:
	case !logs[Replica] && !logs[Master]:
		all = append(all, "Restarts, refused syncs and promotions, and which commands the replica refused: the "+
			"logs of both servers would tell.")
	case !logs[Replica]:
		all = append(all, "Which commands the replica refused, and its restarts: its log would tell.")
	case !logs[Master]:
		all = append(all, "Why syncs were full, and who was dropped: the master's log would tell.")
	}
	return all
}

// lackingFiles: what is there and could not be read.
func (r *run) lackingFiles() (all []string) {
	n := 0
	for _, a := range r.Artefacts {
		if a.Why != "" {
			n++
		}
	}
	if n > 0 {
		all = append(all, fmt.Sprintf("What is in %d of the files: they could not be read; copies of them would tell.", n))
	}
	return all
}
