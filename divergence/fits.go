package divergence

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/script"
)

// A Command is one to be looked at.
type Command struct {
	// Args may be borrowed.
	Args [][]byte
	// Client: it is what a client sent to the master, not what the master sent on.
	Client bool
	// Time is when it ran; zero where not known.
	Time time.Time
	// Script is the analysis of the script that it runs; nil where not known.
	Script *script.Analysis
}

// Fit is how far a command's arguments speak for a row.
type Fit uint8

// The fits.
const (
	// Not: the arguments rule it out.
	Not Fit = iota
	// ByState: what the key holds decides, and most often it is healthy.
	ByState
	// Doubtful: no healthy use has these arguments, and what the key holds decides
	// how much differs.
	Doubtful
	// Certain: it does something else to the replica, whatever the key holds.
	Certain
)

// Fits says how far a command speaks for the row. Its name is one of the row's,
// or of the form in which the master sends it.
func (r *Row) Fits(c Command) Fit {
	if r.Sent != "" && !c.Client && command.Is(c.Args, r.Sent) {
		return r.fitsSent(c)
	}
	switch {
	case len(c.Args) == 0 || c.Client != (r.Seen == AtClients) || !command.Is(c.Args, r.Commands...):
		return Not
	case r.fits == nil:
		return ByState
	}
	return r.fits(c)
}

// fitsBitfield: with OVERFLOW FAIL and writes that can't fit their type.
func fitsBitfield(c Command) Fit {
	fail, writes, overflow := false, 0, 0
	for i := 2; i < len(c.Args); {
		word := strings.ToUpper(string(c.Args[i]))
		switch {
		case word == "OVERFLOW" && i+1 < len(c.Args):
			fail = bytes.EqualFold(c.Args[i+1], []byte("FAIL"))
			i += 2
		case word == "GET":
			i += 3
		case (word == "SET" || word == "INCRBY") && i+3 < len(c.Args):
			writes++
			if fail && word == "SET" && exceeds(c.Args[i+1], c.Args[i+3]) {
				overflow++
			} else if !fail {
				return Not // it is sent
			}
			i += 4
		default:
			return Not // no BITFIELD
		}
	}
	switch {
	case writes == 0:
		return Not
	case overflow == writes:
		return Doubtful // the key may be long enough
	}
	return ByState
}

// exceeds reports whether a number does not fit a type such as u8 or i16.
func exceeds(kind, number []byte) bool {
	if len(kind) < 2 {
		return false
	}
	bits, err := strconv.Atoi(string(kind[1:]))
	n, errN := strconv.ParseInt(string(number), 10, 64)
	if err != nil || errN != nil || bits < 1 || bits > 64 {
		return false
	}
	switch kind[0] | 0x20 {
	case 'u':
		return bits < 64 && (n < 0 || n >= 1<<bits)
	case 'i':
		return bits < 64 && (n < -(1<<(bits-1)) || n >= 1<<(bits-1))
	}
	return false
}

// fitsDebug: DEBUG POPULATE makes keys.
func fitsDebug(c Command) Fit {
	switch {
	case len(c.Args) < 2:
		return Not
	case command.Is(c.Args[1:], "POPULATE"):
		return Certain
	case command.Is(c.Args[1:], "RELOAD", "LOADAOF"):
		return ByState
	}
	return Not
}

// fitsEmptyAttribute: VADD with SETATTR "".
func fitsEmptyAttribute(c Command) Fit {
	for i := len(c.Args) - 2; i > 2; i-- {
		if bytes.EqualFold(c.Args[i], []byte("SETATTR")) {
			if len(c.Args[i+1]) == 0 {
				return Doubtful
			}
			break
		}
	}
	return Not
}

// fitsPastHSetEX: EXAT or PXAT with a time that has passed.
func fitsPastHSetEX(c Command) Fit {
	for i := 2; i+1 < len(c.Args) && !bytes.EqualFold(c.Args[i], []byte("FIELDS")); i++ {
		unit := time.Second
		switch {
		case bytes.EqualFold(c.Args[i], []byte("EXAT")):
		case bytes.EqualFold(c.Args[i], []byte("PXAT")):
			unit = time.Millisecond
		default:
			continue
		}
		at, err := strconv.ParseInt(string(c.Args[i+1]), 10, 64)
		switch {
		case err != nil:
			return Not
		case at == 0, !c.Time.IsZero() && at <= c.Time.UnixNano()/int64(unit):
			return Doubtful
		}
		return Not
	}
	return Not
}

// fitsInfinity: HINCRBYFLOAT by an infinite number.
func fitsInfinity(c Command) Fit {
	if len(c.Args) != 4 {
		return Not
	}
	f, err := strconv.ParseFloat(string(c.Args[3]), 64)
	if err == nil && math.IsInf(f, 0) {
		return Doubtful
	}
	return Not
}

// streamIDs are the ids of XREADGROUP … STREAMS key … id …; nil if there are none.
func streamIDs(args [][]byte) [][]byte {
	for i := 4; i < len(args); i++ {
		if bytes.EqualFold(args[i], []byte("STREAMS")) {
			rest := args[i+1:]
			return rest[len(rest)/2:]
		}
	}
	return nil
}

// fitsHistory: XREADGROUP with an id.
func fitsHistory(c Command) Fit {
	for _, id := range streamIDs(c.Args) {
		if !bytes.Equal(id, []byte(">")) {
			return ByState
		}
	}
	return Not
}

// fitsBlocked: XREADGROUP that may wait.
func fitsBlocked(c Command) Fit {
	for _, a := range c.Args {
		if bytes.EqualFold(a, []byte("BLOCK")) {
			return ByState
		}
	}
	return Not
}

// fitsMinID: MINID ~ with ACKED or DELREF.
func fitsMinID(c Command) Fit {
	for _, option := range []string{"MINID", "~"} {
		if !command.Has(c.Args, option) {
			return Not
		}
	}
	if !command.Has(c.Args, "ACKED", "DELREF") {
		return Not
	}
	return Doubtful
}

// fitsFreedName: HDEL of the key "", which a freed name reads as.
func fitsFreedName(c Command) Fit {
	if len(c.Args) > 2 && len(c.Args[1]) == 0 {
		return Doubtful
	}
	return Not
}

// fitsNegativeTTL: RESTORE with a time that overflowed.
func fitsNegativeTTL(c Command) Fit {
	if len(c.Args) < 4 {
		return Not
	}
	if ttl, err := strconv.ParseInt(string(c.Args[2]), 10, 64); err != nil || ttl >= 0 {
		return Not
	}
	return Certain
}

// fitsTies: SORT with BY a pattern, ALPHA and STORE.
func fitsTies(c Command) Fit {
	pattern := false
	for i := 2; i+1 < len(c.Args); i++ {
		if bytes.EqualFold(c.Args[i], []byte("BY")) {
			pattern = bytes.IndexByte(c.Args[i+1], '*') >= 0
		}
	}
	if !pattern || !command.Has(c.Args, "ALPHA") || !command.Has(c.Args, "STORE") {
		return Not
	}
	return Doubtful
}

// fitsScript: one that calls SPOP.
func fitsScript(c Command) Fit {
	if c.Script == nil || !c.Script.Certain() {
		return ByState
	}
	for _, name := range c.Script.Writes {
		if name == "SPOP" {
			return Doubtful
		}
	}
	return Not
}
