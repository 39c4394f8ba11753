package report

import (
	"time"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/parse/serverlog"
	"github.com/redsleuth/redsleuth/replay"
)

// A Verdict is what it all comes to. What is unknown is nil.
type Verdict struct {
	Consistent *bool
	// Sided: it is known which dump is the master's.
	Sided bool
	// Keys is how many differ, but for those past their time; Causes counts
	// them all.
	Keys   int64
	Causes map[finding.Cause]int64
	// SinceOffset is the first place that is evidence of a difference, Since
	// its time.
	SinceOffset *int64
	Since       time.Time
	// Outside: Since is of a write beside the stream, which has no offset.
	Outside bool
	// Within is when it began, where no place or time of that is known of any of the keys,
	// or of Tally.Undated of them; zero where nothing bounds it.
	Within Moment
	// Parting is where the histories of the two part; nil where they don't.
	Parting *Parting
	// Parted: nothing differs from before the histories parted, and that is where
	// SinceOffset is.
	Parted bool
	// LosingWrites: the replica is still in the state in which it lost some.
	LosingWrites *bool
	// Crashes are the ends of processes, Healed losses that a later full sync
	// has made good.
	Crashes, Healed []finding.Finding
	ReplicaVersion  string
	// Safe are the releases that would have lost nothing, had the replica run
	// them all along; empty where nothing was lost, or none is known to be.
	Safe []string
}

func (r *run) verdict() {
	v := &r.Verdict
	v.Causes = map[finding.Cause]int64{}
	if d := r.Diff; d != nil {
		v.Keys = d.Summary.Different - d.Summary.ExpiredOnly
		v.Consistent = consistent(d)
		for c, n := range d.Summary.ByCause {
			if n > 0 {
				v.Causes[c] = n
			}
		}
		r.since(d)
	}
	r.losses()
	r.safeVersions()
}

// since finds the first place that is evidence of a difference, and its time;
// where no place is known, the first time at which a client wrote what differs.
func (r *run) since(d *diff.Report) {
	v, t := &r.Verdict, &r.Tally
	v.SinceOffset, v.Since = t.offset, t.at
	parted := d.Replication.PartedAt
	v.Parting = r.Account().Parting()
	if v.Outside = !t.outside.IsZero() && (v.Since.IsZero() || t.outside.Before(v.Since)); v.Outside {
		v.Since = t.outside
	}
	switch {
	case v.Outside:
	case v.SinceOffset == nil:
		v.Since = t.written
	case parted != nil && d.Replication.Verdict == diff.DifferentHistory && *v.SinceOffset == *parted:
		v.Parted = true
		if v.Since.IsZero() {
			v.Since = v.Parting.Time
		}
	}
	if v.Since.IsZero() && v.SinceOffset == nil && v.Keys > 0 || t.Undated > 0 {
		v.Within = r.within()
	}
}

// within bounds when the two began to differ: not before the last full sync, which made
// them alike, and not after the later of their dumps.
func (r *run) within() (m Moment) {
	if r.Replay == nil || r.Replay.Replicas != 1 {
		return m
	}
	for _, l := range r.Replay.Links {
		if l.Resync == record.Full && l.Payload != nil && l.Began.After(m.From) {
			m.From = l.Began
		}
	}
	for _, role := range []Role{Master, Replica} {
		if d := r.with(role); d != nil {
			if at := r.savedAt(d); at.To.After(m.To) {
				m.To = at.To
			}
		}
	}
	if m.From.IsZero() || m.To.Before(m.From) {
		return Moment{}
	}
	return m
}

// safeVersions are the releases that would have met nothing of this: had the
// replica run them all along.
func (r *run) safeVersions() {
	v := &r.Verdict
	if r.Replay == nil || r.Replay.Verdict != replay.LosesWrites && r.Replay.Verdict != replay.Crashes {
		return
	}
	for i := range r.Versions {
		if own := r.Versions[i].OwnDump; own != nil && own.Verdict == replay.Safe {
			v.Safe = append(v.Safe, r.Versions[i].Version.String())
		}
	}
}

