// Package server names server versions and compares them.
package server

import (
	"fmt"
	"strconv"
	"strings"
)

// Flavor tells the two families of servers apart.
type Flavor uint8

// The families.
const (
	Redis Flavor = iota
	Valkey
)

// Version is a server's version. The zero value is no version. Unstable builds
// of Redis call themselves 255.255.255, and so count as later than any other.
type Version struct {
	Flavor              Flavor
	Major, Minor, Patch int
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
				v.Flavor = Valkey
			}
		}
	}
	rest, _, _ = strings.Cut(rest, "-") // 7.0-rc1
	parts := strings.Split(rest, ".")
	if len(parts) > 3 {
		return Version{}, fmt.Errorf("%q is no server version such as 4.0.3 or \"valkey 8.0.1\"", s)
	}
	for i, into := range []*int{&v.Major, &v.Minor, &v.Patch}[:len(parts)] {
		n, err := strconv.Atoi(parts[i])
		if err != nil || n < 0 {
			return Version{}, fmt.Errorf("%q is no server version such as 4.0.3 or \"valkey 8.0.1\"", s)
		}
		*into = n
	}
	return v, nil
}

// IsZero reports whether v is no version.
func (v Version) IsZero() bool { return v.Major == 0 && v.Minor == 0 && v.Patch == 0 }

// String is "4.0.3", "valkey 8.0.1" or "" for none.
func (v Version) String() string {
	if v.IsZero() {
		return ""
	}
	s := fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
	if v.Flavor == Valkey {
		return "valkey " + s
	}
	return s
}

// Compare orders by number, whatever the family: Valkey went on where Redis
// 7.2.4 was.
func (v Version) Compare(w Version) int {
	for _, d := range []int{v.Major - w.Major, v.Minor - w.Minor, v.Patch - w.Patch} {
		if d != 0 {
			return d
		}
	}
	return 0
}

// AtLeast reports whether v is major.minor.patch or later.
func (v Version) AtLeast(major, minor, patch int) bool {
	return v.Compare(Version{Major: major, Minor: minor, Patch: patch}) >= 0
}

// Before reports whether v is earlier than major.minor.patch.
func (v Version) Before(major, minor, patch int) bool { return !v.AtLeast(major, minor, patch) }
