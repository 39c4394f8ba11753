package replay

import (
	"cmp"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/server"
)

// maxRanges bounds how many separate ranges are kept; further ones melt into
// their neighbours.
const maxRanges = 1 << 14

// ranges gathers offsets at which a restart would do harm, of one behaviour.
// Their ends grow within a process, but for those that lie within the last.
type ranges struct{ list []Unsafe }

// add puts in the range from from up to a victim. What it overlaps melts into
// it, and the victim that comes first stays.
func (r *ranges) add(process int, from, to int64, victim func() Unsafe) {
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

// unsafe notes that c would fail if the replica restarted anywhere from from
// up to and with to.
func (f *follower) unsafe(b server.Behaviour, from, to int64, c *record.Command, sha string) {
	if from == record.Unknown || c.Offset == record.Unknown || to < from {
		return
	}
	r := f.ranges[b]
	if r == nil {
		r = &ranges{}
		f.ranges[b] = r
	}
	r.add(f.process, from, to, func() Unsafe {
		return Unsafe{Behaviour: b, Victim: Victim{
			Link: f.link.Number, Offset: c.Offset, Command: string(c.Args[0]), SHA1: strings.ToLower(sha), DB: f.streamDB,
			Keys: cloneKeys(command.Keys(c.Args)),
		}}
	})
}

// unsafeRanges lists them all, those of one behaviour by offset. Processes that
// ran the same offsets don't tell them apart.
func (f *follower) unsafeRanges() []Unsafe {
	var all []Unsafe
	for _, b := range []server.Behaviour{server.LoadsScripts, server.RestoresDatabase} {
		if r := f.ranges[b]; r != nil {
			all = append(all, merged(r.list)...)
		}
	}
	return all
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
