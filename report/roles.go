package report

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/redsleuth/redsleuth/parse/info"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/repl"
)

// FromTold is where a role comes from that a flag tells.
const FromTold = "told"

// Where else a role comes from.
const (
	fromCollect = "collect"
	fromInfo    = "info"
	fromRequest = "request"
	fromLinks   = "links"
	fromIDs     = "ids"
	fromOffsets = "offsets"
	fromName    = "name"
	fromContent = "content"
)

// roles works out what each artefact is.
func (r *run) roles() {
	for _, a := range r.Artefacts {
		switch a.Kind {
		case input.KindPSYNC, input.KindPCAP, input.KindCommands:
			a.set(Link, fromContent)
		case KindInfo:
			a.set(roleOfInfo(a.Info), fromContent)
		case KindLog:
			a.set(r.roleOfLog(a), fromContent)
		}
	}
	r.told()
	r.byCollection()
	for _, a := range r.Artefacts {
		if a.Kind.Clients() {
			a.set(Link, fromContent)
		}
	}
	dumps := r.dumps()
	r.outlived(dumps)
	r.byLinks(dumps)
	r.byInfo(dumps)
	r.byRequest(dumps)
	r.byLinks(dumps) // fewer may be left
	r.byIDs(dumps)
	r.byOffsets(dumps)
	r.byName(dumps)
	r.onlyOne(dumps)
}

func (a *Artefact) set(role Role, from string) {
	if role != Unknown && a.Role == Unknown {
		a.Role, a.RoleFrom = role, from
	}
}

func roleOfInfo(i *info.Info) Role {
	switch i.Role {
	case repl.Master:
		return Master
	case repl.Replica:
		return Replica
	}
	return Unknown
}

// roleOfLog: a server that asked for a sync is a replica; one that granted
// some and never asked is a master.
func (r *run) roleOfLog(a *Artefact) Role {
	if a.Log.Replica {
		return Replica
	}
	for _, e := range a.Log.Events {
		if grants(e) {
			return Master
		}
	}
	return Unknown
}

// dumps are the artefacts that hold a state.
func (r *run) dumps() []*Artefact {
	var all []*Artefact
	for _, a := range r.Artefacts {
		if a.Kind == input.KindRDB && a.Inspect != nil && a.Inspect.RDB != nil {
			all = append(all, a)
		}
	}
	return all
}

// told sets the roles that flags name.
func (r *run) told() {
	for _, t := range []struct {
		paths []string
		role  Role
	}{{r.Masters, Master}, {r.Replicas, Replica}, {r.Befores, ReplicaBefore}} {
		for _, path := range t.paths {
			for _, a := range r.Artefacts {
				if sameFile(a.File, path) {
					a.Role, a.RoleFrom = t.role, FromTold
				}
			}
		}
	}
}

// misnamed says which of the files that were told to have a role is not there: taken
// for nothing, it would leave the role to be guessed.
func (r *run) misnamed(role Role, paths []string) error {
	for _, path := range paths {
		is := func(a *Artefact) bool { return sameFile(a.File, path) }
		if !slices.ContainsFunc(r.Artefacts, is) {
			return fmt.Errorf("%s is told as %s, and is none of the files here", path, role)
		}
	}
	return nil
}

func sameFile(a, b string) bool {
	x, err := filepath.Abs(a)
	y, err2 := filepath.Abs(b)
	return err == nil && err2 == nil && x == y
}

// taken reports whether a dump has the role already.
func (r *run) taken(role Role) bool {
	return slices.ContainsFunc(r.dumps(), func(a *Artefact) bool { return a.Role == role })
}

// with is the dump of a role; nil without one.
func (r *run) with(role Role) *Artefact {
	for _, d := range r.dumps() {
		if d.Role == role {
			return d
		}
	}
	return nil
}
