package command

import (
	"strings"

	"github.com/redsleuth/redsleuth/server"
)

// A Refusal is whether a server answers a command with an error for the
// version it has, and why.
type Refusal struct {
	// Answer is Yes where it does. Unknown where nothing is known of the name,
	// or of the version.
	Answer server.Answer
	// Known: the table knows which servers have the name. It does not of those of
	// modules, of vendors and of renamed commands.
	Known bool
	// What is not known to the server: "LMOVEM", "SET IFEQ". Set unless the
	// answer is No.
	What string
	// Since is the first version of the server's family that knows it; none
	// where no release of the family does.
	Since server.Version
}

// Refused tells whether a server of version v refuses args: the command, or
// one of its options, is newer than v or of the other family.
func Refused(args [][]byte, v server.Version) Refusal {
	r, options := RefusedByName(args, v)
	if !options {
		return r
	}
	c := Lookup(args)
	p := parser{args: args}
	for _, a := range p.parse(c).all() {
		if a.since.Of(v, read) == server.No && a.since != (server.Since{}) {
			word := a.token
			if word == "" {
				word = a.name
			}
			return Refusal{server.Yes, true, strings.ToUpper(c.Name) + " " + word, a.since.In(v)}
		}
	}
	return r
}

// RefusedByName is Refused by the name alone. With options, args have to be
// looked at as well: a server of v lacks some option of this command.
func RefusedByName(args [][]byte, v server.Version) (r Refusal, options bool) {
	c := Lookup(args)
	if c == nil || c.undated {
		return Refusal{What: name(args)}, false
	}
	r.Known = true
	switch c.since.Of(v, read) {
	case server.Yes:
		r.Answer = server.No
		return r, lacks(c.args, v)
	case server.No:
		r.Answer, r.Since = server.Yes, c.since.In(v)
	}
	r.What = strings.ToUpper(c.Name)
	return r, false
}

// name is that of an unknown command, as far as it can be told.
func name(args [][]byte) string {
	if len(args) == 0 {
		return ""
	}
	return strings.ToUpper(string(args[0][:min(len(args[0]), longestName)]))
}

// lacks reports whether a server of v does not know one of the options.
func lacks(list []arg, v server.Version) bool {
	for i := range list {
		a := &list[i]
		if a.since != (server.Since{}) && a.since.Of(v, read) == server.No || lacks(a.args, v) {
			return true
		}
	}
	return false
}
