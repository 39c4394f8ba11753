package cause

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/script"
)

// An event is a command of the stream that concerns the keys in question.
type event struct {
	path        string
	link        int
	offset, end int64
	time        time.Time
	db          int // in which the master ran it, or record.Unknown
	replicaDB   int
	outcome     record.Outcome
	args        [][]byte
	keys        []namedKey // in no database
	class       class
}

// misplaced reports whether the replica ran it in another database.
func (e *event) misplaced() bool {
	return e.outcome == record.Applied && e.db != record.Unknown && e.replicaDB != record.Unknown && e.db != e.replicaDB
}

// dropped reports whether the replica ran nothing of it.
func (e *event) dropped() bool { return e.outcome == record.Dropped }

// touches reports whether it can have changed a key that it names, or all.
func (e *event) touches(db int, key string) bool {
	here := e.db == db || e.replicaDB == db || e.db == record.Unknown
	switch e.class {
	case keyspace:
		return true
	case database:
		return here
	}
	return (here || e.class == crossing) && slices.Contains(e.keys, namedKey{key, true})
}

// wide reports whether it changes keys that it does not name.
func (e *event) wide() bool { return e.class == keyspace || e.class == database }

// A begin is where a state of the replica begins.
type begin struct {
	outcome record.Outcome // Started or Loaded
	offset  int64
	path    string // of the input that holds the dump or the payload; "" for none
	link    int    // of the payload; 0 is a dump
	at      int    // number of events before it
}

// A span is a range of offsets that the streams hold.
type span struct{ from, to int64 }

// A history is what the streams hold of a set of keys.
type history struct {
	events []*event
	begins []begin
	spans  []span
	bodies map[string][]byte // of scripts, by SHA-1 in hex
	sorted map[string]bool   // what readsSorted said of them
	size   int64
	// cut: there was more than memory allows.
	cut bool
}

// eventOverhead is about what an event takes beside its arguments.
const eventOverhead = 250

// scriptsKept bounds how many scripts that name none of the keys are kept:
// they may compute the names of the keys that they change.
const scriptsKept = 20000

// A collector fills a history from the effects of a replay.
type collector struct {
	history
	names    map[string]bool // asked for
	more     map[string]bool // named beside them
	maxBytes int64
	scripts  int
	reach    map[string]bool // of scripts, by SHA-1
}

func newCollector(names map[string]bool, maxBytes int64) *collector {
	c := &collector{names: names, more: map[string]bool{}, maxBytes: maxBytes, reach: map[string]bool{}}
	c.bodies, c.sorted = map[string][]byte{}, map[string]bool{}
	return c
}

// collect replays the streams until every key is known that the events of the
// keys asked for name beside them, since what those hold decides as well.
func (x *Explainer) collect(ctx context.Context, names map[string]bool) (*history, error) {
	const rounds = 5
	for round := 1; ; round++ {
		c := newCollector(names, x.MaxBytes)
		if err := x.Replay(ctx, c.effect); err != nil {
			return nil, err
		}
		if len(c.more) == 0 || c.cut || round == rounds {
			return &c.history, nil
		}
		for name := range c.more {
			names[name] = true
		}
	}
}

func (c *collector) effect(e *record.Effect) error {
	switch e.Outcome {
	case record.Started, record.Loaded:
		b := begin{outcome: e.Outcome, offset: e.Offset, path: e.Path, at: len(c.events)}
		if e.Outcome == record.Loaded && e.Link != nil {
			b.link = e.Link.Number
		}
		if e.Outcome == record.Started {
			b.path = e.Base
		}
		c.begins = append(c.begins, b)
		return nil
	}
	c.cover(e.Command)
	return c.command(e)
}

// cover notes the offsets of a command as held.
func (h *history) cover(c *record.Command) {
	if c.Offset == record.Unknown {
		return
	}
	if n := len(h.spans); n > 0 && c.Offset >= h.spans[n-1].from && c.Offset <= h.spans[n-1].to {
		h.spans[n-1].to = max(h.spans[n-1].to, c.EndOffset)
		return
	}
	h.spans = append(h.spans, span{c.Offset, c.EndOffset})
}

