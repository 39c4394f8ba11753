package diff

import (
	"slices"

	"github.com/redsleuth/redsleuth/finding"
)

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
