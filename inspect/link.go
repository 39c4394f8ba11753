package inspect

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A Link is what a replication connection, a command stream or an AOF held.
type Link struct {
	record.Link
	// Continues is the number of the link whose history a partial resync took
	// up again; 0 where none is here, or nothing tells.
	Continues int
	// Payload is the RDB of a full resync; nil without one.
	Payload *RDB
	// Databases are those in which commands ran, ascending, as far as known.
	Databases []Selected
	// ByCommand has the most frequent command first.
	ByCommand []CommandCount
	// Biggest commands, largest first.
	Biggest []Command
	Scripts []*Script
	Gaps    []Gap
	// GapBytes sums what the recording lacks, as far as its size is known.
	GapBytes   int64
	Heartbeats int64
	// Transactions counts the MULTIs.
	Transactions int
	// Rate is nil where the artefact tells no times.
	Rate *Rate
	// Keys are how the keys that commands name are named; nil unless asked for.
	Keys *KeyPatterns
	// Passed counts the commands that passed the filter, which are those that the
	// lists above are of; Filtered: there is one.
	Passed   int64
	Filtered bool
}

// Selected counts the commands that ran in a database.
type Selected struct {
	DB       int
	Commands int64
}

// A Command is one of the largest.
type Command struct {
	Name         string // untrusted
	Key          []byte // the first key that it names, cut; nil without one
	Args         int
	DB           int
	Offset, Byte int64
	Bytes        int64
}

// A Gap is a hole in a recording, or what is before its first whole
// command.
type Gap struct {
	Byte, Bytes       int64 // Bytes is record.Unknown where not known
	Offset, EndOffset int64 // or record.Unknown
	From, To          time.Time
}

const (
	keyShown = 128 // of the key of one of the biggest commands
	maxGaps  = 1 << 12
)

// linkState counts while a link is read.
type linkState struct {
	out     *Link
	names   names
	passed  names // of what passed the filter, where there is one
	db      *Selected
	dbs     map[int]*Selected
	scripts map[string]*Script
	biggest *top[Command]
	rate    Rate
	inline  finding.Finding // the first command without framing; Count is how many
	keys    *keyCounter     // nil unless asked for
}

// inline counts commands without RESP framing in a recording: an AOF's are
// told where it is read.
func (in *Inspector) inline(s *linkState, c *record.Command) {
	if !in.recordingAt(c.Link) {
		return
	}
	if s.inline.Count++; s.inline.Count > 1 {
		return
	}
	s.inline.Code, s.inline.Severity = finding.StreamText, finding.Warning
	s.inline.Message = "words without RESP framing, which no master sends: older replicas run " +
		"them, newer ones take the stream for damaged and ask for a full resync"
	s.inline.Link, s.inline.Byte, s.inline.Bytes = c.Link.Number, finding.At(c.Byte), c.Bytes
	if c.Offset >= 0 {
		s.inline.Offset = finding.At(c.Offset)
	}
}

// link finds the state of a link, or begins it.
func (in *Inspector) link(l *record.Link) *Link { return in.linkState(l).out }

func (in *Inspector) linkState(l *record.Link) *linkState {
	if in.lastLink != nil && in.lastLink == l {
		return in.lastState
	}
	s := in.links[l]
	if s == nil {
		s = newLinkState(&in.options)
		in.links[l] = s
		in.report.Links = append(in.report.Links, s.out)
	}
	in.lastLink, in.lastState = l, s
	return s
}

func newLinkState(o *Options) *linkState {
	return &linkState{
		out:     &Link{Filtered: o.Filter.Any()},
		names:   names{},
		passed:  names{},
		dbs:     map[int]*Selected{},
		scripts: map[string]*Script{},
		biggest: newTop(o.Top, func(c *Command) int64 { return c.Bytes }),
		keys:    newKeyCounter(o.Separators),
	}
}

// LinkStart implements record.Handler.
func (in *Inspector) LinkStart(l *record.Link) error {
	in.linkState(l)
	return nil
}

// Command implements record.Handler.
func (in *Inspector) Command(c *record.Command) error {
	s := in.linkState(c.Link)
	n := s.names.of(c.Args[0])
	if n.Commands++; n.Commands == 1 {
		n.first = c.Byte
		if in.part != nil {
			n.part = in.part.Name
		}
	}
	n.Bytes += c.Bytes
	if c.Inline {
		in.inline(s, c)
	}
	if s.out.Filtered {
		if ok, err := in.options.Filter.Command(c); !ok || err != nil {
			return err
		}
		p := s.passed.of(c.Args[0])
		p.Commands, p.Bytes = p.Commands+1, p.Bytes+c.Bytes
	}
	s.out.Passed++
	s.count(c, n, in.options.Limits.MaxDistinct)
	return nil
}

