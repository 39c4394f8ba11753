package replica

import (
	"cmp"
	"slices"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/server"
)

// maxRanges bounds how many separate ranges are kept; further ones melt into
// their neighbours.
const maxRanges = 1 << 14

// Unsafe is a range of offsets at which a restart would have done harm:
// from From up to and with To.
type Unsafe struct {
	Behaviour server.Behaviour
	From, To  int64
	// Victim is the first command that would have failed; Commands counts
	// those that would have, for one restart or another.
	Victim   Victim
	Commands int64

	process int
}

// A Victim is a command that a replica could not run as its master did.
type Victim struct {
	Link    int
	Offset  int64
	Command string
	SHA1    string
	DB      int
	Keys    [][]byte
}

// restarts are the ranges of those that would do harm.
type restarts struct{ scripts, database ranges }

// ranges are those of one behaviour. Their ends grow within a process, but for
// those that lie within the last.
type ranges struct {
	behaviour server.Behaviour
	list      []Unsafe
}

func newRestarts() *restarts {
	return &restarts{ranges{behaviour: server.LoadsScripts}, ranges{behaviour: server.RestoresDatabase}}
}

// add says that c would fail if p restarted anywhere from from up to and with
// to. sha is that of its script, where it is about that.
func (r *ranges) add(p *process, from, to int64, c Call, sha *Digest) {
	if from == record.Unknown || c.Offset == record.Unknown || to < from {
		return
	}
	r.put(p.number, from, to, func() Unsafe {
		v := Victim{Link: p.link, Offset: c.Offset, Command: string(c.Args[0]), DB: c.DB, Keys: keysOf(c.Args)}
		if sha != nil {
			v.SHA1 = sha.String()
		}
		return Unsafe{Behaviour: r.behaviour, Victim: v}
	})
}

// maxVictimKeys is how many keys of a victim are kept.
const maxVictimKeys = 64

func keysOf(args [][]byte) [][]byte {
	keys := command.Keys(args)
	list := make([][]byte, 0, min(len(keys), maxVictimKeys))
	for _, k := range keys[:min(len(keys), maxVictimKeys)] {
		list = append(list, append([]byte{}, k...))
	}
	return list
}

// put puts in the range from from up to a victim. What it overlaps melts into
// it, and the victim that comes first stays.
func (r *ranges) put(process int, from, to int64, victim func() Unsafe) {
	var first *Unsafe
	commands := int64(1)
	for n := len(r.list); n > 0; n = len(r.list) {
		last := r.list[n-1]
		if last.process != process || last.To < from {
			break
		}
		from, to = min(from, last.From), max(to, last.To)
		first = &last
		commands += last.Commands
		r.list = r.list[:n-1]
	}
	if first == nil && len(r.list) >= maxRanges {
		last := &r.list[len(r.list)-1]
		last.To, last.Commands = to, last.Commands+1
		return
	}
	u := Unsafe{}
	if first != nil {
		u = *first
	} else {
		u = victim()
	}
	u.From, u.To, u.Commands, u.process = from, to, commands, process
	r.list = append(r.list, u)
}

// all lists the ranges of all, those of one behaviour by offset. Processes that
// ran the same offsets don't tell them apart.
func (r *restarts) all() []Unsafe {
	return append(merged(r.scripts.list), merged(r.database.list)...)
}

// merged joins ranges that overlap; the victim is the first one's.
func merged(list []Unsafe) []Unsafe {
	slices.SortStableFunc(list, func(a, b Unsafe) int { return cmp.Compare(a.From, b.From) })
	var out []Unsafe
	for _, u := range list {
		if n := len(out) - 1; n >= 0 && u.From <= out[n].To {
			last := &out[n]
			if u.Victim.Offset < last.Victim.Offset {
				last.Victim = u.Victim
			}
			last.To, last.Commands = max(last.To, u.To), last.Commands+u.Commands
			continue
		}
		out = append(out, u)
	}
	return out
}
