package report

import (
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/redsleuth/redsleuth/parse/record"
)

// A Host is a server of the incident, as clients reach it.
type Host struct {
	Role Role
	Addr string // host:port
}

// hosts finds the addresses of the servers: those that collect took, of the captures, or
// else of INFO.
// Commands are made of them, so that a role that is not sure is Unknown.
func (r *run) hosts() {
	r.torn = map[string]bool{}
	r.collectedHosts()
	taken := len(r.Hosts)
	for _, a := range r.Artefacts {
		if a.Inspect == nil || a.Role != Link || a.ofCollect() {
			continue
		}
		for _, l := range r.linksOf(a) {
			sender, receiver := r.endsOf(l)
			r.host(sender, l.From)
			r.host(receiver, listening(l))
		}
	}
	captured := len(r.Hosts) > taken || r.knows(Master) && r.knows(Replica)
	for _, a := range r.Artefacts {
		if a.Info == nil || captured {
			continue
		}
		master, replica := Master, Replica
		if r.parted() {
			master, replica = Unknown, Unknown
		}
		r.host(master, a.Info.MasterAddr)
		for _, of := range a.Info.Replicas {
			r.host(replica, of.Addr)
		}
	}
}

// collectedHosts are those that collect was asked to take: the dump beside tells which
// side a server is, or else what it said of itself.
func (r *run) collectedHosts() {
	for _, role := range []Role{Master, Replica} {
		if d := r.with(role); d != nil && d.collection != nil {
			r.host(role, d.collection.Addr)
		}
	}
	for _, a := range r.Artefacts {
		if c := a.collection; c != nil && a.Kind == KindInfo && !r.isHost(c.Addr) && !r.parted() {
			r.host(roleOfServer(c.Role), c.Addr)
		}
	}
}

func (r *run) knows(role Role) bool {
	return slices.ContainsFunc(r.Hosts, func(h Host) bool { return h.Role == role })
}

func (r *run) isHost(addr string) bool {
	return slices.ContainsFunc(r.Hosts, func(h Host) bool { return h.Addr == addr })
}

// parted reports whether the dumps of the two sides are of different histories.
func (r *run) parted() bool {
	m, n := r.with(Master), r.with(Replica)
	return m != nil && n != nil && m.State != nil && n.State != nil && m.State.ID != n.State.ID
}

// endsOf are the roles of the two ends of a link. After a promotion the one who
// sent may be what is the replica now.
func (r *run) endsOf(l *record.Link) (sender, receiver Role) {
	if !r.parted() {
		return Master, Replica
	}
	switch l.ReplicationID {
	case r.with(Master).State.ID:
		return Master, Replica
	case r.with(Replica).State.ID:
		return Replica, Master
	}
	return Unknown, Unknown
}

// listening is where the replica of a link takes connections; "" where it did
// not say.
func listening(l *record.Link) string {
	host, _, err := net.SplitHostPort(l.To)
	if err != nil || l.Replica.ListeningPort == 0 {
		return ""
	}
	return net.JoinHostPort(host, strconv.Itoa(l.Replica.ListeningPort))
}

// mostHosts bounds them.
const mostHosts = 32

// host adds a server that was not seen before. What is no address, and what a
// shell would take for more than one word, is left out: it is untrusted, and part
// of commands that are told.
func (r *run) host(role Role, addr string) {
	if !IsAddress(addr) || len(r.Hosts) >= mostHosts {
		return
	}
	for i := range r.Hosts {
		if h := &r.Hosts[i]; h.Addr == addr {
			switch {
			case role == Unknown || h.Role == role || r.torn[addr]:
			case h.Role == Unknown: // a link that does not tell its history says nothing
				h.Role = role
			default:
				h.Role = Unknown
				r.torn[addr] = true
			}
			return
		}
	}
	r.Hosts = append(r.Hosts, Host{role, addr})
}

// IsAddress reports whether a text is a host and a port, with nothing in it that a shell
// would take for anything else.
func IsAddress(addr string) bool {
	host, port, err := net.SplitHostPort(addr)
	n, bad := strconv.Atoi(port)
	return err == nil && bad == nil && isHost(host) && n >= 1 && n <= 65535
}

// isHost: a name or an address, with nothing in it that is anything else.
func isHost(s string) bool {
	return s != "" && s[0] != '-' && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789.-:") == ""
}
