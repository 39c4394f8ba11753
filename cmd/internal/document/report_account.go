package document

import (
	"encoding/json"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/report"
)

// ReportParting is where the histories of the two part, and how many bytes of its own
// either wrote since.
type ReportParting struct {
	Offset       *int64 `json:"offset,omitempty"`
	Time         string `json:"time,omitempty"`
	MasterBytes  *int64 `json:"master_bytes,omitempty"`
	ReplicaBytes *int64 `json:"replica_bytes,omitempty"`
}

// ReportOutlook is whether one of the things that led to differences goes on.
type ReportOutlook struct {
	About    string            `json:"about"`
	Answer   report.Answer     `json:"answer"`
	Text     string            `json:"text"`
	Commands []json.RawMessage `json:"commands,omitempty"`
}

// ReportTakeover is what would be lost if the replica became the master, as its dump is,
// or what is, where it has (Done): bytes of the master's stream and commands that it lacks,
// keys and function libraries.
type ReportTakeover struct {
	Done        bool   `json:"done"`
	Bytes       *int64 `json:"bytes"`
	Commands    *int64 `json:"commands,omitempty"`
	StartOffset *int64 `json:"start_offset,omitempty"`
	EndOffset   *int64 `json:"end_offset,omitempty"`
	Lagging     int64  `json:"lagging_keys"`
	Lost        int64  `json:"lost_keys"`
	LostOnly    int64  `json:"lost_keys_on_master_only"`
	Libraries   int64  `json:"lost_libraries,omitempty"`
	Kept        int64  `json:"replica_keys"`
	KeptOnly    int64  `json:"replica_keys_on_replica_only"`
	Text        string `json:"text"`
}

// addAccount adds how it goes on, and what a promotion would mean.
func (d *ReportVerdict) addAccount(r *report.Report, f *render.BytesFormatter) {
	if p := r.Verdict.Parting; p != nil {
		d.Parting = &ReportParting{p.Offset, timeText(p.Time), p.Master, p.Replica}
	}
	for _, o := range r.Account().GoesOn() {
		out := ReportOutlook{About: o.About, Answer: o.Answer, Text: o.Text}
		for _, c := range o.Commands {
			out.Commands = append(out.Commands, f.Bytes([]byte(c)))
		}
		d.GoesOn = append(d.GoesOn, out)
	}
	if t := r.Account().Takeover(); t != nil && r.Verdict.Sided {
		d.Takeover = &ReportTakeover{t.Done, t.Bytes, t.Commands, t.From, t.To, t.Lagging, t.Lost, t.LostOnly,
			t.LostLibraries, t.Kept, t.KeptOnly, t.Text()}
	}
}