// count counts a command that is asked about, n being the counter of its name.
func (s *linkState) count(c *record.Command, n *CommandCount, most int) {
	if c.DB >= 0 && (s.db == nil || s.db.DB != c.DB) {
		s.selectDB(c.DB, most)
	}
	if c.DB >= 0 {
		s.db.Commands++
	}
	s.out.Transactions = max(s.out.Transactions, c.Transaction)
	if !c.Time.IsZero() {
		s.rate.add(c.Time, n.writesBy(c.Args), c.Bytes)
	}
	s.keys.add(c.Args, c.Bytes, n)
	if s.biggest.wants(c.Bytes) {
		s.biggest.add(Command{
			Name: n.Name, Key: firstKey(c), Args: len(c.Args), DB: c.DB,
			Offset: c.Offset, Byte: c.Byte, Bytes: c.Bytes,
		})
	}
	if len(c.Args) > 1 {
		s.script(n.Name, c, most)
	}
}

func (s *linkState) selectDB(db, most int) {
	s.db = s.dbs[db]
	if s.db != nil {
		return
	}
	s.db = &Selected{DB: db}
	if len(s.dbs) < most {
		s.dbs[db] = s.db
	}
}

func firstKey(c *record.Command) []byte {
	keys := command.Keys(c.Args)
	if len(keys) == 0 {
		return nil
	}
	return bytes.Clone(keys[0][:min(len(keys[0]), keyShown)])
}

// script takes in the body that EVAL or SCRIPT LOAD brings.
func (s *linkState) script(name string, c *record.Command, most int) {
	body, as := c.Args[1], "eval"
	switch {
	case name == "EVAL":
	case name == "SCRIPT" && len(c.Args) > 2 && bytes.EqualFold(c.Args[1], []byte("load")):
		body, as = c.Args[2], "script-load"
	default:
		return
	}
	sum := sha1.Sum(body)
	sha := hex.EncodeToString(sum[:])
	if known := s.scripts[sha]; known != nil {
		known.Count++
		return
	}
	if len(s.scripts) >= most {
		return
	}
	known := &Script{SHA1: sha, Bytes: int64(len(body)), Count: 1, Byte: c.Byte, Offset: c.Offset, As: as}
	s.scripts[sha] = known
	s.out.Scripts = append(s.out.Scripts, known)
}

// unknownCommands tells of names in an AOF with which no server loads it. A name
// with a dot is a module's, which the server may well have.
func (in *Inspector) unknownCommands(l *record.Link, names []CommandCount) {
	for i := range names {
		n := &names[i]
		if n.Name == otherNames || command.Lookup([][]byte{[]byte(n.Name)}) != nil ||
			strings.Contains(n.Name, ".") {
			continue
		}
		in.find(finding.Finding{Code: finding.CommandRefused, Severity: finding.Warning, Link: l.Number,
			Command: []byte(n.Name), Count: n.Commands, Byte: finding.At(n.first), File: n.part,
			Message: "no server knows this command but by a module or rename-command: one that does not " +
				"stops loading the file here (Unknown command)"})
	}
}

// LinkEnd implements record.Handler.
func (in *Inspector) LinkEnd(l *record.Link) error {
	s := in.linkState(l)
	out := s.out
	out.Link = *l
	out.Databases, out.ByCommand = nil, nil
	for _, d := range s.dbs {
		out.Databases = append(out.Databases, *d)
	}
	slices.SortFunc(out.Databases, func(a, b Selected) int { return a.DB - b.DB })
	all := s.names.list()
	out.ByCommand = all
	if out.Filtered {
		out.ByCommand = s.passed.list()
	}
	out.Biggest = s.biggest.list()
	if !s.rate.From.IsZero() {
		out.Rate = &s.rate
	}
	out.Keys = s.keys.report(in.options.Top)
	if l.AOF && !in.recording() && in.report.Kind != "aof-set" {
		in.report.Kind = "aof"
	}
	if s.inline.Count > 0 {
		in.find(s.inline)
	}
	if l.AOF && !in.recording() {
		in.unknownCommands(l, all)
	}
	in.part = nil
	delete(in.links, l)
	in.lastLink, in.lastState = nil, nil
	return nil
}
