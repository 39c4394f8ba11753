package cause

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
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
	transaction int // of its link, from 1; 0 is none
	outcome     replay.Outcome
	aborted     bool // refused with its transaction, for another command of that
	args        [][]byte
	keys        []namedKey // in no database
	scope       command.Scope
	seq         int64 // number of the command among those recorded
}

// misplaced reports whether the replica ran it in another database.
func (e *event) misplaced() bool {
	return e.outcome == replay.Applied && e.db != e.replicaDB &&
		e.db != record.Unknown && e.replicaDB != record.Unknown
}

// dropped reports whether the replica ran nothing of it: it lacked the script, or
// refused it.
func (e *event) dropped() bool { return e.outcome == replay.Dropped || e.refused() }

// refused reports whether the replica's log shows that it refused it.
func (e *event) refused() bool { return e.outcome == replay.Refused }

// touches reports whether it can have changed a key that it names, or all.
func (e *event) touches(db int, key string) bool {
	here := e.db == db || e.replicaDB == db || e.db == record.Unknown
	switch e.scope {
	case command.Keyspace:
		return true
	case command.Database:
		return here
	}
	return (here || e.scope == command.TwoDatabases) && slices.Contains(e.keys, namedKey{key, true})
}

// wide reports whether it changes keys that it does not name.
func (e *event) wide() bool { return e.scope == command.Keyspace || e.scope == command.Database }

// A begin is where a state of the replica begins.
type begin struct {
	outcome replay.Outcome // Started or Loaded
	offset  int64
	path    string    // of the input that holds the dump or the payload; "" for none
	link    int       // of the payload; 0 is a dump
	time    time.Time // when the link of the payload began; zero where not known
	seq     int64     // how many commands came before it
	at      int       // how many events of the history did
	// blank: nothing tells what any key held.
	blank bool
	// foreign: it is the payload of another replica, which tells what the master held.
	foreign bool
}

// A span is a range of offsets that the streams hold.
type span struct{ from, to int64 }

type spans []span

// cover notes the offsets of a command as held.
func (s *spans) cover(c *record.Command) {
	if c.Offset == record.Unknown {
		return
	}
	if n := len(*s); n > 0 && c.Offset >= (*s)[n-1].from && c.Offset <= (*s)[n-1].to {
		(*s)[n-1].to = max((*s)[n-1].to, c.EndOffset)
		return
	}
	*s = append(*s, span{c.Offset, c.EndOffset})
}

// hold reports whether the streams hold every byte from one offset to another.
func (s spans) hold(from, to int64) bool { return len(s.holes(from, to)) == 0 }

// end is the last offset that the streams hold; false where they tell none.
func (s spans) end() (last int64, known bool) {
	for _, s := range s {
		last = max(last, s.to)
	}
	return last, len(s) > 0
}

// A history is what the streams hold of a set of keys.
type history struct {
	events []*event
	begins []begin
	spans  spans
	bodies map[string][]byte // of the scripts that events call, by SHA-1 in hex
	// blank stands for a beginning that nothing tells; nil where the offsets of the
	// two sides are not known well enough to go on from one.
	blank *begin
	// parted: the two sides are of histories that part.
	parted bool
	// names are the keys that it holds everything of.
	names map[string]bool
	// analyses are those of scripts that were asked for, by SHA-1.
	analyses map[string]*script.Analysis
	size     int64
	// cut: there was more than memory allows, or no end of keys that commands
	// name beside those known.
	cut bool
}

// eventOverhead is about what an event takes beside its arguments.
const eventOverhead = 250

// scriptsKept bounds how many scripts that name none of the keys are kept:
// they may compute the names of the keys that they change.
const scriptsKept = 20000

// A collector fills a history from a recording.
type collector struct {
	history
	wanted   map[uint64]bool // their hashes
	more     map[string]bool // named beside them
	maxBytes int64
	scripts  int
}

// collect plays the recording until every key is known that the events of the
// keys asked for name beside them, since what those hold decides as well. Such
// keys are added to names.
func (r *recording) collect(ctx context.Context, names map[string]bool, maxBytes int64) (*history, error) {
	const rounds = 16
	for round := 1; ; round++ {
		c, err := r.collectOnce(ctx, names, maxBytes)
		if err != nil {
			return nil, err
		}
		c.cut = c.cut || round == rounds && len(c.more) > 0
		if len(c.more) == 0 || c.cut {
			return &c.history, nil
		}
		maps.Copy(names, c.more)
	}
}

