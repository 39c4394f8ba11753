package replica

import (
	"crypto/sha1"
	"fmt"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/session"
	"github.com/redsleuth/redsleuth/server"
)

// The histories of these tests, and the script that most of them run.
const (
	idA  = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	idB  = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	incr = "return redis.call('incr',KEYS[1])"
)

// shaOf is the name of a script.
func shaOf(body string) string { return Digest(sha1.Sum([]byte(body))).String() }

// A scene is a replica whose events are written down.
type scene struct {
	t        *testing.T
	r        *Replica
	options  Options
	events   []string
	conn     *session.Connection
	links    int
	offset   int64 // after what was sent on this connection
	outcomes []string
}

// newScene is of a replica of a version, "" for one that is not known.
func newScene(t *testing.T, ver string, o Options) *scene {
	t.Helper()
	s := &scene{t: t}
	if ver != "" {
		v, err := server.Parse(ver)
		if err != nil {
			t.Fatal(err)
		}
		o.Version, o.Source, o.Fixed = v, VersionFlag, true
	}
	if o.MaxScripts == 0 {
		o.MaxScripts = 100
	}
	o.Analyser = NewAnalyser()
	o.Emit = func(e Event) { s.events = append(s.events, describe(e)) }
	s.options, s.r = o, New(o)
	return s
}

// expect holds the events since it was last called against those of a test,
// one a line.
func (s *scene) expect(want ...string) {
	s.t.Helper()
	if got, want := strings.Join(s.events, "\n"), strings.Join(want, "\n"); got != want {
		s.t.Errorf("events\n%s\nwant\n%s", got, want)
	}
	s.events = nil
}

// connect begins a connection.
func (s *scene) connect(c session.Connection, from *Dump) *scene {
	s.links++
	c.Link.Number = s.links
	if c.RanTo == 0 {
		c.RanTo = record.Unknown
	}
	s.conn, s.offset = &c, c.Start
	s.r.Connect(&c, s.links, from)
	return s
}

// full is a full resync at an offset, of a replica without a state.
func (s *scene) full(id string, offset int64, payload *Dump) *scene {
	s.connect(session.Connection{
		Entry: session.Empty, Start: offset, Asked: record.Unknown,
		Link: record.Link{Resync: record.Full, ReplicationID: id, StartOffset: offset},
	}, nil)
	payload.Offset = offset
	s.r.Payload(payload)
	return s
}

// partial goes on at an offset.
func (s *scene) partial(entry session.Entry, offset int64, from *Dump) *scene {
	c := session.Connection{
		Entry: entry, Start: offset, Asked: offset,
		Link: record.Link{Resync: record.Partial, ReplicationID: idA, StartOffset: offset},
	}
	if from != nil && entry == session.FromBase {
		c.Base = &from.Dump
	}
	return s.connect(c, from)
}

// send sends commands, words by spaces; "~" in a word is a
// space, "|" a line feed.
func (s *scene) send(lines ...string) *scene {
	for _, line := range lines {
		c := &record.Command{Link: &s.conn.Link, DB: record.Unknown, Offset: s.offset, Byte: s.offset}
		for word := range strings.FieldsSeq(line) {
			c.Args = append(c.Args, []byte(strings.NewReplacer("~", " ", "|", "\n").Replace(word)))
		}
		s.offset += int64(len(line))
		c.Bytes, c.EndOffset = int64(len(line)), s.offset
		s.outcomes = append(s.outcomes, string(s.r.Command(c, What{
			Class: command.ClassOf(c.Args[0]), Writes: command.Writes(c.Args...),
		})))
	}
	return s
}

// close ends the connection.
func (s *scene) close() *scene {
	s.conn.Link.EndOffset = s.offset
	s.r.Disconnect(&s.conn.Link)
	return s
}

// note tells of what is wrong in the stream.
func (s *scene) note(kind record.NoteKind, end record.End) *scene {
	s.conn.Link.End = end
	s.r.Note(&record.Note{Kind: kind, Link: &s.conn.Link, Offset: s.offset, Byte: s.offset})
	return s
}

