package diff

import (
	"context"
	"fmt"
	"slices"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/server"
)

// relate tells from the dumps, and from what else is known of the servers, how
// the two states are related.
func relate(master, replica *Side, servers []repl.Server) Replication {
	r := Replication{Verdict: UnknownVerdict}
	m, s := master.State, replica.State
	if m == nil || s == nil {
		r.Resync.Why = "a dump without replication id and offset can't be placed in a history"
		return r
	}
	atMaster := repl.Find(servers, m.ID, repl.Master)
	if m.ID != s.ID {
		at, known := repl.Parted(*m, *s, atMaster, repl.Find(servers, s.ID, repl.Replica))
		if known {
			r.PartedAt = &at
		}
		// A master that was promoted continues where its replica's history ends.
		if !known || atMaster == nil || atMaster.SecondaryID != s.ID || s.Offset > at {
			r.Verdict = DifferentHistory
			r.Resync = resync(master, s, atMaster)
			return r
		}
	}
	lag := m.Offset - s.Offset
	r.LagBytes = &lag
	switch {
	case lag == 0:
		r.Verdict = SameOffset
	case lag > 0:
		r.Verdict = ReplicaBehind
	default:
		r.Verdict = ReplicaAhead
	}
	r.Resync = resync(master, s, atMaster)
	return r
}

// resync is the answer of the master to a request of the replica for what
// comes after its state.
func resync(master *Side, s *repl.State, known *repl.Server) Resync {
	m := master.State
	at := repl.Position{ID: m.ID, Offset: m.Offset, Version: master.Version, Server: known}
	decision := at.PSYNC(s.ID, s.Offset)
	r := Resync{Why: resyncWhy(decision.Why, m, s, known)}
	if decision.Granted != server.Unknown {
		r.Possible = new(decision.Granted == server.Yes)
	}
	return r
}

// resyncWhy is a decision in words.
func resyncWhy(why repl.Why, m, s *repl.State, known *repl.Server) string {
	next := s.Offset + 1
	switch why {
	case repl.NoSecondaryID:
		return "the replication ids differ, and " + server.HasSecondaryID.Lacking() + " keep no secondary one"
	case repl.SecondaryUnsaid:
		return "the replication ids differ; needs the master's INFO or log to check whether the replica's is its secondary one"
	case repl.OtherHistory:
		return "the master knows the replica's replication id neither as its own nor as its secondary one"
	case repl.PastSecondary:
		return fmt.Sprintf("the master knows the replica's history up to offset %d, and the replica wrote on to %d", known.SecondaryOffset-1, s.Offset)
	case repl.PastMaster:
		return fmt.Sprintf("the replica asks for offset %d, and the master's dump ends at %d: it is refused unless the master has written on by then", next, m.Offset)
	case repl.NothingMissing:
		return "the same offset of one history: nothing is missing"
	case repl.NoBacklog:
		return "the master has no backlog"
	case repl.BeforeBacklog:
		return fmt.Sprintf("the replica asks for offset %d, and the master's backlog begins at %d", next, known.Backlog.First)
	case repl.BeyondBacklog:
		return fmt.Sprintf("the replica lacks %d bytes, and the master's backlog holds %d", m.Offset-s.Offset, known.Backlog.Size)
	case repl.InBacklog:
		return fmt.Sprintf("the master's backlog begins at offset %d and holds what the replica lacks, from %d", known.Backlog.First, next)
	}
	same := "same replication id"
	if m.ID != s.ID {
		same = "the replica's replication id is the master's secondary one"
	}
	return same + "; needs the master's INFO to check that its backlog covers the gap"
}

// remarks are findings on one dump.
func (s *side) remarks(ctx context.Context) ([]finding.Finding, error) {
	var found []finding.Finding
	add := func(f finding.Finding) {
		f.Path = s.Path
		found = append(found, f)
	}
	if s.damage != nil {
		code := finding.Damaged
		if s.End == record.Truncated {
			code = finding.Truncated
		}
		add(finding.Finding{Code: code, Severity: finding.Error, Byte: finding.At(s.EndByte), Message: s.damage.Error()})
	}
	if s.Checksum.Status == rdb.ChecksumInvalid {
		add(finding.Finding{Code: finding.ChecksumInvalid, Severity: finding.Error, Message: "the checksum does not match: bytes of the dump were changed"})
	}
	if s.trailing != nil {
		add(finding.Finding{Code: finding.TrailingData, Severity: finding.Error, Byte: finding.At(s.trailing.Byte), Bytes: s.trailing.Bytes,
			Message: fmt.Sprintf("%d bytes follow the end of the dump, which servers ignore", s.trailing.Bytes)})
	}
	if s.commands > 0 {
		add(finding.Finding{Code: finding.CommandsNotCompared, Severity: finding.Info, Commands: s.commands,
			Message: fmt.Sprintf("%d commands after the RDB are not part of the state compared", s.commands)})
	}
	if s.rdbs > 1 {
		add(finding.Finding{Code: finding.SeveralKeyspaces, Severity: finding.Info,
			Message: fmt.Sprintf("of %d whole RDBs in this input the last one is compared", s.rdbs)})
	}
	if s.duplicates.count > 0 {
		f, err := s.duplicateKeys(ctx)
		if err != nil {
			return nil, err
		}
		add(f)
	}
	return found, nil
}

// duplicateKeys reads the names of keys that are there more than once.
func (s *side) duplicateKeys(ctx context.Context) (finding.Finding, error) {
	f := finding.Finding{Code: finding.DuplicateKey, Severity: finding.Error, Count: s.duplicates.count,
		Message: fmt.Sprintf("%d keys are in the dump more than once; the last of each is compared", s.duplicates.count)}
	slices.Sort(s.duplicates.places)
	err := s.fetch(ctx, s.duplicates.places, func(_ int, rec *rdb.Record, _ *rdb.Decoder) error {
		f.Keys = append(f.Keys, slices.Clone(rec.Key))
		return nil
	})
	return f, err
}

// compareLibraries compares the function libraries.
func (c *Comparison) compareLibraries() {
	names := map[string]bool{}
	for name := range c.master.libraries {
		names[name] = true
	}
	for name := range c.replica.libraries {
		names[name] = true
	}
	for name := range names {
		m, onMaster := c.master.libraries[name]
		r, onReplica := c.replica.libraries[name]
		if onMaster && onReplica && m.digest == r.digest {
			continue
		}
		d := LibraryDifference{Name: []byte(name), Kind: ValueDiffers, Cause: finding.CauseUnexplained}
		switch {
		case !onReplica:
			d.Kind = MissingOnReplica
		case !onMaster:
			d.Kind = ExtraOnReplica
		}
		if c.report.Replication.Verdict == DifferentHistory {
			d.Cause = finding.CauseDifferentHistory
		}
		c.report.Libraries = append(c.report.Libraries, d)
	}
	slices.SortFunc(c.report.Libraries, func(a, b LibraryDifference) int { return slices.Compare(a.Name, b.Name) })
}

// compareScripts lists the scripts that one dump alone carries.
func (c *Comparison) compareScripts() {
	for sha := range c.master.scripts {
		if !c.replica.scripts[sha] {
			c.report.Scripts = append(c.report.Scripts, ScriptDifference{sha, "master"})
		}
	}
	for sha := range c.replica.scripts {
		if !c.master.scripts[sha] {
			c.report.Scripts = append(c.report.Scripts, ScriptDifference{sha, "replica"})
		}
	}
	slices.SortFunc(c.report.Scripts, func(a, b ScriptDifference) int {
		if a.SHA1 < b.SHA1 {
			return -1
		}
		return 1
	})
}
