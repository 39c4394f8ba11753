package report

import (
	"slices"
	"strings"
	"unicode"

	"github.com/redsleuth/redsleuth/parse/input"
)

// byName guesses by words in the names.
func (r *run) byName(dumps []*Artefact) {
	for _, d := range dumps {
		if d.Role != Unknown {
			continue
		}
		role := roleOfName(d.Path)
		if role == ReplicaBefore || role != Unknown && !r.taken(role) {
			d.set(role, fromName)
		}
	}
	for _, a := range r.Artefacts {
		if a.Kind == KindLog || a.Kind == KindInfo || a.Kind == input.KindAOF || a.Kind == input.KindAOFSet {
			a.set(roleOfName(a.Path), fromName)
		}
	}
}

func roleOfName(path string) Role {
	words := strings.FieldsFunc(strings.ToLower(path), func(c rune) bool { return !unicode.IsLetter(c) })
	has := func(any ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(any, w) })
	}
	master, replica := has("master", "primary", "leader"), has("replica", "slave", "secondary", "standby")
	switch {
	case has("before", "old", "earlier", "start"):
		return ReplicaBefore
	case master && !replica:
		return Master
	case replica && !master:
		return Replica
	}
	return Unknown
}

// onlyOne: where one of two dumps is known, the other is the other side's, if
// nothing says that it is an earlier one.
func (r *run) onlyOne(dumps []*Artefact) {
	var open []*Artefact
	for _, d := range dumps {
		if d.Role == Unknown {
			open = append(open, d)
		}
	}
	if len(open) != 1 || len(dumps) < 2 {
		return
	}
	known := ""
	for _, d := range dumps {
		if d.Role == Master || d.Role == Replica {
			known = d.RoleFrom
		}
	}
	switch {
	case known == "":
	case r.taken(Master) && !r.taken(Replica):
		open[0].set(Replica, known)
	case r.taken(Replica) && !r.taken(Master):
		open[0].set(Master, known)
	}
}
