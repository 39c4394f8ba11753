package client

import (
	"github.com/redsleuth/redsleuth/parse/record"
)

// A session is what the server knows of a client: what its commands are run
// with.
type session struct {
	db         int // record.Unknown where nothing tells it
	name, user string
	id         int64
	// transactions counts the MULTIs; one is open, with what is queued in it.
	transactions int
	open         bool
	queued       []*request
	subscribed   bool
	monitoring   bool
}

// longestName bounds what is kept of a name.
const longestName = 256

func kept(name []byte) string { return string(name[:min(len(name), longestName)]) }

// defaultUser is who logs in with a password alone.
const defaultUser = "default"

// introduce takes what a command that succeeded, or may have, says of the
// client. Who it logged in as is known once that was answered; a name or a
// database is taken to be what was asked for.
func (s *session) introduce(r *request, a *answer, muted bool) {
	known := muted || a.kind != ""
	switch r.kind {
	case kindAuth:
		user := defaultUser
		if len(r.ends) > 2 {
			user = kept(r.arg(1))
		}
		s.login(user, known)
	case kindHello:
		for i := 2; i < len(r.ends); i++ {
			switch {
			case is(r.arg(i), "auth") && i+2 < len(r.ends):
				s.login(kept(r.arg(i+1)), known)
				i += 2
			case is(r.arg(i), "setname") && i+1 < len(r.ends):
				i++
				s.name = kept(r.arg(i))
			}
		}
		if a.id > 0 {
			s.id = a.id
		}
	case kindSetName:
		s.name = kept(r.arg(2))
	case kindClientID:
		if id := number(a.text); a.mark == ':' && id > 0 {
			s.id = id
		}
	case kindReset:
		s.name, s.user = "", ""
	}
}

// login is for one that succeeded, or may have.
func (s *session) login(user string, known bool) {
	if s.user = user; !known {
		s.user = ""
	}
}

// follow takes what a command that succeeded, or may have, makes of those after
// it.
func (s *session) follow(r *request) {
	switch r.kind {
	case kindSelect:
		s.db = record.Unknown
		if n := r.arg(1); len(n) > 0 && len(n) < 10 && (number(n) > 0 || string(n) == "0") {
			s.db = int(number(n))
		}
	case kindMonitor:
		s.monitoring = true
	case kindReset:
		s.db, s.subscribed, s.monitoring, s.open = 0, false, false, false
	case kindDiscard:
		s.open = false
	}
}

// forget is for what may have been said and was not seen.
func (s *session) forget() {
	s.db, s.name, s.user, s.open = record.Unknown, "", "", false
}
