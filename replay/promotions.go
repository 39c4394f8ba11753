package replay

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay/session"
)

// termWrites are what clients were seen to write to one server in one term.
type termWrites struct {
	term, to string // the term by the id of its history
	commands int64
	keys     [][]byte // the first maxKeysShown
}

// mostTermWrites bounds for how many servers and terms writes are counted.
const mostTermWrites = 256

// takeWrite counts a write that a server took while a replica was a master, which may
// be this one. Logs tell milliseconds.
func (w *ClientWatch) takeWrite(c *record.ClientCommand) {
	for i := range w.terms {
		t := &w.terms[i]
		if t.Ended.IsZero() || c.Time.Before(t.Began) || c.Time.After(t.Ended.Add(time.Millisecond)) ||
			c.Reply == record.ReplyError || !command.Writes(c.Args...) {
			continue
		}
		at := slices.IndexFunc(w.written, func(x termWrites) bool { return x.term == t.ID && x.to == c.To })
		if at < 0 {
			if len(w.written) == mostTermWrites {
				continue
			}
			at, w.written = len(w.written), append(w.written, termWrites{term: t.ID, to: c.To})
		}
		x := &w.written[at]
		x.commands++
		for _, key := range command.Keys(c.Args) {
			known := slices.ContainsFunc(x.keys, func(k []byte) bool { return bytes.Equal(k, key) })
			if !known && len(x.keys) < maxKeysShown {
				x.keys = append(x.keys, clone(key))
			}
		}
	}
}

// during are the writes that a replica's clients were seen to make in a term.
func (w *ClientWatch) during(t *repl.Term, c *session.Connection) (found termWrites) {
	for _, x := range w.written {
		if x.term == t.ID && listensAt(&c.Link, x.to) {
			found.commands += x.commands
			found.keys = append(found.keys, x.keys...)
		}
	}
	return found
}

// listensAt reports whether an endpoint is where the replica of a link takes clients.
func listensAt(l *record.Link, endpoint string) bool {
	host, port, err := net.SplitHostPort(endpoint)
	own, _, failed := net.SplitHostPort(l.To)
	return err == nil && failed == nil && host == own && l.Replica.ListeningPort != 0 &&
		port == strconv.Itoa(l.Replica.ListeningPort)
}

// discardedWrites tells of what a replica wrote as a master, and lost to the full
// resync when it was made a replica again.
func (r *runner) discardedWrites() {
	for _, rep := range r.plan.Replicas {
		for _, c := range rep.Connections {
			if c.After == nil || c.Began() != record.Full {
				continue
			}
			if f, is := discarded(c, r.clients.during(c.After, c)); is {
				f.Path, f.Link = r.options.Streams[c.Stream].Path, c.Link.Number
				r.inputs = append(r.inputs, f)
			}
		}
	}
}

// discarded is about a full resync that ended a time as a master; false where nothing
// was written in it.
func discarded(c *session.Connection, wrote termWrites) (f finding.Finding, is bool) {
	t := c.After
	own, known := t.Own()
	if known && own == 0 || !known && wrote.commands == 0 {
		return f, false
	}
	what := "took writes of clients"
	if known {
		what = fmt.Sprintf("came to %d bytes of a history of its own", own)
	}
	seen := ""
	switch {
	case wrote.commands > 0:
		seen = fmt.Sprintf("; clients were seen to write there %s meanwhile", times(wrote.commands))
	case known:
		seen = "; what was written, no file here tells"
	}
	return finding.Finding{
		Code: finding.WritesDiscarded, Severity: finding.Warning, Offset: finding.At(t.Shared), Bytes: max(own, 0),
		Keys: wrote.keys, Commands: wrote.commands,
		Message: fmt.Sprintf("the replica was a master%s and %s, which the full resync then threw away%s",
			betweenTimes(t.Began, t.Ended), what, seen),
	}, true
}

// betweenTimes is when something was, its end with a day where that is another; "" where
// it is not known.
func betweenTimes(from, to time.Time) string {
	if from.IsZero() || to.IsZero() {
		return ""
	}
	const day, clock = "2006-01-02T", "15:04:05.000Z"
	from, to = from.UTC(), to.UTC()
	end := day + clock
	if from.Format(day) == to.Format(day) {
		end = clock
	}
	return " from " + from.Format(day+clock) + " to " + to.Format(end)
}
