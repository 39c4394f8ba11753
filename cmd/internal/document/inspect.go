package document

import (
	"encoding/json"
	"io"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/input"
)

// Inspect is the document of inspect on one input; several make an array.
type Inspect struct {
	Schema   string            `json:"schema"`
	Record   string            `json:"record,omitempty"` // in NDJSON: "inspect"
	Input    Input             `json:"input"`
	RDB      *RDB              `json:"rdb,omitempty"`
	Links    []Link            `json:"links,omitempty"`
	Clients  *Clients          `json:"clients,omitempty"`
	Files    []json.RawMessage `json:"files,omitempty"` // of an AOF set
	Ignored  int64             `json:"ignored_connections,omitempty"`
	Findings []Finding         `json:"findings"`
}

// Input says which input it is. Bytes is its size as stored, null of a pipe.
type Input struct {
	Path        string      `json:"path"`
	Bytes       *int64      `json:"bytes"`
	SHA256      string      `json:"sha256,omitempty"` // of the bytes as stored
	Kind        input.Kind  `json:"kind"`
	Compression string      `json:"compression,omitempty"`
	Files       []InputFile `json:"files,omitempty"` // of a set, by name
	// Sums are those that Files are made of.
	Sums []input.FileSum `json:"-"`
}

// InputFile is a file of a set, as stored.
type InputFile struct {
	Path   json.RawMessage `json:"path"`
	Bytes  int64           `json:"bytes"`
	SHA256 string          `json:"sha256"`
}

func inputFiles(sums []input.FileSum, f *render.BytesFormatter) (all []InputFile) {
	for _, s := range sums {
		all = append(all, InputFile{f.Bytes([]byte(s.Name)), s.Bytes, s.SHA256})
	}
	return all
}

// NewInspect makes the document of a report on one input, of which Kind is
// the report's.
func NewInspect(in Input, r *inspect.Report, f *render.BytesFormatter) *Inspect {
	in.Kind, in.Files = r.Kind, inputFiles(in.Sums, f)
	d := &Inspect{Schema: "redsleuth/inspect/1", Input: in, Ignored: r.Ignored,
		Findings: Findings(r.Findings, f)}
	if r.RDB != nil {
		d.RDB = newRDB(r.RDB, f)
	}
	for _, x := range r.Files {
		d.Files = append(d.Files, f.Bytes(x.Name))
	}
	for _, l := range r.Links {
		d.Links = append(d.Links, newInspectedLink(l, f))
	}
	d.Clients = newClients(r.Clients, f)
	return d
}

// WriteInspects writes the document of one input, or the array of several.
func WriteInspects(w io.Writer, all []*Inspect, several bool) error {
	if !several {
		return Write(w, all[0])
	}
	return Write(w, append([]*Inspect{}, all...))
}

// WriteInspectLines writes a line an input.
func WriteInspectLines(w io.Writer, all []*Inspect) error {
	for _, d := range all {
		d.Record = "inspect"
		if err := WriteLine(w, d); err != nil {
			return err
		}
	}
	return nil
}
