package repl

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/server"
)

// Unknown is an offset or a database that nothing tells, as record.Unknown is.
const Unknown = -1

// MaxOffset is more than any server reaches; sums of offsets stay within int64.
const MaxOffset = 1<<62 - 1

// A State is a place in a replication history.
type State struct {
	// ID names the history; "" where it is not known.
	ID string
	// Offset is that of the last byte applied, or Unknown.
	Offset int64
	// StreamDB is the database that the stream had selected, or Unknown.
	StreamDB int
}

// NoState is a state of which nothing is known.
func NoState() State { return State{Offset: Unknown, StreamDB: Unknown} }

// Placed reports whether history and offset are known: servers take up one
// only with the other.
func (s State) Placed() bool { return s.ID != "" && s.Offset != Unknown }

// An Origin is what the AUX fields of an RDB tell of the server that wrote it.
type Origin struct {
	State
	// Version is zero where it is not known; Written is the version in the
	// writer's own words. Untrusted.
	Version server.Version
	Written string
	// Created is when saving began, in whole seconds; zero where not told.
	Created time.Time
}

// NewOrigin is one that tells nothing yet.
func NewOrigin() Origin { return Origin{State: NoState()} }

// Named is the version in the writer's own words, behind the family where that is
// not Redis: "7.2.4", "valkey 8.0.1". Untrusted; "" where not told.
func (o *Origin) Named() string {
	if strings.HasPrefix(o.Version.String(), "valkey ") {
		return "valkey " + o.Written
	}
	return o.Written
}

// idLength is CONFIG_RUN_ID_SIZE; servers pass over an id of another length.
const idLength = 40

// maxTime is later than any RDB was written, in Unix seconds: the year 6325.
const maxTime = 1 << 37

// Aux takes in an AUX field. What is out of bounds tells nothing.
func (o *Origin) Aux(name, value []byte) {
	switch string(name) {
	case "redis-ver", "valkey-ver":
		o.Written = string(value)
		o.Version = server.ParseAux(string(name), o.Written)
	case "ctime":
		if n, ok := number(value, 1, maxTime); ok {
			o.Created = time.Unix(n, 0).UTC()
		}
	case "repl-id":
		if len(value) == idLength {
			o.ID = string(value)
		}
	case "repl-offset":
		if n, ok := number(value, 0, MaxOffset); ok {
			o.Offset = n
		}
	case "repl-stream-db":
		if n, ok := number(value, 0, math.MaxInt32); ok {
			o.StreamDB = int(n)
		}
	}
}

func number(text []byte, least, most int64) (int64, bool) {
	n, err := strconv.ParseInt(string(text), 10, 64)
	return n, err == nil && n >= least && n <= most
}