// collectOnce collects the events of the keys asked for, and no others.
func (r *recording) collectOnce(
	ctx context.Context, names map[string]bool, maxBytes int64,
) (*collector, error) {
	c := &collector{
		wanted: make(map[uint64]bool, len(names)), more: map[string]bool{}, maxBytes: maxBytes,
	}
	c.names = names
	c.spans, c.begins = r.spans, slices.Clone(r.begins)
	c.bodies, c.analyses = map[string][]byte{}, map[string]*script.Analysis{}
	for name := range names {
		c.wanted[hashName([]byte(name))] = true
	}
	p, err := r.play()
	if err != nil {
		return nil, err
	}
	for {
		ok, err := p.next(ctx)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		if err := c.take(p); err != nil {
			return nil, err
		}
	}
	for i := range c.begins {
		c.begins[i].at, _ = slices.BinarySearchFunc(c.events, c.begins[i].seq,
			func(e *event, seq int64) int { return cmp.Compare(e.seq, seq) })
	}
	return c, nil
}

// take keeps the command that a playback is at, if it concerns the keys.
func (c *collector) take(p *playback) error {
	named := p.scope == command.Keyspace || p.scope == command.Database || p.concerns(c.wanted)
	if !named && (!p.reach || c.scripts == scriptsKept) {
		return nil
	}
	if c.size += p.left + eventOverhead; c.size > c.maxBytes {
		c.cut = true
		return nil
	}
	e, err := p.event()
	if err != nil {
		return err
	}
	e.keys = keysOf(e.args, e.scope, c.names)
	if named = named && c.concerns(e); !named && !p.reach {
		return nil // a hash that is another key's as well
	}
	if !named {
		c.scripts++
	}
	if found, _ := command.Find(nil, e.args); joins(found) {
		for _, k := range e.keys {
			if !c.names[k.name] {
				c.more[k.name] = true
			}
		}
	}
	c.events = append(c.events, e)
	if err := c.keepBody(p.recording, e); err != nil || e.scope != command.Scripted {
		return err
	}
	if a := c.analysis(e.args); a != nil {
		for _, name := range a.Keys { // which it may read
			if !c.names[name] {
				c.more[name] = true
			}
		}
	}
	return nil
}

// concerns reports whether an event names a key that was asked for, or may
// change every key.
func (c *collector) concerns(e *event) bool {
	return e.wide() || slices.ContainsFunc(e.keys, func(k namedKey) bool { return c.names[k.name] })
}

// keepBody keeps the source of the script that an event calls by its SHA-1.
func (c *collector) keepBody(r *recording, e *event) error {
	if e.scope != command.Scripted || !command.Is(e.args, "EVALSHA") || len(e.args) < 3 {
		return nil
	}
	sha := shaOf(e.args)
	if _, ok := c.bodies[sha]; ok {
		return nil
	}
	body, err := r.body(sha, c.maxBytes-c.size)
	if err != nil || body == nil {
		return err
	}
	c.bodies[sha] = body
	c.size += int64(len(body))
	return nil
}

// shaOf is the SHA-1 of the script that an EVAL or EVALSHA runs.
func shaOf(args [][]byte) string {
	if command.Is(args, "EVAL") {
		return script.SHA1(args[1])
	}
	return strings.ToLower(string(args[1]))
}

// analysis is that of the script that an EVAL or EVALSHA runs; nil where its
// source is not known.
func (h *history) analysis(args [][]byte) *script.Analysis {
	if len(args) < 2 {
		return nil
	}
	sha := shaOf(args)
	a, ok := h.analyses[sha]
	if !ok {
		body := h.bodies[sha]
		if command.Is(args, "EVAL") {
			body = args[1]
		}
		if body != nil {
			a = new(script.Analyse(body))
		}
		h.analyses[sha] = a
	}
	return a
}

// readsSorted reports whether the script that an EVAL or EVALSHA runs may read
// what masters that send scripts sort for them; of one whose source is not
// known, it may.
func (h *history) readsSorted(args [][]byte) bool {
	a := h.analysis(args)
	return a == nil || a.ReadsSorted()
}

// evidence is the event as a reason for a cause.
func (e *event) evidence(code finding.EvidenceCode, message string) finding.Evidence {
	v := finding.Evidence{
		Code: code, Path: e.path, Link: e.link, Time: e.time, Command: e.args[0], Message: message,
	}
	if e.offset != record.Unknown {
		v.Offset = &e.offset
	}
	return v
}
