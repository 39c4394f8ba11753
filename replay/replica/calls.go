package replica

import (
	"bytes"
	"crypto/sha1"
	"slices"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/replay/session"
	"github.com/redsleuth/redsleuth/script"
	"github.com/redsleuth/redsleuth/server"
)

// scripting is what the process runs scripts with: its script cache, and what
// was found out about bodies.
type scripting struct {
	*process
	table    *scriptTable
	restarts *restarts
	unseen   ScriptsUnseen
	// atRisk and unordered are events that may come with every command.
	atRisk    ScriptAtRisk
	unordered ScriptUnordered
}

// learn adds a body to the script cache.
func (s *scripting) learn(c Call, body []byte, kind SourceKind) *knownScript {
	sha := Digest(sha1.Sum(body))
	k, had := s.table.add(sha, int64(len(body)), s.place(c, kind))
	if k == nil {
		return nil
	}
	if had {
		k.again++
		k.againBytes += c.Bytes
	}
	k.resumes, k.until = s.resumes, c.EndOffset
	if k.seen == 1 {
		k.verdict = s.options.Analyser.add(sha, body)
	}
	return k
}

func (s *scripting) runEval(c Call) {
	if len(c.Args) < 2 {
		return
	}
	if k := s.learn(c, c.Args[1], SourceEval); k != nil {
		k.calls++
		s.runBody(c, k)
	}
}

// runBody looks at what a script that the replica runs calls and writes.
func (s *scripting) runBody(c Call, k *knownScript) {
	a := s.options.Analyser.verdict(k.verdict)
	if a == nil {
		return
	}
	if s.table.isComplete() {
		for _, name := range a.Calls {
			sha, ok := ParseDigest([]byte(name))
			if ok && s.table.holds(sha) == nil {
				s.emit(&ScriptMissing{
					Call: c, Script: s.lookup(sha), Nested: true,
					Master: s.masterOf(s.conn), Restarted: s.restartLost(),
				})
			}
		}
	}
	master := s.masterOf(s.conn)
	if row, ok := divergence.ByName(divergence.ScriptSPop); ok && row.Concerns(master, s.version) == server.Yes &&
		row.Fits(divergence.Command{Args: c.Args, Script: a}) == divergence.Doubtful {
		s.emit(&Divergent{Call: c, Row: row})
	}
	if server.UnsortedScriptReplies.Of(s.version) == server.Yes && len(a.Writes) > 0 && a.Has(script.Unordered) {
		s.unordered = ScriptUnordered{c, k.sha}
		s.emit(&s.unordered)
	}
}

func (s *scripting) runScript(c Call) {
	if len(c.Args) < 2 {
		return
	}
	switch {
	case len(c.Args) >= 3 && bytes.EqualFold(c.Args[1], []byte("LOAD")):
		s.learn(c, c.Args[2], SourceLoad)
	case bytes.EqualFold(c.Args[1], []byte("FLUSH")):
		_, held := s.table.held(0)
		s.emit(&ScriptsFlushed{c, held})
		s.fromDump = false
		s.table.empty(Drop{Flush: true, Link: s.link, Offset: c.Offset})
		s.table.complete = true
	}
}

// runEvalSHA runs a script by its name, if the replica has it.
func (s *scripting) runEvalSHA(c Call) Outcome {
	if len(c.Args) < 2 {
		return Applied
	}
	sha, ok := ParseDigest(c.Args[1])
	if !ok {
		return Applied // no script has such a name, on the master neither
	}
	if k := s.table.holds(sha); k != nil {
		k.calls++
		if k.resumes < s.resumes {
			s.atRisk = ScriptAtRisk{c, k.sha, k.last.place(), s.resumes}
			s.emit(&s.atRisk)
		}
		s.runBody(c, k)
		if s.options.Restarts && s.losesScripts() == server.Yes {
			s.restarts.scripts.add(s.process, k.until, c.Offset, c, &sha)
		}
		return Applied
	}
	k := s.table.met(sha)
	if k != nil {
		k.calls++
	}
	if !s.table.isComplete() {
		if s.unseen.Calls++; s.unseen.Calls == 1 {
			s.unseen.SHA, s.unseen.First = sha, c.Offset
		}
		return Applied
	}
	s.emit(&ScriptMissing{Call: c, Script: s.lookup(sha), Master: s.masterOf(s.conn), Restarted: s.restartLost()})
	if k != nil && s.options.Restarts && s.restartLost() {
		s.restarts.scripts.add(s.process, k.until, c.Offset, c, &sha) // as the restart that was showed
	}
	return Dropped
}

