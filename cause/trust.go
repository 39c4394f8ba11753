package cause

import (
	"bytes"
	"context"
	"slices"

	"github.com/redsleuth/redsleuth/cause/engine"
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/script"
	"github.com/redsleuth/redsleuth/server"
)

// Trust is how far what an engine makes of a key is what a server made of it.
type trust uint8

const (
	followed   trust = iota // the same, for all that is known
	unsure                  // likely the same: a script read keys that the engine was not given
	unfollowed              // another one in another run, or the engine could not run it
)

// trusts are those of keys, by name, where they are not followed.
type trusts struct {
	of map[string]trust
	// all is what the best of keys that no command names comes to: a script with
	// computed keys may have changed them.
	all trust
	// everything: no key is followed.
	everything bool
}

// key is the trust in a key; named tells whether commands name it.
func (t *trusts) key(name string, named bool) trust {
	switch {
	case t.everything:
		return unfollowed
	case named:
		return t.of[name]
	}
	return max(t.of[name], t.all)
}

// follow takes an event that ran with a trust of its own, in the order in which
// events ran: what it makes of keys deserves no more than these, and what it
// sets outright is known again.
func (t *trusts) follow(e *event, own trust, a *script.Analysis) {
	if e.wide() {
		if own == unfollowed {
			t.everything = true
		}
		return
	}
	if own == followed && len(t.of) == 0 {
		return
	}
	if e.scope == command.Scripted && own != followed {
		t.script(own, a)
	}
	var buf [8]command.Key
	keys, known := command.Find(buf[:0], e.args)
	if !known {
		for _, k := range e.keys {
			t.lower(k.name, own)
		}
		return
	}
	inherited := own
	for _, k := range keys {
		inherited = max(inherited, t.of[string(e.args[k.Index])])
	}
	for _, k := range keys {
		name := string(e.args[k.Index])
		switch {
		case k.Access.Outright() && own == followed:
			delete(t.of, name)
		case k.Access.Outright():
			t.lower(name, own)
		case k.Access.Writes():
			t.lower(name, inherited)
		}
	}
}

// script lowers the trust in keys that a script may change without naming them
// in its command.
func (t *trusts) script(own trust, a *script.Analysis) {
	if a == nil { // most scripts change what their calls name
		t.all = max(t.all, unsure)
		return
	}
	if !a.Certain() || a.Has(script.ComputedKey) || a.Has(script.NestedScript) {
		t.all = max(t.all, own)
		t.everything = t.everything || own == unfollowed
		return
	}
	for _, name := range a.Keys {
		t.lower(name, own)
	}
}

// given reports whether the keys that stand in a script's text are among those
// that the engine was given.
func (h *history) given(a *script.Analysis) bool {
	for _, name := range a.Keys {
		if !h.names[name] {
			return false
		}
	}
	return true
}

func (t *trusts) lower(name string, to trust) {
	if to > t.of[name] {
		t.of[name] = to
	}
}

// trustIn is how far an engine's run of an event can be trusted, from its
// arguments and its script.
func (s *simulation) trustIn(e *event) trust {
	switch {
	case e.scope == command.Scripted:
		return s.trustInScript(e)
	case command.Is(e.args, "SPOP"), command.ParseXAdd(e.args).NewID && command.Is(e.args, "XADD"):
		return unfollowed
	case command.Is(e.args, "SORT") && readsPatterns(e.args):
		return unfollowed // keys that it does not name, and ties in any order
	}
	return followed
}

// readsPatterns reports whether a SORT reads keys through BY or GET.
func readsPatterns(args [][]byte) bool {
	for i := 2; i+1 < len(args); i++ {
		if command.Is(args[i:], "BY", "GET") && bytes.IndexByte(args[i+1], '*') >= 0 {
			return true
		}
	}
	return false
}

// randomReplies are the commands whose reply is another one on each server.
var randomReplies = []string{"SPOP", "SRANDMEMBER", "HRANDFIELD", "ZRANDMEMBER", "RANDOMKEY", "TIME"}

// fixedTimes are the commands by which a script sets a time that has passed by
// the engine's clock.
var fixedTimes = []string{"EXPIREAT", "PEXPIREAT", "HEXPIREAT", "HPEXPIREAT", "RESTORE"}

func (s *simulation) trustInScript(e *event) trust {
	a := s.history.analysis(e.args)
	if a == nil || !a.Certain() || a.Has(script.Time) || calls(a, randomReplies) || calls(a, fixedTimes) {
		return unfollowed
	}
	if a.ReadsSorted() && s.engine != nil {
		const unsorted = server.UnsortedScriptReplies
		if unsorted.Of(s.report.Master.Version) != unsorted.Of(s.engine.Version) {
			return unfollowed
		}
	}
	if a.Has(script.NestedScript) || a.Has(script.ComputedKey) && readsKeys(a) || !s.history.given(a) {
		return unsure
	}
	return followed
}

// readsKeys reports whether a script calls anything that a key's value has a part
// in, or whose reply may.
func readsKeys(a *script.Analysis) bool {
	return slices.ContainsFunc(a.Commands, func(name string) bool { return !command.SetsOutright(name) })
}

// calls reports whether a script calls one of these commands.
func calls(a *script.Analysis, names []string) bool {
	return slices.ContainsFunc(a.Commands, func(name string) bool { return slices.Contains(names, name) })
}

// overScores reports whether an event deletes or copies a lexical range of a
// sorted set whose members have several scores: what that does depends on how
// the set is encoded, and in a skiplist on chance.
func (s *simulation) overScores(ctx context.Context, e *event, db int, pending *[]engine.Step) (bool, error) {
	at := 1
	switch {
	case s.engine == nil:
		return false, nil
	case command.Is(e.args, "ZRANGESTORE") && command.Has(e.args, "BYLEX"):
		at = 2
	case !command.Is(e.args, "ZREMRANGEBYLEX"):
		return false, nil
	}
	if len(e.args) <= at {
		return false, nil
	}
	if err := s.flush(ctx, pending); err != nil {
		return false, err
	}
	return s.engine.SeveralScores(ctx, db, e.args[at])
}
