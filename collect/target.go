package collect

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// A Target is a server to take evidence from.
type Target struct {
	// Network is "tcp" or "unix".
	Network string
	// Addr is host:port, or the path of the socket.
	Addr string
	TLS  bool
	User string
}

// ErrPassword is a URL with a password in it, which everyone on the machine
// could read.
var ErrPassword = errors.New("a password on the command line can be read by everyone on this machine")

const defaultPort = "6379"

// ParseTarget reads redis://[user@]host[:port], rediss:// for TLS, unix:// and
// a path, or host:port alone.
func ParseTarget(s string) (Target, error) {
	if !strings.Contains(s, "://") {
		s = "redis://" + s
	}
	u, err := url.Parse(s)
	if err != nil {
		return Target{}, errors.New("no URL such as redis://host:6379")
	}
	t := Target{Network: "tcp", User: u.User.Username()}
	if _, given := u.User.Password(); given {
		return t, ErrPassword
	}
	switch u.Scheme {
	case "redis", "valkey":
	case "rediss", "valkeys":
		t.TLS = true
	case "unix", "redis+unix":
		t.Network, t.Addr = "unix", u.Path
		if t.Addr == "" {
			return t, errors.New("no path of a socket in it")
		}
		return t, nil
	default:
		return t, fmt.Errorf("%s:// is neither redis:// nor rediss:// nor unix://", u.Scheme)
	}
	if u.Hostname() == "" {
		return t, errors.New("no host in it")
	}
	port := u.Port()
	if port == "" {
		port = defaultPort
	}
	t.Addr = net.JoinHostPort(u.Hostname(), port)
	return t, nil
}

// at is the same kind of server at another address.
func (t Target) at(addr string) Target {
	t.Network, t.Addr = "tcp", addr
	return t
}

// folder is the name of the server's folder: HOST-PORT, of letters that no
// file system minds.
func (t Target) folder() string {
	name := t.Addr
	if host, port, err := net.SplitHostPort(t.Addr); err == nil && t.Network == "tcp" {
		name = host + "-" + port
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-':
			return r
		}
		return '_'
	}, strings.Trim(name, "/"))
	if name = strings.TrimLeft(name, "."); name == "" {
		return "server"
	}
	return name[max(0, len(name)-longestName):]
}

// longestName is what every file system has room for.
const longestName = 200
