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
	db      *Selected
	dbs     map[int]*Selected
	scripts map[string]*Script
	biggest *top[Command]
	rate    Rate
	inline  finding.Finding // the first command without framing; Count is how many
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
		s = &linkState{
			out:     &Link{},
			names:   names{},
			dbs:     map[int]*Selected{},
			scripts: map[string]*Script{},
			biggest: newTop(in.options.Top, func(c *Command) int64 { return c.Bytes }),
		}
		in.links[l] = s
		in.report.Links = append(in.report.Links, s.out)
	}
	in.lastLink, in.lastState = l, s
	return s
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
	if c.DB >= 0 && (s.db == nil || s.db.DB != c.DB) {
		s.selectDB(c.DB, in.options.Limits.MaxDistinct)
	}
	if c.DB >= 0 {
		s.db.Commands++
	}
	s.out.Transactions = max(s.out.Transactions, c.Transaction)
	if !c.Time.IsZero() {
		s.rate.add(c.Time, n.writesBy(c.Args), c.Bytes)
	}
	if s.biggest.wants(c.Bytes) {
		s.biggest.add(Command{
			Name: n.Name, Key: firstKey(c), Args: len(c.Args), DB: c.DB,
			Offset: c.Offset, Byte: c.Byte, Bytes: c.Bytes,
		})
	}
	if len(c.Args) > 1 {
		s.script(n.Name, c, in.options.Limits.MaxDistinct)
	}
	return nil
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
	out.ByCommand = s.names.list()
	out.Biggest = s.biggest.list()
	if !s.rate.From.IsZero() {
		out.Rate = &s.rate
	}
	if l.AOF && !in.recording() && in.report.Kind != "aof-set" {
		in.report.Kind = "aof"
	}
	if s.inline.Count > 0 {
		in.find(s.inline)
	}
	if l.AOF && !in.recording() {
		in.unknownCommands(l, out.ByCommand)
	}
	in.part = nil
	delete(in.links, l)
	in.lastLink, in.lastState = nil, nil
	return nil
}
