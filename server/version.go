package server

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// family tells the two families of servers apart.
type family uint8

const (
	redisFamily family = iota
	valkeyFamily
)

// Version is a server's version. The zero value is no version. Versions can be
// told apart with ==, and nothing outside this package can order them: what
// follows from a version is asked of a Behaviour. Unstable builds of Redis call
// themselves 255.255.255, and so count as later than any other.
type Version struct {
	family              family
	major, minor, patch int
}

// Parse reads "4.0.3", "7.0", "7", "valkey 8.0.1", "valkey-9.0.0" or "redis 7.2".
// What is missing is 0.
func Parse(s string) (Version, error) {
	var v Version
	rest := strings.ToLower(strings.TrimSpace(s))
	for _, prefix := range []string{"valkey", "redis"} {
		if cut, ok := strings.CutPrefix(rest, prefix); ok {
			rest = strings.TrimLeft(cut, " -_/v")
			if prefix == "valkey" {
				v.family = valkeyFamily
			}
		}
	}
	rest, _, _ = strings.Cut(rest, "-") // 7.0-rc1
	parts := strings.Split(rest, ".")
	if len(parts) > 3 {
		return Version{}, noVersion(s)
	}
	for i, into := range []*int{&v.major, &v.minor, &v.patch}[:len(parts)] {
		n, err := strconv.Atoi(parts[i])
		if err != nil || n < 0 {
			return Version{}, noVersion(s)
		}
		*into = n
	}
	return v, nil
}

func noVersion(s string) error {
	return fmt.Errorf("%q is no server version such as 4.0.3 or \"valkey 8.0.1\"", s)
}

// ParseAux reads the value of the AUX field redis-ver or valkey-ver of an RDB;
// the zero Version if it is none.
func ParseAux(field, value string) Version {
	v, err := Parse(value)
	if err != nil {
		return Version{}
	}
	if field == "valkey-ver" {
		v.family = valkeyFamily
	}
	return v
}

// IsZero reports whether v is no version.
func (v Version) IsZero() bool { return v.major == 0 && v.minor == 0 && v.patch == 0 }

// String is "4.0.3", "valkey 8.0.1" or "" for none.
func (v Version) String() string {
	if v.IsZero() {
		return ""
	}
	s := fmt.Sprintf("%d.%d.%d", v.major, v.minor, v.patch)
	if v.family == valkeyFamily {
		return "valkey " + s
	}
	return s
}

// before orders by number, within a family.
func (v Version) before(w Version) bool {
	return cmp.Or(
		cmp.Compare(v.major, w.major), cmp.Compare(v.minor, w.minor), cmp.Compare(v.patch, w.patch),
	) < 0
}
