package text

import (
	"fmt"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// reordered says of two lists of the same elements that their order is all that
// differs: the edits, of which some count in one list and some in the other, don't
// let one see that.
func (w *diffText) reordered(d *diff.Difference) {
	if !mixed(d) || d.ChangesTotal != int64(len(d.Changes)) || d.Master.Elements != d.Replica.Elements {
		return
	}
	balance := map[string]int{}
	for i := range d.Changes {
		c := &d.Changes[i]
		if c.Master != nil {
			balance[string(c.Master.Bytes)]++
		}
		if c.Replica != nil {
			balance[string(c.Replica.Bytes)]--
		}
	}
	for _, n := range balance {
		if n != 0 {
			return
		}
	}
	w.line("  the same %d elements, in another order", d.Master.Elements)
}

// mixed reports whether the changes of a list count in both lists: what is added in
// the master's, what is removed in the replica's.
func mixed(d *diff.Difference) bool {
	if d.Master == nil || d.Replica == nil || d.Master.Object != rdb.ObjectList || d.Replica.Object != rdb.ObjectList {
		return false
	}
	var adds, removes bool
	for i := range d.Changes {
		adds = adds || d.Changes[i].Op == diff.Add
		removes = removes || d.Changes[i].Op == diff.Remove
	}
	return adds && removes
}

// position is where a change is; of mixed ones, in whose list.
func position(c *diff.Change, mixed bool) string {
	whose := ""
	if mixed {
		whose = map[diff.Op]string{
			diff.Add: " of the master's", diff.Remove: " of the replica's", diff.Alter: " of the master's",
		}[c.Op]
	}
	return fmt.Sprintf("at %d%s", *c.At, whose)
}
