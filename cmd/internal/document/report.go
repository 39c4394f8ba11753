package document

import (
	"encoding/json"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/report"
)

// Report is the document of report: what it all comes to, and what led there.
type Report struct {
	Schema    string          `json:"schema"`
	Verdict   ReportVerdict   `json:"verdict"`
	Artefacts []Artefact      `json:"artefacts"`
	Timeline  []TimelineEvent `json:"timeline"`
	Acts      []ReportAct     `json:"acts,omitempty"`
	Unasked   []ReportUnasked `json:"unasked,omitempty"`
	Versions  []ReportVersion `json:"versions,omitempty"`
	Chain     []ReportHistory `json:"chain,omitempty"`
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
	// Parting is where the histories part, GoesOn whether each of what led to differences
	// goes on, Takeover what a promotion of the replica would lose, or has lost.
	Parting  *ReportParting  `json:"parting,omitempty"`
	GoesOn   []ReportOutlook `json:"goes_on,omitempty"`
	Takeover *ReportTakeover `json:"takeover,omitempty"`
	// SafeVersions would have lost nothing, had the replica run them all along.
	SafeVersions []string `json:"safe_versions,omitempty"`
}

// Artefact is one file of the evidence, with its role and where that comes
// from.
type Artefact struct {
	Path        json.RawMessage `json:"path"`
	SHA256      string          `json:"sha256,omitempty"`
	Files       []InputFile     `json:"files,omitempty"` // of a set, by name
	Bytes       int64           `json:"bytes"`
	Kind        input.Kind      `json:"kind"`
	Role        report.Role     `json:"role"`
	RoleFrom    string          `json:"role_from,omitempty"`
	Compression string          `json:"compression,omitempty"`
	Error       string          `json:"error,omitempty"`
}

// TimelineEvent is something that happened; Time and Offset are absent where
// unknown. Where there is By, it was at some moment from Time to By.
type TimelineEvent struct {
	Time   string          `json:"time,omitempty"`
	By     string          `json:"by,omitempty"`
	Offset *int64          `json:"offset,omitempty"`
	Event  string          `json:"event"`
	Text   string          `json:"text"`
	Path   json.RawMessage `json:"path,omitempty"`
	Until  string          `json:"until,omitempty"`
	Detail json.RawMessage `json:"detail,omitempty"`
}

// ReportVersion is what a release would have met in the replica's place: started
// from these dumps, and had the replica run it all along.
type ReportVersion struct {
	ServerVersion string         `json:"server_version"`
	Verdict       replay.Verdict `json:"verdict"`
	OwnDump       replay.Verdict `json:"own_dump"`
}

// ReportHistory is what the artefacts cover of one replication id.
type ReportHistory struct {
	ID       string        `json:"replication_id,omitempty"`
	Spans    []ReportSpan  `json:"spans"`
	Holes    []OffsetRange `json:"holes"`
	Overlaps []OffsetRange `json:"overlaps"`
}

// ReportSpan is what one artefact covers: a state where both offsets are the
// same.
type ReportSpan struct {
	Path json.RawMessage `json:"path"`
	What string          `json:"what"`
	Link int             `json:"link,omitempty"`
	OffsetRange
}

// OffsetRange is a range of replication offsets.
type OffsetRange struct {
	StartOffset int64 `json:"start_offset"`
	EndOffset   int64 `json:"end_offset"`
}

// NewReport makes the document of a report.
func NewReport(r *report.Report, f *render.BytesFormatter) *Report {
	v := &r.Verdict
	d := &Report{
		Schema: "redsleuth/report/1",
		Verdict: ReportVerdict{
			Consistent: v.Consistent, Causes: v.Causes, SinceOffset: v.SinceOffset, Since: timeText(v.Since),
			LosingWrites: v.LosingWrites, Crashes: Findings(v.Crashes, f), Healed: Findings(v.Healed, f),
			ReplicaVersion: wordOrNone(v.ReplicaVersion, f), SafeVersions: v.Safe,
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
			Time: timeText(e.Time), By: timeText(e.By), Offset: e.Offset, Event: e.Kind, Text: e.Text, Path: f.Bytes([]byte(e.Path)),
			Until: timeText(e.Until), Detail: bytesOrNone(e.Detail, f),
		})
	}
	d.Verdict.addAccount(r, f)
	d.addActs(r, f)
	for i := range r.Versions {
		v := &r.Versions[i]
		d.Versions = append(d.Versions, ReportVersion{v.Version.String(), v.Verdict, v.OwnDump.Verdict})
	}
	d.addChain(r, f)
	if r.Replay != nil {
		d.Replay = NewReplay(r.Replay, contentsOf(r), r.ReplayAsked, f)
	}
	return d
}

func (d *Report) addChain(r *report.Report, f *render.BytesFormatter) {
	ranges := func(list []report.Range) []OffsetRange {
		out := []OffsetRange{}
		for _, x := range list {
			out = append(out, OffsetRange{x.From, x.To})
		}
		return out
	}
	for i := range r.Chain {
		h := &r.Chain[i]
		out := ReportHistory{ID: h.ID, Spans: []ReportSpan{}, Holes: ranges(h.Holes), Overlaps: ranges(h.Overlaps)}
		for _, s := range h.Spans {
			out.Spans = append(out.Spans, ReportSpan{f.Bytes([]byte(s.Path)), s.What, s.Link, OffsetRange{s.From, s.To}})
		}
		d.Chain = append(d.Chain, out)
	}
}

// contentsOf are what inspect tells of the links of the replay.
func contentsOf(r *report.Report) map[LinkPlace]*inspect.Link {
	contents := map[LinkPlace]*inspect.Link{}
	for i, in := range r.ReplayAsked.Streams {
		for _, a := range r.Artefacts {
			if a.Input != in || a.Inspect == nil {
				continue
			}
			for _, l := range a.Inspect.Links {
				contents[LinkPlace{i, l.Number}] = l
			}
		}
	}
	return contents
}

func (d *Report) addArtefact(a *report.Artefact, f *render.BytesFormatter) {
	out := Artefact{
		Path: f.Bytes([]byte(a.Path)), SHA256: a.SHA256, Files: inputFiles(a.Sums, f), Bytes: a.Bytes, Kind: a.Kind, Role: a.Role,
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
		about := Input{Path: f.Place(a.Path), Compression: out.Compression, Bytes: &a.Bytes, Sums: a.Sums}
		d.Inspect = append(d.Inspect, NewInspect(about, a.Inspect, f))
	}
}
