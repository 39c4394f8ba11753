package document

import (
	"encoding/json"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A Link is a replication connection, master to replica, or the commands of
// an AOF.
type Link struct {
	LinkHead
	Commands  int64            `json:"commands"`
	Bytes     int64            `json:"bytes"`
	Databases []int            `json:"databases"`
	ByCommand map[string]int64 `json:"by_command"`
	Payload   *Payload         `json:"payload,omitempty"`
	Scripts   []RDBScript      `json:"scripts"`
	Acks      *Acks            `json:"acks,omitempty"`
	Lag       []Lag            `json:"lag,omitempty"`
	Behind    []Behind         `json:"behind,omitempty"`
	Began     string           `json:"began_at,omitempty"`
	Ended     string           `json:"ended_at,omitempty"`
	LinkTraffic
	End record.End `json:"end"`
}

// LinkHead is how a link came about and which offsets it spans: StartOffset is
// the one in +FULLRESYNC, or that which the replica had when +CONTINUE
// answered; EndOffset is where the last whole command ends.
type LinkHead struct {
	Link          int             `json:"link"`
	From          string          `json:"from,omitempty"`
	To            string          `json:"to,omitempty"`
	Resync        record.Resync   `json:"resync"`
	Requested     *Request        `json:"requested,omitempty"`
	Refused       json.RawMessage `json:"refused,omitempty"`
	Continues     int             `json:"continues,omitempty"` // number of a link
	ReplicationID json.RawMessage `json:"replication_id"`
	StartOffset   *int64          `json:"start_offset"`
	EndOffset     *int64          `json:"end_offset"`
	Anchor        record.Anchor   `json:"anchor"`
	Replica       *Handshake      `json:"replica,omitempty"`
}

// LinkTraffic is what inspect alone counts of a link.
type LinkTraffic struct {
	Transactions int       `json:"transactions,omitempty"`
	Heartbeats   int64     `json:"heartbeats,omitempty"`
	Biggest      []Command `json:"biggest,omitempty"`
	Gaps         []Gap     `json:"gaps,omitempty"`
	Rate         *Rate     `json:"rate,omitempty"`
	// Filter is what passed it: of that alone are the lists and by_command.
	Filter   *Passed      `json:"filter,omitempty"`
	Prefixes *KeyPrefixes `json:"prefixes,omitempty"`
}

// A Request is what a replica asked for with PSYNC; Offset is null where it knew
// none (PSYNC ? -1).
type Request struct {
	ID     json.RawMessage `json:"id"`
	Offset *int64          `json:"offset"`
}

// A Handshake is what a replica said of itself with REPLCONF.
type Handshake struct {
	ListeningPort int               `json:"listening_port,omitempty"`
	Version       json.RawMessage   `json:"version,omitempty"`
	Capabilities  []json.RawMessage `json:"capabilities,omitempty"`
}

// A Payload is the RDB within a link; Bytes is null where the link ends in it.
type Payload struct {
	Framing record.Framing `json:"framing"`
	Bytes   *int64         `json:"bytes"`
	RDB     *RDB           `json:"rdb,omitempty"`
}

// Acks sums up what a replica acknowledged.
type Acks struct {
	First  int64  `json:"first"`
	Last   int64  `json:"last"`
	Count  int64  `json:"count"`
	LagMax *int64 `json:"lag_bytes_max,omitempty"`
	LagMs  int64  `json:"lag_ms_max,omitempty"`
}

// A Lag is how far behind the replica was when it acknowledged: bytes sent and not
// acknowledged, and for how long the oldest of them.
type Lag struct {
	Time  string `json:"time"`
	Bytes int64  `json:"bytes"`
	Ms    int64  `json:"ms"`
}

// Behind is a stretch in which the replica did not keep up; without To it lasts.
type Behind struct {
	From     string `json:"from"`
	To       string `json:"to,omitempty"`
	BytesMax int64  `json:"bytes_max"`
	MsMax    int64  `json:"ms_max"`
}

// A Command is one of the largest, with its first key.
type Command struct {
	Command json.RawMessage `json:"command"`
	Key     json.RawMessage `json:"key,omitempty"`
	Args    int             `json:"args"`
	DB      *int            `json:"db"`
	Offset  *int64          `json:"offset"`
	Byte    int64           `json:"byte"`
	Bytes   int64           `json:"bytes"`
}

// A Gap is a stretch that is missing from a capture.
type Gap struct {
	Byte      int64  `json:"byte"`
	Bytes     *int64 `json:"bytes"`
	Offset    *int64 `json:"offset"`
	EndOffset *int64 `json:"end_offset"`
	From      string `json:"from,omitempty"`
	To        string `json:"to,omitempty"`
}

// A Rate counts writes and bytes in steps of equal length from a time on.
type Rate struct {
	From   string  `json:"from"`
	StepMs int64   `json:"step_ms"`
	Writes []int64 `json:"writes"`
	Bytes  []int64 `json:"bytes"`
}

// newLink converts what every analysis knows of a link.
func newLink(l *record.Link, f *render.BytesFormatter) Link {
	d := Link{
		LinkHead: LinkHead{
			Link: l.Number, From: f.Place(l.From), To: f.Place(l.To), Resync: l.Resync, Refused: textOrNone(l.Refused, f),
			ReplicationID: null, StartOffset: known(l.StartOffset), EndOffset: known(l.EndOffset),
			Anchor: l.Anchor, Replica: newHandshake(l, f),
		},
		Commands: l.Commands, Bytes: l.Bytes, Databases: []int{}, ByCommand: map[string]int64{},
		Scripts: []RDBScript{},
		Began:   timeText(l.Began), Ended: timeText(l.Ended), End: l.End,
	}
	if l.ReplicationID != "" {
		d.ReplicationID = f.Word(l.ReplicationID)
	}
	if q := l.Requested; q != nil {
		d.Requested = &Request{f.Word(q.ID), known(q.Offset)}
	}
	if p := l.Payload; p != nil {
		d.Payload = &Payload{Framing: p.Framing, Bytes: known(p.Bytes)}
	}
	if a := l.Acks; a != nil {
		d.Acks = &Acks{a.First, a.Last, a.Count, known(a.LagBytesMax), a.LagMax.Milliseconds()}
		for _, x := range a.Lag {
			d.Lag = append(d.Lag, Lag{render.Time(x.Time), x.Bytes, x.Behind.Milliseconds()})
		}
		for _, b := range a.Behind {
			d.Behind = append(d.Behind, Behind{render.Time(b.From), timeText(b.To), b.Bytes, b.Longest.Milliseconds()})
		}
	}
	return d
}

// newHandshake is nil for a replica that said nothing of itself.
func newHandshake(l *record.Link, f *render.BytesFormatter) *Handshake {
	r := &l.Replica
	if r.ListeningPort == 0 && r.Version == "" && len(r.Capabilities) == 0 {
		return nil
	}
	d := &Handshake{ListeningPort: r.ListeningPort, Version: wordOrNone(r.Version, f)}
	for _, c := range r.Capabilities {
		d.Capabilities = append(d.Capabilities, f.Word(c))
	}
	return d
}

// addCommands adds what the commands of the link were.
func (l *Link) addCommands(databases []int, byCommand map[string]int64, f *render.BytesFormatter) {
	l.Databases = append(l.Databases, databases...)
	for name, n := range byCommand {
		l.ByCommand[f.CommandMember(name)] += n
	}
}

// addContents adds what the payload and the scripts of the link are.
func (l *Link) addContents(in *inspect.Link, f *render.BytesFormatter) {
	if in.Payload != nil && l.Payload != nil {
		l.Payload.RDB = newRDB(in.Payload, f)
	}
	l.Scripts = newRDBScripts(in.Scripts)
}

// newInspectedLink is a link with all that inspect counts.
func newInspectedLink(l *inspect.Link, f *render.BytesFormatter) Link {
	d := newLink(&l.Link, f)
	d.Continues = l.Continues
	names, databases := map[string]int64{}, []int(nil)
	for _, n := range l.ByCommand {
		names[n.Name] = n.Commands
	}
	for _, x := range l.Databases {
		databases = append(databases, x.DB)
	}
	d.addCommands(databases, names, f)
	d.addContents(l, f)
	d.Transactions, d.Heartbeats = l.Transactions, l.Heartbeats
	for _, c := range l.Biggest {
		d.Biggest = append(d.Biggest, Command{
			f.CommandName(c.Name), bytesOrNone(c.Key, f), c.Args, known(c.DB), known(c.Offset), c.Byte,
			c.Bytes,
		})
	}
	for _, g := range l.Gaps {
		d.Gaps = append(d.Gaps, Gap{
			g.Byte, known(g.Bytes), known(g.Offset), known(g.EndOffset), timeText(g.From), timeText(g.To),
		})
	}
	d.addPassed(l, f)
	if r := l.Rate; r != nil {
		d.Rate = &Rate{render.Time(r.From), r.Step.Milliseconds(), r.Writes[:r.Steps], r.Bytes[:r.Steps]}
	}
	return d
}

// addPassed tells what passed a filter, and how the keys that commands name are named.
func (d *Link) addPassed(l *inspect.Link, f *render.BytesFormatter) {
	if l.Filtered {
		d.Filter = &Passed{l.Passed, l.Commands}
	}
	d.Prefixes = newKeyPrefixes(l.Keys, f)
}
