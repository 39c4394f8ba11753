package diff

import (
	"slices"

	"github.com/redsleuth/redsleuth/finding"
)

// compareLibraries compares the function libraries.
func (c *Comparison) compareLibraries() {
	names := map[string]bool{}
	master, replica := c.master.libraries(), c.replica.libraries()
	for name := range master {
		names[name] = true
	}
	for name := range replica {
		names[name] = true
	}
	for name := range names {
		m, onMaster := master[name]
		r, onReplica := replica[name]
		if onMaster && onReplica && m == r {
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
	master, replica := c.master.scripts(), c.replica.scripts()
	for sha := range master {
		if !replica[sha] {
			c.report.Scripts = append(c.report.Scripts, ScriptDifference{sha, "master"})
		}
	}
	for sha := range replica {
		if !master[sha] {
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
