package document

import (
	"encoding/json"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/inspect"
)

// Clients are the ordinary clients of a capture, or of the output of MONITOR.
type Clients struct {
	Connections *int64           `json:"connections"`
	Commands    int64            `json:"commands"`
	Writes      int64            `json:"writes"`
	Errors      int64            `json:"errors"`
	ByCommand   map[string]int64 `json:"by_command"`
	Top         []TopClient      `json:"top"`
	Uncounted   int64            `json:"uncounted_commands,omitempty"`
	Filter      *Passed          `json:"filter,omitempty"`
	Prefixes    *KeyPrefixes     `json:"prefixes,omitempty"`
}

// A TopClient is one of those that wrote most.
type TopClient struct {
	Addr     string          `json:"addr"`
	Name     json.RawMessage `json:"name,omitempty"`
	User     json.RawMessage `json:"user,omitempty"`
	Commands int64           `json:"commands"`
	Writes   int64           `json:"writes"`
	Bytes    int64           `json:"bytes"`
}

// newClients is nil where there are none.
func newClients(c *inspect.Clients, f *render.BytesFormatter) *Clients {
	if c == nil {
		return nil
	}
	d := &Clients{Connections: known(c.Connections), Commands: c.Commands, Writes: c.Writes, Errors: c.Errors,
		ByCommand: map[string]int64{}, Top: []TopClient{}, Uncounted: c.Uncounted,
		Prefixes: newKeyPrefixes(c.Keys, f)}
	if c.Read > c.Commands {
		d.Filter = &Passed{c.Commands, c.Read}
	}
	for _, n := range c.ByCommand {
		d.ByCommand[f.CommandMember(n.Name)] += n.Commands
	}
	for _, t := range c.Top {
		d.Top = append(d.Top, TopClient{f.Place(t.Addr), textOrNone(t.Name, f), textOrNone(t.User, f), t.Commands,
			t.Writes, t.Bytes})
	}
	return d
}
