package replay

import (
	"crypto/sha1"
	"time"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/script"
)

const (
	maxTouches       = 20_000
	maxTouchBytes    = 10 << 20
	maxScriptsListed = 1_000
)

// reach takes the state down when the point that was asked for is passed by
// the next command.
func (f *follower) reach(c *record.Command) {
	if !f.pending {
		return
	}
	p := f.options.At
	if p.Time.IsZero() && (!known(c.EndOffset) || c.EndOffset <= p.Offset) || !p.Time.IsZero() && !p.before(c.Time) {
		return
	}
	f.position = c.Offset
	f.snapshot(c.Time, true)
	f.watch()
}

// before reports whether the point is one in time and lies before t.
func (p *Point) before(t time.Time) bool { return !p.Time.IsZero() && !t.IsZero() && t.After(p.Time) }

// snapshot adds the state as it is now.
func (f *follower) snapshot(t time.Time, reached bool) {
	f.pending = false
	s := State{
		Replica: f.replica, Link: f.link.Number, ReplicationID: f.id, Offset: f.position,
		SecondaryID: f.id2, SecondaryLimit: f.limit, Time: t, DB: f.db, StreamDB: f.streamDB, Transaction: f.open,
		Process: f.process, ScriptsKnown: f.scripts.complete, Libraries: f.libraries.names(),
		LibrariesKnown: f.libraries.complete, Reached: reached, CommandsInWrongDB: f.wrong.commands,
	}
	s.Scripts, s.ScriptsLeftOut = f.scripts.held(maxScriptsListed)
	f.states = append(f.states, s)
}

// touch adds a command to the history of the keys asked for.
func (f *follower) touch(c *record.Command, w what, db int, outcome record.Outcome) {
	t := Touch{
		Path: f.link.Path, File: f.file, Link: f.link.Number, Offset: c.Offset, Byte: c.Byte, Time: c.Time,
		DB: f.streamDB, ReplicaDB: db, Outcome: outcome, Transaction: f.open,
	}
	if outcome == record.Undelivered { // the state stands still
		t.DB, t.Transaction = c.DB, c.Transaction > 0
	}
	t.Command = string(c.Args[0])
	found := false
	for _, key := range command.Keys(c.Args) {
		if f.options.Key(key) {
			t.Key, found = clone(key), true
			f.addTouch(t)
		}
	}
	if found {
		return
	}
	switch w.class {
	case command.Flush:
	case command.Eval, command.EvalSHA, command.Fcall:
		if t.Computed = f.mayComputeKeys(c, w); !t.Computed {
			return
		}
	default:
		return
	}
	f.addTouch(t)
}

func (f *follower) addTouch(t Touch) {
	size := int64(250 + len(t.Key))
	if len(f.touches) >= maxTouches || f.touchBytes+size > maxTouchBytes {
		f.leftOut++
		return
	}
	f.touchBytes += size
	f.touches = append(f.touches, t)
}

// remember keeps a key that is asked for.
func (b *dump) remember(k *rdb.Record) {
	if b.asked == nil || !b.asked(k.Key) {
		return
	}
	if b.keyBytes += int64(250 + len(k.Key)); len(b.keys) >= maxTouches || b.keyBytes > maxTouchBytes/2 {
		b.keysLeftOut++
		return
	}
	b.keys = append(b.keys, Touch{
		Path: b.Path, Byte: k.Byte, DB: k.DB, ReplicaDB: k.DB, Key: clone(k.Key), Type: k.Object.String(), Outcome: record.Loaded,
	})
}

// touchBeginning adds to the history that a process began, or that a full
// resync replaced what it held, with the keys that were loaded then.
func (f *follower) touchBeginning(what record.Outcome, link int, d *dump) {
	if f.options.Key == nil {
		return
	}
	begins := Touch{Path: f.link.Path, File: f.file, Link: f.link.Number, Offset: f.conn.Asked, DB: record.Unknown, ReplicaDB: record.Unknown, Outcome: what}
	begins.Byte = record.Unknown
	if d == nil {
		f.addTouch(begins)
		return
	}
	begins.Path, begins.Offset, begins.FromDump = d.Path, d.Offset, what == record.Started
	f.addTouch(begins)
	for _, t := range d.keys {
		t.Link, t.Offset, t.File = link, d.Offset, f.file
		f.addTouch(t)
	}
	f.leftOut += d.keysLeftOut
}

// mayComputeKeys: the script may touch keys that the command does not name.
func (f *follower) mayComputeKeys(c *record.Command, w what) bool {
	if w.class == command.Fcall || len(c.Args) < 2 {
		return true
	}
	sha, ok := parseDigest(c.Args[1])
	if w.class == command.Eval {
		sha, ok = sha1.Sum(c.Args[1]), true
	}
	if !ok {
		return false
	}
	a := f.analyser.verdict(f.analyser.of(sha))
	return a == nil || a.Has(script.ComputedKey) || a.Has(script.UndeclaredKey) || a.Has(script.ComputedCommand) || a.Has(script.Unparsed)
}
