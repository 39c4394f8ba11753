package replay

import (
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/script"
	"github.com/redsleuth/redsleuth/server"
)

// runUnordered counts the runs of a script whose writes may depend on an order
// that this replica does not share with its master.
func (f *follower) runUnordered(c *record.Command, k *knownScript) {
	if server.UnsortedScriptReplies.Of(f.version) != server.Yes {
		return
	}
	a := f.analyser.verdict(k.verdict)
	if a == nil || len(a.Writes) == 0 || !a.Has(script.Unordered) {
		return
	}
	f.again(string(k.sha[:]), func() finding.Finding {
		n := f.at(c, finding.ScriptUnordered, finding.Info,
			"the script writes, and reads what older masters sort for it and this replica does not: where the order matters, the two write different things")
		n.SHA1 = k.sha.String()
		n.Affects = server.UnsortedScriptReplies.Affects()
		return n
	})
}

// runXAdd counts the entries whose id the replica makes up.
func (f *follower) runXAdd(c *record.Command) {
	if !command.ParseXAdd(c.Args).NewID {
		return
	}
	f.again("XADD", func() finding.Finding {
		n := f.at(c, finding.IDMadeUp, finding.Info,
			"an XADD without an id: the master took it for one that it had run already, and a replica that forgot that one adds an entry with an id of its own")
		n.Keys, n.Affects = cloneKeys(c.Args[1:2]), server.ResendsDuplicateXADD.Affects()
		return n
	})
}

// again reports a finding once for each key, and counts it from then on.
func (f *follower) again(key string, first func() finding.Finding) {
	i, ok := f.counted[key]
	if !ok {
		n := first()
		n.Count = 1
		f.counted[key] = f.report(n)
		return
	}
	if i >= 0 {
		f.findings[i].Count++
	}
}
