package engine

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"github.com/redsleuth/redsleuth/command"
)

// placed are the commands with a time at a fixed place, and whether it is in
// seconds. Times that follow an option (EX, PXAT, …) are found by the syntax of
// the command.
var placed = map[string]lifetime{
	"EXPIRE": {at: 2, seconds: true}, "PEXPIRE": {at: 2}, "EXPIREAT": {at: 2, seconds: true},
	"PEXPIREAT": {at: 2}, "SETEX": {at: 2, seconds: true}, "PSETEX": {at: 2}, "RESTORE": {at: 2},
	"HEXPIRE": {at: 2, seconds: true}, "HPEXPIRE": {at: 2}, "HEXPIREAT": {at: 2, seconds: true},
	"HPEXPIREAT": {at: 2},
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
	l, ok := placed[name]
	switch {
	case !ok:
		return lifetimeOption(args)
	case name == "RESTORE":
		l.relative = !hasOption(args, "ABSTTL")
	default:
		l.relative = !strings.HasSuffix(name, "AT")
	}
	return l, l.at < len(args)
}

// lifetimeOption finds it among the options of a command that may change keys.
func lifetimeOption(args [][]byte) (lifetime, bool) {
	at, ok := command.Option(args, "EX", "PX", "EXAT", "PXAT")
	if !ok || at+1 >= len(args) {
		return lifetime{}, false
	}
	token := bytes.ToUpper(args[at])
	return lifetime{at + 1, token[0] == 'E', len(token) == 2}, true
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
