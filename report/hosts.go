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

// hosts finds the addresses of the servers: of the captures, and of INFO.
func (r *run) hosts() {
	for _, a := range r.Artefacts {
		if a.Inspect == nil || a.Role != Link {
			continue
		}
		for _, l := range a.Inspect.Links {
			r.host(Master, l.From)
			r.host(Replica, listening(&l.Link))
		}
	}
	for _, a := range r.Artefacts {
		if a.Info == nil {
			continue
		}
		r.host(Master, a.Info.MasterAddr)
		for _, replica := range a.Info.Replicas {
			r.host(Replica, replica.Addr)
		}
	}
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
	for _, h := range r.Hosts {
		if h.Addr == addr {
			return
		}
	}
	r.Hosts = append(r.Hosts, Host{role, addr})
}

// isHost: a name or an address, with nothing in it that is anything else.
func isHost(s string) bool {
	return s != "" && s[0] != '-' && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789.-:") == ""
}
