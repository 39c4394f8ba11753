package document

import (
	"encoding/json"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/report"
)

// Report is the document of report: what it all comes to, and what led there.
type Report struct {
	Schema    string          `json:"schema"`
	Verdict   ReportVerdict   `json:"verdict"`
	Artefacts []Artefact      `json:"artefacts"`
	Timeline  []TimelineEvent `json:"timeline"`
	Lacking   []string        `json:"lacking"`
	Inspect   []*Inspect      `json:"inspect"`
	Replay    *Replay         `json:"replay,omitempty"`
	Diff      *Diff           `json:"diff,omitempty"`
}

// ReportVerdict is the answer. Consistent is null without two states.
type ReportVerdict struct {
	Consistent     *bool                   `json:"consistent"`
	Keys           *int64                  `json:"keys"`
	Causes         map[finding.Cause]int64 `json:"causes"`
	SinceOffset    *int64                  `json:"since_offset,omitempty"`
	Since          string                  `json:"since,omitempty"`
	LosingWrites   *bool                   `json:"losing_writes"`
	Crashes        []Finding               `json:"crashes"`
	Healed         []Finding               `json:"healed"`
	ReplicaVersion json.RawMessage         `json:"replica_version,omitempty"`
}

// Artefact is one file of the evidence, with its role and where that comes
// from.
type Artefact struct {
	Path        json.RawMessage `json:"path"`
	SHA256      string          `json:"sha256,omitempty"`
	Bytes       int64           `json:"bytes"`
	Kind        input.Kind      `json:"kind"`
	Role        report.Role     `json:"role"`
	RoleFrom    string          `json:"role_from,omitempty"`
	Compression string          `json:"compression,omitempty"`
	Error       string          `json:"error,omitempty"`
}

// TimelineEvent is something that happened; Time and Offset are absent where
// unknown.
type TimelineEvent struct {
	Time   string          `json:"time,omitempty"`
	Offset *int64          `json:"offset,omitempty"`
	Event  string          `json:"event"`
	Text   string          `json:"text"`
	Path   json.RawMessage `json:"path,omitempty"`
}

// NewReport makes the document of a report. contents are what inspect tells of
// the links of the replay.
func NewReport(r *report.Report, contents map[LinkPlace]*inspect.Link, f *render.BytesFormatter) *Report {
	v := &r.Verdict
	d := &Report{
		Schema: "redsleuth/report/1",
		Verdict: ReportVerdict{
			Consistent: v.Consistent, Causes: v.Causes, SinceOffset: v.SinceOffset, Since: timeText(v.Since),
			LosingWrites: v.LosingWrites, Crashes: Findings(v.Crashes, f), Healed: Findings(v.Healed, f),
			ReplicaVersion: wordOrNone(v.ReplicaVersion, f),
		},
		Artefacts: []Artefact{}, Timeline: []TimelineEvent{}, Lacking: append([]string{}, r.Lacking...),
		Inspect: []*Inspect{},
	}
	if r.Diff != nil {
		d.Verdict.Keys = &v.Keys
		d.Diff = NewDiff(r.Diff, f)
	}
	for _, a := range r.Artefacts {
		d.addArtefact(a, f)
	}
	for i := range r.Timeline {
		e := &r.Timeline[i]
		d.Timeline = append(d.Timeline, TimelineEvent{
			Time: timeText(e.Time), Offset: e.Offset, Event: e.Kind, Text: e.Text, Path: f.Bytes([]byte(e.Path)),
		})
	}
	if r.Replay != nil {
		d.Replay = NewReplay(r.Replay, contents, r.ReplayAsked, f)
	}
	return d
}

func (d *Report) addArtefact(a *report.Artefact, f *render.BytesFormatter) {
	out := Artefact{
		Path: f.Bytes([]byte(a.Path)), SHA256: a.SHA256, Bytes: a.Bytes, Kind: a.Kind, Role: a.Role,
		RoleFrom: a.RoleFrom,
	}
	if out.Error = a.Why; a.Why != "" && f.Mode() == render.Redacted {
		out.Error = "could not be read" // the message names files
	}
	if a.Input != nil {
		out.Compression = a.Input.Compression
	}
	d.Artefacts = append(d.Artefacts, out)
	if a.Inspect != nil {
		about := Input{Path: f.Place(a.Path), Compression: out.Compression, Bytes: &a.Bytes}
		d.Inspect = append(d.Inspect, NewInspect(about, a.Inspect, f))
	}
}
