package engine

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// A timeArg is where in a command a time is.
type timeArg struct {
	at      int
	seconds bool
	options bool // none at a fixed place: EX, PX, EXAT, PXAT and their value
	after   int  // options begin after this argument
}

// timeArgs lists the commands that set expiries.
var timeArgs = map[string]timeArg{
	"EXPIRE": {at: 2, seconds: true}, "PEXPIRE": {at: 2}, "EXPIREAT": {at: 2, seconds: true}, "PEXPIREAT": {at: 2},
	"SETEX": {at: 2, seconds: true}, "PSETEX": {at: 2}, "RESTORE": {at: 2},
	"HEXPIRE": {at: 2, seconds: true}, "HPEXPIRE": {at: 2}, "HEXPIREAT": {at: 2, seconds: true}, "HPEXPIREAT": {at: 2},
	"SET": {options: true, after: 2}, "GETEX": {options: true, after: 1},
	"HSETEX": {options: true, after: 1}, "HGETEX": {options: true, after: 1},
}

// A lifetime is an expiry in a command.
type lifetime struct {
	at       int  // number of the argument
	seconds  bool // rather than milliseconds
	relative bool // it counts from when the command runs
}

// lifetimeIn finds the expiry that a command sets.
func lifetimeIn(args [][]byte) (lifetime, bool) {
	name := string(bytes.ToUpper(args[0]))
	where, ok := timeArgs[name]
	switch {
	case !ok:
		return lifetime{}, false
	case where.options:
		return lifetimeOption(args, where.after)
	case name == "RESTORE":
		return lifetime{where.at, where.seconds, !hasOption(args, "ABSTTL")}, where.at < len(args)
	}
	return lifetime{where.at, where.seconds, !strings.HasSuffix(name, "AT")}, where.at < len(args)
}

// lifetimeOption finds it among the options after an argument.
func lifetimeOption(args [][]byte, after int) (lifetime, bool) {
	for i := after; i+1 < len(args); i++ {
		switch string(bytes.ToUpper(args[i])) {
		case "FIELDS": // what follows are names and values
			return lifetime{}, false
		case "EX", "EXAT":
			return lifetime{i + 1, true, len(args[i]) == 2}, true
		case "PX", "PXAT":
			return lifetime{i + 1, false, len(args[i]) == 2}, true
		}
	}
	return lifetime{}, false
}

// Lifetime is the expiry, in milliseconds from when it runs, that a command
// sets; false where it sets none, or one at a fixed time.
func Lifetime(args [][]byte) (ms int64, ok bool) {
	l, ok := lifetimeIn(args)
	if !ok || !l.relative {
		return 0, false
	}
	n, err := strconv.ParseInt(string(args[l.at]), 10, 64)
	if err != nil || n > math.MaxInt64/1000 {
		return 0, false
	}
	if l.seconds {
		n *= 1000
	}
	return n, true
}

// Later moves every expiry that a command sets into the future, by the same
// time for all, so that nothing expires while it is compared. It returns the
// command as it was where there is none; the arguments themselves are not
// changed. relative tells that an expiry counts from when the command runs.
func Later(args [][]byte) (later [][]byte, relative bool) {
	l, ok := lifetimeIn(args)
	if !ok {
		return args, false
	}
	return moved(args, l.at, l.seconds), l.relative
}

func hasOption(args [][]byte, option string) bool {
	for _, a := range args[min(len(args), 4):] {
		if bytes.EqualFold(a, []byte(option)) {
			return true
		}
	}
	return false
}

// moved is a copy of args with the time at one place moved. A time that is
// not positive deletes the key, and stays.
func moved(args [][]byte, at int, seconds bool) [][]byte {
	by := shift
	if seconds {
		by /= 1000
	}
	n, err := strconv.ParseInt(string(args[at]), 10, 64)
	if err != nil || n <= 0 || n > math.MaxInt64-by {
		return args
	}
	c := append([][]byte(nil), args...)
	c[at] = strconv.AppendInt(nil, n+by, 10)
	return c
}
