package cause

import (
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/script"
	"github.com/redsleuth/redsleuth/server"
)

// A rule is a command that can end otherwise on a replica.
type rule struct {
	// applies looks at the command and at the difference.
	applies func(a *attribution, e *event, s *diff.Subject) bool
	why     string
	// affects names the servers that it is true of; nil where all are.
	affects func() string
	// row is of the catalogue of divergences; "" for none.
	row string
	// last: it has to be the last on the key, which a hole behind it leaves open.
	last bool
}

// refusals are the commands that the replica answers with an error.
var refusals = []rule{
	{refusedByVersion, "the replica's version does not know the command, or an option of it: it drops it", nil, "", false},
	{refusedByLog, "the replica's log says that it refused commands of this name: it dropped them", nil, "", false},
}

// reEvaluations are the commands that servers send as they got them, and that
// each server decides for itself.
var reEvaluations = []rule{
	{
		duplicateAdd, "a duplicate of an idempotent XADD, sent with the id *: " +
			"a replica that no longer remembers the first adds an entry of its own",
		server.ResendsDuplicateXADD.Affects, divergence.DuplicateXAdd, false,
	},
	{conditionalSet, "its condition is decided again on the replica's own data", nil, divergence.RedecidedCondition, true},
	{conditionalExpire, "its condition is decided again on the replica's own expiry", nil, divergence.RedecidedCondition, true},
	{computedStore, "its result is computed again, from the replica's own data", nil, "", true},
	{lastID, "$ is the last id of the replica's own stream", nil, "", true},
	{
		unsortedScript, "the script may read replies that the master sorted for it and the replica did not sort",
		server.UnsortedScriptReplies.Affects, divergence.ScriptUnsorted, true,
	},
	{ranScript, "the script ran again on the replica, on its data, clock and limits", nil, "", true},
}

// reEvaluated finds a command on the key that both ran and that the replica
// may have decided otherwise, as evidence of that; false where there is none.
func (a *attribution) reEvaluated(s *diff.Subject) (finding.Evidence, bool) {
	if v, ok := decidedBy(a, refusals, finding.EvidenceCommandRefused, s); ok {
		return v, true
	}
	return decidedBy(a, reEvaluations, finding.EvidenceReEvaluated, s)
}

// decidedBy is the last command on the key that a rule applies to.
func decidedBy(
	a *attribution, rules []rule, code finding.EvidenceCode, s *diff.Subject,
) (finding.Evidence, bool) {
	for _, r := range rules {
		for e := range a.run.lately(s.DB, string(s.Key)) {
			if e.dropped() || e.misplaced() || !r.applies(a, e, s) || r.last && (lacking{a}).interrupted(s) {
				continue
			}
			why := r.why
			if r.affects != nil {
				why += " (" + r.affects() + ")"
			}
			v := e.evidence(code, why)
			v.Divergence = r.row
			return v, true
		}
	}
	return finding.Evidence{}, false
}

// refusedByVersion: the command is newer than the replica, or of the other
// family.
func refusedByVersion(a *attribution, e *event, _ *diff.Subject) bool {
	return command.Refused(e.args, a.report.Replica.Version).Answer == server.Yes
}

// refusedByLog: for a name that it has no more, an ACL or maxmemory. Which of
// several commands of the name it was, logs don't tell: where the states are
// known, that is asked of them (omissions). Nor is it told where the replica may not
// have come so far.
func refusedByLog(a *attribution, e *event, s *diff.Subject) bool {
	if a.proves(s) || (lacking{a}).mayLag(s, e) {
		return false
	}
	for c := range a.Replay.Facts.RefusedCommands {
		name, _, _ := strings.Cut(c.Name, "|") // with a subcommand, from 7.0 on
		if name != "" && command.Is(e.args, strings.ToUpper(name)) {
			return true
		}
	}
	return false
}

// duplicateAdd: the replica holds entries that the master does not.
func duplicateAdd(a *attribution, e *event, s *diff.Subject) bool {
	o := command.ParseXAdd(e.args)
	return server.ResendsDuplicateXADD.Of(a.report.Master.Version) != server.No &&
		both(s, rdb.ObjectStream) && o.NewID && o.Idempotent && holdsMore(s)
}