// consistent is whether nothing differs but by expiry; nil where that is not known.
func consistent(d *diff.Report) *bool {
	if d == nil {
		return nil
	}
	differ := d.Summary.Different > d.Summary.ExpiredOnly
	if !differ && !(whole(d.Master) && whole(d.Replica)) {
		return nil
	}
	equal := !differ && len(d.Libraries) == 0
	return &equal
}

// whole: the side could be read to its end.
func whole(s *diff.Side) bool { return s.End == record.Clean }

// losses tells what replay found: crashes, what was healed, and whether the
// replica still loses writes.
func (r *run) losses() {
	v := &r.Verdict
	if r.Replay != nil {
		v.ReplicaVersion = r.Replay.ReplicaVersion
		found := lossesOf(r.Replay, v.Consistent)
		v.Crashes, v.Healed, v.LosingWrites = found.crashes, found.healed, found.losing
	}
	if len(v.Crashes) > 0 {
		return
	}
	for _, a := range r.Artefacts {
		if a.Log == nil || a.Role != Replica {
			continue
		}
		for _, e := range a.Log.Events {
			if e.Kind == serverlog.Crashed {
				v.Crashes = append(v.Crashes, finding.Finding{
					Code: finding.ReplicaError, Severity: finding.Error, Path: a.Path,
					Message: "the log says that the process crashed",
				})
			}
		}
	}
}

// losses are what replay found of writes that a replica lost.
type losses struct {
	crashes, healed []finding.Finding
	losing          *bool // nil where that is not known
	otherwise       bool  // losing, and not for a command that the log says was refused
}

// lossesOf is what a replay found; nil found nothing. consistent is whether the two are
// equal in the end.
func lossesOf(r *replay.Report, consistent *bool) (l losses) {
	if r == nil {
		return l
	}
	losing, open := false, false
	links := linksOf(r)
	for _, f := range r.Findings {
		switch {
		case f.Severity != finding.Error:
		case f.Code == finding.ScriptDuplicateOnLoad:
			l.crashes = append(l.crashes, f)
		case !losesWrites(f.Code):
		case consistent != nil && *consistent || links.healed(&f):
			l.healed = append(l.healed, f)
		case links.index(&f) == 0:
			open = true // a log tells that, and not on which link
		default:
			losing = losing || links.lastOf(&f)
			l.otherwise = l.otherwise || links.lastOf(&f) && f.Code != finding.CommandRefused
		}
	}
	if losing || !open && r.Verdict != replay.Unknown { // which leaves it open
		l.losing = &losing
	}
	return l
}

func losesWrites(c finding.Code) bool {
	switch c {
	case finding.ScriptMissing, finding.SelectLost, finding.FunctionMissing, finding.CommandRefused:
		return true
	}
	return false
}

// lived are the links of a replay, as their replicas lived them.
type lived []*replay.Link

func linksOf(r *replay.Report) lived { return r.Links }

// healed: the replica got a full sync later.
func (all lived) healed(f *finding.Finding) bool {
	at := all.index(f)
	for _, l := range all {
		if l.Index > at && l.Resync == record.Full && l.Replica == all.replicaOf(at) && l.Payload != nil {
			return true
		}
	}
	return false
}

// lastOf: no link of the replica followed the one that the finding is about.
func (all lived) lastOf(f *finding.Finding) bool {
	at := all.index(f)
	for _, l := range all {
		if l.Index > at && l.Replica == all.replicaOf(at) {
			return false
		}
	}
	return true
}

// index is the number of the finding's link in the replay; 0 for none.
func (all lived) index(f *finding.Finding) int {
	for _, l := range all {
		if l.Number == f.Link && (f.Path == "" || f.Path == l.Path) {
			return l.Index
		}
	}
	return 0
}

func (all lived) replicaOf(index int) int {
	for _, l := range all {
		if l.Index == index {
			return l.Replica
		}
	}
	return 0
}