// lookup is what is known of a script that the replica does not have.
func (s *scripting) lookup(sha Digest) Lookup {
	l := Lookup{SHA: sha, InDump: s.loaded.carries(sha)}
	if k := s.table.met(sha); k != nil {
		l.Met, l.Last = true, k.last.place()
		if d, ok := s.table.droppedBy(k); ok {
			l.Dropped = &d
		}
	}
	return l
}

// runsUntil is the last offset at which the replica could restart and would
// still run c, in whichever database: a script must have its source after it.
func (s *scripting) runsUntil(c Call, class command.Class) int64 {
	if class != command.EvalSHA || s.losesScripts() != server.Yes || len(c.Args) < 2 {
		return c.Offset
	}
	sha, ok := ParseDigest(c.Args[1])
	if k := s.table.holds(sha); ok && k != nil {
		return min(c.Offset, k.until-1)
	}
	return c.Offset
}

// wouldDie reports whether the RDB brings a script that crashes the process.
func (s *scripting) wouldDie(d *Dump) bool {
	return server.PanicsOnDuplicateScript.Of(s.version) == server.Yes &&
		slices.ContainsFunc(d.scripts, func(d DumpScript) bool { return s.table.holds(d.SHA) != nil })
}

// load adds the scripts of an RDB to the cache, in file order, and says which
// ones were there already.
func (s *scripting) load(d *Dump, link int) *DuplicateOnLoad {
	twice := &DuplicateOnLoad{Dump: d, Link: link}
	loads := server.LoadsScripts.Of(s.version)
	if loads != server.No {
		s.table.overflow += d.scriptsLeftOut
	}
	for _, body := range d.scripts {
		had := s.table.holds(body.SHA) != nil
		if had {
			twice.add(body)
		}
		if loads == server.No {
			continue
		}
		if had && server.PanicsOnDuplicateScript.Of(s.version) == server.Yes {
			break
		}
		k, _ := s.table.add(body.SHA, body.Bytes, Place{SourceAux, link, d.Offset})
		if k == nil {
			continue
		}
		k.until, k.resumes = d.Offset, s.resumes
		if loads == server.Unknown {
			k.resumes-- // only perhaps
		}
		k.verdict = s.options.Analyser.of(body.SHA)
	}
	return twice
}

func (e *DuplicateOnLoad) add(s DumpScript) {
	if e.Count == 0 {
		e.First = s
	}
	e.Count++
	e.Bytes += s.Bytes
}

// restart is what the start from a dump makes of the script cache, before the
// scripts in it are loaded.
func (s *scripting) restart(c *session.Connection, d *Dump, supposed bool) {
	why := Drop{Link: s.link, Offset: c.Asked}
	if supposed && server.SavesScripts.Of(s.version) == server.Yes && server.SavesScripts.Of(d.Version) != server.Yes {
		s.table.rewind(d.Offset, why)
		return
	}
	s.table.empty(why)
	s.table.complete = true
}

// restartOlder is what the start from a dump at an offset makes of it that is
// no artefact, and that such a version would have saved.
func (s *scripting) restartOlder(asked int64) {
	why := Drop{Link: s.link, Offset: asked}
	switch s.losesScripts() {
	case server.No:
		s.table.rewind(asked, why)
	case server.Yes:
		s.table.empty(why)
	case server.Unknown:
		s.table.rewind(asked, why)
		s.resumes++
	}
}

// run runs EVAL, EVALSHA and SCRIPT.
func (s *scripting) run(c Call, class command.Class) Outcome {
	switch class {
	case command.Eval:
		s.runEval(c)
	case command.EvalSHA:
		return s.runEvalSHA(c)
	case command.ScriptCache:
		s.runScript(c)
	}
	return Applied
}

// finish tells what only the end of everything tells.
func (s *scripting) finish() {
	if s.unseen.Calls > 0 {
		s.unseen.Overflow, s.unseen.Limit = s.table.overflow > 0, s.table.limit
		s.emit(&s.unseen)
	}
	for k := range s.table.all {
		if k.again > 0 {
			s.emit(&ScriptResent{SHA: k.sha, Times: k.again, Bytes: k.againBytes})
		}
	}
}
