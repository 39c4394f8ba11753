package cause

import (
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
)

// A taint is what a misplaced or a dropped command did to a key.
type taint struct {
	cause finding.Cause
	event *event // the first of them
	// inherited: the key was made from one that was tainted already.
	inherited bool
}

// taintKeys follows what went wrong through the events, by key.
func taintKeys(events []*event) map[string]*taint {
	tainted := map[string]*taint{}
	for _, e := range events {
		switch {
		case e.misplaced():
			taintNamed(tainted, &taint{cause: finding.CauseWrongDatabase, event: e})
		case e.refused():
			taintNamed(tainted, &taint{cause: finding.CauseReEvaluated, event: e})
		case e.dropped():
			taintNamed(tainted, &taint{cause: finding.CauseScriptMissing, event: e})
		default:
			propagate(tainted, e)
		}
	}
	return tainted
}

// taintNamed taints the keys that an event changes, or should have.
func taintNamed(tainted map[string]*taint, t *taint) {
	for _, k := range t.event.keys {
		if k.writes && tainted[k.name] == nil {
			tainted[k.name] = t
		}
	}
}

// propagate taints what a command makes out of tainted keys.
func propagate(tainted map[string]*taint, e *event) {
	var from *taint
	for _, k := range e.keys {
		if from = tainted[k.name]; from != nil {
			break
		}
	}
	if from == nil || len(e.keys) < 2 {
		return
	}
	for _, k := range e.keys {
		if k.writes && tainted[k.name] == nil {
			tainted[k.name] = &taint{from.cause, from.event, true}
		}
	}
}

// taintOf is what the first misplaced or dropped command did that names the
// key, or a key from which this one was made.
func (a *attribution) taintOf(s *diff.Subject) *taint {
	t := a.tainted[string(s.Key)]
	if t != nil && !t.inherited && !t.event.touches(s.DB, string(s.Key)) {
		return nil
	}
	return t
}

// anyTaint is what went wrong on the replica's way at all: a script may change
// keys that it does not name.
func (a *attribution) anyTaint() *taint {
	for _, e := range a.onReplica.events {
		if e.misplaced() && e.scope == command.Scripted {
			return &taint{cause: finding.CauseWrongDatabase, event: e}
		}
		if e.refused() && e.scope == command.Scripted {
			return &taint{cause: finding.CauseReEvaluated, event: e}
		}
		if e.dropped() && !e.refused() {
			return &taint{cause: finding.CauseScriptMissing, event: e}
		}
	}
	return nil
}
