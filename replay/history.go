package replay

import (
	"bytes"
	"cmp"
	"crypto/sha1"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/replica"
	"github.com/redsleuth/redsleuth/script"
)

const (
	// mostCompared is how many keys of a command are looked at for one that it names twice.
	mostCompared  = 64
	maxTouches    = 20_000
	maxTouchBytes = 10 << 20
)

// touches are the history of the keys asked for.
type touches struct {
	asked    func(key []byte) bool // nil where there is none
	list     []Touch
	bytes    int64 // about what they take
	leftOut  int64
	dumps    dumpKeys
	analyser *replica.Analyser
	// queued are commands within transactions, of names that the log says were refused:
	// what is doubtful of one is of all of its transaction, whichever keys it names.
	queued []queued
}

// A queued command is one of a transaction of a link; name is in lower case.
type queued struct {
	link, transaction int
	name              string
}

// dumpKeys are the keys asked for that dumps hold.
type dumpKeys map[*replica.Dump]*touches

// see makes the function that keeps those of a dump, as it is read.
func (k dumpKeys) see(d *replica.Dump, asked func(key []byte) bool) func(*rdb.Record, *rdb.Decoder) error {
	if asked == nil {
		return nil
	}
	kept := &touches{}
	k[d] = kept
	return func(r *rdb.Record, from *rdb.Decoder) error {
		if !asked(r.Key) {
			return nil
		}
		t := Touch{
			Path: d.Path, Byte: r.Byte, DB: r.DB, ReplicaDB: r.DB, Key: clone(r.Key), Type: r.Object.String(),
			Outcome: Loaded,
		}
		err := t.value(r, from)
		kept.add(t, maxTouchBytes/2)
		return err
	}
}

// queue takes note of a command that may have been refused with its transaction.
func (f *reporter) queue(c *record.Command) {
	if c.Transaction <= 0 || len(f.touches.queued) >= maxTouches {
		return
	}
	for refused := range f.options.Facts.RefusedCommands {
		name, _, _ := strings.Cut(refused.Name, "|")
		if strings.EqualFold(name, string(c.Args[0])) {
			f.touches.queued = append(f.touches.queued, queued{f.link.Index, c.Transaction, strings.ToLower(name)})
			return
		}
	}
}

// touch adds a command to the history of the keys asked for.
func (f *reporter) touch(c *record.Command, w replica.What, db int, outcome Outcome) {
	f.queue(c)
	now := f.replica.Now()
	t := Touch{
		Path: f.link.Path, File: f.file, Link: f.link.Index, Offset: c.Offset, Byte: c.Byte, Time: c.Time,
		DB: now.StreamDB, ReplicaDB: db, Outcome: outcome, History: f.link.ReplicationID,
	}
	if now.Transaction {
		t.Transaction = cmp.Or(c.Transaction, -1)
	}
	if outcome == Undelivered { // the state stays what it was
		t.DB, t.Transaction, t.ReplicaDB = c.DB, c.Transaction, record.Unknown
	}
	t.Command = string(c.Args[0])
	found := false
	for _, key := range eachOnce(command.Keys(c.Args)) {
		if f.touches.asked(key) {
			t.Key, found = clone(key), true
			t.arguments(c.Args)
			f.touches.add(t, maxTouchBytes)
		}
	}
	if found {
		return
	}
	switch w.Class {
	case command.Flush:
	case command.Eval, command.EvalSHA, command.Fcall:
		if t.Computed = f.touches.mayComputeKeys(c, w); !t.Computed {
			return
		}
	default:
		return
	}
	f.touches.add(t, maxTouchBytes)
}

// eachOnce leaves out of the keys of a command those that it names again.
func eachOnce(keys [][]byte) [][]byte {
	if len(keys) > 1 && len(keys) <= mostCompared {
		var once [][]byte
		for _, k := range keys {
			if !slices.ContainsFunc(once, func(o []byte) bool { return bytes.Equal(o, k) }) {
				once = append(once, k)
			}
		}
		return once
	}
	return keys
}

// add adds one, unless they take as much as there is room for.
func (t *touches) add(touch Touch, room int64) {
	size := int64(250 + len(touch.Key))
	for _, a := range touch.Args {
		size += int64(24 + len(a))
	}
	if len(t.list) >= maxTouches || t.bytes+size > room {
		t.leftOut++
		return
	}
	t.bytes += size
	t.list = append(t.list, touch)
}

// argBytes is how much of the arguments of a command a history keeps.
const argBytes = 256

// arguments keeps those of a command that are not the key.
func (t *Touch) arguments(args [][]byte) {
	t.Args, t.ArgsLeft = nil, 0
	key, room := false, argBytes
	for i, a := range args[1:] {
		if !key && bytes.Equal(a, t.Key) {
			key = true
			continue
		}
		if room -= len(a); room < 0 {
			t.ArgsLeft = len(args) - 1 - i
			if !key && slices.ContainsFunc(args[1+i:], func(a []byte) bool { return bytes.Equal(a, t.Key) }) {
				t.ArgsLeft--
			}
			return
		}
		t.Args = append(t.Args, clone(a))
	}
}

// takeBack says of the commands on a link from a byte on that they never ran:
// those of a transaction that did not come to its end.
func (t *touches) takeBack(link int, file []byte, from int64) {
	for i := len(t.list) - 1; i >= 0; i-- {
		c := &t.list[i]
		if c.Outcome == Loaded || c.Link != link || c.Byte < from || string(c.File) != string(file) {
			break
		}
		c.Outcome = Undelivered
	}
}

// begin adds to the history that a process began, or that a full resync
// replaced what it held, with the keys that were loaded then.
func (f *reporter) begin(what Outcome, d *replica.Dump) {
	if f.options.Key == nil {
		return
	}
	begins := Touch{
		Path: f.link.Path, File: f.file, Link: f.link.Index, Offset: f.conn.Asked, Byte: record.Unknown,
		DB: record.Unknown, ReplicaDB: record.Unknown, Outcome: what, History: f.conn.RequestedID(),
	}
	if what == Loaded {
		begins.Time, begins.History = f.conn.Link.Began, f.link.ReplicationID
	}
	if d == nil {
		f.touches.add(begins, maxTouchBytes)
		return
	}
	begins.Path, begins.Offset, begins.FromDump = d.Path, d.Offset, what == Started
	if what == Started {
		begins.History = d.ID
	}
	f.touches.add(begins, maxTouchBytes)
	keys := f.touches.dumps[d]
	if keys == nil {
		return
	}
	for _, t := range keys.list {
		if what == Loaded {
			t.Link = f.link.Index
		}
		t.Offset, t.File, t.History = d.Offset, f.file, begins.History
		f.touches.add(t, maxTouchBytes)
	}
	f.touches.leftOut += keys.leftOut
}

// mayComputeKeys reports whether the script may touch keys that the command does not name.
func (t *touches) mayComputeKeys(c *record.Command, w replica.What) bool {
	if w.Class == command.Fcall || len(c.Args) < 2 {
		return true
	}
	sha, ok := replica.ParseDigest(c.Args[1])
	if w.Class == command.Eval {
		sha, ok = sha1.Sum(c.Args[1]), true
	}
	if !ok {
		return false
	}
	a := t.analyser.Of(sha)
	return a == nil || a.Has(script.ComputedKey) || a.Has(script.UndeclaredKey) ||
		a.Has(script.ComputedCommand) || a.Has(script.Unparsed)
}
