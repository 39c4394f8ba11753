package report

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/cause"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/repl"
)

// collectSchema begins the schema of what collect says of a server's folder.
const collectSchema = "redsleuth/collect/"

// A collection is what collect says of one server's folder: whose everything in
// it is.
type collection struct {
	Schema  string          `json:"schema"`
	Addr    string          `json:"addr"`
	Role    string          `json:"role"`
	Version string          `json:"server_version"`
	RunID   string          `json:"run_id"`
	From    time.Time       `json:"from"`
	To      time.Time       `json:"to"`
	Files   []collectedFile `json:"files"`
}

type collectedFile struct {
	Name  string `json:"name"`
	Asked string `json:"asked"`
	Bytes int64  `json:"bytes"`
}

// mostCollection is more than collect writes, in bytes.
const mostCollection = 1 << 20

// collectionBeside reads what collect says of the folder of a file; nil where it
// says nothing.
func collectionBeside(file string) *collection {
	f, err := os.Open(filepath.Join(filepath.Dir(file), "collect.json"))
	if err != nil {
		return nil
	}
	defer f.Close()
	var c collection
	err = json.NewDecoder(io.LimitReader(f, mostCollection)).Decode(&c)
	if err != nil || !strings.HasPrefix(c.Schema, collectSchema) {
		return nil
	}
	return &c
}

// wrote reports whether collect wrote a file of that name and size.
func (c *collection) wrote(file string) bool {
	if c == nil {
		return false
	}
	target, err := os.Stat(file)
	return err == nil && slices.ContainsFunc(c.Files, func(f collectedFile) bool {
		return f.Name == filepath.Base(file) && f.Bytes == target.Size()
	})
}

// ofCollect reports whether a recording is of a connection that collect itself made: its
// other end is no replica of the incident.
func (a *Artefact) ofCollect() bool { return a.collection.wrote(a.File) }

// byCollection gives what collect took the role of its server. Of a server that
// was taken more than once, the last dump is its state.
func (r *run) byCollection() {
	last := map[string]*Artefact{}
	for _, a := range r.Artefacts {
		if a.collection = collectionBeside(a.File); a.collection == nil {
			continue
		}
		addr := a.collection.Addr
		switch {
		case a.Kind == input.KindRDB:
			if b := last[addr]; b == nil || b.collection.To.Before(a.collection.To) {
				last[addr] = a
			}
		case a.Kind == KindLog || a.Kind.Clients():
			a.set(roleOfServer(a.collection.Role), fromCollect)
		}
	}
	for _, a := range last {
		a.set(roleOfServer(a.collection.Role), fromCollect)
	}
}

// roleOfServer is the role by the server's own word.
func roleOfServer(role string) Role {
	switch role {
	case repl.Master:
		return Master
	case repl.Replica:
		return Replica
	}
	return Unknown
}

// sides tells whose the outputs of MONITOR and the slow logs are.
func (r *run) sides() map[string]cause.Side {
	sides := map[string]cause.Side{}
	for _, a := range r.Artefacts {
		if a.Input != nil && a.Kind.Clients() && (a.Role == Master || a.Role == Replica) {
			sides[a.Input.Path] = cause.Side{Replica: a.Role == Replica, Master: clientsBeside(a.File).master}
		}
	}
	return sides
}
