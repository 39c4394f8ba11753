package document

import (
	"encoding/json"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/internal/appendjson"
)

// A Finding is one thing found, with its place. Link and Byte count within
// File.
type Finding struct {
	Code     finding.Code     `json:"code"`
	Severity finding.Severity `json:"severity"`
	Message  string           `json:"message"`
	// File is the input, or the part of an AOF set, that it is about.
	File    json.RawMessage   `json:"file,omitempty"`
	Link    int               `json:"link,omitempty"`
	Offset  *int64            `json:"offset,omitempty"`
	Byte    *int64            `json:"byte,omitempty"`
	DB      *int              `json:"db,omitempty"`
	SHA1    string            `json:"sha1,omitempty"`
	Command json.RawMessage   `json:"command,omitempty"`
	Keys    []json.RawMessage `json:"keys,omitempty"`
	// ExpectedDB is null where it is asked and not known.
	ExpectedDB json.RawMessage `json:"expected_db,omitempty" schema:"integer"`
	Commands   int64           `json:"commands,omitempty"`
	Count      int64           `json:"count,omitempty"`
	Bytes      int64           `json:"bytes,omitempty"`
	// Places are the first ones of what is counted.
	Places []Place `json:"places,omitempty"`
	// Divergence is the name that explain knows it by.
	Divergence string `json:"divergence,omitempty"`
	Affects    string `json:"affects,omitempty"`
	FixedIn    string `json:"fixed_in,omitempty"`
}

// A Place is where in an input something is.
type Place struct {
	File   json.RawMessage `json:"file,omitempty"`
	Link   int             `json:"link,omitempty"`
	Offset *int64          `json:"offset,omitempty"`
}

// Findings converts findings; none are [], not null.
func Findings(findings []finding.Finding, f *render.BytesFormatter) []Finding {
	out := make([]Finding, 0, len(findings))
	for i := range findings {
		x := &findings[i]
		j := Finding{
			Code: x.Code, Severity: x.Severity, Message: x.Message, File: file(x.Path, x.File, f),
			Link: x.Link, Offset: x.Offset, Byte: x.Byte, DB: x.DB, SHA1: x.SHA1,
			Keys: f.BytesList(x.Keys), Commands: x.Commands, Count: x.Count, Bytes: x.Bytes,
			Divergence: x.Divergence, Affects: x.Affects, FixedIn: x.FixedIn,
		}
		if len(x.Command) > 0 {
			j.Command = f.Bytes(x.Command)
		}
		for _, p := range x.Places {
			j.Places = append(j.Places, Place{file(p.Path, p.File, f), p.Link, p.Offset})
		}
		switch {
		case x.ExpectedDB != nil:
			j.ExpectedDB = strconv.AppendInt(nil, int64(*x.ExpectedDB), 10)
		case x.ExpectedDBUnknown:
			j.ExpectedDB = null
		}
		out = append(out, j)
	}
	return out
}

// file names an input, or a part of the AOF set that the input is. The path
// was given by the user and stays readable; the part's name is the artefact's.
func file(path string, part []byte, f *render.BytesFormatter) json.RawMessage {
	switch {
	case len(part) == 0 && path == "":
		return nil
	case len(part) == 0:
		return appendjson.Bytes(nil, []byte(path))
	case path == "":
		return f.Bytes(part)
	}
	folder := path
	if strings.HasSuffix(path, ".manifest") {
		folder = filepath.Dir(path)
	}
	return f.Bytes([]byte(filepath.Join(folder, string(part))))
}
