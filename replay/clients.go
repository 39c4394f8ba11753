package replay

import (
	"context"
	"fmt"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/server"
)

// A ClientWatch looks at what clients sent to servers, for commands that a
// master does not send on, or not as they ran. Which of the servers is a master,
// and which of the rows concern those at hand, is asked at the end, when that is
// known.
type ClientWatch struct {
	rows map[string][]*divergence.Row // by name, as it was typed
	// found are the findings of rows, in the order of their first command.
	found []clientFinding
	// terms are when replicas were masters, written what was written to servers then.
	terms   []repl.Term
	written []termWrites
}

// NewClientWatch makes one that has seen nothing. terms are when replicas were masters.
func NewClientWatch(terms []repl.Term) *ClientWatch {
	return &ClientWatch{rows: map[string][]*divergence.Row{}, terms: terms}
}

// A clientFinding is about the commands of one row that one server was sent.
type clientFinding struct {
	row *divergence.Row
	to  string
	finding.Finding
}

// maxClientFindings bounds them: there are some dozens of rows, and as many
// servers as a capture holds.
const maxClientFindings = 4096

// Client implements session.ClientFollower: it looks at a command of an ordinary
// client.
func (r *runner) Client(stream int, c *record.ClientCommand) error {
	path := r.options.Streams[stream].Path
	if len(c.Args) > 0 {
		r.asked.take(path, c)
	}
	r.clients.Take(path, c)
	return nil
}

// Take looks at a command that the input of that path holds.
func (w *ClientWatch) Take(path string, c *record.ClientCommand) {
	if len(c.Args) == 0 {
		return
	}
	w.takeWrite(c)
	rows, ok := w.rows[string(c.Args[0])]
	if !ok && len(w.rows) < maxNames {
		rows = divergence.AtClientsOf(c.Args[0])
		w.rows[string(c.Args[0])] = rows
	}
	for _, row := range rows {
		if c.Reply == record.ReplyNone || c.Reply == record.ReplyError && row.Name != divergence.HIncrByFloatInfinity {
			continue // it did nothing
		}
		fit := row.Fits(divergence.Command{Args: c.Args, Client: true, Time: c.Time})
		if fit >= divergence.Doubtful {
			w.note(row, path, c, fit)
		}
	}
}

// isMaster reports whether a server that clients wrote to is the master of a
// link, or nothing tells which it is.
func (r *runner) isMaster(to string) bool {
	if to == "" {
		return true
	}
	for _, l := range r.report.Links {
		if l.From == to {
			return true
		}
	}
	return false
}

// note counts a command for a row.
func (w *ClientWatch) note(row *divergence.Row, path string, c *record.ClientCommand, fit divergence.Fit) {
	i := 0
	for i < len(w.found) && (w.found[i].row != row || w.found[i].to != c.To) {
		i++
	}
	if i == len(w.found) {
		if i == maxClientFindings {
			return
		}
		f := finding.Finding{
			Code: finding.DivergentCommand, Severity: finding.Warning, Path: path,
			Command: clone(c.Args[0]), Keys: cloneKeys(command.Keys(c.Args)),
			Divergence: row.Name, Affects: row.Affects(),
			Message: fmt.Sprintf("%s, seen at the master's clients: %s", row.Title, row.Differs),
		}
		if c.To == "" { // of a capture it counts within the client's connection
			f.Byte = finding.At(c.Byte)
		}
		if c.DB != record.Unknown {
			f.DB = finding.At(c.DB)
		}
		w.found = append(w.found, clientFinding{row, c.To, f})
	}
	f := &w.found[i]
	if fit == divergence.Certain {
		f.Severity = finding.Error
	}
	if f.Count++; f.Count <= maxPlaces {
		f.Places = append(f.Places, finding.Place{Path: path})
	}
}

// readMonitors reads the outputs of MONITOR among the streams, in which there is
// no link to be followed.
func (r *runner) readMonitors(ctx context.Context) error {
	for i, in := range r.options.Streams {
		if in.Kind != input.KindMonitor {
			continue
		}
		o := artefact.Options{Clients: func(c *record.ClientCommand) error { return r.Client(i, c) }}
		// Nothing else than commands of clients is in one.
		if _, err := artefact.Walk(ctx, in, o, r); err != nil {
			return fmt.Errorf("%s: %w", in.Path, err)
		}
	}
	return nil
}

// divergentClients adds what was found at masters and concerns these servers.
func (r *runner) divergentClients() {
	if len(r.clients.found) == 0 {
		return
	}
	master, replica := r.versions()
	for i := range r.clients.found {
		f := &r.clients.found[i]
		if r.isMaster(f.to) && f.row.Concerns(master, replica) == server.Yes {
			f.FixedIn = f.row.FixedIn(master, replica)
			r.inputs = append(r.inputs, f.Finding)
		}
	}
}

// versions are those of a master and of a replica, one for the other where that
// is not known.
func (r *runner) versions() (master, replica server.Version) {
	for _, rep := range r.plan.Replicas {
		for _, c := range rep.Connections {
			if c.Payload != nil && master.IsZero() {
				master = c.Payload.Version
			}
		}
		if replica.IsZero() {
			replica, _ = r.ownVersion(rep)
		}
	}
	if master.IsZero() {
		master = r.options.Facts.Master
	}
	if len(r.options.Versions) > 0 {
		replica = r.options.Versions[0]
	}
	if master.IsZero() {
		master = replica
	}
	if replica.IsZero() {
		replica = master
	}
	return master, replica
}
