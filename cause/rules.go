package cause

import (
	"bytes"
	"strings"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/server"
)

// A rule is a command that can end otherwise on a replica.
type rule struct {
	// applies looks at the command and at the difference.
	applies func(a *attribution, e *event, s *diff.Subject) bool
	why     string
	// affects names the servers that it is true of; nil where all are.
	affects func() string
}

// reEvaluations are the commands that servers send as they got them, and that
// each server decides for itself.
var reEvaluations = []rule{
	{refusedByVersion, "the replica's version does not know the command, or an option of it: it drops it", nil},
	{refusedByLog, "the replica's log says that it refused commands of this name: it dropped them", nil},
	{
		duplicateAdd, "a duplicate of an idempotent XADD, sent with the id *: " +
			"a replica that no longer remembers the first adds an entry of its own",
		server.ResendsDuplicateXADD.Affects,
	},
	{
		conditionalHash, "sent as it was, and decided again on fields that the replica still holds as expired",
		server.RedecidesHashFields.Affects,
	},
	{conditionalSet, "its condition is decided again on the replica's own data", nil},
	{conditionalExpire, "its condition is decided again on the replica's own expiry", nil},
	{computedStore, "its result is computed again, from the replica's own data", nil},
	{lastID, "$ is the last id of the replica's own stream", nil},
	{
		unsortedScript, "the script may read replies that the master sorted for it and the replica did not sort",
		server.UnsortedScriptReplies.Affects,
	},
	{ranScript, "the script ran again on the replica, on its data, clock and limits", nil},
}

// reEvaluated finds a command on the key that both ran and that the replica
// may have decided otherwise.
func (a *attribution) reEvaluated(s *diff.Subject) (*event, string) {
	for _, r := range reEvaluations {
		for e := range a.run.on(s.DB, string(s.Key)) {
			if !e.dropped() && !e.misplaced() && !e.wide() && r.applies(a, e, s) {
				if r.affects == nil {
					return e, r.why
				}
				return e, r.why + " (" + r.affects() + ")"
			}
		}
	}
	return nil, ""
}

// refusedByVersion: the command is newer than the replica, or of the other
// family.
func refusedByVersion(a *attribution, e *event, _ *diff.Subject) bool {
	return command.Refused(e.args, a.report.Replica.Version).Answer == server.Yes
}

// refusedByLog: for a name that it has no more, an ACL or maxmemory. Which of
// several commands of the name it was, logs don't tell.
func refusedByLog(a *attribution, e *event, _ *diff.Subject) bool {
	for c := range a.Replay.Facts.RefusedCommands {
		if c.Name != "" && command.Is(e.args, strings.ToUpper(c.Name)) {
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

func conditionalHash(a *attribution, e *event, s *diff.Subject) bool {
	if server.RedecidesHashFields.Of(a.report.Replica.Version) != server.Yes {
		return false
	}
	return command.Is(e.args, "HINCRBY", "HSETNX") ||
		command.Is(e.args, "HSETEX") && command.Has(e.args, "FNX", "FXX")
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

func ranScript(a *attribution, e *event, s *diff.Subject) bool {
	return e.scope == command.Scripted && !a.proves(s)
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

// notSent finds a command on the key of a kind that masters don't always
// send.
func (a *attribution) notSent(s *diff.Subject) (*event, string) {
	may := func(b server.Behaviour) bool { return b.Of(a.report.Master.Version) != server.No }
	for e := range a.sent.on(s.DB, string(s.Key)) {
		switch {
		case may(server.OmitsVADDUpdates) && command.Is(e.args, "VADD") && both(s, rdb.ObjectVectorSet) &&
			onlyAltered(s):
			return e, "VADD of an element that is there changes its vector or attributes on the master, " +
				"and is not sent (" + server.OmitsVADDUpdates.Affects() + ")"
		case both(s, rdb.ObjectStream) && onlyConsumers(s):
			return e, "a consumer made by reading, which older masters don't send"
		case may(server.IncrByFloatDropsExpiry) && s.Kind == diff.TTLDiffers &&
			command.Is(e.args, "SET") && s.Master.HasExpire && !s.Replica.HasExpire:
			return e, "INCRBYFLOAT is sent as SET without KEEPTTL, which takes the replica's expiry away (" +
				server.IncrByFloatDropsExpiry.Affects() + ")"
		case may(server.HincrByFloatDropsExpiry) && both(s, rdb.ObjectHash) &&
			command.Is(e.args, "HSET") && onlyFieldExpiries(s):
			return e, "HINCRBYFLOAT is sent as HSET, which takes the expiry of the field away (" +
				server.HincrByFloatDropsExpiry.Affects() + ")"
		}
	}
	return nil, ""
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
		case "consumer", "pending", "group-last-id":
		default:
			return false
		}
	}
	return s.ChangesTotal > 0
}

func onlyFieldExpiries(s *diff.Subject) bool {
	for i := range s.Changes {
		c := &s.Changes[i]
		if c.Op != diff.Alter || !bytes.Equal(c.Master.Bytes, c.Replica.Bytes) {
			return false
		}
	}
	return s.ChangesTotal > 0
}
