package replica

import (
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/server"
)

// refusals knows which commands the replica's servers answer with an error,
// because name or option is newer than they are. What a name comes to is
// decided once.
type refusals struct {
	version server.Version // that the verdicts are for
	source  VersionSource
	learnt  int                          // process.learnt then
	passes  []bool                       // by What.Name: the verdict is fine
	byName  []verdict                    // by What.Name
	subs    map[*command.Command]verdict // of containers
	event   CommandRefused               // an event that may come with every command
}

// verdict is what a name comes to.
type verdict struct {
	kind   verdictKind
	filter *command.Filter // of those that depend on options
}

type verdictKind uint8

const (
	undecided verdictKind = iota
	fine
	refused   // or not known to the table
	byOptions // as the options are
	bySub     // as the subcommand is
)

// none reports whether the replica is known to refuse no command of the name.
func (r *refusals) none(p *process, w What) bool {
	return p.learnt == r.learnt && int(w.Name) < len(r.passes) && r.passes[w.Name]
}

// of is what is known of the name so far.
func (r *refusals) of(p *process, w What) verdict {
	if p.learnt != r.learnt || r.byName == nil {
		r.version, r.source, r.learnt = p.version, p.source, p.learnt
		r.passes, r.byName, r.subs = r.passes[:0], r.byName[:0], nil
	}
	if int(w.Name) >= len(r.byName) {
		return verdict{}
	}
	return r.byName[w.Name]
}

// check emits CommandRefused if c is a command that the replica refuses, or
// one of which nothing is known.
func (r *refusals) check(p *process, c Call, w What) {
	v := r.of(p, w)
	version := r.version
	if r.source == VersionAssumed {
		version = server.Version{} // a master knows what it sends
	}
	if v.kind == undecided {
		v = decide(c, w, version)
		r.note(w, v)
	}
	if v.kind == bySub {
		v = r.sub(c, version)
	}
	if v.kind == fine || v.kind == byOptions && !v.filter.Passes(c.Args) {
		return
	}
	refusal := command.Refused(c.Args, version)
	if refusal.Answer == server.Yes || !refusal.Known {
		r.event = CommandRefused{c, refusal}
		p.emit(&r.event)
	}
}

// note keeps a verdict, but for names that are too many to be told apart.
func (r *refusals) note(w What, v verdict) {
	for int(w.Name) >= len(r.byName) {
		r.byName, r.passes = append(r.byName, verdict{}), append(r.passes, false)
	}
	if w.Name > 0 {
		r.byName[w.Name], r.passes[w.Name] = v, v.kind == fine
	}
}

// sub is the verdict on a command of a container.
func (r *refusals) sub(c Call, version server.Version) verdict {
	row := command.Lookup(c.Args)
	v, ok := r.subs[row]
	if !ok {
		v = verdictOn(c, version)
		if r.subs == nil {
			r.subs = map[*command.Command]verdict{}
		}
		r.subs[row] = v
	}
	return v
}

// decide looks at a name for the first time.
func decide(c Call, w What, version server.Version) verdict {
	switch {
	case w.Class == command.Functions || w.Class == command.Fcall:
		return verdict{kind: fine} // there are events of their own about them
	case command.Container(c.Args[0]):
		return verdict{kind: bySub}
	}
	return verdictOn(c, version)
}

func verdictOn(c Call, version server.Version) verdict {
	refusal, filter := command.FilterOf(c.Args, version)
	switch {
	case filter != nil:
		return verdict{byOptions, filter}
	case refusal.Answer == server.Yes || !refusal.Known:
		return verdict{kind: refused}
	}
	return verdict{kind: fine}
}
