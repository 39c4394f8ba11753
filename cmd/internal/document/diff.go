package document

import (
	"encoding/json"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/internal/appendjson"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// Diff is the document of diff.
type Diff struct {
	DiffHead
	Differences []Difference  `json:"differences"`
	Libraries   []DiffLibrary `json:"libraries"`
	Scripts     []DiffScript  `json:"scripts"`
	Findings    []Finding     `json:"findings"`
}

// DiffHead is all of the document but its lists.
type DiffHead struct {
	Record      string          `json:"record,omitempty"` // in NDJSON: "diff"
	Schema      string          `json:"schema"`
	Master      Side            `json:"master"`
	Replica     Side            `json:"replica"`
	Replication DiffReplication `json:"replication"`
	Summary     DiffSummary     `json:"summary"`
	Engine      string          `json:"engine,omitempty"`
}

// A Side is one of the two states: of several dumps what all of them say, with the
// last time, and each of them in Shards.
type Side struct {
	SideHead
	Shards []SideShard `json:"shards,omitempty"`
}

// SideHead is what is told of a dump. Path and Kind are absent of several dumps,
// Kind where they are not of one.
type SideHead struct {
	Path          string          `json:"path,omitempty"`
	Kind          string          `json:"kind,omitempty"`
	Replication   *DiffState      `json:"replication"`
	ServerVersion json.RawMessage `json:"server_version,omitempty"`
	CreatedAt     string          `json:"created_at,omitempty"`
	Keys          int64           `json:"keys"`
	End           string          `json:"end"`
	Checksum      string          `json:"checksum,omitempty"`
}

// DiffState is where in which history a side is.
type DiffState struct {
	ID       json.RawMessage `json:"id"`
	Offset   int64           `json:"offset"`
	StreamDB *int            `json:"stream_db"`
}

// DiffReplication is what the artefacts claim of the two sides: LagBytes is
// the master's offset less the replica's, null without a common history, LagFrom and
// LagTo when the first and the last of its commands were sent.
type DiffReplication struct {
	Verdict       string    `json:"verdict"`
	LagBytes      *int64    `json:"lag_bytes"`
	LagCommands   *int64    `json:"lag_commands,omitempty"`
	LagMs         *int64    `json:"lag_ms,omitempty"`
	LagFrom       string    `json:"lag_from,omitempty"`
	LagTo         string    `json:"lag_to,omitempty"`
	PartedAt      *int64    `json:"parted_at,omitempty"`
	PartedBetween *[2]int64 `json:"parted_between,omitempty"`
	PartedTime    string    `json:"parted_time,omitempty"`
	StaleOffset   bool      `json:"stale_offset,omitempty"`
	PartialResync Resync    `json:"partial_resync"`
	Notes         []string  `json:"notes,omitempty"`
	// Pairs are the shards of both sides, where one is several dumps.
	Pairs []ShardPair `json:"pairs,omitempty"`
}

// Resync says whether the replica could resume from the master; null where
// nothing tells.
type Resync struct {
	Possible *bool  `json:"possible"`
	Why      string `json:"why"`
}

// DiffSummary counts all differences, of which Shown are in the document.
// ByKind and ByCause hold no zeros.
type DiffSummary struct {
	MasterKeys  int64            `json:"master_keys"`
	ReplicaKeys int64            `json:"replica_keys"`
	Equal       int64            `json:"equal"`
	Different   int64            `json:"different"`
	Shown       int              `json:"shown"`
	ByKind      map[string]int64 `json:"by_kind"`
	ByCause     map[string]int64 `json:"by_cause"`
	ExpiredOnly int64            `json:"expired_only"`
	TTLSkew     TTLSkew          `json:"ttl_skew"`
	Unread      int64            `json:"unread,omitempty"`
	Filter      *DiffFilter      `json:"filter,omitempty"`
}

// DiffFilter is how many keys a filter let be compared, of those of each side.
type DiffFilter struct {
	Compared    int64 `json:"compared"`
	MasterKeys  int64 `json:"master_keys"`
	ReplicaKeys int64 `json:"replica_keys"`
}

// TTLSkew counts the keys whose expiry differs by no more than --ttl-skew.
type TTLSkew struct {
	Keys  int64 `json:"keys"`
	MaxMs int64 `json:"max_ms"`
}

// A Difference is a key that the two sides don't hold alike. Confidence is
// null where the cause is "unexplained", ChangesTotal where it was not counted.
type Difference struct {
	Record       string              `json:"record,omitempty"` // in NDJSON: "difference"
	DB           int                 `json:"db"`
	Key          json.RawMessage     `json:"key"`
	Slot         *int                `json:"slot,omitempty"` // where a side is several dumps
	Kind         diff.Kind           `json:"kind"`
	Cause        finding.Cause       `json:"cause"`
	Confidence   *finding.Confidence `json:"confidence"`
	Evidence     []Evidence          `json:"evidence"`
	WrittenBy    []Writer            `json:"written_by,omitempty"`
	Master       *Held               `json:"master,omitempty"`
	Replica      *Held               `json:"replica,omitempty"`
	Changes      []Change            `json:"changes"`
	ChangesTotal *int64              `json:"changes_total"`
	Note         string              `json:"note,omitempty"`
}

// A Writer is a client whose command made the difference; Addr is null where
// nothing tells it.
type Writer struct {
	Side    string          `json:"side"`
	Addr    *string         `json:"addr"`
	Name    json.RawMessage `json:"name,omitempty"`
	User    json.RawMessage `json:"user,omitempty"`
	Time    string          `json:"time,omitempty"`
	Command json.RawMessage `json:"command"`
}

// Evidence is one reason for a cause.
type Evidence struct {
	Code    finding.EvidenceCode `json:"code"`
	File    json.RawMessage      `json:"file,omitempty"`
	Link    int                  `json:"link,omitempty"`
	Offset  *int64               `json:"offset,omitempty"`
	Time    string               `json:"time,omitempty"`
	Command json.RawMessage      `json:"command,omitempty"`
	// Divergence is the name that explain knows it by.
	Divergence string `json:"divergence,omitempty"`
	// Side is whose write it is about, where histories part.
	Side    string `json:"side,omitempty"`
	Message string `json:"message"`
}

// Held is a key as one side holds it; of a module value, Elements is null. File is
// the dump where the side is several.
type Held struct {
	File     string `json:"file,omitempty"`
	Type     string `json:"type"`
	Encoding string `json:"encoding"`
	Elements *int64 `json:"elements"`
	Bytes    int64  `json:"bytes"`
	Byte     int64  `json:"byte"`
	ExpireAt string `json:"expire_at,omitempty"`
}

// A Change has to be done to the replica to bring its value nearer to the
// master's; Master and Replica are what the sides hold.
type Change struct {
	Op              string          `json:"op"` // "add", "remove" or "change"
	At              *uint64         `json:"at,omitempty"`
	Field           json.RawMessage `json:"field,omitempty"`
	Member          json.RawMessage `json:"member,omitempty"`
	ID              string          `json:"id,omitempty"`
	Part            string          `json:"part,omitempty"`
	Group           json.RawMessage `json:"group,omitempty"`
	Master          json.RawMessage `json:"master,omitempty" schema:"any"`
	Replica         json.RawMessage `json:"replica,omitempty" schema:"any"`
	MasterExpireAt  string          `json:"master_expire_at,omitempty"`
	ReplicaExpireAt string          `json:"replica_expire_at,omitempty"`
}

// A DiffLibrary is a function library that the sides don't hold alike.
type DiffLibrary struct {
	Record string          `json:"record,omitempty"` // in NDJSON: "library"
	Name   json.RawMessage `json:"name"`
	Kind   string          `json:"kind"`
	Cause  string          `json:"cause"`
}

// A DiffScript is a script that only one dump carries.
type DiffScript struct {
	Record string `json:"record,omitempty"` // in NDJSON: "script"
	SHA1   string `json:"sha1"`
	OnlyOn string `json:"only_on"` // "master" or "replica"
}

// NewDiff makes the document of a report.
func NewDiff(r *diff.Report, f *render.BytesFormatter) *Diff {
	d := &Diff{
		DiffHead: DiffHead{
			Schema: "redsleuth/diff/1", Master: newSide(r.Master, f), Replica: newSide(r.Replica, f),
			Replication: newDiffReplication(&r.Replication), Summary: newDiffSummary(r), Engine: r.Engine,
		},
		Differences: make([]Difference, 0, len(r.Differences)),
		Libraries:   []DiffLibrary{}, Scripts: []DiffScript{}, Findings: Findings(r.Findings, f),
	}
	for _, x := range r.Differences {
		one := newDifference(x, f)
		if r.Sharded() {
			one.Slot = new(command.Slot(x.Key))
		}
		d.Differences = append(d.Differences, one)
	}
	for _, l := range r.Libraries {
		d.Libraries = append(d.Libraries,
			DiffLibrary{Name: f.Bytes(l.Name), Kind: string(l.Kind), Cause: string(l.Cause)})
	}
	for _, s := range r.Scripts {
		d.Scripts = append(d.Scripts, DiffScript{SHA1: s.SHA1, OnlyOn: s.OnlyOn})
	}
	return d
}

func newSide(s *diff.Side, f *render.BytesFormatter) Side {
	d := Side{SideHead: newSideHead(s, f)}
	for _, x := range s.Shards {
		d.Shards = append(d.Shards, newSideShard(x, f))
	}
	return d
}

func newSideHead(s *diff.Side, f *render.BytesFormatter) SideHead {
	d := SideHead{
		Path: s.Path, Kind: string(s.Kind), ServerVersion: wordOrNone(s.Written, f),
		CreatedAt: timeText(s.Created), Keys: s.Keys, End: string(s.End),
		Checksum: string(s.Checksum.Status),
	}
	if s.State != nil {
		d.Replication = &DiffState{f.Word(s.State.ID), s.State.Offset, known(s.State.StreamDB)}
	}
	return d
}

func newDiffReplication(r *diff.Replication) DiffReplication {
	d := DiffReplication{
		Verdict: string(r.Verdict), LagBytes: r.LagBytes, LagCommands: r.LagCommands,
		PartedAt: r.PartedAt, PartedBetween: r.PartedBetween, PartedTime: timeText(r.PartedTime),
		StaleOffset: r.StaleOffset,
		Notes:       r.Notes, PartialResync: Resync{r.Resync.Possible, r.Resync.Why},
		LagFrom: timeText(r.LagFrom), LagTo: timeText(r.LagTo),
	}
	if r.LagTime != nil {
		ms := r.LagTime.Round(time.Millisecond).Milliseconds()
		d.LagMs = &ms
	}
	for i := range r.Pairs {
		d.Pairs = append(d.Pairs, newShardPair(&r.Pairs[i]))
	}
	return d
}

func newDiffSummary(r *diff.Report) DiffSummary {
	s := &r.Summary
	d := DiffSummary{
		MasterKeys: s.MasterKeys, ReplicaKeys: s.ReplicaKeys, Equal: s.Equal, Different: s.Different,
		Shown: len(r.Differences), ByKind: counts(s.ByKind), ByCause: counts(s.ByCause),
		ExpiredOnly: s.ExpiredOnly, TTLSkew: TTLSkew{s.SkewedKeys, s.SkewMax}, Unread: s.Unread,
	}
	if p := r.Passed(); p != nil {
		d.Filter = &DiffFilter{p.Compared, p.Master, p.Replica}
	}
	return d
}

// counts leaves out what does not occur.
func counts[K ~string](all map[K]int64) map[string]int64 {
	out := map[string]int64{}
	for k, n := range all {
		if n != 0 {
			out[string(k)] = n
		}
	}
	return out
}

func newDifference(x *diff.Difference, f *render.BytesFormatter) Difference {
	d := Difference{
		DB: x.DB, Key: f.Bytes(x.Key), Kind: x.Kind, Cause: x.Cause, Evidence: []Evidence{},
		Master: newHeld(x.Master), Replica: newHeld(x.Replica), Changes: []Change{},
		ChangesTotal: known(x.ChangesTotal), Note: x.Note,
	}
	if x.Confidence != "" {
		d.Confidence = &x.Confidence
	}
	for i := range x.Evidence {
		e := &x.Evidence[i]
		d.Evidence = append(d.Evidence, Evidence{
			e.Code, file(e.Path, nil, f), e.Link, e.Offset, timeText(e.Time), bytesOrNone(e.Command, f),
			e.Divergence, e.Side, e.Message,
		})
	}
	for i := range x.WrittenBy {
		d.WrittenBy = append(d.WrittenBy, newWriter(&x.WrittenBy[i], f))
	}
	for i := range x.Changes {
		d.Changes = append(d.Changes, newChange(&x.Changes[i], f))
	}
	return d
}

func newWriter(w *diff.Writer, f *render.BytesFormatter) Writer {
	d := Writer{Side: w.Side, Name: textOrNone(w.Name, f), User: textOrNone(w.User, f),
		Time: timeText(w.Time), Command: f.CommandName(string(w.Command))}
	if w.Addr != "" {
		addr := f.Place(w.Addr)
		d.Addr = &addr
	}
	return d
}

func newHeld(h *diff.Held) *Held {
	if h == nil {
		return nil
	}
	d := &Held{File: h.Path, Type: h.Object.String(), Encoding: h.Encoding, Elements: known(h.Elements),
		Bytes: h.Bytes, Byte: h.Byte}
	if h.HasExpire {
		d.ExpireAt = render.Millis(h.ExpireAt)
	}
	return d
}

func newChange(c *diff.Change, f *render.BytesFormatter) Change {
	d := Change{
		Op: string(c.Op), At: c.At, Field: bytesOrNone(c.Field, f), Member: bytesOrNone(c.Member, f),
		Part: c.Part, Group: bytesOrNone(c.Group, f), Master: newDatum(c.Master, f),
		Replica: newDatum(c.Replica, f),
	}
	if c.ID != nil {
		d.ID = c.ID.String()
	}
	if c.Master != nil && c.Master.ExpireAt != rdb.NoExpiry {
		d.MasterExpireAt = render.Millis(c.Master.ExpireAt)
	}
	if c.Replica != nil && c.Replica.ExpireAt != rdb.NoExpiry {
		d.ReplicaExpireAt = render.Millis(c.Replica.ExpireAt)
	}
	return d
}

// newDatum shows one thing held: a byte string, a score, the list of an
// entry's fields, {"vector", "attributes"?}, or words of the program's own.
func newDatum(d *diff.Datum, f *render.BytesFormatter) json.RawMessage {
	switch {
	case d == nil:
		return nil
	case d.IsScore:
		return appendjson.Score(nil, d.Score)
	case d.IsFields:
		return appendFields(nil, d.Fields, f)
	case d.IsVector:
		return appendVector(nil, d, f)
	case d.Text != "" && d.Bytes == nil:
		return appendjson.String(nil, []byte(d.Text))
	case d.Text != "":
		b := f.AppendJSON([]byte(`{"value":`), d.Bytes)
		return append(appendjson.String(append(b, `,"about":`...), []byte(d.Text)), '}')
	}
	return f.Bytes(d.Bytes)
}

func appendFields(b []byte, fields [][]byte, f *render.BytesFormatter) []byte {
	b = append(b, '[')
	for i, x := range fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = f.AppendJSON(b, x)
	}
	return append(b, ']')
}

func appendVector(b []byte, d *diff.Datum, f *render.BytesFormatter) []byte {
	b = append(b, `{"vector":[`...)
	for i, x := range d.Vector {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendjson.Float32(b, x)
	}
	b = append(b, ']')
	if d.Attributes != nil {
		b = f.AppendJSON(append(b, `,"attributes":`...), d.Attributes)
	}
	return append(b, '}')
}
