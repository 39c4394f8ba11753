package report

import (
	"net"
	"slices"

	"github.com/redsleuth/redsleuth/parse/serverlog"
)

// logSide is the side of the server that a log is of: by the port that it says it listens
// at, by the ids that it made up, or else by its role, where no other log has the same
// and no role was changed. Unknown where that does not tell.
func (r *run) logSide(a *Artefact) Role {
	if a.Log == nil {
		return Unknown
	}
	for _, e := range slices.Backward(a.Log.Events) {
		if e.Kind != serverlog.Listening {
			continue
		}
		if role := r.roleAtPort(e.Port); role != Unknown {
			return role
		}
		break
	}
	if r.parted() {
		return r.sideOfIDs(a)
	}
	for _, other := range r.Artefacts {
		if other != a && other.Log != nil && other.Role == a.Role {
			return Unknown
		}
	}
	return a.Role
}

// roleAtPort is the role of the one server that listens at a port; Unknown where several
// do, or none.
func (r *run) roleAtPort(port string) Role {
	role := Unknown
	for i, h := range r.Hosts {
		if _, p, err := net.SplitHostPort(h.Addr); err != nil || p != port {
			continue
		}
		again := func(o Host) bool { _, p, _ := net.SplitHostPort(o.Addr); return p == port }
		if slices.ContainsFunc(r.Hosts[i+1:], again) {
			return Unknown
		}
		role = h.Role
	}
	return role
}

// sideOfIDs is the side whose dump is of the last history that a server began.
func (r *run) sideOfIDs(a *Artefact) Role {
	for _, e := range slices.Backward(a.Log.Events) {
		if e.Kind != serverlog.SecondaryID && e.Kind != serverlog.BacklogCreated {
			continue
		}
		for _, role := range []Role{Master, Replica} {
			if r.with(role).State.ID == e.ID {
				return role
			}
		}
		return Unknown
	}
	return Unknown
}

// loggedBy is what the log of a side tells, in order; nothing where no log is known to be
// of it.
func (r *run) loggedBy(side Role) []moment {
	return r.moments(func(a *Artefact) bool { return side != Unknown && r.logSide(a) == side })
}
