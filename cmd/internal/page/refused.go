package page

import (
	"fmt"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/report"
	"github.com/redsleuth/redsleuth/server"
)

// A refusedFor is the commands that the replica refused for one reason.
type refusedFor struct {
	reason string
	names  []string // in upper case
	count  int64
	first  *report.Refusal // of them
}

// mostNames is how many names of commands are told in a sentence.
const mostNames = 6

// refusals are the commands that the replica refused, by reason, in the order in which
// they began.
func (b *builder) refusals() (all []refusedFor) {
	for i := range b.r.Refusals {
		x := &b.r.Refusals[i]
		at := slices.IndexFunc(all, func(r refusedFor) bool { return r.reason == x.Reason })
		if at < 0 {
			at = len(all)
			all = append(all, refusedFor{reason: x.Reason, first: x})
		}
		r := &all[at]
		r.count += x.Count
		if name := strings.ToUpper(x.Name); x.Name != "" && !slices.Contains(r.names, name) {
			r.names = append(r.names, name)
		}
	}
	return all
}

// commands are the names, as a list in a sentence.
func (b *builder) commands(r *refusedFor) string {
	var names []string
	for _, name := range r.names[:min(len(r.names), mostNames)] {
		names = append(names, b.f.CommandText(cutText(name, longestCell)))
	}
	if more := len(r.names) - len(names); more > 0 {
		names = append(names, render.Plural(int64(more), "other", "others"))
	}
	switch n := len(names); n {
	case 0:
		return "commands that it does not name"
	case 1:
		return names[0]
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}

// whyRefused is what the replica refused and why, each reason by itself: of several, no
// one of them is every key's.
func (b *builder) whyRefused() string {
	var why []string
	all := int64(0)
	for _, r := range b.refusals() {
		why = append(why, fmt.Sprintf("%s (%s), as %s", b.commands(&r), render.Plural(r.count, "time", "times"), r.reason))
		all += r.count
	}
	if len(why) == 0 {
		return ""
	}
	from := ". By its version it refuses "
	if b.r.Ending.Refused > 0 {
		from = ". By its log it refused "
	}
	text := from + render.Plural(all, "command", "commands") + ": " + strings.Join(why, "; ")
	if one := b.refusals(); len(one) == 1 { // whose number is that of all
		text = from + render.Plural(all, "command", "commands") + ", " + b.commands(&one[0]) + ", as " + one[0].reason
	}
	if n := b.r.Aborted; n > 0 {
		text += "; " + render.Plural(n, "transaction", "transactions") + " went with that"
	}
	return text
}

// ofRefused says what a version in the replica's place would have changed of what it
// refused: a name that is newer, and nothing of what its configuration refuses.
func (b *builder) ofRefused() string {
	var told []string
	set := refusedFor{}
	for _, r := range b.refusals() {
		if r.first.Renamed || r.first.NoMemory {
			set.names = append(set.names, r.names...)
		}
		if !r.first.Newer {
			continue
		}
		know := "none of them"
		var all []string
		for i := range b.r.Versions {
			if v := b.r.Versions[i].Version; r.knownTo(v) {
				all = append(all, v.String())
				know = strings.Join(all, ", ")
			}
		}
		told = append(told, fmt.Sprintf("%s would have run on %s", b.commands(&r), know))
	}
	if len(set.names) > 0 {
		slices.Sort(set.names)
		set.names = slices.Compact(set.names)
		told = append(told, b.commands(&set)+" would have been refused by every version, for that was its configuration")
	}
	return strings.Join(told, "; ")
}

// knownTo reports whether a version has all of the commands.
func (r *refusedFor) knownTo(v server.Version) bool {
	return !slices.ContainsFunc(r.names, func(name string) bool {
		return command.Refused([][]byte{[]byte(name)}, v).Answer != server.No
	})
}

// refusedNewer reports whether the replica refused what another version has.
func (b *builder) refusedNewer() bool {
	return slices.ContainsFunc(b.r.Refusals, func(x report.Refusal) bool { return x.Newer })
}

// afterRefusals is what to do about what the replica refused, a step for each reason.
func (b *builder) afterRefusals() {
	all := b.refusals()
	for i := range all {
		what, commands := b.remedy(&all[i])
		for j, c := range commands {
			commands[j] = b.onServers(c)
		}
		if x := all[i].first; b.split() && (x.Newer || x.Renamed) {
			what += " Before it is started anew let it SAVE, and see that nothing it is started with says " +
				"replicaof: it would come back as a replica, and lose to a full sync what it holds."
		}
		b.step(what+" ("+string(finding.CommandRefused)+")", commands...)
	}
	if len(all) > 0 {
		return
	}
	if e, ok := finding.Explain(string(finding.CommandRefused)); ok {
		what, commands, _ := b.advice(e.Act)
		what, _, _ = strings.Cut(what, " Then a full resync")
		b.step(what+" ("+e.Code+")", commands...)
	}
}

// remedy takes away one reason.
func (b *builder) remedy(r *refusedFor) (what string, commands []string) {
	names, x := b.commands(r), r.first
	switch {
	case x.NoMemory:
		return b.roomFor(names)
	case x.Newer && x.Since.IsZero():
		return fmt.Sprintf("Run a server of the master's family and version in the replica's place: "+
			"no release of the replica's has %s.", names), nil
	case x.Newer:
		return fmt.Sprintf("Run a newer version in the replica's place, best the master's own: %s "+
			"came with %s. No setting of the replica helps.", names, x.Since), nil
	case x.Renamed:
		from := "the file that INFO server names (config_file), or out of its command line"
		if b.r.Ending.NoConfigFile {
			from = "its command line, as by its INFO it has no configuration file"
		}
		return fmt.Sprintf("Give the replica %s back, which its version has: its configuration "+
				"renames or disables that. Take the rename-command out of %s, and start it anew; it "+
				"can't be set while it runs. Until then COMMAND INFO answers nil.", names, from),
			[]string{"redis-cli -h REPLICA COMMAND INFO " + strings.Join(r.names, " "), "redis-cli -h REPLICA INFO server"}
	}
	return fmt.Sprintf("Take away why the replica refuses %s: %s.", names, r.reason), nil
}

// roomFor takes away a limit of memory, as far as it is still there.
func (b *builder) roomFor(names string) (what string, commands []string) {
	show := []string{"redis-cli -h REPLICA CONFIG GET maxmemory", "redis-cli -h REPLICA CONFIG GET replica-ignore-maxmemory"}
	if limit := b.r.Ending.MaxMemory; limit != nil && *limit == 0 {
		return "Let no limit of the replica refuse what its master sends: its maxmemory left no room " +
			"for " + names + " (OOM), which counts only where replica-ignore-maxmemory is no. Its INFO " +
			"of later says maxmemory:0, so that limit is gone: see who set it, and that nothing sets it " +
			"when it is started anew. yes is the default (from 5.0 on):", append(show, "redis-cli -h REPLICA CONFIG SET replica-ignore-maxmemory yes")
	}
	return "Let the replica take what its master sends, whatever memory it has left: it had none for " +
		names + " (OOM). With replica-ignore-maxmemory yes, which is the default, its limit does not " +
		"count for that; before 5.0 there is no such setting, and maxmemory has to be the " +
		"master's at least.", append(show, "redis-cli -h REPLICA CONFIG SET replica-ignore-maxmemory yes")
}