// holdsMore: the replica's stream has entries that the master's does not.
func holdsMore(s *diff.Subject) bool {
	for i := range s.Changes {
		if s.Changes[i].Op == diff.Remove && s.Changes[i].ID != nil && s.Changes[i].Part == "" {
			return true
		}
	}
	return s.ChangesTotal != int64(len(s.Changes)) // not all are shown
}

func both(s *diff.Subject, o rdb.Object) bool {
	m, r := s.MasterValue, s.ReplicaValue
	return m != nil && r != nil && m.Object == o && r.Object == o
}

func conditionalSet(a *attribution, e *event, s *diff.Subject) bool {
	return command.Is(e.args, "SETNX", "MSETNX") && !a.proves(s) ||
		command.Is(e.args, "DELIFEQ") && !a.proves(s) ||
		command.Is(e.args, "SET", "MSETEX", "DELEX") && !a.proves(s) &&
			command.Has(e.args, "NX", "XX", "IFEQ", "IFNE", "IFDEQ", "IFDNE")
}

func conditionalExpire(a *attribution, e *event, s *diff.Subject) bool {
	return s.Kind == diff.TTLDiffers &&
		command.Is(e.args, "EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT") &&
		command.Has(e.args, "NX", "XX", "GT", "LT")
}

// computedStore: they read other keys, whose contents decide.
func computedStore(a *attribution, e *event, s *diff.Subject) bool {
	return command.Is(e.args, "SORT", "GEORADIUS", "GEORADIUSBYMEMBER") &&
		command.Has(e.args, "STORE", "STOREDIST") && !a.proves(s)
}

// lastID: what differs is of groups alone, and one was made or moved to $.
func lastID(a *attribution, e *event, s *diff.Subject) bool {
	return command.Is(e.args, "XGROUP") && command.Has(e.args, "$") &&
		both(s, rdb.ObjectStream) && onlyConsumers(s) && !a.proves(s)
}

// unsortedScript: the master sorted replies for the script and the replica
// did not, and the script reads such replies, as far as its source is known.
func unsortedScript(a *attribution, e *event, s *diff.Subject) bool {
	const unsorted = server.UnsortedScriptReplies
	return e.scope == command.Scripted && unsorted.Of(a.report.Master.Version) == server.No &&
		unsorted.Of(a.report.Replica.Version) == server.Yes && a.history.readsSorted(e.args)
}

// ranScript: of a script whose source no artefact holds nothing is said, nor of one
// that decides nothing: on the same data it comes to the same.
func ranScript(a *attribution, e *event, s *diff.Subject) bool {
	if e.scope != command.Scripted || a.proves(s) {
		return false
	}
	of := a.history.analysis(e.args)
	return of != nil && (s.Kind == diff.TTLDiffers || !of.Certain() || of.Has(script.Time) || of.Has(script.NestedScript) ||
		slices.ContainsFunc(of.Commands, decidesScripts))
}

// decidesScripts reports whether a script that calls the command may end otherwise
// on the replica, by what it reads, by chance, or by the clock.
func decidesScripts(name string) bool {
	c := command.Lookup([][]byte{[]byte(name)})
	return c == nil || c.Kind == command.Read || slices.Contains(randomReplies, name) ||
		slices.Contains(fixedTimes, name)
}

// proves: the commands were applied and explain one of the sides, so that the
// difference is something outside the stream.
func (a *attribution) proves(s *diff.Subject) bool {
	for _, i := range a.byName[string(s.Key)] {
		if a.batch[i] == s {
			return a.states[i].master.is(s.MasterValue) || a.states[i].replica.is(s.ReplicaValue)
		}
	}
	return false
}

// onlyAltered: the same elements, other contents.
func onlyAltered(s *diff.Subject) bool {
	for i := range s.Changes {
		if s.Changes[i].Op != diff.Alter {
			return false
		}
	}
	return s.ChangesTotal > 0
}

// onlyConsumers: consumers and pending entries of groups, or their last ids.
func onlyConsumers(s *diff.Subject) bool {
	for i := range s.Changes {
		switch s.Changes[i].Part {
		case "consumer", "pending", "group-last-id", "entries-read":
		default:
			return false
		}
	}
	return s.ChangesTotal > 0
}
