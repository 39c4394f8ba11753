package main

import (
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

const diffSchema = "redsleuth/diff/1"

// A diffDocument is the JSON of diff.
type diffDocument struct {
	Schema      string               `json:"schema"`
	Master      diffSide             `json:"master"`
	Replica     diffSide             `json:"replica"`
	Replication diffReplication      `json:"replication"`
	Summary     diffSummary          `json:"summary"`
	Engine      string               `json:"engine,omitempty"`
	Differences []diffDifference     `json:"differences"`
	Libraries   []diffLibrary        `json:"libraries"`
	Scripts     []diffScript         `json:"scripts"`
	Findings    []render.FindingJSON `json:"findings"`
}

type diffSide struct {
	Path          string     `json:"path"`
	Kind          string     `json:"kind"`
	Replication   *diffState `json:"replication"`
	ServerVersion string     `json:"server_version,omitempty"`
	CreatedAt     string     `json:"created_at,omitempty"`
	Keys          int64      `json:"keys"`
	End           string     `json:"end"`
	Checksum      string     `json:"checksum,omitempty"`
}

type diffState struct {
	ID       string `json:"id"`
	Offset   int64  `json:"offset"`
	StreamDB *int   `json:"stream_db"`
}

type diffReplication struct {
	Verdict       string     `json:"verdict"`
	LagBytes      *int64     `json:"lag_bytes"`
	LagCommands   *int64     `json:"lag_commands,omitempty"`
	LagSeconds    *float64   `json:"lag_seconds,omitempty"`
	PartedAt      *int64     `json:"parted_at,omitempty"`
	PartedBetween *[2]int64  `json:"parted_between,omitempty"`
	StaleOffset   bool       `json:"stale_offset,omitempty"`
	PartialResync diffResync `json:"partial_resync"`
	Notes         []string   `json:"notes,omitempty"`
}

type diffResync struct {
	Possible *bool  `json:"possible"`
	Why      string `json:"why"`
}

type diffSummary struct {
	MasterKeys  int64            `json:"master_keys"`
	ReplicaKeys int64            `json:"replica_keys"`
	Equal       int64            `json:"equal"`
	Different   int64            `json:"different"`
	Shown       int              `json:"shown"`
	ByKind      map[string]int64 `json:"by_kind"`
	ByCause     map[string]int64 `json:"by_cause"`
	ExpiredOnly int64            `json:"expired_only"`
	TTLSkew     diffSkew         `json:"ttl_skew"`
	Unread      int64            `json:"unread,omitempty"`
}

type diffSkew struct {
	Keys  int64 `json:"keys"`
	MaxMs int64 `json:"max_ms"`
}

type diffDifference struct {
	Record       string          `json:"record,omitempty"`
	DB           int             `json:"db"`
	Key          json.RawMessage `json:"key"`
	Kind         string          `json:"kind"`
	Cause        string          `json:"cause"`
	Confidence   string          `json:"confidence"`
	Evidence     []diffEvidence  `json:"evidence"`
	Master       *diffHeld       `json:"master,omitempty"`
	Replica      *diffHeld       `json:"replica,omitempty"`
	Changes      []diffChange    `json:"changes"`
	ChangesTotal *int64          `json:"changes_total"`
	Note         string          `json:"note,omitempty"`
}

type diffEvidence struct {
	Code    string          `json:"code"`
	Path    string          `json:"path,omitempty"`
	Link    int             `json:"link,omitempty"`
	Offset  *int64          `json:"offset,omitempty"`
	Time    string          `json:"time,omitempty"`
	Command json.RawMessage `json:"command,omitempty"`
	Message string          `json:"message"`
}

type diffHeld struct {
	Type     string `json:"type"`
	Encoding string `json:"encoding"`
	Elements int64  `json:"elements"`
	Bytes    int64  `json:"bytes"`
	Byte     int64  `json:"byte"`
	ExpireAt string `json:"expire_at,omitempty"`
}

type diffChange struct {
	Op              string          `json:"op"`
	At              *uint64         `json:"at,omitempty"`
	Field           json.RawMessage `json:"field,omitempty"`
	Member          json.RawMessage `json:"member,omitempty"`
	ID              string          `json:"id,omitempty"`
	Part            string          `json:"part,omitempty"`
	Group           json.RawMessage `json:"group,omitempty"`
	Master          json.RawMessage `json:"master,omitempty"`
	Replica         json.RawMessage `json:"replica,omitempty"`
	MasterExpireAt  string          `json:"master_expire_at,omitempty"`
	ReplicaExpireAt string          `json:"replica_expire_at,omitempty"`
}

type diffLibrary struct {
	Record string          `json:"record,omitempty"`
	Name   json.RawMessage `json:"name"`
	Kind   string          `json:"kind"`
	Cause  string          `json:"cause"`
}

type diffScript struct {
	Record string `json:"record,omitempty"`
	SHA1   string `json:"sha1"`
	OnlyOn string `json:"only_on"`
}

func newDiffDocument(r *diff.Report, sh *render.Shower) *diffDocument {
	d := &diffDocument{
		Schema: diffSchema, Master: newDiffSide(r.Master), Replica: newDiffSide(r.Replica),
		Replication: newDiffReplication(&r.Replication), Summary: newDiffSummary(r), Engine: r.Judge,
		Differences: make([]diffDifference, 0, len(r.Differences)),
		Libraries:   []diffLibrary{}, Scripts: []diffScript{}, Findings: render.FindingsJSON(r.Findings, sh),
	}
	for _, x := range r.Differences {
		d.Differences = append(d.Differences, newDiffDifference(x, sh))
	}
	for _, l := range r.Libraries {
		d.Libraries = append(d.Libraries, diffLibrary{Name: sh.Bytes(l.Name), Kind: string(l.Kind), Cause: string(l.Cause)})
	}
	for _, s := range r.Scripts {
		d.Scripts = append(d.Scripts, diffScript{SHA1: s.SHA1, OnlyOn: s.OnlyOn})
	}
	return d
}

func newDiffSide(s *diff.Side) diffSide {
	d := diffSide{
		Path: s.Path, Kind: string(s.Kind), ServerVersion: s.ServerVersion, Keys: s.Keys,
		End: string(s.End), Checksum: string(s.Checksum.Status),
	}
	if !s.CreatedAt.IsZero() {
		d.CreatedAt = render.Time(s.CreatedAt)
	}
	if s.State != nil {
		d.Replication = &diffState{ID: s.State.ID, Offset: s.State.Offset}
		if s.State.DB != record.Unknown {
			d.Replication.StreamDB = &s.State.DB
		}
	}
	return d
}

func newDiffReplication(r *diff.Replication) diffReplication {
	d := diffReplication{
		Verdict: string(r.Verdict), LagBytes: r.LagBytes, LagCommands: r.LagCommands, PartedAt: r.PartedAt,
		PartedBetween: r.PartedBetween, StaleOffset: r.StaleOffset, Notes: r.Notes,
		PartialResync: diffResync{r.Resync.Possible, r.Resync.Why},
	}
	if r.LagTime != nil {
		seconds := math.Round(r.LagTime.Seconds()*1000) / 1000
		d.LagSeconds = &seconds
	}
	return d
}

func newDiffSummary(r *diff.Report) diffSummary {
	s := &r.Summary
	d := diffSummary{
		MasterKeys: s.MasterKeys, ReplicaKeys: s.ReplicaKeys, Equal: s.Equal, Different: s.Different,
		Shown: len(r.Differences), ByKind: map[string]int64{}, ByCause: map[string]int64{},
		ExpiredOnly: s.ExpiredOnly, TTLSkew: diffSkew{s.SkewedKeys, s.SkewMax}, Unread: s.Unread,
	}
	for k, n := range s.ByKind {
		d.ByKind[string(k)] = n
	}
	for c, n := range s.ByCause {
		d.ByCause[string(c)] = n
	}
	return d
}

func newDiffDifference(x *diff.Difference, sh *render.Shower) diffDifference {
	d := diffDifference{
		DB: x.DB, Key: sh.Bytes(x.Key), Kind: string(x.Kind), Cause: string(x.Cause), Confidence: string(x.Confidence),
		Evidence: []diffEvidence{}, Master: newDiffHeld(x.Master), Replica: newDiffHeld(x.Replica),
		Changes: []diffChange{}, Note: x.Note,
	}
	if x.ChangesTotal >= 0 {
		d.ChangesTotal = &x.ChangesTotal
	}
	for i := range x.Evidence {
		e := &x.Evidence[i]
		j := diffEvidence{Code: e.Code, Path: e.Path, Link: e.Link, Offset: e.Offset, Time: timeOrNone(e.Time), Message: e.Message}
		if e.Command != nil {
			j.Command = sh.Bytes(e.Command)
		}
		d.Evidence = append(d.Evidence, j)
	}
	for i := range x.Changes {
		d.Changes = append(d.Changes, newDiffChange(&x.Changes[i], sh))
	}
	return d
}

func timeOrNone(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return render.Time(t)
}

func newDiffHeld(h *diff.Held) *diffHeld {
	if h == nil {
		return nil
	}
	d := &diffHeld{Type: h.Object.String(), Encoding: h.Encoding, Elements: h.Elements, Bytes: h.Bytes, Byte: h.Byte}
	if h.HasExpire {
		d.ExpireAt = render.Millis(h.ExpireAt)
	}
	return d
}

func newDiffChange(c *diff.Change, sh *render.Shower) diffChange {
	d := diffChange{Op: string(c.Op), At: c.At, Part: c.Part, Master: datumJSON(c.Master, sh), Replica: datumJSON(c.Replica, sh)}
	if c.Field != nil {
		d.Field = sh.Bytes(c.Field)
	}
	if c.Member != nil {
		d.Member = sh.Bytes(c.Member)
	}
	if c.Group != nil {
		d.Group = sh.Bytes(c.Group)
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

// datumJSON shows one thing held in the way of its kind.
func datumJSON(d *diff.Datum, sh *render.Shower) json.RawMessage {
	switch {
	case d == nil:
		return nil
	case d.IsScore:
		return scoreJSON(d.Score)
	case d.IsFields:
		list := sh.BytesList(d.Fields)
		if list == nil {
			list = []json.RawMessage{}
		}
		return mustJSON(list)
	case d.IsVector:
		object := map[string]any{"vector": vectorJSON(d.Vector)}
		if d.Attributes != nil {
			object["attributes"] = sh.Bytes(d.Attributes)
		}
		return mustJSON(object)
	case d.Text != "" && d.Bytes == nil:
		return render.AppendString(nil, []byte(d.Text))
	case d.Text != "":
		return mustJSON(map[string]any{"value": sh.Bytes(d.Bytes), "about": d.Text})
	}
	return sh.Bytes(d.Bytes)
}

// scoreJSON is a number, or the words that JSON has no numbers for.
func scoreJSON(f float64) json.RawMessage {
	switch {
	case math.IsNaN(f):
		return json.RawMessage(`"nan"`)
	case math.IsInf(f, 1):
		return json.RawMessage(`"inf"`)
	case math.IsInf(f, -1):
		return json.RawMessage(`"-inf"`)
	}
	return strconv.AppendFloat(nil, f, 'g', -1, 64)
}

// vectorJSON is a list of numbers; infinite and absurd ones are words.
func vectorJSON(vector []float32) []json.RawMessage {
	list := make([]json.RawMessage, 0, len(vector))
	for _, f := range vector {
		list = append(list, scoreJSON(float64(f)))
	}
	return list
}

// mustJSON encodes what can't fail: strings, numbers and raw JSON.
func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return b
}
