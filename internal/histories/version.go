package histories

import (
	"fmt"
	"strings"
)

// version is a server's, as one number that orders: 40002 is 4.0.2. Those of
// Valkey behave as the Redis that they went on from.
type version struct {
	number int
	valkey bool
}

// versions are those that histories are made of: both sides of every change in
// behaviour.
var versions = []version{
	{40000, false}, {40001, false}, {40002, false}, {40003, false}, {40004, false}, {40005, false},
	{40006, false}, {40014, false}, {50014, false}, {60016, false}, {60216, false},
	{70015, false}, {70206, false}, {70401, false}, {80001, true},
}

// String is as --server-version and AUX fields have it, without the family.
func (v version) String() string {
	return fmt.Sprintf("%d.%d.%d", v.number/10000, v.number/100%100, v.number%100)
}

// flag is what --server-version takes.
func (v version) flag() string {
	if v.valkey {
		return "valkey-" + v.String()
	}
	return v.String()
}

// same reports whether a document names v.
func (v version) same(text string) bool {
	return strings.HasSuffix(text, v.String()) && strings.HasPrefix(text, "valkey") == v.valkey
}

// format is the RDB version that v writes, and the newest that it loads.
func (v version) format() int {
	switch {
	case v.valkey:
		return 11
	case v.number >= 70400:
		return 12
	case v.number >= 70200:
		return 11
	case v.number >= 70000:
		return 10
	case v.number >= 50000:
		return 9
	}
	return 8
}

// loads reports whether v loads what w wrote. Valkey refuses newer formats of
// Redis.
func (v version) loads(w version) bool { return v.format() >= w.format() }

// sendsScripts: EVAL and EVALSHA travel as they were called (from 5.0 on with
// lua-replicate-commands no, which these histories suppose).
func (v version) sendsScripts() bool { return v.number < 70000 }

// keepsScripts: dumps hold the scripts, and loading one brings them.
func (v version) keepsScripts() bool { return v.number >= 40004 && v.number < 70000 }

// diesOfDuplicate: a script in a dump that is known already is the end.
func (v version) diesOfDuplicate() bool { return v.number == 40004 || v.number == 40005 }

// keepsDatabase: a dump tells the selected database, and a restart from it goes
// on there.
func (v version) keepsDatabase() bool { return v.number >= 40002 }

// selectsInside: SELECT comes after MULTI, not before it.
func (v version) selectsInside() bool { return v.number >= 70200 }
