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
	"github.com/redsleuth/redsleuth/server"
)

// A clientWatch looks at what clients sent to the master, for commands that it
// does not send on, or not as they ran. Which of the rows concern the servers
// at hand is asked at the end, when their versions are known.
type clientWatch struct {
	rows map[string][]*divergence.Row // by name, as it was typed
	// found are the findings of rows, in the order of their first command.
	found []clientFinding
}

type clientFinding struct {
	row *divergence.Row
	finding.Finding
}

// Client implements session.ClientFollower: it looks at a command of an ordinary
// client.
func (r *runner) Client(stream int, c *record.ClientCommand) error {
	if len(c.Args) == 0 {
		return nil
	}
	r.asked.take(r.options.Streams[stream].Path, c)
	if !r.toMaster(c) {
		return nil
	}
	w := &r.clients
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
			w.note(row, r.options.Streams[stream].Path, c, fit)
		}
	}
	return nil
}

// toMaster reports whether a client's command went to the master of a link, or
// nothing tells where.
func (r *runner) toMaster(c *record.ClientCommand) bool {
	if c.To == "" {
		return true
	}
	for _, l := range r.report.Links {
		if l.From == c.To {
			return true
		}
	}
	return false
}

// note counts a command for a row.
func (w *clientWatch) note(row *divergence.Row, path string, c *record.ClientCommand, fit divergence.Fit) {
	i := 0
	for i < len(w.found) && w.found[i].row != row {
		i++
	}
	if i == len(w.found) {
		f := finding.Finding{
			Code: finding.DivergentCommand, Severity: finding.Warning, Path: path,
			Byte: finding.At(c.Byte), Command: clone(c.Args[0]), Keys: cloneKeys(command.Keys(c.Args)),
			Divergence: row.Name, Affects: row.Affects(),
			Message: fmt.Sprintf("%s, seen at the master's clients: %s", row.Title, row.Differs),
		}
		if c.DB != record.Unknown {
			f.DB = finding.At(c.DB)
		}
		w.found = append(w.found, clientFinding{row, f})
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

// divergentClients adds what was found and concerns these servers.
func (r *runner) divergentClients() {
	if len(r.clients.found) == 0 {
		return
	}
	master, replica := r.versions()
	for i := range r.clients.found {
		if f := &r.clients.found[i]; f.row.Concerns(master, replica) == server.Yes {
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
