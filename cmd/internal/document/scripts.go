package document

import (
	"encoding/json"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/ledger"
)

// Scripts is the document of scripts.
type Scripts struct {
	Schema  string   `json:"schema"`
	Scripts []Script `json:"scripts"`
}

// A Script is the text of a script or a library, with where it was seen.
type Script struct {
	SHA1  string          `json:"sha1"`
	Bytes int64           `json:"bytes"`
	Kind  string          `json:"kind"` // "script" or "library"
	Name  json.RawMessage `json:"name,omitempty"`
	Seen  []Sighting      `json:"seen"`
	Times int64           `json:"times"` // how often; seen is bounded
	// Writes are the commands that it may call; null where the text does not
	// show that there are no others.
	Writes []string        `json:"writes"`
	Danger []string        `json:"danger"`
	Body   json.RawMessage `json:"body,omitempty"`
}

// A Sighting is a place where a text stands.
type Sighting struct {
	Path   string    `json:"path"`
	Link   int       `json:"link,omitempty"`
	Offset *int64    `json:"offset,omitempty"`
	Byte   *int64    `json:"byte,omitempty"`
	As     ledger.As `json:"as"`
}

// NewScripts makes the document of scripts in the order given.
func NewScripts(scripts []*ledger.Script, f *render.BytesFormatter) *Scripts {
	d := &Scripts{Schema: "redsleuth/scripts/1", Scripts: []Script{}}
	for _, s := range scripts {
		j := Script{
			SHA1: s.SHA1, Bytes: s.Bytes, Kind: "script", Seen: []Sighting{}, Times: s.Times,
			Writes: s.Analysis.Writes, Danger: list(s.Analysis.Danger), Body: bytesOrNone(s.Body, f),
		}
		if j.Writes == nil && s.Analysis.Certain() {
			j.Writes = []string{}
		}
		if lib := s.Analysis.Library; lib != nil {
			j.Kind, j.Name = "library", f.Bytes([]byte(lib.Name))
		}
		for _, at := range s.Seen {
			j.Seen = append(j.Seen, Sighting{at.Path, at.Link, known(at.Offset), known(at.Byte), at.As})
		}
		d.Scripts = append(d.Scripts, j)
	}
	return d
}