// holds reports whether the streams hold every byte from one offset to
// another.
func (h *history) holds(from, to int64) bool {
	spans := slices.Clone(h.spans)
	slices.SortFunc(spans, func(a, b span) int { return int(min(max(a.from-b.from, -1), 1)) })
	for _, s := range spans {
		if s.from <= from && s.to > from {
			from = s.to
		}
	}
	return from >= to
}

func (c *collector) command(e *record.Effect) error {
	args := e.Command.Args
	class := classOf(args)
	c.keepBody(args, class)
	if class == other {
		return nil
	}
	keys := keysOf(args, class, c.names)
	if !c.wants(args, class, keys) {
		return nil
	}
	for _, a := range args {
		c.size += int64(len(a)) + 24
	}
	if c.size += eventOverhead; c.size > c.maxBytes {
		c.cut = true
		return nil
	}
	for _, k := range keys {
		if !c.names[k.name] {
			c.more[k.name] = true
		}
	}
	c.events = append(c.events, newEvent(e, class, keys))
	return nil
}

// wants reports whether a command concerns the keys asked for.
func (c *collector) wants(args [][]byte, class class, keys []namedKey) bool {
	if class == keyspace || class == database {
		return true
	}
	for _, k := range keys {
		if c.names[k.name] {
			return true
		}
	}
	if class != scripted || c.scripts == scriptsKept || !c.reaches(args) {
		return false
	}
	c.scripts++
	return true
}

// reaches reports whether the script that a command runs may change keys that
// the command does not name; of one whose source is not known, it may.
func (c *collector) reaches(args [][]byte) bool {
	if len(args) < 3 {
		return false
	}
	sha := shaOf(args)
	verdict, ok := c.reach[sha]
	if !ok {
		body := c.bodies[sha]
		verdict = body == nil || reaches(body)
		c.reach[sha] = verdict
	}
	return verdict
}

// shaOf is the SHA-1 of the script that an EVAL or EVALSHA runs.
func shaOf(args [][]byte) string {
	if named(args, "EVAL") {
		return script.SHA1(args[1])
	}
	return strings.ToLower(string(args[1]))
}

// readsSorted reports whether the script that an EVAL or EVALSHA runs may read
// what masters that send scripts sort for them; of one whose source is not
// known, it may.
func (h *history) readsSorted(args [][]byte) bool {
	if len(args) < 2 {
		return false
	}
	sha := shaOf(args)
	reads, ok := h.sorted[sha]
	if !ok {
		reads = true
		if body := h.bodies[sha]; body != nil {
			a := script.Analyse(body)
			reads = a.ReadsSorted()
		}
		h.sorted[sha] = reads
	}
	return reads
}

func newEvent(e *record.Effect, class class, keys []namedKey) *event {
	cmd := e.Command
	v := &event{
		path: e.Path, offset: cmd.Offset, end: cmd.EndOffset, time: cmd.Time, db: cmd.DB, replicaDB: e.ReplicaDB,
		outcome: e.Outcome, keys: keys, class: class,
	}
	if cmd.Link != nil {
		v.link = cmd.Link.Number
	}
	for _, a := range cmd.Args {
		v.args = append(v.args, bytes.Clone(a))
	}
	return v
}

// keepBody remembers the sources of scripts, so that an EVALSHA can be run.
func (c *collector) keepBody(args [][]byte, class class) {
	var body []byte
	switch {
	case class == scripted && len(args) > 2 && named(args, "EVAL"):
		body = args[1]
	case len(args) == 3 && named(args, "SCRIPT") && has(args[:2], 1, "LOAD"):
		body = args[2]
	default:
		return
	}
	name := script.SHA1(body)
	if c.bodies[name] == nil && c.size+int64(len(body)) < c.maxBytes {
		c.bodies[name] = bytes.Clone(body)
		c.size += int64(len(body))
	}
}

// evidence is the event as a reason for a cause.
func (e *event) evidence(code finding.EvidenceCode, message string) finding.Evidence {
	v := finding.Evidence{Code: code, Path: e.path, Link: e.link, Time: e.time, Command: e.args[0], Message: message}
	if e.offset != record.Unknown {
		v.Offset = &e.offset
	}
	return v
}
