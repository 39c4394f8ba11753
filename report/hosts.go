package report

import (
	"net"
	"strconv"
	"strings"

	"github.com/redsleuth/redsleuth/parse/record"
)

// A Host is a server of the incident, as clients reach it.
type Host struct {
	Role Role
	Addr string // host:port
}

// hosts finds the addresses of the servers: of the captures, or else of INFO.
// Commands are made of them, so that a role that is not sure is Unknown.
func (r *run) hosts() {
	for _, a := range r.Artefacts {
		if a.Inspect == nil || a.Role != Link {
			continue
		}
		for _, l := range r.linksOf(a) {
			sender, receiver := r.endsOf(l)
			r.host(sender, l.From)
			r.host(receiver, listening(l))
		}
	}
	captured := len(r.Hosts) > 0
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
	host, port, err := net.SplitHostPort(addr)
	if err != nil || !isHost(host) || len(r.Hosts) >= mostHosts {
		return
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return
	}
	for i := range r.Hosts {
		if h := &r.Hosts[i]; h.Addr == addr {
			if h.Role != role {
				h.Role = Unknown
			}
			return
		}
	}
	r.Hosts = append(r.Hosts, Host{role, addr})
}

// isHost: a name or an address, with nothing in it that is anything else.
func isHost(s string) bool {
	return s != "" && s[0] != '-' && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789.-:") == ""
}
