package render

import (
	"encoding/json"

	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/record"
)

// LinkJSON is a link as the documents have it.
type LinkJSON struct {
	Link          int              `json:"link"`
	From          string           `json:"from,omitempty"`
	To            string           `json:"to,omitempty"`
	Resync        record.Resync    `json:"resync"`
	Requested     *requestJSON     `json:"requested,omitempty"`
	Refused       json.RawMessage  `json:"refused,omitempty"`
	Continues     int              `json:"continues,omitempty"`
	ReplicationID json.RawMessage  `json:"replication_id"`
	StartOffset   *int64           `json:"start_offset"`
	EndOffset     *int64           `json:"end_offset"`
	Anchor        record.Anchor    `json:"anchor"`
	Replica       *replicaJSON     `json:"replica,omitempty"`
	Commands      int64            `json:"commands"`
	Bytes         int64            `json:"bytes"`
	Databases     []int            `json:"databases"`
	ByCommand     map[string]int64 `json:"by_command"`
	Payload       *payloadJSON     `json:"payload,omitempty"`
	Scripts       []scriptJSON     `json:"scripts"`
	Acks          *acksJSON        `json:"acks,omitempty"`
	Began         string           `json:"began_at,omitempty"`
	Ended         string           `json:"ended_at,omitempty"`
	Transactions  int              `json:"transactions,omitempty"`
	Heartbeats    int64            `json:"heartbeats,omitempty"`
	Biggest       []commandJSON    `json:"biggest,omitempty"`
	Gaps          []gapJSON        `json:"gaps,omitempty"`
	Rate          *rateJSON        `json:"rate,omitempty"`
	End           record.End       `json:"end"`
}

type requestJSON struct {
	ID     json.RawMessage `json:"id"`
	Offset int64           `json:"offset"`
}

type replicaJSON struct {
	ListeningPort int               `json:"listening_port,omitempty"`
	Version       json.RawMessage   `json:"version,omitempty"`
	Capabilities  []json.RawMessage `json:"capabilities,omitempty"`
}

type payloadJSON struct {
	Framing record.Framing `json:"framing"`
	Bytes   *int64         `json:"bytes"`
	RDB     *RDBJSON       `json:"rdb,omitempty"`
}

type acksJSON struct {
	First  int64  `json:"first"`
	Last   int64  `json:"last"`
	Count  int64  `json:"count"`
	Lag    *int64 `json:"lag_bytes_max,omitempty"`
	LagSec int64  `json:"lag_ms_max,omitempty"`
}

type commandJSON struct {
	Command json.RawMessage `json:"command"`
	Key     json.RawMessage `json:"key,omitempty"`
	Args    int             `json:"args"`
	DB      *int            `json:"db"`
	Offset  *int64          `json:"offset"`
	Byte    int64           `json:"byte"`
	Bytes   int64           `json:"bytes"`
}

type gapJSON struct {
	Byte      int64  `json:"byte"`
	Bytes     *int64 `json:"bytes"`
	Offset    *int64 `json:"offset"`
	EndOffset *int64 `json:"end_offset"`
	From      string `json:"from,omitempty"`
	To        string `json:"to,omitempty"`
}

type rateJSON struct {
	From   string  `json:"from"`
	StepMs int64   `json:"step_ms"`
	Writes []int64 `json:"writes"`
	Bytes  []int64 `json:"bytes"`
}

// Link converts what every analysis knows of a link.
func Link(l *record.Link, s *Shower) LinkJSON {
	out := LinkJSON{
		Link: l.Number, From: l.From, To: l.To, Resync: l.Resync,
		ReplicationID: json.RawMessage("null"), StartOffset: known(l.StartOffset), EndOffset: known(l.EndOffset), Anchor: l.Anchor,
		Commands: l.Commands, Bytes: l.Bytes, Databases: []int{}, ByCommand: map[string]int64{}, Scripts: []scriptJSON{},
		Began: optionalTime(l.Began), Ended: optionalTime(l.Ended), End: l.End,
	}
	if l.ReplicationID != "" {
		out.ReplicationID = s.Own(l.ReplicationID)
	}
	if l.Requested != nil {
		out.Requested = &requestJSON{s.Own(l.Requested.ID), l.Requested.Offset}
	}
	if l.Refused != "" {
		out.Refused = s.Bytes([]byte(l.Refused))
	}
	if r := l.Replica; r.ListeningPort != 0 || r.Version != "" || len(r.Capabilities) > 0 {
		out.Replica = &replicaJSON{ListeningPort: r.ListeningPort}
		if r.Version != "" {
			out.Replica.Version = s.Own(r.Version)
		}
		for _, c := range r.Capabilities {
			out.Replica.Capabilities = append(out.Replica.Capabilities, s.Own(c))
		}
	}
	if p := l.Payload; p != nil {
		out.Payload = &payloadJSON{Framing: p.Framing, Bytes: known(p.Bytes)}
	}
	if a := l.Acks; a != nil {
		out.Acks = &acksJSON{First: a.First, Last: a.Last, Count: a.Count, Lag: known(a.LagBytesMax), LagSec: a.LagMax.Milliseconds()}
	}
	return out
}

// WithCommands adds what its commands were.
func (l *LinkJSON) WithCommands(databases []int, byCommand map[string]int64, s *Shower) {
	l.Databases = append(l.Databases, databases...)
	for name, n := range byCommand {
		l.ByCommand[s.commandName(name)] += n
	}
}

// WithContents adds what its payload and its scripts are.
func (l *LinkJSON) WithContents(in *inspect.Link, s *Shower) {
	if in.Payload != nil && l.Payload != nil {
		l.Payload.RDB = rdbJSON(in.Payload, s)
	}
	l.Scripts = scriptsJSON(in.Scripts)
}

// inspectedLink is a link with all that inspect counts.
func inspectedLink(l *inspect.Link, s *Shower) LinkJSON {
	out := Link(&l.Link, s)
	out.Continues = l.Continues
	names, databases := map[string]int64{}, []int(nil)
	for _, n := range l.ByCommand {
		names[n.Name] = n.Commands
	}
	for _, d := range l.Databases {
		databases = append(databases, d.DB)
	}
	out.WithCommands(databases, names, s)
	out.WithContents(l, s)
	out.Transactions, out.Heartbeats = l.Transactions, l.Heartbeats
	for _, c := range l.Biggest {
		j := commandJSON{Command: s.command(c.Name), Args: c.Args, Offset: known(c.Offset), Byte: c.Byte, Bytes: c.Bytes}
		if c.DB >= 0 {
			j.DB = &c.DB
		}
		if c.Key != nil {
			j.Key = s.Bytes(c.Key)
		}
		out.Biggest = append(out.Biggest, j)
	}
	for _, g := range l.Gaps {
		out.Gaps = append(out.Gaps, gapJSON{g.Byte, known(g.Bytes), known(g.Offset), known(g.EndOffset), optionalTime(g.From), optionalTime(g.To)})
	}
	if r := l.Rate; r != nil {
		out.Rate = &rateJSON{Time(r.From), r.Step.Milliseconds(), r.Writes[:r.Steps], r.Bytes[:r.Steps]}
	}
	return out
}

// known is nil for what stands for unknown.
func known(n int64) *int64 {
	if n == record.Unknown {
		return nil
	}
	return &n
}