// eval and evalsha are commands that run a script.
func eval(body string) string    { return "EVAL " + strings.ReplaceAll(body, " ", "~") + " 1 k" }
func evalsha(body string) string { return "EVALSHA " + shaOf(body) + " 1 k" }

// dumpOf is a dump by a server of a version, with AUX fields, names and values
// in turn.
func dumpOf(version string, fields ...string) *Dump {
	d := NewDump()
	a := NewAnalyser()
	if version != "" {
		fields = append([]string{"redis-ver", version}, fields...)
	}
	for i := 0; i < len(fields); i += 2 {
		r := &rdb.Record{Kind: rdb.KindAux, Name: []byte(fields[i]), Value: []byte(fields[i+1]), Byte: int64(i)}
		d.aux(r, a)
	}
	d.Magic, d.Format = "REDIS", 6
	return d
}

// saved is a dump with a replication state at an offset.
func saved(version string, offset int64, db string, fields ...string) *Dump {
	state := []string{"repl-id", idA, "repl-offset", fmt.Sprint(offset)}
	if db != "" {
		state = append(state, "repl-stream-db", db)
	}
	return dumpOf(version, append(state, fields...)...)
}

// describe writes an event in a line.
func describe(e Event) string {
	switch e := e.(type) {
	case *Started:
		if e.From == nil {
			return "started"
		}
		return fmt.Sprintf("started from %d", e.From.Offset)
	case *Loaded:
		return fmt.Sprintf("loaded at %d", e.Payload.Offset)
	case *ScriptMissing:
		return fmt.Sprintf("missing at %d%s", e.Offset, lookupText(e))
	case *ScriptAtRisk:
		return fmt.Sprintf("at risk at %d, last by %s on link %d, resume %d", e.Offset, e.Last.Kind, e.Last.Link, e.Resume)
	case *DuplicateOnLoad:
		return fmt.Sprintf("%d duplicates of link %d", e.Count, e.Link)
	case *DatabaseLost:
		return fmt.Sprintf("%d commands in %d for %d, certain %v, only zero %v", e.Commands, e.DB, e.Expected, e.Certain, e.OnlyZero)
	case *DatabaseUnknown:
		return fmt.Sprintf("unknown database at %d, after full %v", e.Offset, e.AfterFull)
	case *HistoryChanged:
		return fmt.Sprintf("history %.1s after %.1s", e.ID, e.Was)
	case *ResyncRefused:
		return "refused by " + e.Master.String()
	case *Rejoined:
		return fmt.Sprintf("rejoined %+v", e.Connection.Join)
	case *PayloadBroken, *FunctionMissing, *LibraryMissing, *FunctionsFlushed, *IDMadeUp, *ScriptUnordered:
		return strings.TrimPrefix(fmt.Sprintf("%T", e), "*replica.")
	case *ScriptsFlushed:
		return fmt.Sprintf("flushed %d", e.Held)
	case *LibraryExists:
		return "exists " + e.SHA.String()[:4]
	case *FunctionsUnsupported:
		return fmt.Sprintf("functions unsupported, fcall %v", e.Fcall)
	case *TransactionStray:
		return fmt.Sprintf("stray at %d, exec %v", e.Offset, e.Exec)
	case *FormatUnread:
		return fmt.Sprintf("format %d of link %d, newest %d", e.Dump.Format, e.Link, e.Newest)
	case *ScriptsUnseen:
		return fmt.Sprintf("%d unseen from %d, overflow %v", e.Calls, e.First, e.Overflow)
	case *ScriptResent:
		return fmt.Sprintf("resent %d times", e.Times)
	}
	return fmt.Sprintf("%T%+v", e, e)
}

func lookupText(e *ScriptMissing) string {
	text := ""
	if e.Nested {
		text += " nested"
	}
	switch l := e.Script; {
	case l.Dropped != nil && l.Dropped.Flush:
		text += fmt.Sprintf(", last by %s, flushed at %d", l.Last.Kind, l.Dropped.Offset)
	case l.Dropped != nil:
		text += fmt.Sprintf(", last by %s, restarted on link %d", l.Last.Kind, l.Dropped.Link)
	case l.InDump:
		text += ", in the dump"
	}
	if e.Restarted {
		text += ", restart lost it"
	}
	return text
}
