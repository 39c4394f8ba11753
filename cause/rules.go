package cause

import (
	"bytes"
	"strings"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/server"
)

// A rule is a command that can end otherwise on a replica.
type rule struct {
	// applies looks at the command and at the difference.
	applies func(c *court, e *event, s *diff.Subject) bool
	why     string
}

// reEvaluations are the commands that servers send as they got them, and that
// each server decides for itself.
var reEvaluations = []rule{
	{duplicateAdd, "a duplicate of an idempotent XADD, sent with the id *: a replica that no longer remembers the first adds an entry of its own (Redis 8.8)"},
	{conditionalHash, "sent as it was, and decided again on fields that the replica still holds as expired (Valkey 9.0.0 and 9.0.1)"},
	{conditionalSet, "its condition is decided again on the replica's own data"},
	{conditionalExpire, "its condition is decided again on the replica's own expiry"},
	{computedStore, "its result is computed again, from the replica's own data"},
	{lastID, "$ stands for the last id of the replica's own stream"},
	{unsortedScript, "a replica of 7.0 or later does not sort the replies of commands for scripts, as the master did"},
	{ranScript, "the script ran again on the replica, on its data, clock and limits"},
}

// reEvaluated finds a command on the key that both ran and that the replica
// may have decided otherwise.
func (c *court) reEvaluated(s *diff.Subject) (*event, string) {
	for _, r := range reEvaluations {
		for e := range c.run.on(s.DB, string(s.Key)) {
			if !e.lost() && !e.misplaced() && !e.wide() && r.applies(c, e, s) {
				return e, r.why
			}
		}
	}
	return nil, ""
}

// duplicateAdd: the replica holds entries that the master does not.
func duplicateAdd(_ *court, e *event, s *diff.Subject) bool {
	return both(s, rdb.ObjectStream) && addsAgain(e.args) && holdsMore(s)
}

// addsAgain: an idempotent XADD whose id is left to the server.
func addsAgain(args [][]byte) bool {
	if !named(args, "XADD") {
		return false
	}
	idempotent := false
	for i := 2; i < len(args); i++ {
		switch strings.ToUpper(string(args[i])) {
		case "IDMP": // producer and id
			idempotent = true
			i += 2
		case "IDMPAUTO": // producer
			idempotent = true
			i++
		case "MAXLEN", "MINID":
			if i++; i < len(args) && (string(args[i]) == "=" || string(args[i]) == "~") {
				i++
			}
		case "LIMIT":
			i++
		case "NOMKSTREAM", "KEEPREF", "DELREF", "ACKED":
		default:
			return idempotent && string(args[i]) == "*"
		}
	}
	return false
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
	return s.MasterValue != nil && s.ReplicaValue != nil && s.MasterValue.Object == o && s.ReplicaValue.Object == o
}

func conditionalHash(c *court, e *event, s *diff.Subject) bool {
	v := c.report.Replica.Version
	if v.Flavor != server.Valkey || v.Before(9, 0, 0) || !v.Before(9, 0, 2) {
		return false
	}
	return named(e.args, "HINCRBY", "HSETNX") || named(e.args, "HSETEX") && has(e.args, 2, "FNX", "FXX")
}

func conditionalSet(c *court, e *event, s *diff.Subject) bool {
	return named(e.args, "SETNX", "MSETNX") && !c.proves(s) ||
		named(e.args, "SET", "MSETEX", "DELEX", "DELIFEQ") && has(e.args, 3, "NX", "XX", "IFEQ", "IFNE", "IFDEQ", "IFDNE") && !c.proves(s)
}

func conditionalExpire(c *court, e *event, s *diff.Subject) bool {
	return s.Kind == diff.TTLDiffers && named(e.args, "EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT") && has(e.args, 3, "NX", "XX", "GT", "LT")
}

// computedStore: they read other keys, whose contents decide.
func computedStore(c *court, e *event, s *diff.Subject) bool {
	return (named(e.args, "SORT", "GEORADIUS", "GEORADIUSBYMEMBER") && has(e.args, 3, "STORE", "STOREDIST")) && !c.proves(s)
}

func lastID(c *court, e *event, s *diff.Subject) bool {
	return named(e.args, "XGROUP") && has(e.args, 4, "$") && both(s, rdb.ObjectStream) && !c.proves(s)
}

func unsortedScript(c *court, e *event, s *diff.Subject) bool {
	m, r := c.report.Master.Version, c.report.Replica.Version
	return e.class == scripted && !m.IsZero() && m.Before(7, 0, 0) && r.AtLeast(7, 0, 0)
}

func ranScript(c *court, e *event, s *diff.Subject) bool {
	return e.class == scripted && !c.proves(s)
}

// proves: the commands were applied and explain one of the sides, so that the
// difference is something outside the stream.
func (c *court) proves(s *diff.Subject) bool {
	for _, i := range c.byName[string(s.Key)] {
		if c.batch[i] == s {
			return c.led[i].is(s.MasterValue) || c.here[i].is(s.ReplicaValue)
		}
	}
	return false
}

// notSent finds a command on the key of a kind that masters don't always
// send.
func (c *court) notSent(s *diff.Subject) (*event, string) {
	for e := range c.sent.on(s.DB, string(s.Key)) {
		switch {
		case named(e.args, "VADD") && both(s, rdb.ObjectVectorSet) && onlyAltered(s):
			return e, "VADD of an element that is there changes its vector or attributes on the master, and is not sent (Redis 8.0 to 8.8)"
		case both(s, rdb.ObjectStream) && onlyConsumers(s):
			return e, "a consumer made by reading, which older masters don't send"
		case s.Kind == diff.TTLDiffers && named(e.args, "SET") && s.Master.HasExpire && !s.Replica.HasExpire:
			return e, "INCRBYFLOAT is sent as SET without KEEPTTL, which takes the replica's expiry away (before 6.0)"
		case both(s, rdb.ObjectHash) && named(e.args, "HSET") && onlyFieldExpiries(s):
			return e, "HINCRBYFLOAT is sent as HSET, which takes the expiry of the field away (7.4, 8.0, Valkey 9.0.0 and 9.0.1)"
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
