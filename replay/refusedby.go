package replay

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/server"
)

// inputsOf are the findings about inputs as they concern the n-th version that was asked
// about: what the replica's log says that it refused is among them.
func (r *runner) inputsOf(n int) []finding.Finding {
	facts := &r.options.Facts
	if len(facts.RefusedCommands) == 0 || len(r.plan.Replicas) == 0 {
		return r.inputs
	}
	wrote := facts.Replica // the log
	if wrote.IsZero() {
		wrote, _ = r.reportersOf(r.plan.Replicas[0])[0].replica.Version()
	}
	refused := slices.SortedFunc(maps.Keys(facts.RefusedCommands), func(a, b repl.RefusedCommand) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Why, b.Why))
	})
	var told []finding.Finding
	for _, c := range refused {
		if r.concerns(c, wrote, n) {
			told = append(told, r.refusedByLog(c, wrote))
		}
	}
	return slices.Insert(slices.Clone(r.inputs), r.errorsEnd, told...)
}

// concerns reports whether what a log of a version says was refused is to be told of
// the n-th version. A name that was too new for the one is none for a version that has
// it, where memory, ACLs and renamed commands are the configuration's; and where the
// stream itself shows it of the version, it is told by that.
func (r *runner) concerns(c repl.RefusedCommand, wrote server.Version, n int) bool {
	if _, newer := c.NewerThan(wrote); !newer {
		return true
	}
	for _, rep := range r.plan.Replicas {
		f := r.reportersOf(rep)[n]
		if v, _ := f.replica.Version(); command.Refused([][]byte{[]byte(c.Name)}, v).Answer == server.No ||
			f.findings.refuses(c.Name) {
			return false
		}
	}
	return true
}

// refuses reports whether the stream shows that a replica refuses a command.
func (f *findings) refuses(name string) bool {
	return slices.ContainsFunc(f.all, func(g finding.Finding) bool {
		return g.Code == finding.CommandRefused && g.Severity == finding.Error && bytes.EqualFold(g.Command, []byte(name))
	})
}

// refusedByLog tells of a command that a log says was refused, and where, as far as the
// log shows that.
func (r *runner) refusedByLog(c repl.RefusedCommand, wrote server.Version) finding.Finding {
	count := r.options.Facts.RefusedCommands[c]
	f := finding.Finding{
		Code: finding.CommandRefused, Severity: finding.Error, Count: count, Command: []byte(c.Name),
		Message: fmt.Sprintf("the replica's log says %s that it refused the command: %s", times(count), c.Reason(wrote)),
	}
	aborted := false
	for _, rep := range r.plan.Replicas {
		for _, p := range r.reportersOf(rep)[0].refusedAt.foundOf(c) {
			aborted = aborted || p.aborts()
			if len(f.Places) < maxRefusedPlaces {
				f.Places = append(f.Places, p.place)
			}
			f.Keys = append(f.Keys, p.keys[:min(len(p.keys), maxKeysShown-len(f.Keys))]...)
		}
	}
	if len(f.Places) > 0 {
		f.Path, f.Link, f.Offset = f.Places[0].Path, f.Places[0].Link, f.Places[0].Offset
	}
	if aborted {
		f.Message += "; with it all of its transaction, as EXEC does nothing then (EXECABORT)"
	}
	return f
}
